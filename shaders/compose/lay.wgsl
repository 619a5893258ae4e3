// Lays what a pass has drawn over the picture.

import antifaz::color;
import antifaz::frame::{linear, picture_at};
import antifaz::fullscreen::{Varying, vertex};

@group(1) @binding(0) var layer: texture_2d<f32>;

@vertex
fn vertex_main(@builtin(vertex_index) index: u32) -> Varying {
    return vertex(index);
}

fn layer_at(uv: vec2f) -> vec4f {
    return textureSampleLevel(layer, linear, uv, 0.0);
}

@fragment
fn over(in: Varying) -> @location(0) vec4f {
    return color::over(layer_at(in.uv), picture_at(in.uv));
}

@fragment
fn add(in: Varying) -> @location(0) vec4f {
    return min(layer_at(in.uv) + picture_at(in.uv), vec4f(1.0));
}

@fragment
fn multiply(in: Varying) -> @location(0) vec4f {
    return color::multiply(layer_at(in.uv), picture_at(in.uv));
}

@fragment
fn screen(in: Varying) -> @location(0) vec4f {
    return color::screen(layer_at(in.uv), picture_at(in.uv));
}
