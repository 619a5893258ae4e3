// Colour tables. A `lut` input is a texture whose rows are the red edges of the cube: N columns, N x N rows.

/// The colour of one cell of a table: `at` from 0 in red, green and blue, `size` the cells of an edge.
fn _lut_cell(table: texture_2d<f32>, at: vec3i, size: i32) -> vec3f {
    return textureLoad(table, vec2i(at.x, at.y + size * at.z), 0).rgb;
}

/// The table's colour, interpolated in the tetrahedron around `color` (0..1): greys stay grey.
fn lut_at(table: texture_2d<f32>, color: vec3f) -> vec3f {
    let size = i32(textureDimensions(table).x);
    let scaled = clamp(color, vec3f(0.0), vec3f(1.0)) * f32(size - 1);
    let base = min(vec3i(scaled), vec3i(size - 2));
    let f = scaled - vec3f(base);
    // The axes from the largest fraction to the smallest.
    let first = select(select(vec3i(0, 0, 1), vec3i(0, 1, 0), f.y >= f.z), vec3i(1, 0, 0), f.x >= f.y && f.x >= f.z);
    let last = select(select(vec3i(1, 0, 0), vec3i(0, 1, 0), f.y <= f.x), vec3i(0, 0, 1), f.z <= f.x && f.z <= f.y);
    let high = dot(f, vec3f(first));
    let low = dot(f, vec3f(last));
    let mid = f.x + f.y + f.z - high - low;
    return _lut_cell(table, base, size) * (1.0 - high)
        + _lut_cell(table, base + first, size) * (high - mid)
        + _lut_cell(table, base + vec3i(1) - last, size) * (mid - low)
        + _lut_cell(table, base + vec3i(1), size) * low;
}
