// The vertex stage of the space `frame`: one triangle over the whole target.

/// What the fragment stage gets in the space `frame`.
struct Varying {
    /// Place on the target in pixels.
    @builtin(position) position: vec4f,
    /// 0..1 over the target, from the top left corner, y down.
    @location(0) uv: vec2f,
}

/// A pixel of the target, in uv: what `fwidth(in.uv)` is, on GPUs that compute the pass, too.
fn pixel_of(in: Varying) -> vec2f {
    return in.uv / in.position.xy;
}

/// Corner `index` (of 3).
fn vertex(index: u32) -> Varying {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return Varying(vec4f(uv * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0), 0.0, 1.0), uv);
}
