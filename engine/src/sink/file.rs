//! Files of any kind as a sink: pictures come back from the GPU a few frames late, so that nobody waits for them.

use std::{collections::VecDeque, path::Path, time::Duration};

use super::{Sink, SinkError, SinkOptions, Writer};
use crate::{
    gpu::{
        Gpu,
        readback::{Readback, Ticket},
    },
    scene::Picture,
};

/// Pictures on their way back from the GPU.
const IN_FLIGHT: usize = 3;

/// Reads pictures back and hands them to a [`Writer`].
pub(super) struct FileSink {
    writer: Writer,
    size: [u32; 2],
    readback: Readback,
    tickets: VecDeque<(Ticket, Duration)>,
}

impl FileSink {
    pub(super) fn create(path: &Path, options: &SinkOptions) -> Result<Self, SinkError> {
        let writer = Writer::create(path, options)?;
        Ok(Self { writer, size: options.size, readback: Readback::new(), tickets: VecDeque::new() })
    }

    /// Writes the oldest pictures until at most `left` are under way.
    fn drain(&mut self, gpu: &Gpu, left: usize) -> Result<(), SinkError> {
        while self.tickets.len() > left {
            if let Some((ticket, time)) = self.tickets.pop_front() {
                self.writer.write(ticket.wait(gpu)?, time)?;
            }
        }
        Ok(())
    }
}

impl Sink for FileSink {
    fn present(&mut self, gpu: &Gpu, picture: Picture) -> Result<(), SinkError> {
        if picture.texture.size() != self.size {
            return Err(self.writer.wrong_size(picture.texture.size()));
        }
        self.drain(gpu, IN_FLIGHT - 1)?;
        let mut encoder = gpu.encoder("file sink");
        let ticket = self.readback.start(&mut encoder, &picture.texture)?;
        gpu.submit(encoder)?;
        self.tickets.push_back((ticket, picture.time));
        Ok(())
    }

    fn finish(&mut self, gpu: &Gpu) -> Result<(), SinkError> {
        self.drain(gpu, 0)?;
        self.writer.finish()
    }
}
