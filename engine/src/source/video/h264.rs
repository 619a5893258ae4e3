//! H.264 in MP4, decoded by openh264.

use std::{
    collections::VecDeque,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use openh264::{
    OpenH264API,
    decoder::{DecodeOptions, DecodedYUV, Decoder, DecoderConfig, Flush},
    formats::YUVSource,
};

use super::{
    Decode,
    bytes::{be16, span},
    mp4::VideoTrack,
    samples::Sample,
    sps::Sps,
    turn::Turn,
};
use crate::{
    frame::{ColorSpec, PixelFormat, Pixels},
    source::SourceError,
};

/// The `avcC` box (ISO 14496-15, 5.3.3).
struct AvcConfig {
    /// Bytes of the length that precedes each NAL unit.
    length_bytes: usize,
    /// Sequence parameter sets, then picture parameter sets.
    units: Vec<Vec<u8>>,
}

impl AvcConfig {
    fn read(config: &[u8]) -> Option<Self> {
        let length_bytes = usize::from(config.get(4)? & 3) + 1;
        let mut at = 5;
        let mut units = Vec::new();
        for mask in [0x1f, 0xff] {
            let count = config.get(at)? & mask;
            at += 1;
            for _ in 0..count {
                let length = usize::from(be16(config, at)?);
                units.push(span(config, at + 2, length)?.to_vec());
                at += 2 + length;
            }
        }
        Some(Self { length_bytes, units })
    }

    fn sps(&self) -> Option<Sps> {
        self.units.iter().find_map(|unit| Sps::read(unit))
    }
}

/// Whether [`H264::open`] can decode that track.
pub(super) fn is_built_in(track: &VideoTrack) -> bool {
    let config = track.avc_config.as_deref().and_then(AvcConfig::read);
    track.codec.starts_with("avc") && config.and_then(|config| config.sps()).is_some_and(|sps| sps.built_in)
}

/// Width to height of an upright pixel: what the file says goes before what the stream says.
pub(super) fn pixel_aspect(track: &VideoTrack) -> Option<f64> {
    let of_stream = || track.avc_config.as_deref().and_then(AvcConfig::read)?.sps()?.pixel_aspect;
    let stored = track.pixel_aspect.or_else(of_stream)?;
    Some(if track.turn.crosses() { 1.0 / stored } else { stored })
}

/// Reads samples in decoding order, gives pictures in showing order.
pub(super) struct H264 {
    path: PathBuf,
    file: File,
    config: AvcConfig,
    color: ColorSpec,
    turn: Turn,
    samples: Vec<Sample>,
    /// Of each picture in showing order; `None` where the edit list cuts it away.
    times: Vec<Option<Duration>>,
    /// Samples read and pictures given so far.
    read: usize,
    given: usize,
    decoder: Decoder,
    decoded: VecDeque<Pixels>,
    /// Reused for each sample: its NAL units, each after a start code.
    stream: Vec<u8>,
}

impl H264 {
    pub(super) fn open(path: &Path, track: VideoTrack) -> Result<Self, SourceError> {
        let file = File::open(path).map_err(|error| SourceError::unreadable(path, error))?;
        let config = track.avc_config.as_deref().and_then(AvcConfig::read);
        let config = config.ok_or_else(|| SourceError::broken(path, "its H.264 configuration is damaged"))?;
        let color = track.color.or_else(|| config.sps()?.color).unwrap_or_default();
        let mut shown: Vec<&Sample> = track.samples.iter().collect();
        shown.sort_by_key(|sample| sample.shows_at);
        let times = shown.into_iter().map(|sample| track.timing.time(sample)).collect();
        let options = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), options).map_err(|error| {
            SourceError::broken(path, format!("the H.264 decoder does not start: {error}"))
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            config,
            color,
            turn: track.turn,
            samples: track.samples,
            times,
            read: 0,
            given: 0,
            decoder,
            decoded: VecDeque::new(),
            stream: Vec::new(),
        })
    }

    /// Decodes one sample more, or takes the last pictures out of the decoder.
    fn decode_more(&mut self) -> Result<(), SourceError> {
        if self.read == self.samples.len() {
            let rest = self.decoder.flush_remaining();
            let rest = rest.map_err(|error| damaged(&self.path, self.given, &error))?;
            for picture in rest {
                self.decoded.push_back(copy(&picture, self.color, &self.path)?);
            }
            return Ok(());
        }
        self.read_sample().map_err(|what| broken_frame(&self.path, self.read, what))?;
        self.read += 1;
        let options = DecodeOptions::new().flush_after_decode(Flush::NoFlush);
        let picture = self.decoder.decode_with_options(&self.stream, options);
        let picture = picture.map_err(|error| damaged(&self.path, self.read - 1, &error))?;
        if let Some(picture) = picture {
            self.decoded.push_back(copy(&picture, self.color, &self.path)?);
        }
        Ok(())
    }

    /// Fills `stream` with the next sample, the parameter sets before its first.
    fn read_sample(&mut self) -> Result<(), String> {
        const START: [u8; 4] = [0, 0, 0, 1];
        let sample = self.samples[self.read];
        let cut = |_| "the file is cut off here".to_owned();
        let length = self.file.metadata().map_err(|error| error.to_string())?.len();
        if sample.offset.saturating_add(u64::from(sample.size)) > length {
            return Err("the file is cut off here".to_owned());
        }
        let mut bytes = vec![0; sample.size as usize];
        self.file.seek(SeekFrom::Start(sample.offset)).map_err(cut)?;
        self.file.read_exact(&mut bytes).map_err(cut)?;
        self.stream.clear();
        if self.read == 0 {
            for unit in &self.config.units {
                self.stream.extend_from_slice(&START);
                self.stream.extend_from_slice(unit);
            }
        }
        let mut at = 0;
        while at < bytes.len() {
            let length = span(&bytes, at, self.config.length_bytes).unwrap_or_default();
            let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
            at += self.config.length_bytes;
            let unit = span(&bytes, at, length).ok_or("its parts are longer than itself")?;
            self.stream.extend_from_slice(&START);
            self.stream.extend_from_slice(unit);
            at += length;
        }
        Ok(())
    }
}

impl Decode for H264 {
    fn next(&mut self) -> Result<Option<(Duration, Pixels)>, SourceError> {
        loop {
            while let Some(pixels) = self.decoded.pop_front() {
                let time = self.times.get(self.given).copied().flatten();
                self.given += 1;
                if let Some(time) = time {
                    return Ok(Some((time, self.turn.apply(pixels))));
                }
            }
            if self.given >= self.samples.len() {
                return Ok(None);
            }
            let at_end = self.read == self.samples.len();
            self.decode_more()?;
            if at_end && self.decoded.is_empty() {
                return Err(broken_frame(&self.path, self.given, "no picture came out of it"));
            }
        }
    }
}

fn damaged(path: &Path, frame: usize, error: &openh264::Error) -> SourceError {
    log::debug!("{}: frame {frame}: {error}", path.display());
    broken_frame(path, frame, "its data make no sense")
}

fn broken_frame(path: &Path, frame: usize, what: impl ToString) -> SourceError {
    SourceError::BrokenFrame { path: path.to_owned(), frame: frame as u64, what: what.to_string() }
}

fn copy(picture: &DecodedYUV, color: ColorSpec, path: &Path) -> Result<Pixels, SourceError> {
    let (width, height) = picture.dimensions();
    let (luma_stride, chroma_stride, _) = picture.strides();
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let planes = [
        (picture.y(), luma_stride, width, height),
        (picture.u(), chroma_stride, half_width, half_height),
        (picture.v(), chroma_stride, half_width, half_height),
    ];
    let mut bytes = Vec::with_capacity(width * height + 2 * half_width * half_height);
    for (plane, stride, row_bytes, rows) in planes {
        for row in plane.chunks(stride).take(rows) {
            bytes.extend_from_slice(row.get(..row_bytes).unwrap_or(row));
        }
    }
    Pixels::new([width as u32, height as u32], PixelFormat::I420, color, bytes)
        .map_err(|error| SourceError::broken(path, error))
}
