//! MJPEG in AVI: JPEG pictures at a constant rate, with PCM or MP3 sound as it was.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::Path,
    time::Duration,
};

use ::image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

use super::{
    convert::Target,
    copy::{Container, Packets},
};
use crate::{
    frame::audio::{AudioCodec, AudioTrack},
    sink::{SinkError, SinkOptions, encode::Encode, image::drop_alpha, partial::Partial},
};

/// JPEG quality: high, so that a second generation looks like the first.
const QUALITY: u8 = 92;
/// RIFF counts bytes in 32 bits; room is left for the index.
const MAX_BYTES: u64 = u32::MAX as u64 - (64 << 20);
/// A picture may come so much of a frame off its slot before a log line says so.
const SLACK: f64 = 0.5;
/// The sound that an AVI holds.
const SOUND: Container = Container {
    name: "AVI",
    codecs: "PCM and MP3",
    holds: |codec| matches!(codec, AudioCodec::Pcm16 | AudioCodec::Mp3),
    otherwise: Target::Pcm16,
};
const VIDEO_CHUNK: &[u8; 4] = b"00dc";
const SOUND_CHUNK: &[u8; 4] = b"01wb";
const KEY_FRAME: u32 = 0x10;

/// An AVI under way.
pub(in crate::sink) struct Avi {
    partial: Partial,
    writer: BufWriter<File>,
    at: u64,
    header: Header,
    packets: Option<Packets>,
    first: Option<Duration>,
    /// Name, offset from the `movi` word and size of each chunk.
    index: Vec<([u8; 4], u32, u32)>,
    /// Where the `movi` word stands.
    movi: u64,
    uneven: bool,
}

/// What the head of the file says; written twice, the second time with the counts.
#[derive(Default)]
struct Header {
    size: [u32; 2],
    fps: f64,
    frames: u32,
    largest: u32,
    /// Packets, or blocks of PCM samples.
    sound_units: u32,
    file_bytes: u32,
    movi_bytes: u32,
}

impl Avi {
    pub(in crate::sink) fn create(path: &Path, options: &SinkOptions) -> Result<Self, SinkError> {
        if options.size.iter().any(|side| *side > u32::from(u16::MAX)) {
            return Err(SinkError::unfit(
                path,
                "pictures of more than 65535 pixels a side can't become JPEG",
            ));
        }
        let (partial, file) = Partial::file(path)?;
        let packets = Packets::for_container(path, options.audio.as_ref(), &SOUND);
        let header = Header { size: options.size, fps: options.fps, ..Header::default() };
        let head = header.bytes(packets.as_ref().map(|packets| &*packets.track));
        let mut avi = Self {
            partial,
            writer: BufWriter::new(file),
            at: head.len() as u64,
            movi: head.len() as u64 - 4,
            header,
            packets,
            first: None,
            index: Vec::new(),
            uneven: false,
        };
        avi.writer.write_all(&head).map_err(|error| SinkError::unwritable(avi.partial.path(), error))?;
        Ok(avi)
    }

    fn chunk(&mut self, name: &[u8; 4], bytes: &[u8]) -> Result<(), SinkError> {
        if self.at + bytes.len() as u64 > MAX_BYTES {
            return Err(SinkError::unfit(self.partial.path(), "an AVI ends at 4 GB: write an .mp4 instead"));
        }
        self.index.push((*name, (self.at - self.movi) as u32, bytes.len() as u32));
        let write = |writer: &mut BufWriter<File>| -> io::Result<()> {
            writer.write_all(name)?;
            writer.write_all(&(bytes.len() as u32).to_le_bytes())?;
            writer.write_all(bytes)?;
            writer.write_all(&[0][..bytes.len() % 2])
        };
        write(&mut self.writer).map_err(|error| SinkError::unwritable(self.partial.path(), error))?;
        self.at += 8 + bytes.len().next_multiple_of(2) as u64;
        Ok(())
    }

    /// Copies the sound that begins before `time` of the source.
    fn copy_sound(&mut self, time: Duration) -> Result<(), SinkError> {
        loop {
            let packet = self.packets.as_mut().map_or(Ok(None), |packets| packets.before(time));
            match packet.map_err(|error| SinkError::unwritable(self.partial.path(), error))? {
                Some((packet, bytes)) => {
                    let pcm =
                        self.packets.as_ref().is_some_and(|packets| packets.track.codec == AudioCodec::Pcm16);
                    self.header.sound_units += if pcm { packet.samples } else { 1 };
                    self.chunk(SOUND_CHUNK, &bytes)?;
                }
                None => return Ok(()),
            }
        }
    }

    /// AVI has a constant rate: a picture that comes at another time is shown at its turn.
    fn mind_rate(&mut self, time: Duration) {
        let first = *self.first.get_or_insert(time);
        let slot = time.saturating_sub(first).as_secs_f64() * self.header.fps;
        if !self.uneven && (slot - f64::from(self.header.frames)).abs() > SLACK {
            self.uneven = true;
            log::warn!(
                "{}: the pictures come unevenly, but AVI has a constant rate: they are shown at {} a second; write \
                 an .mp4 to keep their times",
                self.partial.path().display(),
                self.header.fps
            );
        }
    }

    fn write_index(&mut self) -> io::Result<()> {
        self.header.movi_bytes = (self.at - self.movi) as u32;
        self.writer.write_all(b"idx1")?;
        self.writer.write_all(&(self.index.len() as u32 * 16).to_le_bytes())?;
        for (name, offset, size) in &self.index {
            self.writer.write_all(name)?;
            for value in [KEY_FRAME, *offset, *size] {
                self.writer.write_all(&value.to_le_bytes())?;
            }
        }
        self.at += 8 + self.index.len() as u64 * 16;
        self.header.file_bytes = (self.at - 8) as u32;
        let head = self.header.bytes(self.packets.as_ref().map(|packets| &*packets.track));
        self.writer.seek(SeekFrom::Start(0))?;
        self.writer.write_all(&head)?;
        self.writer.flush()
    }
}

impl Encode for Avi {
    fn encode(&mut self, rgba: &[u8], time: Duration) -> Result<(), SinkError> {
        self.mind_rate(time);
        self.copy_sound(time)?;
        let mut jpeg = Vec::new();
        let [width, height] = self.header.size;
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
            .encode(&drop_alpha(rgba), width, height, ExtendedColorType::Rgb8)
            .map_err(|error| SinkError::unfit(self.partial.path(), error))?;
        self.header.frames += 1;
        self.header.largest = self.header.largest.max(jpeg.len() as u32);
        self.chunk(VIDEO_CHUNK, &jpeg)
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        let Some(first) = self.first else {
            return Err(SinkError::unfit(self.partial.path(), "there was no picture to write"));
        };
        let length = Duration::from_secs_f64(f64::from(self.header.frames) / self.header.fps);
        self.copy_sound(first + length)?;
        self.write_index().map_err(|error| SinkError::unwritable(self.partial.path(), error))?;
        self.partial.commit()
    }
}

impl Header {
    /// From `RIFF` to the word `movi`.
    fn bytes(&self, sound: Option<&AudioTrack>) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(b"RIFF");
        put32(&mut out, &[self.file_bytes]);
        out.extend_from_slice(b"AVI ");
        list(&mut out, b"hdrl", |hdrl| {
            chunk(hdrl, b"avih", |body| {
                const HAS_INDEX: u32 = 0x10;
                let micros = (1e6 / self.fps).round() as u32;
                let [width, height] = self.size;
                let rate = self.largest.saturating_mul(self.fps.ceil() as u32);
                let streams = 1 + u32::from(sound.is_some());
                put32(body, &[micros, rate, 0, HAS_INDEX, self.frames, 0, streams, self.largest]);
                put32(body, &[width, height, 0, 0, 0, 0]);
            });
            list(hdrl, b"strl", |strl| self.video_stream(strl));
            if let Some(sound) = sound {
                list(hdrl, b"strl", |strl| self.sound_stream(strl, sound));
            }
        });
        out.extend_from_slice(b"LIST");
        put32(&mut out, &[self.movi_bytes]);
        out.extend_from_slice(b"movi");
        out
    }

    fn video_stream(&self, strl: &mut Vec<u8>) {
        let [width, height] = self.size;
        let (rate, scale) = ratio(self.fps);
        chunk(strl, b"strh", |body| {
            body.extend_from_slice(b"vidsMJPG");
            put32(body, &[0, 0, 0, scale, rate, 0, self.frames, self.largest, u32::MAX, 0, 0]);
            put16(body, &[width as u16, height as u16]);
        });
        chunk(strl, b"strf", |body| {
            put32(body, &[40, width, height]);
            put16(body, &[1, 24]);
            body.extend_from_slice(b"MJPG");
            put32(body, &[width.saturating_mul(height).saturating_mul(3), 0, 0, 0, 0]);
        });
    }

    fn sound_stream(&self, strl: &mut Vec<u8>, track: &AudioTrack) {
        const MP3_SAMPLES: u32 = 1152;
        let pcm = track.codec == AudioCodec::Pcm16;
        let rate = track.sample_rate;
        let frame = u32::from(track.channels) * 2;
        // MP3 of any bit rate: a packet is a unit of as many samples as it has.
        let (scale, unit, tag, block, bits) = if pcm {
            (1, frame, 1, frame as u16, 16)
        } else {
            (
                track.packets.first().map_or(MP3_SAMPLES, |packet| packet.samples),
                0,
                0x55,
                MP3_SAMPLES as u16,
                0,
            )
        };
        let bytes: u64 = track.packets.iter().map(|packet| u64::from(packet.size)).sum();
        let samples: u64 = track.packets.iter().map(|packet| u64::from(packet.samples)).sum();
        let per_second = (bytes * u64::from(rate) / samples.max(1)) as u32;
        chunk(strl, b"strh", |body| {
            body.extend_from_slice(b"auds");
            put32(
                body,
                &[u32::from(tag), 0, 0, 0, scale, rate, 0, self.sound_units, 0, u32::MAX, unit, 0, 0],
            );
        });
        chunk(strl, b"strf", |body| {
            put16(body, &[tag, track.channels]);
            put32(body, &[rate, if pcm { rate * frame } else { per_second }]);
            put16(body, &[block, bits]);
            if pcm {
                put16(body, &[0]);
            } else {
                // MPEGLAYER3WAVEFORMAT: its id, no padding, block size, one frame a block, no delay.
                put16(body, &[12, 1, 2, 0, block, 1, 0]);
            }
        });
    }
}

/// Rate and scale whose quotient is `fps`, exact for whole rates and their 1000/1001.
fn ratio(fps: f64) -> (u32, u32) {
    for scale in [1, 2, 1001] {
        let rate = fps * f64::from(scale);
        if (rate - rate.round()).abs() < 1e-3 {
            return (rate.round() as u32, scale);
        }
    }
    ((fps * 10_000.0).round() as u32, 10_000)
}

fn list(out: &mut Vec<u8>, name: &[u8; 4], fill: impl FnOnce(&mut Vec<u8>)) {
    chunk(out, b"LIST", |body| {
        body.extend_from_slice(name);
        fill(body);
    });
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], fill: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(name);
    let start = out.len();
    put32(out, &[0]);
    fill(out);
    let size = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&size.to_le_bytes());
    out.resize(out.len().next_multiple_of(2), 0);
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_as_fractions() {
        assert_eq!(ratio(25.0), (25, 1));
        assert_eq!(ratio(12.5), (25, 2));
        assert_eq!(ratio(30_000.0 / 1001.0), (30_000, 1001));
        assert_eq!(ratio(26.397_9), (263_979, 10_000));
    }
}
