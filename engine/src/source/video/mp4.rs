//! The part of MP4 and QuickTime files (ISO 14496-12) that says where samples lie and when they show.
//!
//! Every read is checked against the bytes that are there. What is well-formed but not handled here (fragments,
//! edit lists of several cuts) is named, so that the caller can hand the file to ffmpeg.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

use super::{
    bytes::{be16, be32, be64, span},
    samples::{Sample, Timing, sample_table},
    turn::Turn,
};
use crate::frame::{
    ColorSpec, Matrix, Range,
    audio::{AudioCodec, AudioPacket, AudioTrack},
};

/// More than any real index needs: a longer one is refused instead of being read into memory.
const MAX_INDEX_BYTES: u64 = 256 << 20;

/// Why a file's index is of no use.
#[derive(Debug)]
pub(super) enum IndexError {
    /// The file system said no.
    Io(std::io::Error),
    /// Cut, damaged or empty.
    Broken(String),
    /// In order, but not handled here.
    Unsupported(&'static str),
}

/// What an MP4 file holds.
#[derive(Debug)]
pub(super) struct Movie {
    pub(super) video: VideoTrack,
    pub(super) audio: Option<AudioTrack>,
}

/// The first video track.
#[derive(Debug)]
pub(super) struct VideoTrack {
    /// Four letters that name the codec.
    pub(super) codec: String,
    /// The `avcC` box, where there is one.
    pub(super) avc_config: Option<Vec<u8>>,
    /// From the `colr` box.
    pub(super) color: Option<ColorSpec>,
    /// Width to height of a stored pixel, from the `pasp` box.
    pub(super) pixel_aspect: Option<f64>,
    pub(super) turn: Turn,
    /// In decoding order.
    pub(super) samples: Vec<Sample>,
    pub(super) timing: Timing,
}

/// A track as it is read, whatever its kind.
struct Track<'a> {
    handler: [u8; 4],
    header: &'a [u8],
    timescale: u32,
    edit: Edit,
    table: &'a [u8],
}

/// The one cut of an edit list.
#[derive(Clone, Copy, Debug, Default)]
struct Edit {
    /// Nothing shows for so long, in units of the movie.
    delay: u64,
    /// Where the cut begins, in units of the track.
    start: i64,
    /// How long it is, in units of the movie; 0 is to the end.
    length: u64,
}

/// Reads the index of the file at `path`.
pub(super) fn read(path: &Path) -> Result<Movie, IndexError> {
    let (moov, file_length) = read_moov(path)?;
    let broken = |what: &str| IndexError::Broken(what.to_owned());
    let movie_header = find(&moov, b"mvhd").ok_or_else(|| broken("the MP4 index has no movie header"))?;
    let movie_scale =
        be32(movie_header, if movie_header.first() == Some(&1) { 20 } else { 12 }).unwrap_or(0).max(1);
    if find(&moov, b"mvex").is_some() {
        return Err(IndexError::Unsupported("fragmented MP4"));
    }
    let (mut video, mut audio) = (None, None);
    for (name, body) in boxes(&moov) {
        if name != *b"trak" {
            continue;
        }
        let track = read_track(body)?;
        match &track.handler {
            b"vide" if video.is_none() => video = Some(video_track(&track, movie_scale, file_length)?),
            b"soun" if audio.is_none() => {
                let found = audio_track(&track, movie_scale, file_length, path);
                audio = Some(found.unwrap_or_else(|| unknown_audio(path)));
            }
            _ => {}
        }
    }
    let video = video.ok_or_else(|| broken("there is no video track in it"))?;
    Ok(Movie { video, audio })
}

/// The body of the `moov` box, and the length of the file.
fn read_moov(path: &Path) -> Result<(Vec<u8>, u64), IndexError> {
    let mut file = File::open(path).map_err(IndexError::Io)?;
    let length = file.metadata().map_err(IndexError::Io)?.len();
    let mut at = 0;
    while at + 8 <= length {
        let mut head = [0; 16];
        file.seek(SeekFrom::Start(at)).map_err(IndexError::Io)?;
        let wide = (length - at).min(16) as usize;
        file.read_exact(&mut head[..wide]).map_err(IndexError::Io)?;
        let (size, body) = match be32(&head, 0).unwrap_or(0) {
            0 => (length - at, 8),
            1 => (be64(&head, 8).unwrap_or(0), 16),
            size => (u64::from(size), 8),
        };
        if size < body {
            return Err(IndexError::Broken(format!("the MP4 is damaged at byte {at}")));
        }
        if &head[4..8] == b"moov" {
            if size > length - at || size > MAX_INDEX_BYTES {
                return Err(IndexError::Broken("the MP4 is cut off within its index".to_owned()));
            }
            let mut moov = vec![0; (size - body) as usize];
            file.seek(SeekFrom::Start(at + body)).map_err(IndexError::Io)?;
            file.read_exact(&mut moov).map_err(IndexError::Io)?;
            return Ok((moov, length));
        }
        at = at.saturating_add(size);
    }
    Err(IndexError::Broken("the MP4 has no index (moov): it is cut off or was never finished".to_owned()))
}

fn read_track(trak: &[u8]) -> Result<Track<'_>, IndexError> {
    let missing = |name| IndexError::Broken(format!("a track of the MP4 lacks its {name} box"));
    let header = find(trak, b"tkhd").ok_or_else(|| missing("tkhd"))?;
    let media = find(trak, b"mdia").ok_or_else(|| missing("mdia"))?;
    let media_header = find(media, b"mdhd").ok_or_else(|| missing("mdhd"))?;
    let timescale = be32(media_header, if media_header.first() == Some(&1) { 20 } else { 12 });
    let handler = find(media, b"hdlr").and_then(|hdlr| span(hdlr, 8, 4)).ok_or_else(|| missing("hdlr"))?;
    let table = find(media, b"minf").and_then(|info| find(info, b"stbl")).ok_or_else(|| missing("stbl"))?;
    let edit =
        find(trak, b"edts").and_then(|edits| find(edits, b"elst")).map_or(Ok(Edit::default()), read_edit)?;
    Ok(Track {
        handler: [handler[0], handler[1], handler[2], handler[3]],
        header,
        timescale: timescale.filter(|scale| *scale > 0).ok_or_else(|| missing("time scale in its mdhd"))?,
        edit,
        table,
    })
}

fn read_edit(list: &[u8]) -> Result<Edit, IndexError> {
    let mut edit = Edit::default();
    let mut cuts = 0;
    let wide = list.first() == Some(&1);
    let entry_bytes = if wide { 20 } else { 12 };
    for entry in list.get(8..).unwrap_or_default().chunks_exact(entry_bytes) {
        let (length, start) = if wide {
            (be64(entry, 0).unwrap_or(0), be64(entry, 8).unwrap_or(0) as i64)
        } else {
            (u64::from(be32(entry, 0).unwrap_or(0)), i64::from(be32(entry, 4).unwrap_or(0) as i32))
        };
        if start >= 0 {
            (edit.start, edit.length) = (start, length);
            cuts += 1;
        } else if cuts == 0 {
            edit.delay += length;
        }
    }
    if cuts > 1 { Err(IndexError::Unsupported("an MP4 whose edit list has several cuts")) } else { Ok(edit) }
}

impl Edit {
    fn timing(&self, track_scale: u32, movie_scale: u32) -> Timing {
        let in_track = |movie: u64| (movie as f64 * f64::from(track_scale) / f64::from(movie_scale)) as i64;
        Timing {
            timescale: track_scale,
            delay: in_track(self.delay),
            start: self.start,
            end: if self.length == 0 { i64::MAX } else { self.start.saturating_add(in_track(self.length)) },
        }
    }
}

fn video_track(track: &Track, movie_scale: u32, file_length: u64) -> Result<VideoTrack, IndexError> {
    let (codec, entry) = sample_entry(track.table)
        .ok_or_else(|| IndexError::Broken("the video track has no description".to_owned()))?;
    let inner = entry.get(78..).unwrap_or_default();
    let samples = sample_table(track.table, file_length).map_err(IndexError::Broken)?;
    if samples.is_empty() {
        return Err(IndexError::Broken("its video track has no frames".to_owned()));
    }
    Ok(VideoTrack {
        codec,
        avc_config: find(inner, b"avcC").map(<[u8]>::to_vec),
        color: find(inner, b"colr").and_then(read_color),
        pixel_aspect: find(inner, b"pasp")
            .and_then(|pasp| Some(f64::from(be32(pasp, 0)?) / f64::from(be32(pasp, 4)?))),
        turn: read_turn(track.header),
        samples,
        timing: track.edit.timing(track.timescale, movie_scale),
    })
}

/// The first entry of the sample description: its name and its body.
fn sample_entry(table: &[u8]) -> Option<(String, &[u8])> {
    let (name, body) = boxes(find(table, b"stsd")?.get(8..)?).next()?;
    Some((String::from_utf8_lossy(&name).trim().to_owned(), body))
}

fn read_color(colr: &[u8]) -> Option<ColorSpec> {
    let kind = span(colr, 0, 4)?;
    if kind != b"nclx" && kind != b"nclc" {
        return None;
    }
    let matrix = color_matrix(be16(colr, 8)?)?;
    let full = kind == b"nclx" && colr.get(10).is_some_and(|flags| flags & 0x80 != 0);
    Some(ColorSpec { matrix, range: if full { Range::Full } else { Range::Limited } })
}

/// By the number of ISO 23091-2 (the same in H.264); `None` where it says "unspecified".
pub(super) fn color_matrix(number: u16) -> Option<Matrix> {
    match number {
        1 => Some(Matrix::Bt709),
        4..=6 => Some(Matrix::Bt601),
        _ => None,
    }
}

fn read_turn(header: &[u8]) -> Turn {
    let at = if header.first() == Some(&1) { 52 } else { 40 };
    let entry = |index: usize| be32(header, at + index * 4).unwrap_or(0) as i32;
    Turn::from_matrix([entry(0), entry(1), entry(3), entry(4)])
}

fn audio_track(track: &Track, movie_scale: u32, file_length: u64, path: &Path) -> Option<AudioTrack> {
    let (name, entry) = sample_entry(track.table)?;
    let channels = be16(entry, 16)?;
    // QuickTime's version 1 has 16 bytes more; version 2 is another thing altogether.
    let inner = match be16(entry, 8)? {
        0 => entry.get(28..)?,
        1 => entry.get(44..)?,
        _ => return None,
    };
    let esds = find(inner, b"esds").or_else(|| find(find(inner, b"wave")?, b"esds"));
    let codec = match (name.as_str(), esds.and_then(read_esds)) {
        ("mp4a", Some((0x40, config))) => AudioCodec::Aac { config },
        ("mp4a", Some((0x69 | 0x6b, _))) | (".mp3", _) => AudioCodec::Mp3,
        _ => AudioCodec::Other(name),
    };
    let sample_rate = be32(entry, 24)? >> 16;
    let samples = sample_table(track.table, file_length).ok()?;
    let timing = track.edit.timing(track.timescale, movie_scale);
    let in_samples = |units: i64| (units as f64 * f64::from(sample_rate) / f64::from(track.timescale)) as u32;
    let packets = samples.iter().map(|sample| AudioPacket {
        offset: sample.offset,
        size: sample.size,
        samples: in_samples(i64::from(sample.duration)),
    });
    let seconds = |units: i64| Duration::from_secs_f64(units.max(0) as f64 / f64::from(track.timescale));
    Some(AudioTrack {
        file: path.to_owned(),
        codec,
        sample_rate,
        channels,
        skip: seconds(timing.start),
        start: seconds(timing.delay),
        packets: packets.collect(),
    })
}

/// Sound that is there, and is all that can be said of it.
fn unknown_audio(path: &Path) -> AudioTrack {
    AudioTrack {
        file: path.to_owned(),
        codec: AudioCodec::Other("sound of an unknown kind".to_owned()),
        sample_rate: 0,
        channels: 0,
        skip: Duration::ZERO,
        start: Duration::ZERO,
        packets: Vec::new(),
    }
}

/// Object type and decoder configuration of an elementary stream descriptor (ISO 14496-1).
fn read_esds(esds: &[u8]) -> Option<(u8, Vec<u8>)> {
    let (_, stream) = descriptor(esds.get(4..)?, 3)?;
    let flags = *stream.get(2)?;
    if flags & 0xe0 != 0 {
        return None;
    }
    let (_, decoder) = descriptor(stream.get(3..)?, 4)?;
    let config = descriptor(decoder.get(13..)?, 5).map(|(_, config)| config.to_vec()).unwrap_or_default();
    Some((*decoder.first()?, config))
}

/// A descriptor with `tag` at the start of `bytes`: the length of its header, and its body.
fn descriptor(bytes: &[u8], tag: u8) -> Option<(usize, &[u8])> {
    if *bytes.first()? != tag {
        return None;
    }
    let (mut length, mut at) = (0_usize, 1);
    loop {
        let byte = *bytes.get(at)?;
        length = length << 7 | usize::from(byte & 0x7f);
        at += 1;
        if byte & 0x80 == 0 || at > 4 {
            return Some((at, span(bytes, at, length)?));
        }
    }
}

/// The boxes that follow one another in `bytes`: names and bodies. Ends at the first that does not fit.
pub(super) fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let size = be32(rest, 0)?;
        let name = span(rest, 4, 4)?;
        let (size, head) = match size {
            0 => (rest.len(), 8),
            1 => (usize::try_from(be64(rest, 8)?).ok()?, 16),
            size => (size as usize, 8),
        };
        let body = rest.get(head..size)?;
        rest = &rest[size..];
        Some(([name[0], name[1], name[2], name[3]], body))
    })
}

/// The body of the first box of that name.
pub(super) fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(found, _)| found == name).map(|(_, body)| body)
}
