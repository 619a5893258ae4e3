// Colours in linear light with Rec. 709 primaries.

/// How bright red, green and blue are.
const LUMA: vec3f = vec3f(0.2126, 0.7152, 0.0722);

/// How bright a colour is: 1 is white.
fn luma(color: vec3f) -> f32 {
    return dot(color, LUMA);
}

/// More or less colour at the same brightness. `amount`: 0 is grey, 1 leaves it as it is.
fn saturate_by(color: vec3f, amount: f32) -> vec3f {
    return mix(vec3f(luma(color)), color, amount);
}

/// `top` in front of `under`. Both premultiplied.
fn over(top: vec4f, under: vec4f) -> vec4f {
    return top + under * (1.0 - top.a);
}

/// Darkens: a colour filter in front of `under`. Both premultiplied.
fn multiply(top: vec4f, under: vec4f) -> vec4f {
    let color = top.rgb * under.rgb + top.rgb * (1.0 - under.a) + under.rgb * (1.0 - top.a);
    return vec4f(color, top.a + under.a * (1.0 - top.a));
}

/// Lightens, and never beyond white. Both premultiplied.
fn screen(top: vec4f, under: vec4f) -> vec4f {
    return top + under - top * under;
}

/// Hue (0..1), saturation and value of a colour.
fn hsv(color: vec3f) -> vec3f {
    let high = max(max(color.r, color.g), color.b);
    let range = high - min(min(color.r, color.g), color.b);
    if range <= 0.0 {
        return vec3f(0.0, 0.0, high);
    }
    var hue = (color.g - color.b) / range;
    if high == color.g {
        hue = 2.0 + (color.b - color.r) / range;
    } else if high == color.b {
        hue = 4.0 + (color.r - color.g) / range;
    }
    return vec3f(fract(hue / 6.0), range / high, high);
}

/// The reverse of `hsv`.
fn from_hsv(hsv: vec3f) -> vec3f {
    let ramp = abs(fract(hsv.x + vec3f(1.0, 2.0 / 3.0, 1.0 / 3.0)) * 6.0 - 3.0) - 1.0;
    return hsv.z * mix(vec3f(1.0), clamp(ramp, vec3f(0.0), vec3f(1.0)), hsv.y);
}

/// The sRGB curve: linear light to coded values, 0..1.
fn encode(linear: vec3f) -> vec3f {
    let light = max(linear, vec3f(0.0));
    return select(1.055 * pow(light, vec3f(1.0 / 2.4)) - 0.055, 12.92 * light, light <= vec3f(0.0031308));
}

/// Coded values, 0..1, to linear light; above 1 it goes on, less exactly.
fn decode(coded: vec3f) -> vec3f {
    let value = max(coded, vec3f(0.0));
    // In the place of ((value + 0.055) / 1.055)^2.4, which takes several times as long: up to 1 never off by as much as a
    // fiftieth of one of 256 coded steps.
    let within = min(value, vec3f(1.0));
    var high = vec3f(-0.298798) + 0.082908 * within;
    high = vec3f(0.661513) + high * within;
    high = vec3f(0.520851) + high * within;
    high = vec3f(0.032604) + high * within;
    high = vec3f(0.000922) + high * within;
    let over = value - within;
    high += over * (2.274882 + over * (1.509402 + over * 0.190762));
    return select(high, value / 12.92, value <= vec3f(0.04045));
}
