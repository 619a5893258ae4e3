//! Sound that a container can't hold, turned into what it can by an `ffmpeg` on the PATH.
//!
//! The result goes into a file without a name, in forms whose packets are found without an index: ADTS for AAC, bare
//! samples for PCM. Nothing is left behind, however the program ends.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use crate::frame::audio::{AudioCodec, AudioPacket, AudioTrack};

/// What sound becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Aac,
    Pcm16,
}

/// Samples of an AAC packet; also what ffmpeg's encoder puts before the sound.
const AAC_SAMPLES: u32 = 1024;
/// More channels are mixed down: what a filtered clip is played on has two.
const MAX_CHANNELS: u16 = 2;
/// Bits a second and channel: transparent for nearly everybody.
const AAC_BIT_RATE: u32 = 96_000;
/// Where the source does not say.
const USUAL_RATE: u32 = 48_000;
/// Sound is filled up or cut so that it starts with the clip and keeps its time over gaps.
const IN_TIME: [&str; 2] = ["-af", "aresample=async=1:first_pts=0"];

/// The first sound of `track.file` as `to`, and the file with its packets.
///
/// # Errors
/// Half a sentence that says why it can't be converted.
pub(super) fn convert(track: &AudioTrack, to: Target) -> Result<(AudioTrack, File), String> {
    let channels = if track.channels == 0 { MAX_CHANNELS } else { track.channels.min(MAX_CHANNELS) };
    if to == Target::Pcm16 {
        let rate = if track.sample_rate == 0 { USUAL_RATE } else { track.sample_rate };
        let [rate_text, channel_text] = [rate.to_string(), channels.to_string()];
        let coding = ["-c:a", "pcm_s16le", "-ar", &rate_text, "-ac", &channel_text, "-f", "s16le"];
        let file = run(&track.file, &[&IN_TIME[..], &coding].concat())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let converted = AudioTrack {
            codec: AudioCodec::Pcm16,
            sample_rate: rate,
            channels,
            ..from_start(track, pcm_packets(length, u32::from(channels) * 2))
        };
        return Ok((converted, file));
    }
    // AAC that lies in another container needs no second coding, but not all of it can be ADTS.
    if track.codec == AudioCodec::Other("aac".to_owned())
        && let Ok(file) = run(&track.file, &["-c:a", "copy", "-f", "adts"])
        && let Ok(Adts { config, sample_rate, channels, packets }) = read_adts(&file)
    {
        let codec = AudioCodec::Aac { config };
        return Ok((AudioTrack { codec, sample_rate, channels, packets, ..track.clone() }, file));
    }
    let [bits, channel_text] =
        [AAC_BIT_RATE * u32::from(channels), u32::from(channels)].map(|number| number.to_string());
    let coding = ["-c:a", "aac", "-b:a", &bits, "-ac", &channel_text, "-f", "adts"];
    let file = run(&track.file, &[&IN_TIME[..], &coding].concat())?;
    let Adts { config, sample_rate, channels, packets } = read_adts(&file)?;
    let skip = Duration::from_secs_f64(f64::from(AAC_SAMPLES) / f64::from(sample_rate));
    let codec = AudioCodec::Aac { config };
    Ok((AudioTrack { codec, sample_rate, channels, skip, ..from_start(track, packets) }, file))
}

/// `track` with other packets that sound from the start of the clip.
fn from_start(track: &AudioTrack, packets: Vec<AudioPacket>) -> AudioTrack {
    AudioTrack { skip: Duration::ZERO, start: Duration::ZERO, packets, ..track.clone() }
}

/// What ffmpeg makes of the first sound of `source` with these options.
fn run(source: &Path, options: &[&str]) -> Result<File, String> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => "no ffmpeg is there to convert it (Debian: apt install ffmpeg)".to_owned(),
        _ => format!("it can't be converted ({error})"),
    };
    let file = tempfile::tempfile().map_err(|error| format!("it can't be converted ({error})"))?;
    let target = file.try_clone().map_err(failed)?;
    // Else a name could be taken for an option or a URL.
    let mut url = OsString::from("file:");
    url.push(source);
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostdin", "-v", "error", "-i"])
        .arg(url)
        .args(["-map", "0:a:0"])
        .args(options)
        .arg("pipe:1")
        .stdin(Stdio::null())
        .stdout(target)
        .output()
        .map_err(failed)?;
    if output.status.success() {
        return Ok(file);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    log::debug!("{}: ffmpeg: {}", source.display(), said.trim());
    Err("ffmpeg can't convert it".to_owned())
}

/// Blocks of as many samples as an AAC packet has; `frame` is the bytes of one sample of all channels.
fn pcm_packets(length: u64, frame: u32) -> Vec<AudioPacket> {
    let step = u64::from(AAC_SAMPLES * frame);
    let at = |index: u64| {
        let size = (length - index * step).min(step) as u32 / frame * frame;
        AudioPacket { offset: index * step, size, samples: size / frame }
    };
    (0..length.div_ceil(step)).map(at).filter(|packet| packet.size > 0).collect()
}

/// What a file of ADTS packets (ISO 13818-7, 6.2) holds.
struct Adts {
    /// AudioSpecificConfig (ISO 14496-3).
    config: Vec<u8>,
    sample_rate: u32,
    channels: u16,
    packets: Vec<AudioPacket>,
}

fn read_adts(file: &File) -> Result<Adts, String> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ];
    let odd = |_| "what ffmpeg made of it makes no sense".to_owned();
    let length = file.metadata().map_err(odd)?.len();
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0)).map_err(odd)?;
    let mut adts = None;
    let mut at = 0;
    while at < length {
        let mut head = [0; 7];
        reader.read_exact(&mut head).map_err(odd)?;
        let bits = head.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let field = |from: u32, count: u32| (bits >> (56 - from - count)) & ((1 << count) - 1);
        let head_bytes = if field(15, 1) == 1 { 7 } else { 9 };
        let (object, rate, channels) = (field(16, 2) as u8 + 1, field(18, 4) as u8, field(23, 3) as u8);
        let size = field(30, 13);
        let sample_rate = RATES.get(usize::from(rate)).copied();
        let (0xfff, 0, Some(sample_rate), 1..) = (field(0, 12), field(54, 2), sample_rate, channels) else {
            return odd_form();
        };
        if size <= head_bytes || at + size > length {
            return odd_form();
        }
        let adts = adts.get_or_insert_with(|| Adts {
            config: vec![object << 3 | rate >> 1, rate << 7 | channels << 3],
            sample_rate,
            channels: if channels == 7 { 8 } else { u16::from(channels) },
            packets: Vec::new(),
        });
        let offset = at + head_bytes;
        adts.packets.push(AudioPacket { offset, size: (size - head_bytes) as u32, samples: AAC_SAMPLES });
        at += size;
        reader.seek_relative(size as i64 - 7).map_err(odd)?;
    }
    adts.ok_or_else(|| "there is none in the file".to_owned())
}

fn odd_form() -> Result<Adts, String> {
    Err("ffmpeg's AAC is of a form that is not read".to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn samples_are_cut_into_blocks() {
        let packets = pcm_packets(4096 * 2 + 6, 4);
        assert_eq!(packets.len(), 3);
        assert_eq!(packets[2], AudioPacket { offset: 8192, size: 4, samples: 1 });
        assert!(pcm_packets(0, 4).is_empty());
    }

    #[test]
    fn packets_of_adts_and_what_is_none() {
        // AAC-LC, 44100 Hz, stereo, 10 bytes with the header of 7.
        let packet = [0xff, 0xf1, 0x50, 0x80, 0x01, 0x5f, 0xfc, 1, 2, 3];
        let file = |bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            file
        };
        let adts = read_adts(&file(&packet.repeat(2))).unwrap();
        assert_eq!((adts.config, adts.sample_rate, adts.channels), (vec![0x12, 0x10], 44_100, 2));
        assert_eq!(adts.packets[1], AudioPacket { offset: 17, size: 3, samples: 1024 });
        for bad in [&packet[..9], &packet[1..], &[], &[0xff; 20]] {
            assert!(read_adts(&file(bad)).is_err(), "{bad:?}");
        }
    }
}
