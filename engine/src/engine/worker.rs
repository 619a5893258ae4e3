//! CPU vision beside the walk: frame N + 1 is looked at while frame N is drawn.
//!
//! One thread behind a one-slot mailbox: a newer frame replaces one that was not looked at yet, so the nets never
//! work on a queue of old pictures, and the walk never waits for a net.

use std::{sync::Arc, thread::JoinHandle};

use crate::{
    frame::Frame,
    mailbox::Mailbox,
    scene::Observation,
    scheduler::WorkPlan,
    vision::{Observer, VisionError},
};

/// What was seen, or why not.
type Seen = Result<Observation, VisionError>;

/// A frame to look at, and its plan.
type Due = (Frame, WorkPlan);

/// Looks at frames on a thread of its own. Dropping it ends the thread after the look in progress.
#[derive(Debug)]
pub(super) struct VisionWorker {
    frames: Arc<Mailbox<Due>>,
    seen: Arc<Mailbox<Seen>>,
    thread: Option<JoinHandle<()>>,
}

impl VisionWorker {
    /// Starts the thread.
    pub(super) fn start(mut observer: Observer) -> std::io::Result<Self> {
        let (frames, seen) = (Arc::<Mailbox<Due>>::default(), Arc::<Mailbox<Seen>>::default());
        let (inbox, outbox) = (Arc::clone(&frames), Arc::clone(&seen));
        let work = move || {
            while let Some((frame, plan)) = inbox.wait() {
                outbox.put(observer.look(&frame, &plan));
            }
        };
        let thread = std::thread::Builder::new().name("antifaz vision".into()).spawn(work)?;
        Ok(Self { frames, seen, thread: Some(thread) })
    }

    /// Asks for a look at `frame`, instead of any older one that still waits.
    pub(super) fn look(&self, frame: Frame, plan: WorkPlan) {
        self.frames.put((frame, plan));
    }

    /// What was seen since the last call, if anything new.
    pub(super) fn latest(&self) -> Option<Seen> {
        self.seen.take()
    }
}

impl Drop for VisionWorker {
    fn drop(&mut self) {
        self.frames.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the vision thread ended with a panic");
        }
    }
}
