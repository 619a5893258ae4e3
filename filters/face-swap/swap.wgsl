// Each face wears the next one's: a pixel knows its place on the canonical face, finds the triangle that it lies in,
// and takes the light from the same place of the same triangle on the other face.

import antifaz::color::{luma};
import antifaz::face::{FACES, is_present, landmark, skin};
import antifaz::face_mesh::{Varying, face_points};
import antifaz::frame::{frame, linear, picture_at};
import package::inputs::{params, places, triangles};

/// A place on the mesh: three landmarks, and the share of each.
struct Spot {
    corners: vec3u,
    shares: vec3f,
}

/// A number from its low and high byte.
fn number(texel: vec4f) -> u32 {
    let bytes = vec2u(round(texel.rg * 255.0));
    return bytes.x + 256u * bytes.y;
}

/// Twice the area between three places.
fn area(a: vec2f, b: vec2f, c: vec2f) -> f32 {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

fn face_uv(index: u32) -> vec2f {
    return vec2f(face_points[index].u, face_points[index].v);
}

fn spot_at(uv: vec2f) -> Spot {
    let size = vec2f(textureDimensions(places));
    let triangle = number(textureLoad(places, vec2u(clamp(uv * size, vec2f(0.0), size - 1.0)), 0));
    var corners = vec3u(0u);
    for (var i = 0u; i < 3u; i++) {
        corners[i] = number(textureLoad(triangles, vec2u(triangle, i), 0));
    }
    let a = face_uv(corners.x);
    let b = face_uv(corners.y);
    let c = face_uv(corners.z);
    let whole = area(a, b, c);
    let shares = vec3f(area(uv, b, c), area(a, uv, c), area(a, b, uv)) / select(whole, 1e-9, abs(whole) < 1e-9);
    return Spot(corners, shares);
}

/// Where a spot lies in the picture on a face.
fn on_face(face: u32, spot: Spot) -> vec2f {
    return landmark(face, spot.corners.x).xy * spot.shares.x
        + landmark(face, spot.corners.y).xy * spot.shares.y
        + landmark(face, spot.corners.z).xy * spot.shares.z;
}

/// The next face that is there, or the same one.
fn partner(face: u32) -> u32 {
    for (var i = 1u; i < FACES; i++) {
        let other = (face + i) % FACES;
        if is_present(other) {
            return other;
        }
    }
    return face;
}

/// The light around a place of a face, without its details.
fn around(face: u32, at: vec2f) -> f32 {
    let eyes = (landmark(face, 263u).xy - landmark(face, 33u).xy) * frame.size;
    let tall = (landmark(face, 152u).xy - landmark(face, 10u).xy) * frame.size;
    let reach = max(length(eyes), 0.6 * length(tall)) * 0.36 / frame.size;
    var sum = 0.0;
    for (var i = 0; i < 14; i++) {
        let angle = f32(i) * 2.3999632;
        let out = sqrt((f32(i) + 0.5) / 14.0);
        sum += luma(picture_at(at + vec2f(cos(angle), sin(angle)) * out * reach).rgb);
    }
    return max(sum / 14.0, 0.002);
}

/// 1 between the lips: on the canonical face a slit of this height and half width, in thousandths.
fn mouth(uv: vec2f) -> f32 {
    let from_middle = vec2f(abs(uv.x - 0.5), uv.y - 0.69385) * 1000.0;
    let inside = 1.45 * clamp((96.4 - from_middle.x) / 10.0, 0.0, 1.0) - abs(from_middle.y);
    let pixel = max(length(vec2f(dpdx(inside), dpdy(inside))), 0.02);
    return smoothstep(-0.3, 1.5 * pixel, inside);
}

/// 0 where the wearer (x) or the other face (y) has hair over its skin, of which its light tells: on forehead and temples,
/// above brows. The other's brows are worn to their ends.
fn bare(canonical: vec3f, light: vec2f) -> f32 {
    let temples = smoothstep(vec2f(5.2, 6.2), vec2f(6.4, 7.2), vec2f(abs(canonical.x)));
    let rim = max(vec2f(smoothstep(5.0, 5.7, canonical.y)), temples);
    let skin = mix(vec2f(1.0), smoothstep(vec2f(0.3), vec2f(0.6), light), rim);
    return skin.x * skin.y;
}

/// How light the skin is a finger's breadth above a place of a face: dark where a fringe reaches down to the brows.
fn above(face: u32, at: vec2f) -> f32 {
    let up = landmark(face, 10u).xy - landmark(face, 152u).xy;
    return luma(picture_at(at + 0.075 * up).rgb) / max(skin(face).w, 0.004);
}

@fragment
fn swap(in: Varying) -> @location(0) vec4f {
    // The wearer's own teeth stay: the other mouth may be shut.
    let own = mouth(in.uv);
    let other = partner(in.face);
    if other == in.face {
        return vec4f(0.0);
    }
    let place = on_face(other, spot_at(in.uv));
    let worn = picture_at(place).rgb;
    let theirs = skin(other);
    // The wearer's skin colour, as far as it is one.
    let whole = clamp(in.skin.rgb / max(theirs.rgb, vec3f(0.004)), vec3f(0.1), vec3f(10.0));
    // Light and shadow: how bright it is here against the whole face, on either.
    let here = around(in.face, in.at) / max(in.skin.w, 0.004);
    let there = around(other, place) / max(theirs.w, 0.004);
    let local = clamp(here / there, 0.65, 1.4);
    let light = worn * mix(vec3f(1.0), whole, params.skin) * mix(1.0, local, params.light);
    // What lies outside of the picture is not known.
    let known = all(place > vec2f(0.0)) && all(place < vec2f(1.0));
    let shown = textureSampleLevel(places, linear, in.uv, 0.0).b;
    let soft = mix(0.12, 1.0, params.feather);
    let own_light = min(here, luma(picture_at(in.at).rgb) / max(in.skin.w, 0.004));
    let fringes = smoothstep(vec2f(0.3), vec2f(0.6), vec2f(above(in.face, in.at), above(other, place)));
    let brows = mix(1.0, fringes.x * fringes.y, smoothstep(3.5, 4.3, in.canonical.y));
    let hair = brows * bare(in.canonical, vec2f(own_light, min(there, luma(worn) / max(theirs.w, 0.004))));
    // Where the face turns away, what lies beyond it would show as a line.
    let facing = smoothstep(0.1, 0.45, normalize(in.normal).z);
    let alpha = smoothstep(0.0, soft, shown) * facing * hair * (1.0 - own) * params.strength * select(0.0, 1.0, known);
    return vec4f(min(light, vec3f(1.0)), 1.0) * alpha;
}
