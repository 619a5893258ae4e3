//! The binary as people and scripts meet it: what it refuses and how, and that it does what the README says.

#[path = "cli/authoring.rs"]
mod authoring;
#[path = "cli/fixtures.rs"]
mod fixtures;
#[path = "cli/guide.rs"]
mod guide;
#[path = "cli/imports.rs"]
mod imports;
#[path = "cli/tool.rs"]
mod tool;
#[cfg(target_os = "linux")]
#[path = "cli/window.rs"]
mod window;

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use image::ImageFormat;

use tool::{Folder, Outcome, file, root};

const STILL: &str = "assets/stills/pd_astronaut.png";
const CLIP: &str = "assets/clips/mit_pyfeat_single_face.mp4";
const NET: &str = "models/selfie_segmentation/selfie_segmentation.tflite";

#[test]
fn unknown_and_missing_arguments() {
    let folder = Folder::new();
    folder.fails("rendr", 2, &["rendr", "did you mean render?"]);
    folder.fails("bench --sise 3x3", 2, &["--sise", "--size"]);
    folder.fails("render --input a.png --out b.png", 2, &["--filter"]);
    folder.fails("net", 2, &["a command", "--help"]);
}

#[test]
fn values_out_of_range() {
    let folder = Folder::new();
    folder.fails("bench --frames 0", 1, &["--frames", "`0`", "at least 1"]);
    folder.fails("bench --size 0x480", 1, &["--size", "`0x480`"]);
    folder.fails("bench --nets cpu --kernels fused --frames 1", 1, &["--kernels", "--nets gpu"]);
    folder.fails("bench --nets gpuu", 1, &["--nets", "`gpuu`", "did you mean gpu?"]);
    folder.fails(
        &format!("track --input {} --out t.jsonl --faces 9", file(STILL)),
        1,
        &["--faces", "from 1 to 8"],
    );
    folder.fails(&format!("net info {} --threads 0", file(NET)), 1, &["--threads", "`0`"]);
}

#[test]
fn model_files_that_are_none() {
    let folder = Folder::new();
    let model = fs::read(file(NET)).expect("the model");
    folder
        .write("cut.tflite", &model[..model.len() / 2])
        .write("empty.tflite", "")
        .write("text.tflite", "no model");
    let mut damaged = model.clone();
    damaged[8..4096].fill(0xff);
    folder.write("damaged.tflite", damaged).write("cut.task", &b"PK\x03\x04 and so on"[..]);
    for action in ["info", "plan", "run", "bench"] {
        folder.fails(&format!("net {action} missing.tflite"), 1, &["missing.tflite", "check that the path"]);
        for name in ["cut.tflite", "empty.tflite", "text.tflite", "damaged.tflite", "cut.task"] {
            folder.fails(&format!("net {action} {name}"), 1, &[name]);
        }
    }
    let bundle = file("models/face_landmarker/face_landmarker.task");
    folder.fails(&format!("net info {bundle}#face_detectr"), 1, &["face_detectr", "face_detector"]);
    folder.write("short.f32", [0; 12]);
    folder.fails(&format!("net run {} --input short.f32", file(NET)), 1, &["short.f32", "12 bytes"]);
}

#[test]
fn nets_do_what_is_asked_or_say_no() {
    let folder = Folder::new();
    let net = file(NET);
    let plan: serde_json::Value =
        serde_json::from_str(&folder.succeeds(&format!("net plan {net} --json")).out).expect("JSON");
    assert_eq!(plan["inputs"][0]["shape"], serde_json::json!([1, 256, 256, 3]));
    assert!(plan["steps"].as_array().is_some_and(|steps| steps.len() > 10), "{plan}");
    for action in ["info", "plan"] {
        folder.fails(&format!("net {action} {net} --out o"), 2, &["--out"]);
        folder.fails(&format!("net {action} {net} --input a.f32"), 2, &["--input"]);
    }
    folder.fails(&format!("net run {net} --out not/there"), 1, &["not/there"]);
    folder.succeeds(&format!("net run {net} --out there"));
    for precision in ["f16", "f32"] {
        let said = folder.succeeds(&format!("net run {net} --backend gpu --precision {precision}")).out;
        assert!(said.starts_with("out0"), "{said}");
    }
    folder.fails(&format!("net run {net} --precision f16"), 1, &["--precision", "--backend gpu"]);
    folder.fails(&format!("net run {net} --backend gpu --adapter no-such-gpu"), 1, &["no-such-gpu"]);
    folder.fails("net info /dev/zero", 1, &["/dev/zero", "no regular file"]);
    folder.fails("net info .", 1, &["is a folder"]);
    let still = file(STILL);
    for line in ["render --filter film --out out.png", "track --out t.jsonl", "matte --out masks", "bench"] {
        // Nobody gets another device, or none, than they asked for.
        let line = format!("{line} --input {still} --nets gpu --adapter no-such-gpu");
        folder.fails(&line, 1, &["no-such-gpu"]);
    }
    let said = folder.succeeds(&format!("matte --input {still} --nets gpu --net landscape --out masks")).out;
    assert_eq!(said, "");
    assert!(folder.path("masks/00000.png").is_file());
    let levels = folder.succeeds("net plan --frame").out;
    assert!(levels.contains("one pass, one submit") && levels.contains("landmarks"), "{levels}");
    folder.fails("net plan --frame --kernels fused", 1, &["--kernels", "--times"]);
    folder.fails("net plan", 2, &["<FILE>"]);
    folder.fails("net run --backend gpu", 2, &["<FILE>"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = Folder::new();
    let mut child = folder
        .command(&format!("net plan {}", file(NET)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn inputs_that_are_none() {
    let folder = Folder::new();
    let jpeg = encoded_still();
    folder.write("cut.jpg", &jpeg[..jpeg.len() / 2]).write("zero.bmp", fixtures::zero_size_bitmap());
    folder.write("header.jpg", &jpeg[..100]);
    folder.write("empty.png", "").write("text.mp4", "this is no clip").write("text.jpg", "this is no still");
    let clip = fs::read(file(CLIP)).expect("the clip");
    folder.write("cut.mp4", &clip[..clip.len() / 2]);
    fs::create_dir(folder.path("nothing")).expect("a folder");
    let again = "try a new copy or export of it";
    for (name, advice) in [
        ("missing.png", "check that the path is right"),
        ("cut.jpg", again),
        ("header.jpg", again),
        ("zero.bmp", again),
        ("empty.png", again),
        ("text.mp4", "convert it"),
        ("text.jpg", again),
        ("cut.mp4", again),
        ("nothing", "put some there"),
    ] {
        let outcome = folder.run(&format!("render --input {name} --filter film --out out.mp4"));
        outcome.is_refusal(1, &[name, advice]);
        assert!(!outcome.err.contains(" @ 0x"), "ffmpeg's own words are shown: {outcome:?}");
        folder.fails(&format!("track --input {name} --out out.jsonl"), 1, &[name]);
        folder.fails(&format!("matte --input {name} --out masks"), 1, &[name]);
    }
}

fn encoded_still() -> Vec<u8> {
    fixtures::encoded(320, 240, ImageFormat::Jpeg)
}

#[test]
fn clips_that_break_on_the_way_leave_nothing() {
    let folder = Folder::new();
    let frame = |width, height| fixtures::encoded(width, height, ImageFormat::Jpeg);
    let clip = fixtures::avi([64, 48], &[frame(64, 48), frame(64, 48), frame(32, 48)]);
    folder.write("grows.avi", clip);
    let broken = frame(64, 48)[..300].to_vec();
    folder.write("breaks.avi", fixtures::avi([64, 48], &[frame(64, 48), frame(64, 48), broken]));
    for out in ["out.avi", "out.mp4", "frames"] {
        let render = |input: &str| format!("render --input {input} --filter film --out {out}");
        folder.fails(&render("grows.avi"), 1, &["grows.avi", "32x48", "64x48"]);
        folder.fails(&render("breaks.avi"), 1, &["breaks.avi", "frame 2", "try a new copy"]);
    }
    folder.fails("track --input grows.avi --out out.jsonl", 1, &["grows.avi", "32x48"]);
}

#[test]
fn names_that_are_not_known_suggest_the_nearest() {
    let folder = Folder::new();
    let render = |filter: &str| format!("render --input {} --filter {filter} --out out.png", file(STILL));
    folder.fails(&render("flim"), 1, &["flim", "film"]);
    folder.fails(&render("film:grian=0.1"), 1, &["grian", "did you mean `grain`"]);
    folder.fails(&render("film:xyz=0.1"), 1, &["xyz", "it has", "grain"]);
    folder.fails(&render("sepia"), 1, &["sepia", "filter list"]);
    folder.fails(&render("film:grain=900"), 1, &["grain", "900"]);
    folder.fails(&render("film:grain=much"), 1, &["grain", "much"]);
    folder.fails(&render("film:grain"), 1, &["grain"]);
    folder.fails(&format!("{} --data nowhere", render("film")), 1, &["nowhere", "--data"]);
}

#[test]
fn outputs_that_cannot_be() {
    let folder = Folder::new();
    let render = |out: &str| format!("render --input {} --filter film --out {out}", file(STILL));
    folder.write("a-file", "");
    folder.fails(&render("out.gif"), 1, &["out.gif", ".mp4"]);
    folder.fails(&render("not/there/out.png"), 1, &["not/there"]);
    folder.fails(&render("a-file/out.png"), 1, &["a-file"]);
    folder.fails(&render("/proc/out.png"), 1, &["/proc/out.png", "check that you may"]);
    folder.fails(&render("a-file/"), 1, &["a-file/", "choose another folder"]);
    folder.fails(&render("out.mp4 --fps 1e9"), 1, &["1000000000", "--fps of up to 1000"]);
    folder.fails(&format!("track --input {} --out not/there.jsonl", file(STILL)), 1, &["not/there.jsonl"]);
    let outcome = folder.run(&format!("track --input {} --out /proc/t.jsonl", file(STILL)));
    outcome.is_refusal(1, &["/proc/t.jsonl", "check that"]);
    assert!(!outcome.err.contains(".antifaz-"), "a temporary name is shown: {outcome:?}");
    folder.fails(&format!("matte --input {} --out a-file/masks", file(STILL)), 1, &["a-file/masks"]);
    folder.fails(&render("."), 1, &["name a file or folder"]);
}

#[test]
#[cfg(unix)]
fn a_device_or_pipe_is_written_into_and_never_replaced() {
    let folder = Folder::new();
    let lines = folder.succeeds(&format!("track --input {} --out /dev/stdout", file(STILL))).out;
    let line: serde_json::Value = serde_json::from_str(&lines).expect("JSON");
    assert_eq!(line["faces"].as_array().map(Vec::len), Some(1));
    let made = Command::new("mkfifo").arg(folder.path("pipe.png")).status();
    assert!(made.expect("mkfifo runs").success());
    let line = format!("render --input {} --filter film --out pipe.png", file(STILL));
    folder.fails(&line, 1, &["pipe.png", "choose another name"]);
}

#[test]
fn folders_of_pictures() {
    let folder = Folder::new();
    fs::create_dir(folder.path("mixed")).expect("a folder");
    folder.write("mixed/a.png", fixtures::encoded(64, 48, ImageFormat::Png));
    folder.write("mixed/b.png", fixtures::encoded(32, 48, ImageFormat::Png));
    folder.fails("render --input mixed --filter film --out out.mp4", 1, &["b.png", "32x48", "--size 64x48"]);
    folder.succeeds("render --input mixed --filter film --out frames --size 64x48");
    folder.write("frames/notes.txt", "mine");
    let outcome = folder.succeeds("render --input mixed/b.png --filter film --out frames");
    assert!(outcome.err.contains("00001.png"), "what was removed is not said: {outcome:?}");
    let mut names: Vec<_> = fs::read_dir(folder.path("frames"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["00000.png", "notes.txt"]);
}

#[test]
fn the_latency_of_the_gpu() {
    let folder = Folder::new();
    folder.fails("bench --latency --filter film", 2, &["--latency", "--filter"]);
    let report: serde_json::Value =
        serde_json::from_str(&folder.succeeds("bench --latency --json").out).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    for name in ["chain/256", "independent/1", "levels/2", "wall/empty", "cpu/100", "barrier", "sum/texture"]
    {
        assert!(rows.iter().any(|row| row["name"] == name), "{name} is not in {report}");
    }
    for row in rows {
        let us = row["us"].as_f64().unwrap_or_default();
        assert!(us.is_finite() && us > 0.0, "{row}");
    }
}

#[test]
fn a_camera_that_is_not_there() {
    Folder::new().fails("render --camera 63 --frames 1 --filter film --out out.png", 1, &["camera 63"]);
}

#[test]
fn no_adapter() {
    let folder = Folder::new();
    let without_driver = |line: &str| {
        let mut command = folder.command(line);
        command.env("VK_ICD_FILENAMES", "/nonexistent").env("VK_DRIVER_FILES", "/nonexistent");
        Outcome::of(&mut command)
    };
    let still = file(STILL);
    let package = "mesa-vulkan-drivers";
    without_driver(&format!("render --input {still} --filter film --out out.png")).is_refusal(1, &[package]);
    without_driver("bench --frames 1").is_refusal(1, &[package]);
    assert_eq!(folder.names(), [""; 0]);
    for line in [
        format!("track --input {still} --nets cpu --out t.jsonl"),
        format!("matte --input {still} --nets cpu --out masks"),
        format!("net info {}", file(NET)),
        "doctor".to_owned(),
    ] {
        let outcome = without_driver(&line);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
    }
    let folder = Folder::new();
    let line = format!("render --input {still} --filter film --out out.png --adapter no-such-gpu");
    folder.fails(&line, 1, &["no-such-gpu"]);
}

#[test]
fn a_window_without_a_display() {
    let folder = Folder::new();
    folder.fails(&format!("run --input {}", file(STILL)), 1, &["DISPLAY", "antifaz render"]);
}

#[test]
fn odd_sizes_work() {
    let folder = Folder::new();
    folder.write("odd.png", fixtures::encoded(33, 17, ImageFormat::Png));
    folder.succeeds("render --input odd.png --filter film --out out.png");
    let size = image::image_dimensions(folder.path("out.png")).expect("a picture");
    assert_eq!(size, (33, 17));
    folder.write("one.png", fixtures::encoded(1, 1, ImageFormat::Png));
    folder.succeeds("render --input one.png --filter film --out frames/");
    let size = image::image_dimensions(folder.path("frames/00000.png")).expect("a picture");
    assert_eq!(size, (1, 1));
    let outcome = folder.succeeds("render --input odd.png --filter film --out out.mp4 --size 35x19");
    assert!(outcome.err.contains("36x20"), "the padding is not said: {outcome:?}");
    let outcome = folder.succeeds("render --input one.png --filter film --out one.mp4");
    assert!(outcome.err.contains("16x16"), "the padding is not said: {outcome:?}");
    folder.succeeds("render --input one.mp4 --filter film --out again.png");
    let size = image::image_dimensions(folder.path("again.png")).expect("a picture");
    assert_eq!(size, (16, 16));
}

#[test]
fn sound_that_is_not_kept_is_said() {
    let folder = Folder::new();
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &file(CLIP), "-c:v", "copy", "-c:a", "aac"])
        .arg(folder.path("aac.mp4"))
        .status();
    assert!(made.expect("ffmpeg is needed by these tests").success());
    let line = "render --input aac.mp4 --frames 2 --filter film --out out.avi";
    let outcome = folder.succeeds(line);
    assert!(!outcome.err.contains("sound"), "with ffmpeg the sound is converted: {outcome:?}");
    let outcome = Outcome::of(folder.command(line).env("PATH", ""));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for said in ["out.avi: sound is not kept", "not AAC", "apt install ffmpeg"] {
        assert!(outcome.err.contains(said), "`{said}` is not said: {outcome:?}");
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_and_termination_remove_what_is_half_written() {
    ["-INT", "-TERM"].into_iter().for_each(a_signal_removes_what_is_half_written);
}

#[cfg(unix)]
fn a_signal_removes_what_is_half_written(signal: &str) {
    let folder = Folder::new();
    let mut child = folder
        .command("render --synthetic --frames 100000 --filter film --out out.mp4 -v")
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let started = lines.by_ref().any(|line| line.expect("text").contains("rendering"));
    assert!(started, "it ended before it began");
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn filters_are_listed_with_their_parameters() {
    let out = Folder::new().succeeds("filter list").out;
    for name in ["studio-blur", "face-paint", "glasses", "film", "grain="] {
        assert!(out.contains(name), "{out}");
    }
}

#[test]
fn the_commands_of_the_readme_exist() {
    let folder = Folder::new();
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let lines = readme.lines().filter_map(|line| line.strip_prefix("antifaz "));
    let commands: Vec<Vec<&str>> =
        lines.map(|line| line.split('#').next().unwrap_or(line).split_whitespace().collect()).collect();
    assert!(commands.len() >= 5, "the README shows no commands");
    for words in commands {
        let path: Vec<&str> = words.iter().copied().take_while(|word| !word.starts_with("--")).collect();
        let actions =
            path.iter().take_while(|word| !word.contains('/')).copied().collect::<Vec<_>>().join(" ");
        let help = folder.succeeds(&format!("{actions} --help")).out;
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "`{option}` of the README is not in: {help}");
        }
        // What starts with `./` is the reader's own.
        let ours = |word: &&&str| word.contains('/') && !word.ends_with('/') && !word.starts_with("./");
        for name in words.iter().filter(ours) {
            file(name);
        }
    }
}
