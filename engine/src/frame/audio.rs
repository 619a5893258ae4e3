//! The sound of a clip as it lies in its file: described, not read. A sink that keeps it copies the packets, or has
//! it converted.

use std::{fmt, path::PathBuf, time::Duration};

/// How the packets are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioCodec {
    /// AAC without ADTS headers.
    Aac {
        /// The AudioSpecificConfig (ISO 14496-3).
        config: Vec<u8>,
    },
    /// MPEG-1 or MPEG-2 layer III.
    Mp3,
    /// Signed little-endian samples of 16 bits, channels interleaved.
    Pcm16,
    /// Something that is not copied as it is, by its name in the container or in ffmpeg.
    Other(String),
}

/// For people.
impl fmt::Display for AudioCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aac { .. } => "AAC",
            Self::Mp3 => "MP3",
            Self::Pcm16 => "PCM of 16 bits",
            Self::Other(name) => name,
        })
    }
}

/// One packet: bytes of the file and how long they sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioPacket {
    /// First byte in the file.
    pub offset: u64,
    /// Number of bytes.
    pub size: u32,
    /// In samples of [`AudioTrack::sample_rate`].
    pub samples: u32,
}

/// The sound of a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioTrack {
    /// The file that holds the packets.
    pub file: PathBuf,
    /// How they are coded.
    pub codec: AudioCodec,
    /// Samples a second, a channel.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u16,
    /// Sound in the first packets that is not to be heard (an encoder's priming).
    pub skip: Duration,
    /// When the first heard sample sounds, since the start of the clip.
    pub start: Duration,
    /// In order; none where they are not known, as of [`AudioCodec::Other`].
    pub packets: Vec<AudioPacket>,
}
