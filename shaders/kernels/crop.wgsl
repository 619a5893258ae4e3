// Cuts a rotated rectangle out of a picture, as the input tensor of a net: height x width x 3 values. Pixels are
// taken by index, places rounded to a 32nd of a pixel, means to code values, as on the CPU.

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

const STEPS = 32;

@group(0) @binding(0) var<uniform> crop: Crop;
/// Seen without its sRGB curve.
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> tensor: array<f32>;

/// Code values of a pixel; outside those of the edge, or black.
fn pixel(at: vec2i) -> vec3i {
    let size = vec2i(textureDimensions(picture));
    let near = clamp(at, vec2i(0), size - 1);
    if crop.edge == 0u && any(near != at) {
        return vec3i(0);
    }
    return vec3i(round(textureLoad(picture, near, 0).rgb * 255.0));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) cell: vec3u) {
    if any(cell.xy >= crop.cells) {
        return;
    }
    let place = vec2i(round(crop.origin + crop.right * f32(cell.x) + crop.down * f32(cell.y)));
    // Shifts round down, below zero too.
    let base = place >> vec2u(5u);
    let part = place & vec2i(STEPS - 1);
    let rest = vec2i(STEPS) - part;
    let sum = pixel(base) * rest.x * rest.y
        + pixel(base + vec2i(1, 0)) * part.x * rest.y
        + pixel(base + vec2i(0, 1)) * rest.x * part.y
        + pixel(base + vec2i(1, 1)) * part.x * part.y;
    let value = vec3f((sum + vec3i(STEPS * STEPS / 2)) / vec3i(STEPS * STEPS)) * crop.scale + crop.bias;
    let at = (cell.y * crop.cells.x + cell.x) * 3u;
    tensor[at] = value.r;
    tensor[at + 1u] = value.g;
    tensor[at + 2u] = value.b;
}
