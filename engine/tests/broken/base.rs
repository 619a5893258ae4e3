//! The filter that is broken in many ways: one of everything, and whole.

use std::io::Cursor;

use antifaz::filter::Package;
use image::{ImageFormat, RgbaImage};

pub(crate) const MANIFEST: &str = r##"format = 1
title = "Base"
description = "One of everything"
license = "CC0-1.0"
categories = ["test"]
requires = { face = ["mesh", "pose"], segment = ["person"] }

[[inputs]]
name = "amount"
type = "float"
label = "Amount"
default = 0.5
min = 0.0
max = 1.0
identity = 0.0

[[inputs]]
name = "count"
type = "int"
default = 3
min = 1
max = 8

[[inputs]]
name = "mode"
type = "enum"
values = ["warm", "cold"]
default = "warm"

[[inputs]]
name = "tint"
type = "color"
default = "#ff8000"

[[inputs]]
name = "middle"
type = "vec2"
default = [0.5, 0.25]

[[inputs]]
name = "lit"
type = "bool"
default = true

[[inputs]]
name = "dots"
type = "image"
path = "dots.png"

[[inputs]]
name = "grade"
type = "lut"
path = "grade.cube"

[[meshes]]
name = "hat"
path = "hat.gltf"
anchor = "head"
occluder = "head"

[[passes]]
name = "small"
shader = "look.wgsl"
entry = "small"
target = "half"
size = ["width / 2", "height / 2"]
format = "rgba16float"

[[passes]]
name = "look"
shader = "look.wgsl"
entry = "look"
reads = ["picture", "half", "segment.person"]

[[passes]]
name = "paint"
shader = "face.wgsl"
entry = "paint"
space = "face_mesh"
per = "face"

[[passes]]
name = "wear"
shader = "hat.wgsl"
entry = "wear"
space = "prop"
per = "face"
mesh = "hat"
vertex = "wiggle"

[[quality]]
tier = "high"

[[quality]]
tier = "low"
set = { count = 1 }
scale = 0.5
drop = ["paint"]

[budget]
ms = 1.0
at = "1280x720"
"##;

pub(crate) const LOOK: &str = r##"// The whole picture.
import antifaz::color::{luma};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::lut::{lut_at};
import antifaz::matte::{matte_at};
import package::helper::{Wave, wave};
import package::inputs::{dots, grade, half, params};

const TAPS: i32 = 4;

struct Sum {
    color: vec3f,
    weight: f32,
}

fn gather(uv: vec2f, count: i32) -> Sum {
    var sum = Sum(vec3f(0.0), 0.0);
    for (var i = 0; i < count; i++) {
        let at = uv + vec2f(f32(i) * 0.01, 0.0);
        sum.color += picture_at(at).rgb;
        sum.weight += 1.0;
    }
    return sum;
}

@fragment
fn small(in: Varying) -> @location(0) vec4f {
    let sum = gather(in.uv, params.count);
    return vec4f(sum.color / sum.weight, 1.0);
}

@fragment
fn look(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    var color = lut_at(grade, source.rgb);
    let soft = textureSampleLevel(half, linear, in.uv, 0.0);
    color = mix(color, soft.rgb, 1.0 - matte_at(in.uv));
    if params.mode == 1u {
        color = color.bgr;
    }
    let bump = wave(Wave(2.0, params.amount), in.uv.x + frame.time);
    color += bump * textureSampleLevel(dots, linear, in.uv, 0.0).rgb * params.tint.rgb;
    let gray = luma(color);
    color = select(vec3f(gray), color, params.lit == 1u);
    return vec4f(color, source.a);
}
"##;

pub(crate) const HELPER: &str = r##"struct Wave {
    rate: f32,
    height: f32,
}

fn wave(shape: Wave, at: f32) -> f32 {
    return shape.height * sin(shape.rate * at);
}
"##;

pub(crate) const FACE: &str = r##"import antifaz::face_mesh::{Varying};
import package::inputs::{params};

@fragment
fn paint(in: Varying) -> @location(0) vec4f {
    return vec4f(params.tint.rgb, 1.0) * 0.5 * step(0.0, in.canonical.y);
}
"##;

pub(crate) const HAT: &str = r##"import antifaz::prop::{PropPoint, Varying, prop_materials};
import antifaz::studio::{studio_diffuse};

fn wiggle(point: PropPoint, face: u32) -> PropPoint {
    var moved = point;
    moved.position.y += f32(face);
    return moved;
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let base = prop_materials[in.material].base.rgb;
    return vec4f(base * studio_diffuse(normalize(in.normal)), 1.0);
}
"##;

pub(crate) const CUBE: &str =
    "TITLE \"x\"\nLUT_3D_SIZE 2\n0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n";

pub(crate) const GLTF: &str = r##"{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],
"nodes":[{"mesh":0}],
"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],
"accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3"}],
"bufferViews":[{"buffer":0,"byteLength":36}],
"buffers":[{"byteLength":36,"uri":"hat.bin"}]}
"##;

pub(crate) fn png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = RgbaImage::from_fn(4, 4, |x, y| image::Rgba([x as u8 * 60, y as u8 * 60, 90, 255]));
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Its files. Later tests replace some.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let triangle: Vec<u8> =
        [0f32, 10.0, 0.0, 4.0, 10.0, 0.0, 0.0, 14.0, 0.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let text = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    vec![
        text("filter.toml", MANIFEST),
        text("look.wgsl", LOOK),
        text("helper.wgsl", HELPER),
        text("face.wgsl", FACE),
        text("hat.wgsl", HAT),
        text("grade.cube", CUBE),
        text("hat.gltf", GLTF),
        ("hat.bin".to_owned(), triangle),
        ("dots.png".to_owned(), png()),
    ]
}

pub(crate) fn package(files: Vec<(String, Vec<u8>)>) -> Package {
    Package::new("base", files)
}
