//! MJPEG in AVI (RIFF), read by walking its chunks: the optional index is not needed, so files whose writer was
//! stopped can be read as far as they go.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Decode,
    bytes::{le16, le32, span},
    mp3::{HEADER_BYTES, Mp3Frame},
};
use crate::{
    frame::{
        ColorSpec, PixelFormat, Pixels,
        audio::{AudioCodec, AudioPacket, AudioTrack},
    },
    source::{SourceError, jpeg},
};

/// A header list longer than this is refused.
const MAX_HEADER_BYTES: u32 = 16 << 20;

/// Whether a file that begins with `head` is an AVI.
pub(super) fn is_avi(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && span(head, 8, 4) == Some(b"AVI ")
}

/// What an AVI holds.
#[derive(Debug)]
pub(super) struct Index {
    /// Four letters that name the video codec.
    pub(super) codec: String,
    pub(super) audio: Option<AudioTrack>,
    /// Width to height of a pixel, where the file says so.
    pub(super) pixel_aspect: Option<f64>,
    /// Units of time a frame, and a second.
    scale: u32,
    rate: u32,
    /// Units before the first frame.
    start: u32,
    /// Offset and size of each frame's bytes; an empty one repeats the frame before.
    chunks: Vec<(u64, u32)>,
    /// Whether the file ends before its last frame.
    cut: bool,
}

impl Index {
    pub(super) fn is_mjpeg(&self) -> bool {
        ["MJPG", "JPEG", "AVRN", "DMB1", "LJPG"].contains(&self.codec.to_uppercase().as_str())
    }

    pub(super) fn fps(&self) -> f64 {
        f64::from(self.rate) / f64::from(self.scale)
    }

    pub(super) fn frames(&self) -> u64 {
        self.chunks.iter().filter(|(_, size)| *size > 0).count() as u64
    }

    fn time(&self, index: usize) -> Duration {
        let units = (u128::from(self.start) + index as u128) * u128::from(self.scale);
        let nanos = units * 1_000_000_000 / u128::from(self.rate);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// One stream of the header.
struct Stream {
    kind: [u8; 4],
    codec: String,
    scale: u32,
    rate: u32,
    start: u32,
    /// Frames that the header promises; 0 where its writer was stopped.
    length: usize,
    format: Vec<u8>,
    /// Width to height of a pixel.
    pixel_aspect: Option<f64>,
}

/// Walks the file at `path`.
pub(super) fn read(path: &Path) -> Result<Index, SourceError> {
    let unreadable = |error| SourceError::unreadable(path, error);
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut walk =
        Walk { reader: BufReader::new(file), length, streams: Vec::new(), chunks: Vec::new(), cut: false };
    walk.list(0, length, 0).map_err(unreadable)?;
    let place = |kind: &[u8; 4]| walk.streams.iter().position(|stream| stream.kind == *kind);
    let Some(video) = place(b"vids") else {
        return Err(SourceError::broken(path, "the AVI has no video in it, or is cut off within its header"));
    };
    let stream = &walk.streams[video];
    let of_video = walk.chunks.iter().filter(|chunk| chunk.stream == video);
    let chunks: Vec<(u64, u32)> = of_video.map(|chunk| (chunk.offset, chunk.size)).collect();
    let codec = match stream.format.get(16..20) {
        Some(letters) if letters != [0; 4] => String::from_utf8_lossy(letters).into_owned(),
        _ => stream.codec.clone(),
    };
    let (scale, rate, pixel_aspect) = (stream.scale.max(1), stream.rate.max(1), stream.pixel_aspect);
    let (start, cut) = (stream.start, walk.cut && (stream.length == 0 || chunks.len() < stream.length));
    let audio = place(b"auds").and_then(|audio| read_audio(path, &mut walk, audio));
    Ok(Index { codec, audio, pixel_aspect, scale, rate, start, chunks, cut })
}

struct Chunk {
    stream: usize,
    offset: u64,
    size: u32,
}

struct Walk {
    reader: BufReader<File>,
    length: u64,
    streams: Vec<Stream>,
    chunks: Vec<Chunk>,
    /// Whether a chunk reaches over the end of the file.
    cut: bool,
}

impl Walk {
    /// Walks the chunks from byte `at` to byte `end`, lists within lists.
    fn list(&mut self, mut at: u64, end: u64, depth: u32) -> std::io::Result<()> {
        while at + 8 <= end {
            let mut head = [0; 12];
            let known = (end - at).min(12) as usize;
            self.reader.seek(SeekFrom::Start(at))?;
            self.reader.read_exact(&mut head[..known])?;
            let size = le32(&head, 4).unwrap_or(0);
            let body = at + 8;
            let next = body + u64::from(size) + u64::from(size & 1);
            let is_list = matches!(&head[..4], b"RIFF" | b"LIST") && known == 12;
            // A writer that was stopped leaves the sizes of its outer lists at zero.
            let open_end = is_list && size == 0;
            self.cut |= body + u64::from(size) > self.length;
            let stop = if open_end { end } else { (body + u64::from(size)).min(end) };
            if is_list && depth < 4 {
                self.list(at + 12, stop, depth + 1)?;
            } else if matches!(&head[..4], b"strh" | b"strf" | b"vprp") {
                self.header(head[3], body, size.min(MAX_HEADER_BYTES).min((end - body) as u32))?;
            } else if let Some(stream) = stream_of(&head) {
                self.chunks.push(Chunk { stream, offset: body, size });
            }
            if open_end {
                break;
            }
            at = next;
        }
        Ok(())
    }

    fn header(&mut self, kind: u8, body: u64, size: u32) -> std::io::Result<()> {
        let mut bytes = vec![0; size as usize];
        self.reader.seek(SeekFrom::Start(body))?;
        self.reader.read_exact(&mut bytes)?;
        if kind == b'h' {
            let letters = |at| span(&bytes, at, 4).map(<[u8]>::to_vec).unwrap_or_default();
            let number = |at| le32(&bytes, at).unwrap_or(0);
            self.streams.push(Stream {
                kind: letters(0).try_into().unwrap_or_default(),
                codec: String::from_utf8_lossy(&letters(4)).into_owned(),
                scale: number(20),
                rate: number(24),
                start: number(28),
                length: number(32) as usize,
                format: Vec::new(),
                pixel_aspect: None,
            });
        } else if let Some(stream) = self.streams.last_mut() {
            match kind {
                b'f' => stream.format = bytes,
                _ => stream.pixel_aspect = read_vprp(&bytes),
            }
        }
        Ok(())
    }
}

impl Walk {
    /// The chunks of a stream of PCM samples, `block` bytes each with all channels.
    fn sound(&self, stream: usize, block: u32) -> Vec<AudioPacket> {
        let chunks = self.chunks.iter().filter(|chunk| chunk.stream == stream);
        let packet = |chunk: &Chunk| {
            let (offset, size) = (chunk.offset, chunk.size);
            AudioPacket { offset, size, samples: size / block }
        };
        chunks.map(packet).collect()
    }

    /// The frames in the chunks of a stream of MP3; `None` where a chunk does not hold whole ones.
    fn mp3_frames(&mut self, stream: usize) -> Option<Vec<AudioPacket>> {
        let mut packets = Vec::new();
        for chunk in self.chunks.iter().filter(|chunk| chunk.stream == stream) {
            let (mut at, end) = (chunk.offset, chunk.offset + u64::from(chunk.size));
            if end > self.length {
                break;
            }
            while at < end {
                let mut header = [0; HEADER_BYTES];
                self.reader.seek(SeekFrom::Start(at)).ok()?;
                self.reader.read_exact(&mut header).ok()?;
                let frame = Mp3Frame::read(header).filter(|frame| at + u64::from(frame.size) <= end)?;
                packets.push(AudioPacket { offset: at, size: frame.size, samples: frame.samples });
                at += u64::from(frame.size);
            }
        }
        Some(packets)
    }
}

/// The number of the stream that a data chunk (`00dc`, `01wb`...) belongs to.
fn stream_of(head: &[u8; 12]) -> Option<usize> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| usize::from(byte - b'0'));
    let stream = digit(head[0])? * 10 + digit(head[1])?;
    matches!(&head[2..4], b"dc" | b"db" | b"wb").then_some(stream)
}

/// The shape of pixels from a picture's properties: the picture's own, and its size.
fn read_vprp(bytes: &[u8]) -> Option<f64> {
    let [shape, width, height] = [le32(bytes, 20)?, le32(bytes, 24)?, le32(bytes, 28)?];
    let shape = f64::from(shape >> 16) / f64::from(shape & 0xffff);
    Some(shape * f64::from(height) / f64::from(width))
}

/// From a WAVEFORMATEX: PCM and MP3; other codecs are named.
fn read_audio(path: &Path, walk: &mut Walk, stream: usize) -> Option<AudioTrack> {
    const PCM: u16 = 1;
    const MP3: u16 = 0x55;
    let format = &walk.streams[stream].format;
    let (channels, sample_rate) = (le16(format, 2)?, le32(format, 4)?);
    let block = u32::from(le16(format, 12)?).max(1);
    let (tag, bits) = (le16(format, 0)?, le16(format, 14)?);
    let (codec, packets) = match (tag, bits) {
        (PCM, 16) => (AudioCodec::Pcm16, walk.sound(stream, block)),
        (MP3, _) => walk.mp3_frames(stream).map_or_else(
            // Its frames lie across chunks: whoever wants it has to read it as a whole.
            || (AudioCodec::Other("MP3 in pieces".to_owned()), Vec::new()),
            |packets| (AudioCodec::Mp3, packets),
        ),
        (tag, _) => (AudioCodec::Other(format!("AVI sound of kind {tag:#x}")), Vec::new()),
    };
    Some(AudioTrack {
        file: path.to_owned(),
        codec,
        sample_rate,
        channels,
        skip: Duration::ZERO,
        start: Duration::ZERO,
        packets,
    })
}

/// Decodes the frames of an AVI one by one.
pub(super) struct Mjpeg {
    path: PathBuf,
    file: File,
    length: u64,
    index: Index,
    at: usize,
    given: u64,
}

impl Mjpeg {
    pub(super) fn open(path: &Path, index: Index) -> Result<Self, SourceError> {
        let unreadable = |error| SourceError::unreadable(path, error);
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        Ok(Self { path: path.to_owned(), file, length, index, at: 0, given: 0 })
    }

    fn decode(&mut self, offset: u64, size: u32) -> Result<Pixels, String> {
        if offset + u64::from(size) > self.length {
            return Err("the file is cut off here".to_owned());
        }
        let mut bytes = vec![0; size as usize];
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| error.to_string())?;
        self.file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        let (size, rgb) = jpeg::decode(&bytes)?;
        Pixels::new(size, PixelFormat::Rgb8, ColorSpec::default(), rgb).map_err(|error| error.to_string())
    }

    fn broken(&self, what: String) -> SourceError {
        SourceError::BrokenFrame { path: self.path.clone(), frame: self.given, what }
    }
}

impl Decode for Mjpeg {
    fn next(&mut self) -> Result<Option<(Duration, Pixels)>, SourceError> {
        while let Some(&(offset, size)) = self.index.chunks.get(self.at) {
            self.at += 1;
            if size > 0 {
                let pixels = self.decode(offset, size).map_err(|what| self.broken(what))?;
                self.given += 1;
                return Ok(Some((self.index.time(self.at - 1), pixels)));
            }
        }
        if self.index.cut {
            return Err(self.broken("the file is cut off here".to_owned()));
        }
        Ok(None)
    }
}
