// Cuts a rotated rectangle out of a picture, as the input tensor of a net: height x width x 3 values.

import kernels::sample::{sample};

struct Crop {
    /// Of cell 0, and from cell to cell, in steps of a 32nd of a pixel.
    origin: vec2f,
    right: vec2f,
    down: vec2f,
    /// Columns and rows of cells.
    cells: vec2u,
    scale: f32,
    bias: f32,
    /// Whether the edge is repeated outside.
    edge: u32,
}

@group(0) @binding(0) var<uniform> crop: Crop;
@group(0) @binding(2) var<storage, read_write> tensor: array<f32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) cell: vec3u) {
    if any(cell.xy >= crop.cells) {
        return;
    }
    let place = vec2i(round(crop.origin + crop.right * f32(cell.x) + crop.down * f32(cell.y)));
    let value = vec3f(sample(place, crop.edge != 0u)) * crop.scale + crop.bias;
    let at = (cell.y * crop.cells.x + cell.x) * 3u;
    tensor[at] = value.r;
    tensor[at + 1u] = value.g;
    tensor[at + 2u] = value.b;
}
