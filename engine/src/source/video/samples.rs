//! The sample tables of a track (ISO 14496-12, 8.6 and 8.7) as one list.

use std::time::Duration;

use super::{
    bytes::{be32, be64},
    mp4::find,
};

/// One sample: bytes of the file, and when it shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) offset: u64,
    pub(super) size: u32,
    /// Before the edit list, in units of the track.
    pub(super) shows_at: i64,
    pub(super) duration: u32,
}

/// When samples show, after the edit list. All in units of the track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// Units a second.
    pub(super) timescale: u32,
    /// Nothing shows before.
    pub(super) delay: i64,
    /// What shows first.
    pub(super) start: i64,
    /// What shows no more.
    pub(super) end: i64,
}

impl Timing {
    /// When `sample` shows, since the start of the movie; `None` when the edit list cuts it away.
    pub(super) fn time(&self, sample: &Sample) -> Option<Duration> {
        // Half a frame early: the ends of cuts are rounded to the coarser units of the movie. Frames are stored in
        // decoding order, so a long duration may be another frame's and counts for no more than a 50th of a second.
        let half = i64::from(sample.duration.min(self.timescale / 25) / 2);
        if sample.shows_at < self.start || sample.shows_at.saturating_add(half) >= self.end {
            return None;
        }
        let units = (sample.shows_at - self.start).saturating_add(self.delay).max(0);
        let scale = u64::from(self.timescale);
        let (seconds, rest) = (units as u64 / scale, units as u64 % scale);
        Some(Duration::from_secs(seconds) + Duration::from_nanos(rest * 1_000_000_000 / scale))
    }
}

impl Timing {
    /// How long the last of `samples` (in decoding order) shows. `None` where another is decoded after it: durations
    /// follow the decoding order, and so none is its own.
    pub(super) fn last(&self, samples: &[Sample]) -> Option<Duration> {
        let shown = samples.iter().filter(|sample| self.time(sample).is_some());
        let latest = shown.map(|sample| sample.shows_at).max()?;
        let last = samples.last().filter(|sample| sample.shows_at == latest && sample.duration > 0)?;
        let units = i64::from(last.duration).min(self.end.saturating_sub(latest));
        Some(Duration::from_secs_f64(units.max(0) as f64 / f64::from(self.timescale)))
    }
}

/// All samples in decoding order, from the body of an `stbl` box. `file_length` bounds how many there can be.
///
/// # Errors
/// A phrase that says what is wrong.
pub(super) fn sample_table(table: &[u8], file_length: u64) -> Result<Vec<Sample>, String> {
    let sizes = read_sizes(table, file_length)?;
    let offsets = read_offsets(table, &sizes)?;
    let mut durations = Runs::new(find(table, b"stts").unwrap_or_default());
    let mut shifts = Runs::new(find(table, b"ctts").unwrap_or_default());
    let (mut at, mut samples) = (0_i64, Vec::with_capacity(sizes.len()));
    for (size, offset) in sizes.into_iter().zip(offsets) {
        let duration = durations.next().ok_or("the MP4's time table ends before its frames do")?;
        let shift = shifts.next().unwrap_or(0) as i32;
        samples.push(Sample { offset, size, shows_at: at.saturating_add(i64::from(shift)), duration });
        at = at.saturating_add(i64::from(duration));
    }
    Ok(samples)
}

/// (count, value) pairs, unrolled.
struct Runs<'a> {
    pairs: std::slice::ChunksExact<'a, u8>,
    left: u32,
    value: u32,
}

impl<'a> Runs<'a> {
    fn new(full_box: &'a [u8]) -> Self {
        Self { pairs: full_box.get(8..).unwrap_or_default().chunks_exact(8), left: 0, value: 0 }
    }
}

impl Iterator for Runs<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        while self.left == 0 {
            let pair = self.pairs.next()?;
            (self.left, self.value) = (be32(pair, 0)?, be32(pair, 4)?);
        }
        self.left -= 1;
        Some(self.value)
    }
}

fn read_sizes(table: &[u8], file_length: u64) -> Result<Vec<u32>, String> {
    let stsz = find(table, b"stsz").ok_or("the MP4 lacks a table of frame sizes")?;
    let (size, count) = (be32(stsz, 4).unwrap_or(0), be32(stsz, 8).unwrap_or(0) as usize);
    if size == 0 {
        let entries = stsz.get(12..).unwrap_or_default().chunks_exact(4).take(count);
        let sizes: Vec<u32> = entries.filter_map(|entry| be32(entry, 0)).collect();
        return if sizes.len() == count {
            Ok(sizes)
        } else {
            Err("the MP4's table of frame sizes is cut off".to_owned())
        };
    }
    if count as u64 * u64::from(size) > file_length {
        return Err("the MP4 names more frames than the file can hold: it is cut off or damaged".to_owned());
    }
    Ok(vec![size; count])
}

/// Where each sample begins: chunks hold runs of samples.
fn read_offsets(table: &[u8], sizes: &[u32]) -> Result<Vec<u64>, String> {
    let narrow = find(table, b"stco").map(|stco| (stco, 4));
    let (chunks, width) = narrow
        .or_else(|| find(table, b"co64").map(|co64| (co64, 8)))
        .ok_or("the MP4 lacks a table of chunks")?;
    let runs: Vec<(u32, u32)> = find(table, b"stsc")
        .and_then(|stsc| stsc.get(8..))
        .unwrap_or_default()
        .chunks_exact(12)
        .filter_map(|run| Some((be32(run, 0)?, be32(run, 4)?)))
        .collect();
    let (mut offsets, mut run) = (Vec::with_capacity(sizes.len()), 0);
    for (index, chunk) in chunks.get(8..).unwrap_or_default().chunks_exact(width).enumerate() {
        while runs.get(run + 1).is_some_and(|next| next.0 as usize <= index + 1) {
            run += 1;
        }
        let mut at = if width == 4 { be32(chunk, 0).map(u64::from) } else { be64(chunk, 0) }.unwrap_or(0);
        let count = runs.get(run).map_or(0, |run| run.1 as usize);
        for size in sizes.iter().skip(offsets.len()).take(count) {
            offsets.push(at);
            at = at.saturating_add(u64::from(*size));
        }
    }
    if offsets.len() < sizes.len() {
        return Err(format!("the MP4 says where {} of its {} frames lie", offsets.len(), sizes.len()));
    }
    Ok(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_duration_of_a_reordered_frame_does_not_cut_it() {
        let timing = Timing { timescale: 1000, delay: 0, start: 0, end: 1000 };
        let sample = |shows_at, duration| Sample { offset: 0, size: 1, shows_at, duration };
        assert_eq!(timing.time(&sample(900, 60_000)), Some(Duration::from_millis(900)));
        assert_eq!(timing.time(&sample(999, 40)), None, "rounding of the end");
        assert_eq!(timing.time(&sample(1000, 40)), None);
    }

    #[test]
    fn the_last_picture_shows_as_long_as_it_says() {
        let timing = Timing { timescale: 1000, delay: 0, start: 0, end: 900 };
        let sample = |shows_at, duration| Sample { offset: 0, size: 1, shows_at, duration };
        let last = |samples: &[Sample]| timing.last(samples);
        assert_eq!(last(&[sample(0, 700), sample(700, 40)]), Some(Duration::from_millis(40)));
        assert_eq!(
            last(&[sample(0, 700), sample(700, 5000)]),
            Some(Duration::from_millis(200)),
            "the edit ends"
        );
        assert_eq!(last(&[sample(0, 40), sample(700, 40), sample(300, 40)]), None, "it was reordered");
        assert_eq!(last(&[]), None);
    }
}
