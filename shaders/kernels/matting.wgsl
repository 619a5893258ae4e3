// Fits a net's coarse mask of the person to the edges of the picture.
//
// Kaiming He, Jian Sun, Xiaoou Tang, Guided Image Filtering (ECCV 2010), with a colour guide: around each place the mask
// is approximated by a linear function of the picture's colour; the functions are averaged, and applied to the picture.
// Done twice, in wide windows, of which every other cell in a row and every other row count, and then in near ones, on a small
// picture; `kernels::steady` applies the functions to the picture itself. `kernels::matting::Twin` is the twin.

struct Matting {
    /// The share of the frame before that is kept where nothing moves; 0 where there is none.
    kept: f32,
    /// The same where the mask changes in the middle of what stands still.
    lasting: f32,
}

@group(0) @binding(0) var<uniform> matting: Matting;
@group(0) @binding(1) var linear_clamp: sampler;
@group(0) @binding(2) var picture: texture_2d<f32>;
@group(0) @binding(3) var mask: texture_2d<f32>;
/// Tones of the small picture.
@group(0) @binding(4) var guide: texture_2d<f32>;
/// Tones, and the mask in alpha.
@group(0) @binding(5) var pairs: texture_2d<f32>;
/// Linear functions: slope in rgb, offset in alpha.
@group(0) @binding(6) var fitted: texture_2d<f32>;
/// The averaged ones.
@group(0) @binding(7) var lines: texture_2d<f32>;
/// Picture and person of the frame before.
@group(0) @binding(8) var before: texture_2d<f32>;

/// Half of a window's side, in cells: where the functions are fitted to the mask, and where they are averaged.
const WIDE: i32 = 5;
const WIDE_MEAN: i32 = 3;
const NEAR: i32 = 2;
/// Differences of tone below its root are taken for noise.
const NOISE: f32 = 0.0006;
const STEEPEST: f32 = 40.0;
/// Changes of tone of a picture that stands still, by noise alone; and of one that moves.
const STILL: f32 = 0.022;
const MOVED: f32 = 0.06;
/// How much more of a change a net in doubt must see.
const HOLD: f32 = 0.3;
/// Differences of the mask around a place: small where the net is in doubt, large at an edge that it sees.
const SEES: vec2f = vec2f(0.35, 0.7);

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(uv * 2.0 - 1.0, 0.0, 1.0);
}

/// Colours are compared as the eye does: by the square root of light.
fn tone(light: vec3f) -> vec3f {
    return sqrt(max(light, vec3f(0.0)));
}

fn cell_at(table: texture_2d<f32>, at: vec2i) -> vec4f {
    return textureLoad(table, clamp(at, vec2i(0), vec2i(textureDimensions(table)) - 1), 0);
}

/// Tones of a cell of a picture that is made small to `size`: the mean of 3 x 3 samples.
fn tones(light: texture_2d<f32>, cell: vec2f, size: vec2f) -> vec3f {
    var sum = vec3f(0.0);
    for (var y = 0; y < 3; y++) {
        for (var x = 0; x < 3; x++) {
            let at = floor(cell) + (vec2f(f32(x), f32(y)) + 0.5) / 3.0;
            sum += tone(textureSampleLevel(light, linear_clamp, at / size, 0.0).rgb);
        }
    }
    return sum / 9.0;
}

/// How still it is where tones change by so much: 1 to 0.
fn stillness(change: vec3f) -> f32 {
    return 1.0 - smoothstep(STILL, MOVED, max(change.r, max(change.g, change.b)));
}

@fragment
fn shrink(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return vec4f(tones(picture, position.xy, small_size()), 1.0);
}

/// The size of the small picture; `kernels::shrink::size_of_copy`.
fn small_size() -> vec2f {
    let whole = textureDimensions(picture);
    let longest = max(whole.x, whole.y);
    if longest <= 256u {
        return vec2f(whole);
    }
    return vec2f(max((whole * 256u + longest / 2u) / longest, vec2u(1u)));
}

/// The mask beside the picture that it was made of. The net's edges are soft: their middle is what it says. Where it is in
/// doubt, sees no edge near by, and nothing moves, what was there stays.
@fragment fn pair(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let cell = textureLoad(guide, vec2i(position.xy), 0).rgb;
    let size = vec2f(textureDimensions(guide));
    let uv = position.xy / size;
    let person = textureSampleLevel(mask, linear_clamp, uv, 0.0).r;
    var least = person;
    var most = person;
    for (var i = 0; i < 4; i++) {
        let way = (vec2f(f32(i & 1), f32(i >> 1)) * 2.0 - 1.0) / vec2f(textureDimensions(mask));
        let near = textureSampleLevel(mask, linear_clamp, uv + way, 0.0).r;
        least = min(least, near);
        most = max(most, near);
    }
    let doubt = 1.0 - smoothstep(SEES.x, SEES.y, most - least);
    let still = select(0.0, stillness(abs(cell - tones(before, position.xy, size))), matting.kept > 0.0);
    let then = 2.0 * textureSampleLevel(before, linear_clamp, uv, 0.0).a - 1.0;
    return vec4f(cell, smoothstep(0.25, 0.75, person + HOLD * doubt * still * then));
}

/// The function that fits the pairs in the window of a cell best.
fn fit(here: vec2i, reach: i32, step: i32) -> vec4f {
    var mean = vec4f(0.0);
    var with_person = vec3f(0.0);
    var squares = vec3f(0.0); // rr gg bb
    var mixed = vec3f(0.0); // rg rb gb
    for (var y = -reach; y <= reach; y += step) {
        for (var x = -reach; x <= reach; x += step) {
            let at = cell_at(pairs, here + vec2i(x, y));
            mean += at;
            with_person += at.rgb * at.a;
            squares += at.rgb * at.rgb;
            mixed += at.rrg * at.gbb;
        }
    }
    let count = f32((2 * reach / step + 1) * (2 * reach / step + 1));
    mean /= count;
    let covariance = with_person / count - mean.rgb * mean.a;
    let s = squares / count - mean.rgb * mean.rgb + NOISE;
    let m = mixed / count - mean.rrg * mean.gbb;
    // The symmetric matrix (s.x m.x m.y; m.x s.y m.z; m.y m.z s.z), inverted by its adjugate.
    let first = vec3f(s.y * s.z - m.z * m.z, m.y * m.z - m.x * s.z, m.x * m.z - m.y * s.y);
    let second = vec3f(first.y, s.x * s.z - m.y * m.y, m.x * m.y - s.x * m.z);
    let third = vec3f(first.z, second.z, s.x * s.y - m.x * m.x);
    let determinant = dot(vec3f(s.x, m.x, m.y), first);
    let product = vec3f(dot(first, covariance), dot(second, covariance), dot(third, covariance));
    let slope = clamp(product / max(determinant, 1e-12), vec3f(-STEEPEST), vec3f(STEEPEST));
    return vec4f(slope, mean.a - dot(slope, mean.rgb));
}

/// The mean of the functions whose windows cover a cell.
fn averaged(here: vec2i, reach: i32, step: i32) -> vec4f {
    var sum = vec4f(0.0);
    for (var y = -reach; y <= reach; y += step) {
        for (var x = -reach; x <= reach; x += step) {
            sum += cell_at(fitted, here + vec2i(x, y));
        }
    }
    return sum / f32((2 * reach / step + 1) * (2 * reach / step + 1));
}

/// How much person a function finds in a tone.
fn person_of(line: vec4f, tone: vec3f) -> f32 {
    return smoothstep(0.2, 0.8, dot(line.rgb, tone) + line.a);
}

@fragment fn fit_wide(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return fit(vec2i(position.xy), WIDE, 2);
}

/// The mask as the wide windows see it.
@fragment fn pair_again(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let here = vec2i(position.xy);
    let cell = textureLoad(guide, here, 0);
    let line = averaged(here, WIDE_MEAN, 2);
    return vec4f(cell.rgb, smoothstep(0.25, 0.75, dot(line.rgb, cell.rgb) + line.a));
}

@fragment fn fit_near(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return fit(vec2i(position.xy), NEAR, 1);
}

@fragment fn average(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return averaged(vec2i(position.xy), NEAR, 1);
}
