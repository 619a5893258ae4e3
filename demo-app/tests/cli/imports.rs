//! Shaders of other tools, as people bring them: imported, checked and drawn.

use std::fs;

use super::tool::{Folder, file, root};

/// The colours of a picture, row by row.
fn pixels(folder: &Folder, name: &str) -> image::RgbImage {
    image::open(folder.path(name)).expect("a picture").to_rgb8()
}

fn draw(folder: &Folder, filter: &str, out: &str) {
    let still = file("assets/stills/pd_astronaut.png");
    folder.succeeds(&format!("render --input {still} --size 96x64 --filter {filter} --out {out} --quiet"));
}

/// The greatest difference of two pictures in any channel.
fn apart(a: &image::RgbImage, b: &image::RgbImage) -> u8 {
    a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b)).max().expect("pixels")
}

#[test]
fn every_shader_becomes_a_filter_that_passes_and_draws() {
    let (folder, mut count) = (Folder::new(), 0);
    for entry in fs::read_dir(root().join("engine/tests/data/imports")).expect("shaders") {
        let path = entry.expect("an entry").path();
        let from = if path.extension().is_some_and(|ending| ending == "fs") { "isf" } else { "shadertoy" };
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let said = folder.succeeds(&format!("filter import {from} {} --out {name}", path.display())).out;
        assert!(said.contains(&format!("antifaz filter check ./{name}")), "{said}");
        let said = folder.succeeds(&format!("filter check ./{name} --no-cost --quiet")).out;
        assert!(said.starts_with(&format!("{name}: ok (")), "{said}");
        draw(&folder, &format!("./{name}"), "on.png");
        draw(&folder, &format!("./{name}:strength=0"), "off.png");
        assert!(apart(&pixels(&folder, "on.png"), &pixels(&folder, "off.png")) > 20, "{name} draws nothing");
        count += 1;
    }
    assert!(count > 4, "{count} shaders");
}

#[test]
fn pictures_and_colours_are_what_they_were_there() {
    let folder = Folder::new();
    let main = |body: &str| format!("void mainImage(out vec4 c, in vec2 p) {{ {body} }}");
    let header = "/*{\"INPUTS\": [{\"NAME\": \"inputImage\", \"TYPE\": \"image\"}]}*/\n";
    folder.write("same.glsl", main("c = texture(iChannel0, p / iResolution.xy);"));
    folder.write("ramp.glsl", main("c = vec4(vec3(p.y / iResolution.y), 0.0);"));
    let isf = "void main() { gl_FragColor = IMG_PIXEL(inputImage, gl_FragCoord.xy); }";
    folder.write("kept.fs", format!("{header}{isf}"));
    for (from, name) in [("shadertoy", "same.glsl"), ("shadertoy", "ramp.glsl"), ("isf", "kept.fs")] {
        let out = name.split('.').next().expect("a name");
        folder.succeeds(&format!("filter import {from} {name} --out {out}"));
        draw(&folder, &format!("./{out}"), &format!("{out}.png"));
    }
    draw(&folder, "./same:strength=0", "off.png");
    let off = pixels(&folder, "off.png");
    for name in ["same.png", "kept.png"] {
        let most = apart(&pixels(&folder, name), &off);
        assert!(most <= 1, "{name} differs by {most}");
    }
    // y grows upward there, and 0.5 is the middle of what a screen can show.
    let ramp = pixels(&folder, "ramp.png");
    for (y, value) in [(0, 253.0), (31, 129.5), (63, 2.0)] {
        let seen = ramp.get_pixel(40, y).0[1];
        assert!((f64::from(seen) - value).abs() < 2.0, "row {y}: {seen}");
    }
}

#[test]
fn what_can_not_be_imported() {
    let folder = Folder::new();
    folder.write("bad.glsl", "void mainImage(out vec4 c, in vec2 p) {\n    c = vec4(pp, 0.0, 1.0);\n}\n");
    folder.write("none.glsl", [0xff, 0xfe]);
    folder.fails("filter import shadertoy bad.glsl --out x", 1, &["bad.glsl:2:14: unknown variable: pp"]);
    folder.fails("filter import shadertoy none.glsl --out x", 1, &["none.glsl", "UTF-8"]);
    folder.fails("filter import isf bad.glsl --out x", 1, &["bad.glsl:1:1", "ISF"]);
    folder.fails("filter import isf missing.fs --out x", 1, &["missing.fs"]);
    folder.fails("filter import isf bad.glsl --out Bad", 1, &["Bad", "a-z"]);
    folder.fails("filter import glsl bad.glsl --out x", 1, &["glsl", "shadertoy"]);
}
