//! What is cut, damaged or no media at all ends in an error that says so.

use std::{fs, path::Path, time::Duration};

use antifaz::{
    sink::{SinkOptions, Writer},
    source::{self, SourceError},
};

use crate::{FACE_MP4, TALK_AVI, TALK_MP4, VARYING_MOV, asset, read, run, text};

/// Every cut ends in an error that names the file, or gives every frame.
#[test]
fn cut_files_are_errors_that_say_where() {
    let folder = tempfile::tempdir().unwrap();
    let stills = [("stills/pd_grace_hopper.jpg", 1), ("stills/neg_cat_cc0.png", 1)];
    let clips = [(TALK_AVI, 252), (FACE_MP4, 72), (VARYING_MOV, 169)];
    for (name, count) in clips.into_iter().chain(stills) {
        let whole = fs::read(asset(name)).unwrap();
        let path = folder.path().join(Path::new(name).file_name().unwrap());
        for length in [0, 1, 7, 40, 300, 5000, whole.len() / 3, whole.len() * 9 / 10, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let (frames, error) = read(&path);
            match error {
                None => assert_eq!(frames.len(), count, "{name} cut at {length} lost frames silently"),
                Some(error) => assert!(error.to_string().contains(text(&path)), "{error}"),
            }
        }
    }
}

#[test]
fn a_cut_clip_gives_the_frames_before_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.mp4");
    let whole = fs::read(asset(TALK_MP4)).unwrap();
    fs::write(&path, &whole[..whole.len() / 8]).unwrap();
    let (frames, error) = read(&path);
    let error = error.unwrap();
    let SourceError::BrokenFrame { frame, .. } = error else { panic!("{error}") };
    assert!(frame > 50 && frames.len() as u64 + 4 > frame, "{} frames, then {error}", frames.len());
    assert!(error.to_string().contains("cut off"), "{error}");
}

/// Damage of any kind is an error or a picture, never a panic.
#[test]
fn damaged_indexes_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    for name in [FACE_MP4, TALK_AVI] {
        let whole = fs::read(asset(name)).unwrap();
        let index = whole.windows(4).position(|bytes| bytes == b"moov").unwrap_or(0);
        let span = (whole.len() - index).min(4000);
        let path = folder.path().join("damaged");
        let mut random = 1_u64;
        for _ in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..8 {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                bytes[index + (random >> 33) as usize % span] = (random >> 25) as u8;
            }
            fs::write(&path, &bytes).unwrap();
            if let Ok(mut source) = source::open(&path) {
                (0..3).for_each(|_| drop(source.next()));
            }
        }
    }
}

#[test]
fn a_clip_that_changes_its_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.avi");
    let mut writer =
        Writer::create(&path, &SinkOptions { size: [64, 48], fps: 25.0, last: None, audio: None }).unwrap();
    for index in 0..3 {
        writer.write(vec![100; 64 * 48 * 4], Duration::from_millis(40 * index)).unwrap();
    }
    writer.finish().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.windows(2).rposition(|marker| marker == [0xff, 0xc0]).unwrap();
    // The height in the last picture's header: 47 rows need as many blocks as 48.
    bytes[last + 5..last + 7].copy_from_slice(&47_u16.to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    let (frames, error) = read(&path);
    assert_eq!(frames.len(), 2);
    let right =
        matches!(error, Some(SourceError::SizeChanged { frame: 2, was: [64, 48], now: [64, 47], .. }));
    assert!(right, "{error:?}");
}

#[test]
fn what_is_no_media_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(source::open(&asset("README.md")), Err(SourceError::UnknownFormat { .. })));
    for name in ["text.jpg", "text.mp4", "text.mkv"] {
        let path = folder.path().join(name);
        fs::write(&path, "this is no clip\n".repeat(99)).unwrap();
        let error = source::open(&path).err().unwrap().to_string();
        assert!(error.contains("neither a picture") && !error.contains(" @ 0x"), "{error}");
        fs::remove_file(&path).unwrap();
    }
    let sound = folder.path().join("sound.mka");
    run("ffmpeg", &["-v", "error", "-i", text(&asset(FACE_MP4)), "-vn", "-c:a", "copy", text(&sound)]);
    let error = source::open(&sound).err().unwrap().to_string();
    assert!(error.contains("no picture"), "{error}");
    fs::remove_file(&sound).unwrap();
    assert!(matches!(source::open(folder.path()), Err(SourceError::EmptyFolder { .. })));
    assert!(matches!(source::open(&folder.path().join("none.mp4")), Err(SourceError::Unreadable { .. })));
}
