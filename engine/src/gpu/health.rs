//! What the device reports on its own: loss, and errors that no scope caught.

use std::{
    collections::HashSet,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::GpuError;

/// The device's complaints, kept until somebody asks. A complaint that repeats is kept once.
#[derive(Debug, Default)]
pub(super) struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lost: Option<String>,
    pending: Option<GpuError>,
    reported: HashSet<String>,
}

impl Health {
    /// Watches `device` from now on, in place of wgpu's own handler, which panics.
    pub(super) fn watch(device: &wgpu::Device) -> Arc<Self> {
        let health = Arc::new(Self::default());
        let watcher = Arc::clone(&health);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            watcher.complain(from_wgpu(error, "draws"))
        }));
        let watcher = Arc::clone(&health);
        device.set_device_lost_callback(move |why, message| watcher.lose(why, message));
        health
    }

    fn lose(&self, why: wgpu::DeviceLostReason, message: String) {
        let why = match why {
            wgpu::DeviceLostReason::Destroyed => "destroyed",
            wgpu::DeviceLostReason::Unknown => "driver failure",
        };
        let message = message.trim().trim_end_matches('.');
        let reason = if message.is_empty() { why.to_owned() } else { format!("{why}: {message}") };
        let mut state = self.state();
        if state.lost.is_none() {
            log::error!("the graphics device was lost ({reason})");
            state.lost = Some(reason);
        }
    }

    fn complain(&self, error: GpuError) {
        let mut state = self.state();
        if state.reported.insert(error.to_string()) {
            log::error!("{error}");
            state.pending.get_or_insert(error);
        }
    }

    /// The first complaint since the last call. A lost device is reported at every call.
    pub(super) fn check(&self) -> Result<(), GpuError> {
        let mut state = self.state();
        if let Some(reason) = &state.lost {
            return Err(GpuError::DeviceLost { reason: reason.clone() });
        }
        state.pending.take().map_or(Ok(()), Err)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `body` and returns the first error that the device raised in it.
///
/// Natively errors are raised at once. In a browser they come later; then they are [`Health`]'s.
pub(super) fn scoped<T>(device: &wgpu::Device, doing: &str, body: impl FnOnce() -> T) -> Result<T, GpuError> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let value = body();
    let errors = [now(validation.pop()), now(internal.pop()), now(memory.pop())];
    match errors.into_iter().flatten().next() {
        Some(error) => Err(from_wgpu(error, doing)),
        None => Ok(value),
    }
}

fn now(future: impl Future<Output = Option<wgpu::Error>>) -> Option<wgpu::Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(error) => error,
        Poll::Pending => None,
    }
}

fn from_wgpu(error: wgpu::Error, doing: &str) -> GpuError {
    match error {
        wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory { doing: doing.to_owned() },
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
            GpuError::Validation { message: one_line(&description) }
        }
    }
}

/// wgpu nests causes over indented lines; people want one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_that_repeats_is_reported_once() {
        let health = Health::default();
        let complaint = || GpuError::Validation { message: "bad".into() };
        health.complain(complaint());
        assert!(health.check().is_err());
        health.complain(complaint());
        assert!(health.check().is_ok());
    }

    #[test]
    fn loss_is_never_forgotten() {
        let health = Health::default();
        health.lose(wgpu::DeviceLostReason::Unknown, "gone.".into());
        for _ in 0..2 {
            let error = health.check().unwrap_err();
            assert!(error.to_string().contains("driver failure: gone)"), "{error}");
        }
    }
}
