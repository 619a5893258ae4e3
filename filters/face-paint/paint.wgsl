// A design of signed distances on the face: red the mask, green its scrolls, blue its pearls.

import antifaz::face::{head_direction};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::sdf::{soft_cover};
import antifaz::shading;
import antifaz::studio::{studio_light};
import package::inputs::{design, params};

/// The design's distances reach this far, in thousandths of its side.
const REACH: f32 = 24.0;
/// The rim of the mask lies this far within its edge, and is this wide on each side.
const RIM: vec2f = vec2f(2.4, 2.6);

/// Distances to the edges of mask, scrolls and pearls, positive inside, in thousandths.
fn distances(uv: vec2f) -> vec3f {
    return (textureSampleLevel(design, linear, uv, 0.0).rgb - 0.5) * 2.0 * REACH;
}

/// How the metal is raised: distance to the nearest edge of rim and scrolls, and to the nearest pearl.
fn raised(d: vec3f) -> vec2f {
    let rim = RIM.y - abs(d.r - RIM.x);
    return vec2f(max(rim, d.g), d.b);
}

/// Slope of the raised parts: x to the right, y down in the face texture.
fn slope(uv: vec2f, part: vec2f) -> vec2f {
    let e = vec2f(0.0012, 0.0);
    let right = dot(raised(distances(uv + e.xy)), part) - dot(raised(distances(uv - e.xy)), part);
    let down = dot(raised(distances(uv + e.yx)), part) - dot(raised(distances(uv - e.yx)), part);
    return vec2f(right, down) / 2.4;
}

/// What a polished surface shows whose edges are rounded off.
fn mirror(in: Varying, normal: vec3f, part: vec2f, height: f32, pixel: f32) -> vec3f {
    let round = clamp(1.0 - height / 4.5, 0.0, 1.0);
    // Slopes finer than a pixel would sparkle.
    let tilt = slope(in.uv, part) * round * 0.9 * clamp(1.6 / pixel, 0.0, 1.0);
    let leaned = normalize(normal - head_direction(in.face, vec3f(tilt.x, -tilt.y, 0.0)));
    return studio_light(reflect(vec3f(0.0, 0.0, -1.0), leaned), 0.32);
}

@fragment
fn paint_face(in: Varying) -> @location(0) vec4f {
    let d = distances(in.uv);
    // Thousandths of the design per pixel of the picture.
    let pixel = clamp(length(fwidth(in.uv)) * 700.0, 0.4, 12.0);
    let lift = raised(d);
    let mask = soft_cover(-d.r, pixel);
    // Lines thinner than a pixel fade instead of breaking up.
    let metal = soft_cover(-lift.x, pixel) * clamp(3.2 / pixel, 0.35, 1.0);
    let pearl = soft_cover(-lift.y, pixel);

    // The light on the face is what the skin shows, set against its mean.
    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.0, 2.2);
    let exposure = shading::brightness(in.skin, 0.22, 0.5, 0.3, 1.25);
    let tint = in.skin.rgb / max(in.skin.w, 0.004);
    // Only part of the tint is the light's; most is the skin's own.
    let light = exposure * mix(vec3f(1.0), tint, 0.2);
    let matt = mix(1.0, shade, 0.85);
    let normal = normalize(in.normal);

    // Cloth: darker towards its seams, with a sheen where it turns away.
    let seam = mix(0.62, 1.0, smoothstep(2.0, 22.0, d.r));
    let sheen = pow(1.0 - max(normal.z, 0.0), 2.0) * 0.5;
    let cloth = params.paint.rgb * (seam + sheen) * matt * light;

    let gold = params.trim.rgb * light
        * mix(vec3f(0.75 * matt), mirror(in, normal, vec2f(1.0, 0.0), lift.x, pixel) * (0.45 + 0.55 * shade), params.gloss);
    let shine = mirror(in, normal, vec2f(0.0, 1.0), lift.y, pixel);
    let white = vec3f(0.86, 0.83, 0.78) * light * (0.55 * matt + 0.4 * shine);

    // A hint of shadow around the mask and its pearls lets them lie on the skin.
    let shadow = 0.38 * max(smoothstep(-9.0, 1.0, d.r), 0.8 * smoothstep(-5.0, 1.0, max(d.b, d.g)));
    var color = mix(cloth, gold, metal);
    color = mix(color, white, pearl);
    let solid = max(max(mask, pearl), soft_cover(-d.g, pixel));
    let alpha = max(solid, shadow) * params.opacity;
    // Premultiplied: the shadow adds no light of its own.
    return vec4f(min(color, vec3f(1.0)) * solid * params.opacity, alpha);
}
