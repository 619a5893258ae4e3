// A camera's bytes, as they are, to a picture. The target is seen without its sRGB curve: coded values are written,
// so an RGB frame comes through byte by byte. YCbCr is converted in the same whole numbers as on the CPU.

struct Convert {
    /// First byte of each plane.
    offset: vec3u,
    format: u32,
    /// Bytes from row to row of each plane.
    stride: vec3u,
    /// YCbCr to RGB, 16 bits after the point.
    black: i32,
    luma: i32,
    red_cr: i32,
    green_cb: i32,
    green_cr: i32,
    blue_cb: i32,
    /// Which rows the bytes are of.
    first_row: u32,
    rows: u32,
}

const RGB8 = 0u;
const RGBA8 = 1u;
const BGRA8 = 2u;
const NV12 = 3u;
const I420 = 4u;
const YUYV = 5u;
const UYVY = 6u;

@group(0) @binding(0) var<uniform> convert: Convert;
@group(0) @binding(1) var<storage, read> bytes: array<u32>;

fn byte(plane: u32, row: u32, at: u32) -> i32 {
    let index = convert.offset[plane] + row * convert.stride[plane] + at;
    return i32((bytes[index >> 2u] >> ((index & 3u) * 8u)) & 0xffu);
}

fn rgb_of(y: i32, cb: i32, cr: i32) -> vec4f {
    let light = (y - convert.black) * convert.luma + 32768;
    let blueness = cb - 128;
    let redness = cr - 128;
    let rgb = vec3i(
        light + convert.red_cr * redness,
        light - convert.green_cb * blueness - convert.green_cr * redness,
        light + convert.blue_cb * blueness,
    );
    return vec4f(vec3f(clamp(rgb >> vec3u(16u), vec3i(0), vec3i(255))), 255.0) / 255.0;
}

/// Straight alpha to premultiplied, in linear light.
fn premultiplied(coded: vec4f) -> vec4f {
    if coded.a == 1.0 {
        return coded;
    }
    let low = coded.rgb / 12.92;
    let high = pow((coded.rgb + 0.055) / 1.055, vec3f(2.4));
    let light = select(high, low, coded.rgb <= vec3f(0.04045)) * coded.a;
    let back = 1.055 * pow(light, vec3f(1.0 / 2.4)) - 0.055;
    return vec4f(select(back, light * 12.92, light <= vec3f(0.0031308)), coded.a);
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(uv * 2.0 - 1.0, 0.0, 1.0);
}

/// All rows at once.
@fragment
fn whole(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return color(u32(position.x), u32(position.y));
}

/// Some rows; the others stay what they are.
@fragment
fn part(@builtin(position) position: vec4f) -> @location(0) vec4f {
    // Rows above the first wrap around to numbers beyond all.
    let y = u32(position.y) - convert.first_row;
    if y >= convert.rows {
        discard;
    }
    return color(u32(position.x), y);
}

/// The pixel in column `x` of row `y` of the bytes.
fn color(x: u32, y: u32) -> vec4f {
    switch convert.format {
        case RGB8: {
            let at = x * 3u;
            let rgb = vec3i(byte(0u, y, at), byte(0u, y, at + 1u), byte(0u, y, at + 2u));
            return vec4f(vec3f(rgb) / 255.0, 1.0);
        }
        case RGBA8, BGRA8: {
            let at = x * 4u;
            let rgb = vec3i(byte(0u, y, at), byte(0u, y, at + 1u), byte(0u, y, at + 2u));
            let coded = vec4f(vec3f(rgb), f32(byte(0u, y, at + 3u))) / 255.0;
            return premultiplied(select(coded, coded.bgra, convert.format == BGRA8));
        }
        case NV12: {
            let at = x & ~1u;
            return rgb_of(byte(0u, y, x), byte(1u, y / 2u, at), byte(1u, y / 2u, at + 1u));
        }
        case I420: {
            return rgb_of(byte(0u, y, x), byte(1u, y / 2u, x / 2u), byte(2u, y / 2u, x / 2u));
        }
        default: {
            // Packed: the pair's first luma is byte 0 or 1 of four, chroma is in the others.
            let pair = (x / 2u) * 4u;
            let first = select(0u, 1u, convert.format == UYVY);
            let chroma = pair + 1u - first;
            return rgb_of(byte(0u, y, pair + first + (x & 1u) * 2u), byte(0u, y, chroma), byte(0u, y, chroma + 2u));
        }
    }
}
