//! The index of an MP4 file (ISO 14496-12, 14496-14 and 14496-15): plain data, then boxes.

use std::{sync::Arc, time::Duration};

use super::mp4::TIMESCALE;
use crate::frame::audio::{AudioCodec, AudioTrack};

/// Units a second of the movie as a whole.
const MOVIE_SCALE: u32 = 1000;
/// A matrix that changes nothing.
const UNITY: [u32; 9] = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000];

/// Samples that lie together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    offset: u64,
    end: u64,
    count: u32,
}

impl Chunk {
    /// Adds a sample to the last chunk, or begins a new one where it lies apart.
    pub(super) fn add(chunks: &mut Vec<Self>, offset: u64, size: u32) {
        let end = offset + u64::from(size);
        match chunks.last_mut() {
            Some(last) if last.end == offset => (last.end, last.count) = (end, last.count + 1),
            _ => chunks.push(Self { offset, end, count: 1 }),
        }
    }
}

/// What was written so far.
#[derive(Debug)]
pub(super) struct Index {
    size: [u32; 2],
    /// Size, time in [`TIMESCALE`], and whether it is a key frame.
    pictures: Vec<(u32, u64, bool)>,
    chunks: Vec<Chunk>,
    pub(super) sound: Option<Sound>,
}

/// The sound that was copied.
#[derive(Debug, Default)]
pub(super) struct Sound {
    pub(super) track: Option<Arc<AudioTrack>>,
    /// Bytes and samples of each packet.
    pub(super) packets: Vec<(u32, u32)>,
    pub(super) chunks: Vec<Chunk>,
    /// Silence before it.
    pub(super) delay: Duration,
    /// Sound at its start that is not heard.
    pub(super) skip: Duration,
}

impl Index {
    pub(super) fn new(size: [u32; 2]) -> Self {
        Self { size, pictures: Vec::new(), chunks: Vec::new(), sound: None }
    }

    /// Times that do not grow are moved on by one unit.
    pub(super) fn add_picture(&mut self, offset: u64, size: u32, time: u64, key: bool) {
        let least = self.pictures.last().map_or(0, |last| last.1 + 1);
        self.pictures.push((size, time.max(least), key));
        Chunk::add(&mut self.chunks, offset, size);
    }

    pub(super) fn last_time(&self) -> u64 {
        self.pictures.last().map_or(0, |last| last.1)
    }
}

/// The `moov` box. `last` is how long the last picture shows, in [`TIMESCALE`].
pub(super) fn build(index: &Index, parameter_sets: &[Vec<u8>; 2], last: u32) -> Vec<u8> {
    let duration = index.last_time() + u64::from(last);
    let movie = duration * u64::from(MOVIE_SCALE) / u64::from(TIMESCALE);
    let mut moov = Vec::new();
    boxed(&mut moov, b"moov", |moov| {
        full_box(moov, b"mvhd", 1, 0, |body| {
            put64(body, &[0, 0]);
            put32(body, &[MOVIE_SCALE]);
            put64(body, &[movie]);
            put32(body, &[0x10000, 0x0100_0000, 0, 0]);
            put32(body, &UNITY);
            put32(body, &[0, 0, 0, 0, 0, 0, 3]);
        });
        boxed(moov, b"trak", |trak| video_track(trak, index, parameter_sets, movie, last));
        if let Some((sound, track)) =
            index.sound.as_ref().and_then(|sound| Some((sound, sound.track.as_ref()?)))
        {
            boxed(moov, b"trak", |trak| sound_track(trak, sound, track));
        }
    });
    moov
}

fn video_track(trak: &mut Vec<u8>, index: &Index, parameter_sets: &[Vec<u8>; 2], movie: u64, last: u32) {
    track_header(trak, 1, movie, index.size, 0);
    let times: Vec<u64> = index.pictures.iter().map(|picture| picture.1).collect();
    let mut durations: Vec<u32> = times.windows(2).map(|pair| (pair[1] - pair[0]) as u32).collect();
    durations.push(last);
    boxed(trak, b"mdia", |mdia| {
        media_header(mdia, TIMESCALE, index.last_time() + u64::from(last), b"vide", "VideoHandler");
        boxed(mdia, b"minf", |minf| {
            full_box(minf, b"vmhd", 0, 1, |body| put32(body, &[0, 0]));
            data_information(minf);
            boxed(minf, b"stbl", |stbl| {
                full_box(stbl, b"stsd", 0, 0, |stsd| {
                    put32(stsd, &[1]);
                    boxed(stsd, b"avc1", |avc1| avc_entry(avc1, index.size, parameter_sets));
                });
                let keys = index.pictures.iter().enumerate().filter(|(_, picture)| picture.2);
                let keys: Vec<u32> = keys.map(|(number, _)| number as u32 + 1).collect();
                full_box(stbl, b"stss", 0, 0, |body| {
                    put32(body, &[keys.len() as u32]);
                    put32(body, &keys);
                });
                let sizes: Vec<u32> = index.pictures.iter().map(|picture| picture.0).collect();
                sample_tables(stbl, &durations, &sizes, &index.chunks);
            });
        });
    });
}

fn sound_track(trak: &mut Vec<u8>, sound: &Sound, track: &AudioTrack) {
    let rate = track.sample_rate.max(1);
    let samples: u64 = sound.packets.iter().map(|packet| u64::from(packet.1)).sum();
    let skipped = (sound.skip.as_secs_f64() * f64::from(rate)).round() as u64;
    let heard = samples.saturating_sub(skipped) * u64::from(MOVIE_SCALE) / u64::from(rate);
    let delay = sound.delay.as_millis() as u64;
    track_header(trak, 2, delay + heard, [0, 0], 0x0100);
    boxed(trak, b"edts", |edts| {
        full_box(edts, b"elst", 0, 0, |body| {
            put32(body, &[1 + u32::from(delay > 0)]);
            if delay > 0 {
                put32(body, &[delay as u32, u32::MAX, 0x10000]);
            }
            put32(body, &[heard as u32, skipped as u32, 0x10000]);
        });
    });
    boxed(trak, b"mdia", |mdia| {
        media_header(mdia, rate, samples, b"soun", "SoundHandler");
        boxed(mdia, b"minf", |minf| {
            full_box(minf, b"smhd", 0, 0, |body| put32(body, &[0]));
            data_information(minf);
            boxed(minf, b"stbl", |stbl| {
                full_box(stbl, b"stsd", 0, 0, |stsd| {
                    put32(stsd, &[1]);
                    boxed(stsd, b"mp4a", |mp4a| sound_entry(mp4a, track));
                });
                let durations: Vec<u32> = sound.packets.iter().map(|packet| packet.1).collect();
                let sizes: Vec<u32> = sound.packets.iter().map(|packet| packet.0).collect();
                sample_tables(stbl, &durations, &sizes, &sound.chunks);
            });
        });
    });
}

fn track_header(trak: &mut Vec<u8>, id: u32, movie: u64, size: [u32; 2], volume: u32) {
    full_box(trak, b"tkhd", 1, 3, |body| {
        put64(body, &[0, 0]);
        put32(body, &[id, 0]);
        put64(body, &[movie, 0]);
        put32(body, &[0, volume << 16]);
        put32(body, &UNITY);
        put32(body, &size.map(|side| side << 16));
    });
}

fn media_header(mdia: &mut Vec<u8>, timescale: u32, duration: u64, handler: &[u8; 4], name: &str) {
    const UNDETERMINED_LANGUAGE: u32 = 0x55c4_0000;
    full_box(mdia, b"mdhd", 1, 0, |body| {
        put64(body, &[0, 0]);
        put32(body, &[timescale]);
        put64(body, &[duration]);
        put32(body, &[UNDETERMINED_LANGUAGE]);
    });
    full_box(mdia, b"hdlr", 0, 0, |body| {
        put32(body, &[0]);
        body.extend_from_slice(handler);
        put32(body, &[0, 0, 0]);
        body.extend_from_slice(name.as_bytes());
        body.push(0);
    });
}

/// The samples lie in this very file.
fn data_information(minf: &mut Vec<u8>) {
    boxed(minf, b"dinf", |dinf| {
        full_box(dinf, b"dref", 0, 0, |dref| {
            put32(dref, &[1]);
            full_box(dref, b"url ", 0, 1, |_| ());
        });
    });
}

fn avc_entry(avc1: &mut Vec<u8>, size: [u32; 2], [sps, pps]: &[Vec<u8>; 2]) {
    const DPI_72: u32 = 0x48_0000;
    put32(avc1, &[0, 1, 0, 0, 0, 0, size[0] << 16 | size[1], DPI_72, DPI_72, 0]);
    avc1.extend_from_slice(&[0, 1]);
    avc1.extend_from_slice(&[0; 32]);
    avc1.extend_from_slice(&[0, 0x18, 0xff, 0xff]);
    boxed(avc1, b"avcC", |body| {
        body.push(1);
        body.extend_from_slice(sps.get(1..4).unwrap_or(&[66, 0, 31]));
        // Lengths of 4 bytes; one set of each kind.
        body.extend_from_slice(&[0xff, 0xe1]);
        body.extend_from_slice(&(sps.len() as u16).to_be_bytes());
        body.extend_from_slice(sps);
        body.push(1);
        body.extend_from_slice(&(pps.len() as u16).to_be_bytes());
        body.extend_from_slice(pps);
    });
    // BT.709 primaries and curve, BT.601 matrix, limited range, as in the stream itself.
    boxed(avc1, b"colr", |body| body.extend_from_slice(b"nclx\0\x01\0\x01\0\x06\0"));
}

fn sound_entry(mp4a: &mut Vec<u8>, track: &AudioTrack) {
    put32(mp4a, &[0, 1, 0, 0, u32::from(track.channels) << 16 | 16, 0, track.sample_rate << 16]);
    let (kind, config): (u8, &[u8]) = match &track.codec {
        AudioCodec::Aac { config } => (0x40, config),
        _ if track.sample_rate < 32_000 => (0x69, &[]),
        _ => (0x6b, &[]),
    };
    let specific = if config.is_empty() { Vec::new() } else { descriptor(5, config) };
    let decoder = descriptor(4, &[&[kind, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &specific].concat());
    let stream = descriptor(3, &[&[0, 2, 0][..], &decoder, &descriptor(6, &[2])].concat());
    full_box(mp4a, b"esds", 0, 0, |body| body.extend_from_slice(&stream));
}

fn descriptor(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = body.len() as u32;
    let mut bytes = vec![tag];
    bytes.extend([21, 14, 7].map(|shift| 0x80 | (length >> shift & 0x7f) as u8));
    bytes.push((length & 0x7f) as u8);
    bytes.extend_from_slice(body);
    bytes
}

fn sample_tables(stbl: &mut Vec<u8>, durations: &[u32], sizes: &[u32], chunks: &[Chunk]) {
    full_box(stbl, b"stts", 0, 0, |body| {
        let runs: Vec<&[u32]> = durations.chunk_by(|a, b| a == b).collect();
        put32(body, &[runs.len() as u32]);
        runs.iter().for_each(|run| put32(body, &[run.len() as u32, run[0]]));
    });
    full_box(stbl, b"stsc", 0, 0, |body| {
        let starts = (0..chunks.len()).filter(|&i| i == 0 || chunks[i].count != chunks[i - 1].count);
        let starts: Vec<usize> = starts.collect();
        put32(body, &[starts.len() as u32]);
        starts.iter().for_each(|&i| put32(body, &[i as u32 + 1, chunks[i].count, 1]));
    });
    full_box(stbl, b"stsz", 0, 0, |body| {
        put32(body, &[0, sizes.len() as u32]);
        put32(body, sizes);
    });
    full_box(stbl, b"co64", 0, 0, |body| {
        put32(body, &[chunks.len() as u32]);
        chunks.iter().for_each(|chunk| put64(body, &[chunk.offset]));
    });
}

fn boxed(out: &mut Vec<u8>, name: &[u8; 4], fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    put32(out, &[0]);
    out.extend_from_slice(name);
    fill(out);
    let size = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

fn full_box(out: &mut Vec<u8>, name: &[u8; 4], version: u32, flags: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, name, |body| {
        put32(body, &[version << 24 | flags]);
        fill(body);
    });
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_be_bytes()));
}

fn put64(out: &mut Vec<u8>, values: &[u64]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_be_bytes()));
}
