// Shapes as signed distances: negative inside, in the units of `at`. Most are Inigo Quilez' formulas (MIT).

/// A disc around 0.
fn circle(at: vec2f, radius: f32) -> f32 {
    return length(at) - radius;
}

/// A rectangle around 0. `extent`: half width and half height.
fn box(at: vec2f, extent: vec2f) -> f32 {
    let d = abs(at) - extent;
    return length(max(d, vec2f(0.0))) + min(max(d.x, d.y), 0.0);
}

/// A rectangle with round corners. `extent` includes the rounding.
fn rounded_box(at: vec2f, extent: vec2f, radius: f32) -> f32 {
    return box(at, extent - radius) - radius;
}

/// A line from `a` to `b`, of no thickness: subtract the half of what it shall have.
fn segment(at: vec2f, a: vec2f, b: vec2f) -> f32 {
    let along = b - a;
    let t = clamp(dot(at - a, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    return length(at - a - along * t);
}

/// A ring of this radius and thickness.
fn ring(at: vec2f, radius: f32, thickness: f32) -> f32 {
    return abs(length(at) - radius) - 0.5 * thickness;
}

/// An ellipse around 0, `extent` half its width and height. Near its edge exact to a few percent.
fn ellipse(at: vec2f, extent: vec2f) -> f32 {
    let k = length(at / extent);
    let slope = length(at / (extent * extent));
    return select(k * (k - 1.0) / slope, -min(extent.x, extent.y), slope <= 0.0);
}

/// A triangle with these corners.
fn triangle(at: vec2f, a: vec2f, b: vec2f, c: vec2f) -> f32 {
    let edge = min(min(segment(at, a, b), segment(at, b, c)), segment(at, c, a));
    let turn = sign(_cross2(b - a, c - a));
    let inside = min(min(turn * _cross2(b - a, at - a), turn * _cross2(c - b, at - b)), turn * _cross2(a - c, at - c));
    return select(edge, -edge, inside > 0.0);
}

/// Positive where `b` lies clockwise of `a`, as it is seen (y grows downward).
fn _cross2(a: vec2f, b: vec2f) -> f32 {
    return a.x * b.y - a.y * b.x;
}

/// A regular polygon around 0 with `sides` sides (3 or more), `radius` from the middle to a side; a side lies below.
fn polygon(at: vec2f, sides: u32, radius: f32) -> f32 {
    let half = 3.14159265 / f32(max(sides, 3u));
    let angle = atan2(at.x, at.y);
    let turned = angle - 2.0 * half * round(angle / (2.0 * half));
    let along = length(at) * sin(turned);
    let out = length(at) * cos(turned) - radius;
    let beyond = max(abs(along) - radius * tan(half), 0.0);
    return select(out, length(vec2f(beyond, out)), out > 0.0 && beyond > 0.0);
}

/// A star around 0: `points` (3 or more) between the outer and the inner radius; the first looks up (y grows downward).
fn star(at: vec2f, points: u32, outer: f32, inner: f32) -> f32 {
    let half = 3.14159265 / f32(max(points, 3u));
    let angle = atan2(at.x, -at.y);
    let turned = abs(angle - 2.0 * half * round(angle / (2.0 * half)));
    let folded = length(at) * vec2f(sin(turned), cos(turned));
    let tip = vec2f(0.0, outer);
    let notch = inner * vec2f(sin(half), cos(half));
    let edge = segment(folded, tip, notch);
    return select(edge, -edge, _cross2(notch - tip, folded - tip) < 0.0);
}

/// A heart, about 1 wide and 1 high, its tip below (y grows downward).
fn heart(at: vec2f) -> f32 {
    let p = vec2f(abs(at.x), 0.5 - at.y);
    if p.x + p.y > 1.0 {
        return length(p - vec2f(0.25, 0.75)) - 0.35355339;
    }
    let corner = p - vec2f(0.0, 1.0);
    let side = p - 0.5 * max(p.x + p.y, 0.0);
    return sqrt(min(dot(corner, corner), dot(side, side))) * sign(p.x - p.y);
}

/// Both shapes, with a seam `blend` wide.
fn smooth_min(a: f32, b: f32, blend: f32) -> f32 {
    let h = max(blend - abs(a - b), 0.0) / max(blend, 1e-6);
    return min(a, b) - 0.25 * blend * h * h;
}

/// What both shapes have in common, with a seam `blend` wide.
fn smooth_max(a: f32, b: f32, blend: f32) -> f32 {
    return -smooth_min(-a, -b, blend);
}

/// Where to look for a shape that is turned by `angle` radians, clockwise as it is seen: `box(turned(at, angle), extent)`.
fn turned(at: vec2f, angle: f32) -> vec2f {
    let s = sin(angle);
    let c = cos(angle);
    return vec2f(c * at.x + s * at.y, c * at.y - s * at.x);
}

/// How much of a pixel a shape covers, `pixel` being the pixel's side in the units of the distance.
fn cover(distance: f32, pixel: f32) -> f32 {
    return clamp(0.5 - distance / pixel, 0.0, 1.0);
}

/// The same with an edge as soft as a picture's.
fn soft_cover(distance: f32, pixel: f32) -> f32 {
    return smoothstep(-0.6, 0.6, -distance / pixel);
}

/// The same for lines `thin` wide: thinner than a pixel they fade instead of breaking up. From `broad.x` to `broad.y` inside
/// it is no line any more, but an area.
fn line_cover(distance: f32, pixel: f32, thin: f32, broad: vec2f) -> f32 {
    let faded = clamp(thin / pixel, 0.4, 1.0);
    return soft_cover(distance, pixel) * mix(faded, 1.0, smoothstep(broad.x, broad.y, -distance));
}
