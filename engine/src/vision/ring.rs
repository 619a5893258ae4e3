//! Values that are handed out shared and used again once nobody holds them: no allocation in steady state.

use std::sync::Arc;

/// As many values as are held at once, plus one.
#[derive(Debug)]
pub(super) struct Ring<T>(Vec<Arc<T>>);

impl<T> Ring<T> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// A value that nobody else holds, made by `make` where all are held, after `fill` has written it.
    pub(super) fn next(&mut self, make: impl FnOnce() -> Arc<T>, fill: impl FnOnce(&mut T)) -> Arc<T> {
        let free = self.0.iter_mut().position(|value| Arc::get_mut(value).is_some());
        let at = free.unwrap_or_else(|| {
            self.0.push(make());
            self.0.len() - 1
        });
        if let Some(value) = Arc::get_mut(&mut self.0[at]) {
            fill(value);
        }
        Arc::clone(&self.0[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_used_again_once_they_are_let_go() {
        let mut ring = Ring::new();
        let mut made = 0;
        let mut held = Vec::new();
        for round in 0..20 {
            let next = ring.next(
                || {
                    made += 1;
                    Arc::new(0)
                },
                |value| *value = round,
            );
            assert_eq!(*next, round);
            held.push(next);
            if held.len() > 2 {
                held.remove(0);
            }
        }
        assert_eq!(made, 3);
        assert_eq!((*held[0], *held[1]), (18, 19));
    }
}
