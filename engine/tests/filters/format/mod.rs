//! What each part of the format means, shown by filters of a few lines whose pictures are computed by hand.

mod blends;
mod chains;
mod faces;
mod happenings;
mod later;
mod memory;
mod particles;
mod props;
mod swing;
mod tools;
mod values;

use antifaz::{
    compose::{ComposeError, Composer},
    filter::{Filter, Look, LookItem, Package, manifest::MANIFEST},
    scene::FaceState,
};
use image::{Rgba, RgbaImage};

use crate::bench::{Bench, Observed};

/// What every manifest begins with.
const HEAD: &str = "format = 1\ntitle = \"T\"\n";
/// A pass over the picture.
const PASS: &str = "[[passes]]\nname = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";
/// What every shader here begins with.
const IMPORTS: &str =
    "import antifaz::fullscreen::{Varying};\nimport antifaz::frame::{frame, linear, picture_at};\n";

/// A composer for one filter: its manifest without the head, the text of `a.wgsl` without the imports, and values.
fn composer(bench: &Bench, manifest: &str, shader: &str, values: &str) -> Composer {
    try_composer(bench, manifest, shader, values).unwrap_or_else(|error| panic!("{error}"))
}

fn try_composer(bench: &Bench, manifest: &str, shader: &str, values: &str) -> Result<Composer, ComposeError> {
    let files = [(MANIFEST, format!("{HEAD}{manifest}")), ("a.wgsl", format!("{IMPORTS}{shader}"))];
    let filter = Filter::from_package(&Package::new("test", files)).unwrap_or_else(|error| panic!("{error}"));
    Composer::new(&bench.gpu, Look(vec![LookItem::parse(filter.into(), values).unwrap()]))
}

/// The fragment stage `main` with this body.
fn main(body: &str) -> String {
    format!("@fragment\nfn main(in: Varying) -> @location(0) vec4f {{\n{body}\n}}\n")
}

/// A picture of one colour without anybody in it.
fn plain(size: [u32; 2], color: [u8; 4]) -> Observed {
    let picture = RgbaImage::from_pixel(size[0], size[1], Rgba(color));
    Observed { picture, faces: FaceState::empty(), early: None, matte: None }
}

/// The sRGB value of linear light.
fn coded(light: f32) -> f32 {
    let light = light.clamp(0.0, 1.0);
    255.0 * if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// The linear light of an sRGB value.
fn light(coded: u8) -> f32 {
    let v = f32::from(coded) / 255.0;
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// Checks that a pixel shows this linear light, within what devices round.
#[track_caller]
fn shows(picture: &RgbaImage, at: [u32; 2], expected: [f32; 3]) {
    let pixel = picture[(at[0], at[1])];
    let near = (0..3).all(|c| (f32::from(pixel[c]) - coded(expected[c])).abs() <= 1.6);
    assert!(near, "{pixel:?} at {at:?} instead of {:?}", expected.map(coded));
}
