//! The sound of a clip, packet by packet: out of its file as it is, or converted where the container can't hold it.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
    time::Duration,
};

use super::convert::{self, Target};
use crate::frame::audio::{AudioCodec, AudioPacket, AudioTrack};

/// What sound a container takes.
pub(super) struct Container {
    pub(super) name: &'static str,
    /// For people.
    pub(super) codecs: &'static str,
    pub(super) holds: fn(&AudioCodec) -> bool,
    /// What other sound becomes.
    pub(super) otherwise: Target,
}

/// Hands out the packets of a track in order.
pub(super) struct Packets {
    pub(super) track: Arc<AudioTrack>,
    file: File,
    at: usize,
    /// Samples in the packets so far.
    samples: u64,
}

impl Packets {
    /// The sound for the output at `path`: copied where `container` holds its kind, else converted. Where neither
    /// goes, there is none, and a log line says why.
    pub(super) fn for_container(
        path: &Path,
        audio: Option<&Arc<AudioTrack>>,
        container: &Container,
    ) -> Option<Self> {
        let track = audio?;
        let found = if (container.holds)(&track.codec) {
            File::open(&track.file).map(|file| (Arc::clone(track), file)).map_err(|error| error.to_string())
        } else {
            let (name, codecs) = (container.name, container.codecs);
            convert::convert(track, container.otherwise)
                .inspect(|(to, _)| {
                    log::info!("{}: sound: {} becomes {}", path.display(), track.codec, to.codec)
                })
                .map(|(track, file)| (Arc::new(track), file))
                .map_err(|error| format!("{name} takes {codecs}, not {}, and {error}", track.codec))
        };
        match found {
            Ok((track, file)) => Some(Self { track, file, at: 0, samples: 0 }),
            Err(why) => {
                log::warn!("{}: sound is not kept: {why}", path.display());
                None
            }
        }
    }

    /// When the last sample sounds (of the clip).
    pub(super) fn end(&self) -> Duration {
        let samples = self.track.packets.iter().map(|packet| u64::from(packet.samples)).sum();
        (self.track.start + self.seconds(samples)).saturating_sub(self.track.skip)
    }

    /// The next packet, if it begins to sound before `time` (of the clip).
    pub(super) fn before(&mut self, time: Duration) -> io::Result<Option<(AudioPacket, Vec<u8>)>> {
        let Some(&packet) = self.track.packets.get(self.at) else { return Ok(None) };
        if (self.track.start + self.seconds(self.samples)).saturating_sub(self.track.skip) >= time {
            return Ok(None);
        }
        let mut bytes = vec![0; packet.size as usize];
        self.file.seek(SeekFrom::Start(packet.offset))?;
        self.file.read_exact(&mut bytes)?;
        self.at += 1;
        self.samples += u64::from(packet.samples);
        Ok(Some((packet, bytes)))
    }

    fn seconds(&self, samples: u64) -> Duration {
        Duration::from_secs_f64(samples as f64 / f64::from(self.track.sample_rate.max(1)))
    }
}
