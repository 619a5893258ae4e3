// The light of a photo studio, for props: a large soft box above, a strip at each side, a dim room.

/// How much light comes from `direction` (unit length, y up, z to the viewer), blurred as a surface of
/// `roughness` sees it.
fn studio_light(direction: vec3f, roughness: f32) -> vec3f {
    let blur = 0.03 + 0.9 * roughness * roughness;
    let room = mix(vec3f(0.05, 0.045, 0.04), vec3f(0.34, 0.36, 0.4), smoothstep(-0.8, 0.9, direction.y));
    // A floor in front of the viewer gives the lower half of a lens something to show.
    let floor_light = vec3f(0.16, 0.14, 0.12) * smoothstep(-0.15, -0.65, direction.y);
    let key = _soft_box(direction, normalize(vec3f(-0.45, 0.62, 0.64)), vec2f(0.34, 0.26), blur);
    let left = _soft_box(direction, normalize(vec3f(-0.93, 0.12, 0.35)), vec2f(0.07, 0.5), blur);
    let right = _soft_box(direction, normalize(vec3f(0.9, 0.18, 0.4)), vec2f(0.06, 0.45), blur);
    return room + floor_light + key * vec3f(4.2, 4.1, 3.9) + left * vec3f(1.3, 1.4, 1.6) + right * vec3f(1.5, 1.4, 1.25);
}

/// A rectangle of light around `center`, `extent` its half width and height at distance 1.
fn _soft_box(direction: vec3f, center: vec3f, extent: vec2f, blur: f32) -> f32 {
    let side = normalize(cross(vec3f(0.0, 1.0, 0.0), center));
    let up = cross(center, side);
    let ahead = dot(direction, center);
    if ahead <= 0.05 {
        return 0.0;
    }
    let at = abs(vec2f(dot(direction, side), dot(direction, up)) / ahead);
    let inside = 1.0 - smoothstep(extent - blur, extent + blur, at);
    // A wider blur spreads the same light.
    let area = extent / (extent + max(blur - 0.03, 0.0));
    return inside.x * inside.y * area.x * area.y;
}

/// Light that a matt surface of this normal receives.
fn studio_diffuse(normal: vec3f) -> vec3f {
    let key = max(dot(normal, normalize(vec3f(-0.45, 0.62, 0.64))), 0.0);
    let fill = max(dot(normal, normalize(vec3f(0.6, 0.2, 0.75))), 0.0);
    return vec3f(0.3, 0.31, 0.33) * (0.75 + 0.25 * normal.y) + vec3f(0.75, 0.73, 0.7) * key + 0.2 * fill;
}
