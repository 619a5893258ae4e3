//! From `filter new` to a packed filter that others install, and what is said on the way.

use std::fs;

use super::tool::{Folder, Outcome, file};

const STILL: &str = "assets/stills/pd_astronaut.png";

#[test]
fn a_filter_is_written_checked_drawn_packed_and_installed() {
    let folder = Folder::new();
    let said = folder.succeeds("filter new war-paint --kind face-paint").out;
    assert!(said.contains("antifaz run --filter ./war-paint"), "{said}");
    let said = folder.succeeds("filter check ./war-paint --quiet").out;
    assert!(said.starts_with("war-paint: ok ("), "{said}");
    folder.succeeds(&format!(
        "render --input {} --size 64x48 --filter ./war-paint:stripes=2 --out a.png --quiet",
        file(STILL)
    ));
    let said = folder.succeeds("filter pack war-paint").out;
    assert!(said.starts_with("war-paint.antifaz: 2 files"), "{said}");
    folder.succeeds("filter pack war-paint --out again.antifaz");
    let bytes = |name: &str| fs::read(folder.path(name)).expect("a packed filter");
    assert_eq!(bytes("war-paint.antifaz"), bytes("again.antifaz"));

    // The packed file draws the same; installed, the name alone does.
    fs::rename(folder.path("war-paint"), folder.path("elsewhere")).expect("renamed");
    let render = |filter: &str, out: &str| {
        format!("render --input {} --size 64x48 --filter {filter}:stripes=2 --out {out} --quiet", file(STILL))
    };
    folder.succeeds(&render("again.antifaz", "b.png"));
    assert_eq!(bytes("a.png"), bytes("b.png"));
    folder.fails("filter show war-paint", 1, &["war-paint"]);
    let said = folder.succeeds("filter install again.antifaz").out;
    assert!(said.contains("war-paint is installed in ") && said.contains("antifaz"), "{said}");
    folder.succeeds(&render("war-paint", "c.png"));
    assert_eq!(bytes("a.png"), bytes("c.png"));
    assert!(folder.succeeds("filter list").out.contains("\nwar-paint: "), "it is not listed");
    // Once more replaces it.
    folder.succeeds("filter install again.antifaz");
}

#[test]
fn a_clip_takes_the_place_of_a_filters_picture() {
    let folder = Folder::new();
    let clip = file("assets/clips/mit_pyfeat_single_face.mp4");
    let shader = "import antifaz::fullscreen::{Varying};\nimport antifaz::frame::{covering};\nimport package::inputs::{wall};\n\
        @fragment fn main(in: Varying) -> @location(0) vec4f { return covering(wall, in.uv); }\n";
    let manifest = "format = 1\ntitle = \"Wall\"\n[[inputs]]\nname = \"wall\"\ntype = \"image\"\npath = \"own.png\"\n\
        [[passes]]\nname = \"wall\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";
    fs::create_dir(folder.path("wall")).expect("a folder");
    image::RgbImage::new(4, 4).save(folder.path("wall/own.png")).expect("a picture");
    folder.write("wall/filter.toml", manifest).write("wall/a.wgsl", shader).write("notes.txt", "no picture");
    let line = |wall: &str| {
        format!(
            "render --synthetic --size 64x36 --frames 20 --filter ./wall:wall={wall} --out frames/ --quiet"
        )
    };
    folder.succeeds(&line(&clip));
    let frame = |number: u32| {
        let name = folder.names().contains(&"frames".to_owned()).then(|| format!("frames/{number:05}.png"));
        image::open(folder.path(&name.expect("a folder"))).expect("a picture").to_rgb8()
    };
    let apart = |a: &image::RgbImage, b: &image::RgbImage| -> u64 {
        a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
    };
    assert!(frame(0).iter().any(|value| *value > 64), "the filter's own picture is there");
    assert!(apart(&frame(0), &frame(19)) > 1000, "the clip stands still");
    fs::remove_dir_all(folder.path("frames")).expect("removed");
    folder.fails(&line("notes.txt"), 1, &["notes.txt is neither a picture", "nor a clip"]);
    folder.fails(&line("none.mp4"), 1, &["can't read none.mp4"]);
}

#[test]
fn every_filter_of_the_library_passes() {
    let said = Folder::new().succeeds("filter check --no-cost --quiet").out;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() > 3 && lines.iter().all(|line| line.contains(": ok (")), "{said}");
}

#[test]
fn faults_are_shown_with_their_lines_and_exit_with_1() {
    let folder = Folder::new();
    folder.succeeds("filter new mine");
    let shader = folder.path("mine/look.wgsl");
    let text = fs::read_to_string(&shader).expect("the shader").replace("frame.size.y", "frame.sise.y");
    fs::write(&shader, &text).expect("written");
    let Outcome { code, out, err } = folder.run("filter check mine film --quiet");
    let line = text.lines().position(|line| line.contains("frame.sise.y")).expect("the line") + 1;
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("mine: 1 error (") && out.contains("\nfilm: ok ("), "{out}");
    assert!(out.contains(&format!("error: mine/look.wgsl:{line}:")), "{out}");
    assert!(out.contains("did you mean `size`?") && out.contains('^'), "{out}");
    assert!(err.contains("1 of 2 filters has errors"), "{err}");
    // Drawn, it is one sentence and the excerpt.
    let drawn = folder.run("render --synthetic --frames 1 --filter ./mine --out a.png --quiet");
    assert_eq!(drawn.code, Some(1));
    assert!(drawn.err.contains(&format!("mine/look.wgsl:{line}:")), "{drawn:?}");
}

#[test]
fn what_can_not_be_written_packed_or_installed() {
    let folder = Folder::new();
    folder.fails("filter new Mine", 1, &["Mine", "a-z"]);
    folder.fails("filter new mine --kind cube", 1, &["--kind", "full-frame"]);
    folder.succeeds("filter new mine");
    folder.fails("filter new mine", 1, &["mine", "already"]);
    folder.fails("filter pack nothing-here", 1, &["nothing-here"]);
    let said = folder.run("filter check ./nothing-here --quiet");
    assert!(said.code == Some(1) && said.out.contains("there is no filter at ./nothing-here"), "{said:?}");
    assert!(said.out.contains("`antifaz filter list`"), "{said:?}");
    #[cfg(unix)]
    folder.fails("filter show /dev/zero", 1, &["/dev/zero", "neither a folder nor a file"]);
    folder.fails("filter show ./mime", 1, &["no filter at ./mime", "did you mean `./mine`?"]);
    folder.write("text.antifaz", "no archive").write("empty.antifaz", "");
    for name in ["text.antifaz", "empty.antifaz", "missing.antifaz"] {
        folder.fails(&format!("filter install {name}"), 1, &[name]);
        folder.fails(&format!("filter show {name}"), 1, &[name]);
    }
    fs::rename(folder.path("mine"), folder.path("film")).expect("renamed");
    folder.fails("filter install film", 1, &["the library has a filter `film`"]);
    folder.fails("filter show ./", 1, &["is not a filter"]);
}

#[test]
fn filters_are_shown_and_measured() {
    let folder = Folder::new();
    let said = folder.succeeds("filter show studio-blur").out;
    for part in [
        "needs: the person mask, the person's edges",
        "radius=3",
        "lens: blur.wgsl `lens`",
        "medium: taps=24",
        "0.8 ms at",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let plan = folder.succeeds("filter show glasses --plan --size 640x480 --tier low").out;
    assert!(plan.contains("glasses/wear: Input -> Layer 640x480") && !plan.contains("shadow"), "{plan}");
    assert_eq!(folder.succeeds("filter show film:strength=0 --plan").out, "output: Input\n");
    let measured = folder.succeeds("filter bench film --size 64x48 --frames 2 --json --quiet").out;
    let measured: serde_json::Value = serde_json::from_str(&measured).expect("JSON");
    assert_eq!(measured["tiers"]["high"]["passes"][0]["pass"], "film/expose");
    assert!(measured["tiers"]["low"]["frame_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{measured}");
    let saves = folder.succeeds("filter bench film --size 64x48 --reload 2 --json --quiet").out;
    let saves: serde_json::Value = serde_json::from_str(&saves).expect("JSON");
    let [ready, drawn] = ["ready", "drawn"].map(|name| saves["ms"][name]["p50"].as_f64().expect("a time"));
    assert!(0.0 < ready && ready <= drawn, "{saves}");
}
