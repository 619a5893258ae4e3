// A sugar skull: white ground with hollow cheeks, black drawing, petals and flowers in two colours.

import antifaz::eyes::{canonical_lids};
import antifaz::face_mesh::{Varying, below_top};
import antifaz::frame::{linear, picture_at};
import antifaz::noise::{value_noise};
import antifaz::sdf::{line_cover};
import antifaz::shading;
import antifaz::skin::{bare};
import antifaz::studio::{studio_light};
import package::inputs::{design, params};

/// How deep inside, in the units of the distances, a line is an area.
const AREA: vec2f = vec2f(1.5, 6.0);

/// The design's distances reach this far, in thousandths of its side (make_design.py).
const REACH: f32 = 24.0;
/// White paint is never quite white.
const WHITE: vec3f = vec3f(0.68, 0.665, 0.63);

/// 1 in the middle of a soft disc at a place on the left of the face, and on the right.
fn soft(uv: vec2f, middle: vec2f, size: vec2f) -> f32 {
    let offset = (vec2f(min(uv.x, 1.0 - uv.x), uv.y) - middle) / size;
    return exp(-dot(offset, offset));
}

@fragment
fn paint_skull(in: Varying) -> @location(0) vec4f {
    let here = textureSampleLevel(design, linear, in.uv, 0.0);
    let d = (here.rga - 0.5) * 2.0 * REACH;
    // Thousandths of the design per pixel of the picture.
    let pixel = clamp(length(fwidth(in.uv)) * 700.0, 0.4, 12.0);
    let black = line_cover(-d.r, pixel, 3.6, AREA);
    let petal = line_cover(-d.g, pixel, 8.0, AREA);
    let flower = line_cover(-d.b, pixel, 5.0, AREA);

    // The light on the face is what the skin shows, set against its mean.
    let skin = picture_at(in.at).rgb;
    let shade = clamp(shading::shade(skin, in.skin), 0.0, 2.2);
    let exposure = shading::brightness(in.skin, 0.22, 0.7, 0.12, 1.25);
    let light = exposure * shading::tint(in.skin, 0.15);
    let matt = mix(1.0, shade, 0.92);

    // The sponge leaves the ground uneven; below cheekbones and at the temples it is smudged with black.
    let sponge = value_noise(in.uv * 70.0, 3u) * 0.6 + value_noise(in.uv * 190.0, 4u) * 0.4 - 0.5;
    let hollows = soft(in.uv, vec2f(0.17, 0.71), vec2f(0.13, 0.085))
        + 0.8 * soft(in.uv, vec2f(0.075, 0.40), vec2f(0.05, 0.14))
        + 0.35 * soft(in.uv, vec2f(0.34, 0.93), vec2f(0.16, 0.05));
    let smudge = params.hollow * clamp(hollows * (1.0 + sponge), 0.0, 1.0);
    let ground = WHITE * (1.0 + 0.10 * sponge) * (1.0 - 0.88 * smudge);

    // Petals and flowers are deeper at their edges, and lighter in the middle where the brush was full.
    let petals = params.petals.rgb * mix(0.55, 1.15, smoothstep(0.0, 14.0, d.g));
    let flowers = params.flowers.rgb * mix(0.6, 1.15, smoothstep(0.0, 8.0, d.b));
    var color = mix(ground, vec3f(0.012, 0.011, 0.013), black);
    color = mix(color, petals, petal);
    color = mix(color, flowers, flower);
    // Black is put on with powder, and does not shine.
    let gloss = mix(0.015, 0.04, max(petal, flower)) * (1.0 - black * (1.0 - max(petal, flower)));
    let wet = studio_light(reflect(vec3f(0.0, 0.0, -1.0), normalize(in.normal)), 0.45) * gloss;
    let lit = color * matt * light + wet * light;
    // Towards the hair the sponge was dabbed more lightly, and leaves its pattern.
    let dabs = below_top(in.uv) + 0.10 * sponge + 0.05 * (value_noise(in.uv * 26.0, 5u) - 0.5);
    let paint = smoothstep(0.0, 0.8, here.b + sponge * 0.5 * here.b) * smoothstep(0.0, 0.07, dabs);
    let drawn = max(black, max(petal, flower)) * smoothstep(0.0, 0.3, here.b);
    // Up to the lashes, wherever the lids are.
    let soft_edge = max(length(fwidth(in.canonical.xy)) * 0.7, 0.03);
    let lid = smoothstep(0.0, 2.0 * soft_edge, canonical_lids(in.canonical.xy));
    return vec4f(min(lit, vec3f(1.0)), 1.0) * max(paint, drawn) * lid * params.opacity * bare(in.canonical, shade);
}
