// Lays what meshes have drawn over the picture.

import antifaz::frame::{linear, picture_at};
import antifaz::fullscreen::{Varying, vertex};

@group(1) @binding(0) var layer: texture_2d<f32>;

@vertex
fn vertex_main(@builtin(vertex_index) index: u32) -> Varying {
    return vertex(index);
}

@fragment
fn lay(in: Varying) -> @location(0) vec4f {
    let top = textureSampleLevel(layer, linear, in.uv, 0.0);
    return top + picture_at(in.uv) * (1.0 - top.a);
}
