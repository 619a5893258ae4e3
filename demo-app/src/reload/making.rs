//! How a changed look is made ready.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::Sender,
    },
    thread,
    time::Instant,
};

use antifaz::{
    EngineError,
    compose::{ComposeError, Rest},
    engine::{Prepared, Preparer, Rehearsal},
    filter::Look,
    gpu::GpuError,
};

use super::Said;

/// A look that can be taken over.
pub(super) struct Made {
    pub(super) prepared: Prepared,
    /// When what it is drawn with at first was compiled.
    pub(super) compiled: Instant,
    pub(super) rest: Unsettled,
}

/// What is done after a look is taken over.
pub(super) struct Unsettled {
    rest: Rest,
    /// Whether its first draw was handed over, and may go wrong yet.
    handed_over: bool,
}

/// Makes looks ready.
pub(super) struct Maker {
    pub(super) preparer: Preparer,
    pub(super) says: Sender<Said>,
    /// Opened for the first change: most who watch a picture edit nothing.
    pub(super) rehearsal: Option<Rehearsal>,
}

impl Maker {
    pub(super) fn new(preparer: Preparer, says: Sender<Said>) -> Self {
        Self { preparer, says, rehearsal: None }
    }

    /// Compiles a look and rehearses its first draw, or hands it to the device.
    pub(super) fn make(&mut self, look: &Look) -> Result<Made, EngineError> {
        self.open_rehearsal();
        let (preparer, tier) = (&self.preparer, self.preparer.tier());
        let (compiled, rehearsed) = thread::scope(|scope| {
            let rehearsal = self.rehearsal.as_mut().and_then(|rehearsal| {
                let builder = thread::Builder::new().name("antifaz rehearsal".into());
                builder.spawn_scoped(scope, || rehearsal.draw(look.clone(), tier)).ok()
            });
            let compiled = preparer.compile_first(look.clone(), tier).map(|made| (made, Instant::now()));
            let joined = rehearsal
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            (compiled, joined)
        });
        let ((mut prepared, rest), compiled) = compiled?;
        let handed_over = match rehearsed {
            Some(Ok(())) => false,
            Some(Err(EngineError::Gpu(lost @ GpuError::DeviceLost { .. }))) => return Err(lost.into()),
            // What else goes wrong there need not go wrong here.
            Some(Err(_)) | None => {
                // Nobody listens any more: the outcome finds out.
                let _ = self.says.send(Said::AtHand);
                preparer.warm_up(&mut prepared, &[tier])?;
                true
            }
        };
        Ok(Made { prepared, compiled, rest: Unsettled { rest, handed_over } })
    }

    fn open_rehearsal(&mut self) {
        if self.rehearsal.as_ref().is_some_and(|rehearsal| !rehearsal.is_lost()) {
            return;
        }
        self.rehearsal = Rehearsal::open(&self.preparer).unwrap_or_else(|error| {
            log::warn!("pictures wait for the first draw of a changed filter: {error}");
            None
        });
    }

    /// Waits until what was handed over has been drawn once, and makes what the look could do without so far.
    pub(super) fn settle(&self, what: Unsettled, closed: &AtomicBool) -> Result<(), ComposeError> {
        if what.handed_over {
            self.preparer.gpu().wait()?;
        }
        if closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        what.rest.make(self.preparer.gpu())
    }

    /// Whether the device that draws the picture is gone.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.preparer.gpu().poll(), Err(GpuError::DeviceLost { .. }))
    }
}
