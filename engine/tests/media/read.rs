//! Sources against ffmpeg.

use std::{fs, time::Duration};

use antifaz::{
    frame::{Matrix, Range},
    sink::{SinkOptions, Writer},
    source::{self, Next, Source, adapt::Retimed},
};

use crate::{FACE_MP4, TALK_AVI, TALK_MP4, VARYING_MOV, asset, ffmpeg_pictures, read_whole, run, text};

/// Decoders agree but for the last bit here and there: openh264 rounds some weighted predictions of B-frames in its
/// own way, and later frames carry that on.
const MOST_OFF: u8 = 8;
const MOST_PART_OFF: f64 = 1e-3;

#[test]
fn h264_planes_are_those_of_ffmpeg() {
    for (name, count, fps, size) in [(TALK_MP4, 1337, 25.0, [400, 300]), (FACE_MP4, 72, 30.0, [640, 360])] {
        let path = asset(name);
        let info = source::open(&path).unwrap().info().clone();
        assert_eq!((info.frames, info.fps, info.size), (Some(count), Some(fps), size));
        let frames = read_whole(&path);
        assert_eq!(frames.len() as u64, count);
        let want = ffmpeg_pictures(&path, "yuv420p");
        assert_eq!(want.len(), frames.iter().map(|frame| frame.1.bytes().len()).sum::<usize>());
        let pairs = frames.iter().zip(want.chunks_exact(want.len() / frames.len()));
        let uneven = pairs.map(|(frame, want)| (frame.1.bytes(), want)).filter(|(got, want)| got != want);
        let differences = uneven.flat_map(|(got, want)| got.iter().zip(want).map(|(a, b)| a.abs_diff(*b)));
        let off: Vec<u8> = differences.filter(|off| *off > 0).collect();
        assert!(off.iter().all(|off| *off <= MOST_OFF), "{name}: {:?}", off.iter().max());
        assert!((off.len() as f64) < want.len() as f64 * MOST_PART_OFF, "{name}: {} differ", off.len());
        for (index, (time, _)) in frames.iter().enumerate() {
            let want = index as f64 / fps;
            assert!((time.as_secs_f64() - want).abs() < 1e-6, "{name}: frame {index} at {time:?}");
        }
    }
}

#[test]
fn mjpeg_frames_come_at_their_rate_and_look_right() {
    // Chroma is interpolated here and repeated there.
    const MOST_MEAN_OFF: f64 = 1.5;
    let path = asset(TALK_AVI);
    let frames = read_whole(&path);
    assert_eq!(frames.len(), 252);
    assert_eq!(frames[251].0, Duration::from_millis(251 * 80));
    let want = ffmpeg_pictures(&path, "rgb24");
    assert_eq!(want.len(), 252 * 400 * 300 * 3);
    let got = frames.iter().flat_map(|frame| frame.1.bytes());
    let sum: u64 = got.zip(&want).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!((sum as f64) < want.len() as f64 * MOST_MEAN_OFF, "{}", sum as f64 / want.len() as f64);
}

#[test]
fn other_codecs_come_through_ffmpeg_with_their_own_times() {
    let path = asset(VARYING_MOV);
    let frames = read_whole(&path);
    assert_eq!(frames.len(), 169);
    let want = ffmpeg_pictures(&path, "yuv420p");
    let same =
        frames.iter().zip(want.chunks_exact(960 * 540 * 3 / 2)).all(|(frame, want)| frame.1.bytes() == want);
    assert!(same && want.len() == 169 * 960 * 540 * 3 / 2, "the planes differ from ffmpeg's");
    let color = frames[0].1.color();
    assert_eq!((color.matrix, color.range), (Matrix::Bt709, Range::Limited));
    let entries =
        ["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts_time", "-of", "csv=p=0"];
    let times = String::from_utf8(run("ffprobe", &[&entries[..], &[text(&path)]].concat())).unwrap();
    let want: Vec<f64> = times.split([',', '\n']).filter_map(|number| number.parse().ok()).collect();
    assert_eq!(want.len(), frames.len());
    for (want, (got, _)) in want.iter().zip(&frames) {
        assert!((got.as_secs_f64() - want).abs() < 1e-3, "{got:?} is not {want}");
    }
    assert!(source::open(&path).unwrap().info().audio.is_some());
}

/// A source that is dropped on the way ends its child: this test would hang on a pipe that nobody reads.
#[test]
fn a_dropped_source_ends_its_ffmpeg() {
    let mut source = source::open(&asset(VARYING_MOV)).unwrap();
    assert!(matches!(source.next(), Ok(Next::Frame(_))));
    drop(source);
}

#[test]
fn a_rotation_tag_turns_the_planes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turned.mp4");
    let mut bytes = fs::read(asset(FACE_MP4)).unwrap();
    let header = bytes.windows(4).position(|name| name == b"tkhd").unwrap();
    let quarter: [i32; 9] = [0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30];
    let matrix: Vec<u8> = quarter.iter().flat_map(|entry| entry.to_be_bytes()).collect();
    bytes[header + 44..header + 80].copy_from_slice(&matrix);
    fs::write(&path, &bytes).unwrap();
    let frames = read_whole(&path);
    assert_eq!(frames[0].1.size(), [360, 640]);
    let want = ffmpeg_pictures(&path, "yuv420p");
    let off = frames[0].1.bytes().iter().zip(&want).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(off <= Some(MOST_OFF), "{off:?}");
}

#[test]
fn the_last_picture_of_an_uneven_clip_shows_as_long_as_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("uneven.mp4");
    let options =
        SinkOptions { size: [64, 48], fps: 5.0, last: Some(Duration::from_millis(100)), audio: None };
    let mut writer = Writer::create(&path, &options).unwrap();
    for time in [0, 100, 200, 1000] {
        writer.write(vec![90; 64 * 48 * 4], Duration::from_millis(time)).unwrap();
    }
    writer.finish().unwrap();
    let clip = source::open(&path).unwrap();
    assert_eq!(clip.info().last, Some(Duration::from_millis(100)));
    let mut even = Retimed::new(clip, 10.0).unwrap();
    let mut count = 0;
    while let Next::Frame(_) = even.next().unwrap() {
        count += 1;
    }
    assert_eq!(count, 11);
}

#[test]
fn pixels_that_are_not_square_are_stretched() {
    let folder = tempfile::tempdir().unwrap();
    // The clip has 640x360 square pixels.
    let cases: [(&str, &[&str], [u32; 2]); 8] = [
        ("box.mp4", &["-c", "copy", "-aspect", "4:3"], [640, 480]),
        ("box.mkv", &["-c", "copy", "-aspect", "32:9"], [1280, 360]),
        ("stream.mp4", &["-c", "copy", "-bsf:v", "h264_metadata=sample_aspect_ratio=2/1"], [1280, 360]),
        ("stream.avi", &["-c:v", "mjpeg", "-aspect", "8:9"], [640, 720]),
        ("turned.mp4", &["-c", "copy", "-aspect", "32:9", "-metadata:s:v", "rotate=90"], [360, 1280]),
        ("square.mp4", &["-c", "copy", "-aspect", "16:9"], [640, 360]),
        // ffmpeg notes the aspect that was rounded away: 464:459 and 944:927.
        ("rounded.mp4", &["-vf", "scale=204:116", "-c:v", "libx264"], [204, 116]),
        ("rounded.mkv", &["-vf", "scale=103:59,format=yuv444p", "-c:v", "ffv1"], [103, 59]),
    ];
    for (name, options, size) in cases {
        let path = folder.path().join(name);
        let clip = asset(FACE_MP4);
        let input = ["-v", "error", "-t", "0.2", "-i", text(&clip), "-an"];
        run("ffmpeg", &[&input, options, &[text(&path)]].concat());
        if name == "stream.mp4" {
            let mut bytes = fs::read(&path).unwrap();
            let place = bytes.windows(4).position(|name| name == b"pasp").unwrap();
            bytes[place..place + 4].copy_from_slice(b"free");
            fs::write(&path, bytes).unwrap();
        }
        let mut source = source::open(&path).unwrap();
        assert_eq!(source.info().size, size, "{name}");
        let Ok(Next::Frame(frame)) = source.next() else { panic!("{name} has no frame") };
        assert_eq!(frame.pixels.size(), size, "{name}");
    }
}

#[test]
fn an_edit_list_cuts_frames_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.mp4");
    run("ffmpeg", &["-v", "fatal", "-ss", "1", "-i", text(&asset(FACE_MP4)), "-c", "copy", text(&path)]);
    let frames = read_whole(&path);
    assert_eq!(frames.len(), 42);
    assert_eq!(frames[0].0, Duration::ZERO);
    assert!(frames[0].1 == read_whole(&asset(FACE_MP4))[30].1, "the first frame shown is not the thirtieth");
}

#[test]
fn exif_orientation_is_honoured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turned.jpg");
    let plain = fs::read(asset("stills/pd_grace_hopper.jpg")).unwrap();
    // An APP1 segment whose only entry says: turn by 90 degrees clockwise.
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let after_jfif = 4 + usize::from(u16::from_be_bytes([plain[4], plain[5]]));
    fs::write(&path, [&plain[..after_jfif], &exif[..], &plain[after_jfif..]].concat()).unwrap();
    let upright = read_whole(&asset("stills/pd_grace_hopper.jpg")).remove(0).1;
    let turned = read_whole(&path).remove(0).1;
    let [width, height] = upright.size().map(|side| side as usize);
    assert_eq!(turned.size(), [height as u32, width as u32]);
    for x in [0, 1, height / 2, height - 1] {
        let from_below = (height - 1 - x) * width * 3;
        assert_eq!(turned.bytes()[x * 3..][..3], upright.bytes()[from_below..][..3], "column {x}");
    }
}

#[test]
fn a_folder_of_stills_plays_in_order_whatever_the_sizes() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(asset("stills/pd_astronaut.png"), folder.path().join("frame10.png")).unwrap();
    fs::copy(asset("stills/pd_grace_hopper.jpg"), folder.path().join("frame9.jpg")).unwrap();
    fs::write(folder.path().join("notes.txt"), "not a picture").unwrap();
    let frames = read_whole(folder.path());
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1].1.size(), [512, 512]);
    assert_ne!(frames[0].1.size(), [512, 512]);
}
