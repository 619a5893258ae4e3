//! MP4 (ISO 14496-12): samples as they come, the index at the end.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::Path,
    time::Duration,
};

use super::{
    convert::Target,
    copy::{Container, Packets},
    h264::H264,
    moov::{self, Chunk, Index, Sound},
    ycbcr::Planes,
};
use crate::{
    frame::audio::AudioCodec,
    sink::{SinkError, SinkOptions, encode::Encode, partial::Partial},
};

/// Units a second of the video track: whole for 24, 25, 30, 50, 60 pictures a second and their 1000/1001.
pub(super) const TIMESCALE: u32 = 120_000;
/// Sound that ends so soon after the last picture is kept whole; what goes on for longer ends with the picture.
const TAIL: Duration = Duration::from_millis(100);
/// The sound that an MP4 holds.
const SOUND: Container = Container {
    name: "MP4",
    codecs: "AAC and MP3",
    holds: |codec| matches!(codec, AudioCodec::Aac { .. } | AudioCodec::Mp3),
    otherwise: Target::Aac,
};
/// Where the 64-bit size of the `mdat` box stands.
const MDAT_SIZE_AT: u64 = 32 + 8;
const FTYP: &[u8; 32] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";

/// An MP4 under way.
pub(in crate::sink) struct Mp4 {
    partial: Partial,
    writer: BufWriter<File>,
    at: u64,
    size: [u32; 2],
    /// How long the last picture shows.
    last: Duration,
    encoder: H264,
    planes: Planes,
    packets: Option<Packets>,
    /// The source's time of the first picture: time 0 of the file.
    first: Option<Duration>,
    index: Index,
}

impl Mp4 {
    pub(in crate::sink) fn create(path: &Path, options: &SinkOptions) -> Result<Self, SinkError> {
        let planes = Planes::new(options.size);
        let encoder = H264::start(planes.size(), options.fps).map_err(|what| SinkError::unfit(path, what))?;
        if planes.size() != options.size {
            let ([width, height], [wide, high]) = (options.size, planes.size());
            log::warn!(
                "{}: H.264 takes even sides of 16 pixels and more: {width}x{height} is padded to {wide}x{high}",
                path.display()
            );
        }
        let (partial, file) = Partial::file(path)?;
        let packets = Packets::for_container(path, options.audio.as_ref(), &SOUND);
        let mut mp4 = Self {
            partial,
            writer: BufWriter::new(file),
            at: 0,
            size: options.size,
            last: options.last.unwrap_or(Duration::from_secs_f64(1.0 / options.fps)),
            encoder,
            index: Index::new(planes.size()),
            planes,
            packets,
            first: None,
        };
        let head = mp4.put(FTYP).and_then(|_| mp4.put(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\0"));
        head.map_err(|error| mp4.unwritable(error))?;
        Ok(mp4)
    }

    fn unwritable(&self, error: io::Error) -> SinkError {
        SinkError::unwritable(self.partial.path(), error)
    }

    /// Where the bytes were put.
    fn put(&mut self, bytes: &[u8]) -> io::Result<u64> {
        self.writer.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(self.at - bytes.len() as u64)
    }

    /// Copies the sound that begins before `time` of the source.
    fn copy_sound(&mut self, time: Duration) -> io::Result<()> {
        while let Some((packet, bytes)) =
            self.packets.as_mut().map_or(Ok(None), |packets| packets.before(time))?
        {
            let offset = self.put(&bytes)?;
            let sound = self.index.sound.get_or_insert_with(Sound::default);
            sound.packets.push((packet.size, packet.samples));
            Chunk::add(&mut sound.chunks, offset, packet.size);
        }
        Ok(())
    }

    fn write_index(&mut self) -> io::Result<()> {
        if let (Some(packets), Some(sound)) = (&self.packets, &mut self.index.sound) {
            let track = &packets.track;
            let first = self.first.unwrap_or_default();
            sound.delay = track.start.saturating_sub(first);
            sound.skip = track.skip + first.saturating_sub(track.start);
            sound.track = Some(std::sync::Arc::clone(track));
        }
        let last = (self.last.as_secs_f64() * f64::from(TIMESCALE)).round() as u32;
        let moov = moov::build(&self.index, &self.encoder.parameter_sets, last);
        let mdat_size = self.at - FTYP.len() as u64;
        self.put(&moov)?;
        self.writer.seek(SeekFrom::Start(MDAT_SIZE_AT))?;
        self.writer.write_all(&mdat_size.to_be_bytes())?;
        self.writer.flush()
    }
}

impl Encode for Mp4 {
    fn encode(&mut self, rgba: &[u8], time: Duration) -> Result<(), SinkError> {
        let first = *self.first.get_or_insert(time);
        self.copy_sound(time).map_err(|error| self.unwritable(error))?;
        self.planes.fill(rgba, self.size);
        let coded = self.encoder.encode(&self.planes);
        let coded = coded.map_err(|what| SinkError::unfit(self.partial.path(), what))?;
        let offset = self.put(&coded.sample).map_err(|error| self.unwritable(error))?;
        let units = time.saturating_sub(first).as_nanos() * u128::from(TIMESCALE);
        let units = u64::try_from((units + 500_000_000) / 1_000_000_000).unwrap_or(u64::MAX);
        self.index.add_picture(offset, coded.sample.len() as u32, units, coded.key);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        let Some(first) = self.first else {
            return Err(SinkError::unfit(self.partial.path(), "there was no picture to write"));
        };
        let last_at = self.index.last_time() as f64 / f64::from(TIMESCALE);
        let mut end = first + Duration::from_secs_f64(last_at) + self.last;
        if self.packets.as_ref().is_some_and(|packets| packets.end() <= end + TAIL) {
            end += TAIL;
        }
        self.copy_sound(end).and_then(|()| self.write_index()).map_err(|error| self.unwritable(error))?;
        self.partial.commit()
    }
}
