//! Sinks, as other programs read them.

use std::{fs, path::Path, time::Duration};

use antifaz::{
    frame::{FrameId, Pixels},
    gpu::{Gpu, GpuOptions, TextureDesc, TextureFormat},
    scene::Picture,
    sink::{self, SinkError, SinkOptions, Writer},
    source::{self, Next, Source, Synthetic, SyntheticOptions},
};

use crate::{FACE_MP4, VARYING_MOV, asset, ffmpeg_pictures, read_whole, run, text};

fn options(size: [u32; 2]) -> SinkOptions {
    SinkOptions { size, fps: 30.0, last: None, audio: None }
}

fn rgba(pixels: &Pixels) -> Vec<u8> {
    pixels.bytes().chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect()
}

fn write(path: &Path, options: &SinkOptions, frames: &[(Duration, Vec<u8>)]) -> Result<(), SinkError> {
    let mut writer = Writer::create(path, options)?;
    for (time, rgba) in frames {
        writer.write(rgba.clone(), *time)?;
    }
    writer.finish()
}

fn synthetic(size: [u32; 2], count: u64) -> Vec<(Duration, Vec<u8>)> {
    let options = SyntheticOptions { size, frames: Some(count), ..SyntheticOptions::default() };
    let mut source = Synthetic::new(options).unwrap();
    let mut frames = Vec::new();
    while let Next::Frame(frame) = source.next().unwrap() {
        frames.push((frame.time, rgba(&frame.pixels)));
    }
    frames
}

fn files_in(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// One line of `key=value|...` for each stream.
fn probe(path: &Path, entries: &str) -> Vec<String> {
    let lines = run("ffprobe", &["-v", "error", "-show_entries", entries, "-of", "compact=p=0", text(path)]);
    String::from_utf8(lines).unwrap().lines().map(str::to_owned).collect()
}

fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 / (sum / a.len() as f64)).log10()
}

#[test]
fn clips_keep_frames_times_sizes_and_looks() {
    // Of RGB, so with what halving the chroma loses of a small picture full of edges.
    const LEAST_PSNR: f64 = 33.0;
    let folder = tempfile::tempdir().unwrap();
    // An odd size, and times that are not even.
    let mut frames = synthetic([321, 239], 40);
    frames[39].0 += Duration::from_millis(500);
    for (name, size, last) in [("out.mp4", [322, 240], 1.8), ("out.avi", [321, 239], 1.3)] {
        let path = folder.path().join(name);
        write(&path, &options([321, 239]), &frames).unwrap();
        let facts = probe(&path, "stream=width,height,nb_frames,r_frame_rate").remove(0);
        assert_eq!(facts, format!("width={}|height={}|r_frame_rate=30/1|nb_frames=40", size[0], size[1]));
        let got = read_whole(&path);
        assert_eq!(got.len(), 40);
        assert!((got[39].0.as_secs_f64() - last).abs() < 1e-4, "{name}: {:?}", got[39].0);
        let shown = ffmpeg_pictures(&path, "rgb24");
        let [width, height] = size;
        for (index, (_, rgba)) in frames.iter().enumerate().step_by(13) {
            let picture = &shown[index * width * height * 3..][..width * height * 3];
            let rows = picture.chunks_exact(width * 3).take(239);
            let got: Vec<u8> = rows.flat_map(|row| row[..321 * 3].to_vec()).collect();
            let want: Vec<u8> = rgba.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
            let psnr = psnr(&got, &want);
            assert!(psnr > LEAST_PSNR, "{name}: frame {index} has {psnr} dB");
        }
    }
    assert_eq!(files_in(folder.path()), 2);
}

#[test]
fn sound_goes_along_where_the_container_can_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    let cases =
        [(FACE_MP4, "mp4", "mp3", 93), (VARYING_MOV, "mp4", "aac", 172), (FACE_MP4, "avi", "mp3", 93)];
    for (clip, extension, codec, packets) in cases {
        let info = source::open(&asset(clip)).unwrap().info().clone();
        let (fps, count) = (info.fps.unwrap(), info.frames.unwrap());
        let times = (0..count).map(|index| Duration::from_secs_f64(index as f64 / fps));
        let frames: Vec<_> = times.map(|time| (time, vec![90; 64 * 64 * 4])).collect();
        let path = folder.path().join(format!("sound.{extension}"));
        write(&path, &SinkOptions { size: [64, 64], fps, last: None, audio: info.audio }, &frames).unwrap();
        let streams = probe(&path, "stream=codec_name,nb_frames");
        assert_eq!(streams[1], format!("codec_name={codec}|nb_frames={packets}"));
        let sound =
            |path: &Path| run("ffmpeg", &["-v", "error", "-i", text(path), "-vn", "-f", "s16le", "-"]);
        let (got, want) = (sound(&path), sound(&asset(clip)));
        // An AVI can't say that an MP3 begins with an encoder's silence, so it is heard there.
        let same = if extension == "avi" { got.len() >= want.len() } else { got == want };
        assert!(same, "{clip} in {extension} sounds different: {} and {} bytes", got.len(), want.len());
    }
}

/// How loud a clip is in steps of 10 ms from its start, to compare what was coded twice.
fn loudness(path: &Path) -> Vec<f64> {
    let form = ["-vn", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"];
    let samples = run("ffmpeg", &[&["-v", "error", "-i", text(path)], &form[..]].concat());
    let power = |sample: &[u8]| f64::from(i16::from_le_bytes([sample[0], sample[1]])).powi(2);
    samples.chunks(160).map(|step| step.chunks_exact(2).map(power).sum::<f64>().sqrt()).collect()
}

/// By how many steps `got` comes late, where both are most alike.
fn lag(got: &[f64], want: &[f64]) -> i64 {
    let alike = |lag: i64| -> f64 {
        let at = |index: usize| usize::try_from(index as i64 + lag).ok().and_then(|at| got.get(at));
        want.iter().enumerate().map(|(index, want)| at(index).unwrap_or(&0.0) * want).sum()
    };
    (-80..=80).max_by(|a, b| alike(*a).total_cmp(&alike(*b))).unwrap()
}

#[test]
fn sound_that_only_ffmpeg_reads_or_the_container_can_not_hold_is_converted() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, picture) = (asset(FACE_MP4), ["-c:v", "copy"]);
    let cases: [(&str, &[&str], &str, &str); 8] = [
        ("opus.mkv", &["-c:a", "libopus"], "mp4", "aac"),
        ("aac.mkv", &["-c:a", "aac"], "mp4", "aac"),
        ("late.mkv", &["-c:a", "libvorbis"], "mp4", "aac"),
        ("aac.mkv", &["-c:a", "aac"], "avi", "pcm_s16le"),
        ("cut.mp4", &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"], "mp4", "aac"),
        ("pcm.avi", &["-c:v", "mjpeg", "-c:a", "pcm_s16le"], "mp4", "aac"),
        ("mp3.avi", &["-c:v", "mjpeg", "-c:a", "libmp3lame"], "mp4", "mp3"),
        ("mp3.avi", &["-c:v", "mjpeg", "-c:a", "libmp3lame"], "avi", "mp3"),
    ];
    for (name, options, extension, codec) in cases {
        let clip = folder.path().join(name);
        let (delay, steps) = if name == "late.mkv" { ("0.5", 50) } else { ("0", 0) };
        let inputs = ["-v", "error", "-y", "-i", text(&sound), "-itsoffset", delay, "-i", text(&sound)];
        let maps = ["-map", "0:v", "-map", "1:a"];
        run("ffmpeg", &[&inputs[..], &maps, &picture, options, &[text(&clip)]].concat());
        let mut source = source::open(&clip).unwrap();
        let info = source.info().clone();
        let mut frames = Vec::new();
        while let Next::Frame(frame) = source.next().unwrap() {
            frames.push((frame.time, vec![90; 64 * 64 * 4]));
        }
        assert_eq!(frames.len(), 72, "{name}");
        let path = folder.path().join(format!("{name}.{extension}"));
        let options = SinkOptions { size: [64, 64], fps: 30.0, last: None, audio: info.audio };
        write(&path, &options, &frames).unwrap();
        let streams = probe(&path, "stream=codec_name");
        assert_eq!(streams[1], format!("codec_name={codec}"), "{name} in {extension}");
        let late = lag(&loudness(&path), &loudness(&sound));
        // An encoder's priming, which MP3 in AVI and ADTS of Matroska don't declare, is some 50 ms.
        assert!((late - steps).abs() <= 5, "{name} in {extension} sounds {late}0 ms late, not {steps}0");
    }
}

#[test]
fn sound_ends_with_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let info = source::open(&asset(FACE_MP4)).unwrap().info().clone();
    let frames: Vec<_> =
        (0..30).map(|index| (Duration::from_millis(index * 1000 / 30), vec![90; 64 * 64 * 4])).collect();
    for extension in ["mp4", "avi"] {
        let path = folder.path().join(format!("short.{extension}"));
        write(
            &path,
            &SinkOptions { size: [64, 64], fps: 30.0, last: None, audio: info.audio.clone() },
            &frames,
        )
        .unwrap();
        let seconds: f64 =
            probe(&path, "stream=duration")[1].trim_start_matches("duration=").parse().unwrap();
        // Packets of MP3 are 26 ms long.
        assert!((0.99..1.03).contains(&seconds), "{extension}: {seconds} s of sound to 1 s of pictures");
    }
}

#[test]
fn stills_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let frames = synthetic([33, 17], 3);
    let still = folder.path().join("still.png");
    write(&still, &options([33, 17]), &frames[..1]).unwrap();
    assert_eq!(rgba(&read_whole(&still)[0].1), frames[0].1);
    let pictures = folder.path().join("pictures");
    write(&pictures, &options([33, 17]), &frames).unwrap();
    assert!(["00000.png", "00001.png", "00002.png"].iter().all(|name| pictures.join(name).is_file()));
    assert_eq!(rgba(&read_whole(&pictures)[2].1), frames[2].1);
}

#[test]
fn nothing_half_written_is_left() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.mp4", "out.avi", "out.png", "out"] {
        let create = || Writer::create(&folder.path().join(name), &options([64, 48])).unwrap();
        let mut dropped = create();
        dropped.write(vec![0; 64 * 48 * 4], Duration::ZERO).unwrap();
        drop(dropped);
        assert_eq!(files_in(folder.path()), 0, "{name} left something");
        assert!(create().finish().is_err(), "{name} without a picture was finished");
        assert_eq!(files_in(folder.path()), 0, "{name} left something");
    }
}

#[test]
fn bad_outputs_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let refused = |name: &str, size| Writer::create(&path(name), &options(size)).err().unwrap().to_string();
    let unknown = refused("out.gif", [64, 48]);
    assert!(unknown.contains("\"gif\"") && unknown.contains(".mp4, .avi and .png"), "{unknown}");
    assert!(refused("missing/out.mp4", [64, 48]).contains("does not exist"));
    assert!(refused("wide.mp4", [5000, 48]).contains("5000x48"));
    assert!(refused("empty.mp4", [0, 48]).contains("0x48"));
    let two = synthetic([8, 8], 2);
    assert!(write(&path("two.png"), &options([8, 8]), &two).unwrap_err().to_string().contains("one picture"));
    assert_eq!(files_in(folder.path()), 0);
}

/// The door out keeps bytes, order and times.
#[test]
fn pictures_of_the_gpu_reach_the_file() {
    let gpu = pollster::block_on(Gpu::new(&GpuOptions::default())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pictures");
    // A width whose rows are padded on the GPU.
    let frames = synthetic([33, 17], 7);
    let mut sink = sink::create(&path, &options([33, 17])).unwrap();
    let picture = |index: usize, size, texels: &[u8]| {
        let texture = gpu.texture_with(&TextureDesc::new(size, TextureFormat::Srgb8), texels).unwrap();
        Picture { id: FrameId(index as u64), time: frames[index].0, texture, host: None }
    };
    for (index, (_, rgba)) in frames.iter().enumerate() {
        sink.present(&gpu, picture(index, [33, 17], rgba)).unwrap();
    }
    assert!(sink.present(&gpu, picture(0, [2, 1], &[0; 8])).is_err(), "a picture of another size was taken");
    sink.finish(&gpu).unwrap();
    let got = read_whole(&path);
    assert_eq!(got.len(), 7);
    assert!(got.iter().zip(&frames).all(|(got, want)| rgba(&got.1) == want.1));
}
