//! Encoders over bytes, and the thread that they run on.

use std::{
    sync::mpsc::{SyncSender, sync_channel},
    thread::JoinHandle,
    time::Duration,
};

use super::SinkError;

/// Stores pictures that are already in host memory.
pub(super) trait Encode: Send {
    /// Stores one picture: tight rows of RGBA, 8 bits each, sRGB, premultiplied.
    fn encode(&mut self, rgba: &[u8], time: Duration) -> Result<(), SinkError>;

    /// Completes the output and gives it its final name.
    fn finish(&mut self) -> Result<(), SinkError>;
}

/// Pictures that may wait for the encoder.
const QUEUE: usize = 2;

/// An encoder on a thread of its own. Dropped before [`Worker::finish`], it removes its output.
pub(super) struct Worker {
    pictures: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<Result<(), SinkError>>>,
}

enum Job {
    Picture(Vec<u8>, Duration),
    Finish,
}

impl Worker {
    pub(super) fn start(mut encoder: Box<dyn Encode>) -> Self {
        let (pictures, jobs) = sync_channel(QUEUE);
        let thread = std::thread::spawn(move || {
            for job in jobs {
                match job {
                    Job::Picture(rgba, time) => encoder.encode(&rgba, time)?,
                    Job::Finish => return encoder.finish(),
                }
            }
            Ok(())
        });
        Self { pictures: Some(pictures), thread: Some(thread) }
    }

    /// Hands over a picture; waits while the encoder is behind.
    pub(super) fn encode(&mut self, rgba: Vec<u8>, time: Duration) -> Result<(), SinkError> {
        self.hand(Job::Picture(rgba, time))
    }

    /// Waits until the output is complete.
    pub(super) fn finish(&mut self) -> Result<(), SinkError> {
        self.hand(Job::Finish)?;
        self.end()
    }

    fn hand(&mut self, job: Job) -> Result<(), SinkError> {
        let taken = self.pictures.as_ref().is_some_and(|pictures| pictures.send(job).is_ok());
        // A thread that takes no more has failed, and its result says why.
        if taken { Ok(()) } else { self.end() }
    }

    fn end(&mut self) -> Result<(), SinkError> {
        self.pictures = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.pictures = None;
        if let Some(thread) = self.thread.take() {
            // The output was given up, and so is whatever went wrong with it.
            let _ = thread.join();
        }
    }
}
