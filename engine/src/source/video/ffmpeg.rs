//! Every other codec and container, through an `ffmpeg` on the PATH.
//!
//! Pictures come through a pipe as bare planes, turned upright and stretched to square pixels by ffmpeg. Their times and sizes come from the lines
//! of its `showinfo` filter, one before each picture.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io::{BufRead, BufReader, ErrorKind, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use serde_json::Value;

use super::{Decode, Facts, HARDLY, MOST, Opened};
use crate::{
    frame::{
        ColorSpec, Matrix, PixelFormat, Pixels, Range,
        audio::{AudioCodec, AudioTrack},
    },
    source::SourceError,
};

/// What ffmpeg said last is kept for the log.
const KEPT_LINES: usize = 3;

/// Opens `path`. `codec` is what is in it, where that is known already.
pub(super) fn open(path: &Path, codec: Option<&str>) -> Result<Opened, SourceError> {
    let (facts, color) = probe(path, codec)?;
    Ok((facts, Box::new(Ffmpeg::start(path, color)?)))
}

fn not_started(path: &Path, program: &str, error: &std::io::Error) -> SourceError {
    let what =
        format!("{program}, which it is read through, does not start ({error}); check its installation");
    SourceError::unfit(path, what)
}

/// An option that keeps a file name from being taken for an option or a URL.
fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

fn probe(path: &Path, codec: Option<&str>) -> Result<(Facts, ColorSpec), SourceError> {
    let entries = "stream=codec_type,codec_name,avg_frame_rate,nb_frames,color_space,sample_rate,channels,\
                   start_time:format=start_time";
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", entries, "-of", "json", "-i"])
        .arg(file_url(path))
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(codec.map_or_else(
                || SourceError::UnknownFormat { path: path.to_owned() },
                |codec| SourceError::NeedsFfmpeg { path: path.to_owned(), codec: codec.to_owned() },
            ));
        }
        Err(error) => return Err(not_started(path, "ffprobe", &error)),
    };
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let Some(stream) = first_stream(&json, "video").filter(|_| output.status.success()) else {
        let text = String::from_utf8_lossy(&output.stderr);
        log::debug!("{}: ffprobe: {}", path.display(), text.trim());
        return Err(match codec {
            None if first_stream(&json, "audio").is_some() => {
                SourceError::unfit(path, "there is sound in it but no picture; name a clip with both")
            }
            None => SourceError::UnknownFormat { path: path.to_owned() },
            Some(codec) => SourceError::broken(
                path,
                format!("it should hold {codec}, but ffmpeg finds no video in it: it is damaged"),
            ),
        });
    };
    let fps = stream["avg_frame_rate"].as_str().and_then(read_ratio);
    let frames = stream["nb_frames"].as_str().and_then(|count| count.parse().ok());
    let matrix = match stream["color_space"].as_str() {
        // Pictures of wider gamuts are converted by ffmpeg, see `Ffmpeg::start`.
        Some(space) if space == "bt709" || space.starts_with("bt2020") => Matrix::Bt709,
        _ => Matrix::Bt601,
    };
    let facts = Facts { fps, frames, last: None, audio: read_audio(&json, path), pixel_aspect: None };
    Ok((facts, ColorSpec { matrix, range: Range::Limited }))
}

fn first_stream<'a>(json: &'a Value, kind: &str) -> Option<&'a Value> {
    json["streams"].as_array()?.iter().find(|stream| stream["codec_type"] == kind)
}

/// What is known of the sound without reading its packets.
fn read_audio(json: &Value, path: &Path) -> Option<AudioTrack> {
    let stream = first_stream(json, "audio")?;
    let seconds = |of: &Value| of["start_time"].as_str().and_then(|text| text.parse::<f64>().ok());
    // ffmpeg counts the times of its pictures from where the file starts.
    let start = seconds(stream).unwrap_or(0.0) - seconds(&json["format"]).unwrap_or(0.0);
    Some(AudioTrack {
        file: path.to_owned(),
        codec: AudioCodec::Other(stream["codec_name"].as_str().unwrap_or("an unknown kind").to_owned()),
        sample_rate: stream["sample_rate"].as_str().and_then(|rate| rate.parse().ok()).unwrap_or(0),
        channels: stream["channels"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or(0),
        skip: Duration::ZERO,
        start: Duration::try_from_secs_f64(start.max(0.0)).unwrap_or_default(),
        packets: Vec::new(),
    })
}

fn read_ratio(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let ratio = above.parse::<f64>().ok()? / below.parse::<f64>().ok()?;
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

/// A running ffmpeg. It ends with this value.
struct Ffmpeg {
    path: PathBuf,
    child: Child,
    pictures: ChildStdout,
    /// Of the first picture.
    size: Option<[u32; 2]>,
    color: ColorSpec,
    lines: Receiver<Line>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
    given: u64,
}

/// One picture, as `showinfo` describes it.
struct Line {
    time: Duration,
    size: [u32; 2],
}

impl Ffmpeg {
    fn start(path: &Path, color: ColorSpec) -> Result<Self, SourceError> {
        let matrix = if color.matrix == Matrix::Bt709 { "bt709" } else { "bt601" };
        // As `square_pixels`. The longer side of a pixel stays: no detail is lost.
        let shows = format!("between(sar,{},{MOST})*gte(abs(sar-1),{HARDLY})", 1.0 / MOST);
        let size =
            format!("w='if({shows},trunc(iw*max(sar,1)+.5),iw)':h='if({shows},trunc(ih/min(sar,1)+.5),ih)'");
        let convert = format!("scale={size}:out_range=tv:out_color_matrix={matrix},showinfo=checksum=0");
        let mut child = Command::new("ffmpeg")
            .args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", "-xerror", "-i"])
            .arg(file_url(path))
            .args(["-map", "0:v:0", "-vf", &convert, "-pix_fmt", "yuv420p", "-fps_mode", "passthrough"])
            .args(["-f", "rawvideo", "pipe:1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(path, "ffmpeg", &error))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(SourceError::unfit(path, "ffmpeg has no output; check its installation"));
        };
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, lines) = channel();
        let words = Arc::clone(&last_words);
        let listener = std::thread::spawn(move || listen(stderr, &words, |line| drop(sender.send(line))));
        Ok(Self {
            path: path.to_owned(),
            child,
            pictures: stdout,
            size: None,
            color,
            lines,
            last_words,
            listener: Some(listener),
            given: 0,
        })
    }

    /// The error for the frame that did not come. What ffmpeg said about it is for its makers, and goes to the log.
    fn broken(&mut self) -> SourceError {
        self.stop();
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let said = words.iter().cloned().collect::<Vec<_>>().join("; ");
        log::debug!("{}: ffmpeg: {said}", self.path.display());
        if self.given == 0 {
            let what = "no picture comes out of it: it is damaged, or neither a picture nor a clip";
            return SourceError::broken(&self.path, what);
        }
        let what = "ffmpeg makes nothing of it".to_owned();
        SourceError::BrokenFrame { path: self.path.clone(), frame: self.given, what }
    }

    /// Ends the child if it runs, and waits for the listener.
    fn stop(&mut self) {
        // Neither can fail in a way that matters: the child is gone, or goes with its pipes.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Decode for Ffmpeg {
    fn next(&mut self) -> Result<Option<(Duration, Pixels)>, SourceError> {
        let Ok(line) = self.lines.recv() else {
            let status = self.child.wait().map_err(|error| SourceError::unreadable(&self.path, error))?;
            return if status.success() { Ok(None) } else { Err(self.broken()) };
        };
        let size = *self.size.get_or_insert(line.size);
        if line.size != size {
            let (path, frame) = (self.path.clone(), self.given);
            return Err(SourceError::SizeChanged { path, frame, was: size, now: line.size });
        }
        let length = PixelFormat::I420.planes(size).iter().map(|(row, rows)| row * rows).sum();
        let mut bytes = vec![0; length];
        if self.pictures.read_exact(&mut bytes).is_err() {
            return Err(self.broken());
        }
        self.given += 1;
        let pixels = Pixels::new(size, PixelFormat::I420, self.color, bytes);
        let pixels = pixels.map_err(|error| SourceError::broken(&self.path, error))?;
        Ok(Some((line.time, pixels)))
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads what ffmpeg writes about its pictures, and keeps its last other words.
fn listen(stderr: ChildStderr, words: &Mutex<VecDeque<String>>, mut picture: impl FnMut(Line)) {
    for line in BufReader::new(stderr).split(b'\n') {
        let Ok(line) = line else { return };
        let line = String::from_utf8_lossy(&line);
        if line.starts_with("[Parsed_showinfo") {
            if let Some(line) = read_showinfo(&line) {
                picture(line);
            }
        } else if line.starts_with('[') || line.starts_with("Error") {
            let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
            if words.len() == KEPT_LINES {
                words.pop_front();
            }
            words.push_back(line.trim().to_owned());
        }
    }
}

/// `... n: 0 pts: 0 pts_time:0.04 ... s:640x360 ...`; other lines of the filter are `None`.
fn read_showinfo(line: &str) -> Option<Line> {
    let field = |name: &str| line.split(name).nth(1)?.split_whitespace().next();
    let seconds: f64 = field(" pts_time:")?.parse().ok()?;
    let (width, height) = field(" s:")?.split_once('x')?;
    let size = [width.parse().ok()?, height.parse().ok()?];
    Some(Line { time: Duration::try_from_secs_f64(seconds.max(0.0)).ok()?, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_showinfo() {
        let text = "[Parsed_showinfo_0 @ 0x55d] n:   3 pts:   1536 pts_time:0.1     duration:    512 \
                    duration_time:0.0333333 fmt:yuv420p cl:left sar:1/1 s:640x360 i:P iskey:0 type:B ";
        let line = read_showinfo(text).unwrap();
        assert_eq!((line.time, line.size), (Duration::from_millis(100), [640, 360]));
        assert!(read_showinfo("[Parsed_showinfo_0 @ 0x55d] color_range:tv").is_none());
    }
}
