// Colours in linear light with Rec. 709 primaries.

const LUMA: vec3f = vec3f(0.2126, 0.7152, 0.0722);

fn luma(color: vec3f) -> f32 {
    return dot(color, LUMA);
}

/// 0 is grey, 1 leaves the colour as it is.
fn saturate_by(color: vec3f, amount: f32) -> vec3f {
    return mix(vec3f(luma(color)), color, amount);
}

/// Both premultiplied.
fn over(top: vec4f, under: vec4f) -> vec4f {
    return top + under * (1.0 - top.a);
}

/// The sRGB curve: linear light to coded values.
fn encode(linear: vec3f) -> vec3f {
    let light = max(linear, vec3f(0.0));
    return select(1.055 * pow(light, vec3f(1.0 / 2.4)) - 0.055, 12.92 * light, light <= vec3f(0.0031308));
}

/// Coded values to linear light.
fn decode(coded: vec3f) -> vec3f {
    let value = max(coded, vec3f(0.0));
    return select(pow((value + 0.055) / 1.055, vec3f(2.4)), value / 12.92, value <= vec3f(0.04045));
}
