//! The sound of a clip, packet by packet out of its file.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
    time::Duration,
};

use crate::frame::audio::{AudioPacket, AudioTrack};

/// Hands out the packets of a track in order.
pub(super) struct Packets {
    pub(super) track: Arc<AudioTrack>,
    file: File,
    at: usize,
    /// Samples in the packets so far.
    samples: u64,
}

impl Packets {
    pub(super) fn open(track: &Arc<AudioTrack>) -> io::Result<Self> {
        Ok(Self { track: Arc::clone(track), file: File::open(&track.file)?, at: 0, samples: 0 })
    }

    /// The next packet, if it begins to sound before `time` (of the clip).
    pub(super) fn before(&mut self, time: Duration) -> io::Result<Option<(AudioPacket, Vec<u8>)>> {
        let Some(&packet) = self.track.packets.get(self.at) else { return Ok(None) };
        let sounded = Duration::from_secs_f64(self.samples as f64 / f64::from(self.track.sample_rate.max(1)));
        if (self.track.start + sounded).saturating_sub(self.track.skip) >= time {
            return Ok(None);
        }
        let mut bytes = vec![0; packet.size as usize];
        self.file.seek(SeekFrom::Start(packet.offset))?;
        self.file.read_exact(&mut bytes)?;
        self.at += 1;
        self.samples += u64::from(packet.samples);
        Ok(Some((packet, bytes)))
    }
}
