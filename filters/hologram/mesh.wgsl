// The wires of the face mesh. Light only adds: its alpha is 0.

import antifaz::face_mesh::{Varying, below_top};
import antifaz::frame::{frame, linear};
import package::inputs::{params, wires};
import package::tear::{tear};

/// Nearness of wires and corners reaches this far, in thousandths of the face texture (make_wire.py).
const REACH: f32 = 8.0;

@fragment
fn mesh(in: Varying) -> @location(0) vec4f {
    let near = textureSampleLevel(wires, linear, in.uv, 0.0).rgb;
    let distance = (1.0 - near.rg) * REACH;
    // Thousandths per pixel: a wire is a pixel wide, or half a thousandth.
    let pixel = clamp(length(fwidth(in.uv)) * 700.0, 0.2, 20.0);
    // Where the mesh is finer than pixels can show, it fades.
    let dense = clamp(2.6 / pixel, 0.15, 1.0);
    let wire = 1.0 - smoothstep(0.35 * pixel, 1.1 * pixel + 0.4, distance.r);
    let node = 1.0 - smoothstep(0.5 * pixel + 0.4, 1.4 * pixel + 1.4, distance.g);
    let halo = exp(-distance.r / 3.0) * 0.10;

    let normal = normalize(in.normal);
    let fresnel = pow(1.0 - clamp(normal.z, 0.0, 1.0), 2.5);
    // A ring of light runs over the face, from the nose outwards.
    let run = fract(length(in.canonical.xy) / 14.0 - frame.time * 0.35);
    let pulse = 0.55 + 0.9 * smoothstep(0.0, 0.12, run) * exp(-run * 6.0);
    let skin = 1.0 - near.b;
    // Wide glows are as strong as the face is light: on a dark one they would be a grey mask.
    let lit = clamp(in.skin.w / 0.15, 0.15, 1.0);
    let drawn = (wire * 0.42 + node * 0.9) * pulse + (halo + fresnel * 0.3) * lit;
    // It ends softly, and where the picture is torn there is no face below it.
    let rim = smoothstep(0.0, 0.09, min(below_top(in.uv), min(in.uv.x, 1.0 - in.uv.x)));
    let whole = smoothstep(0.006, 0.003, abs(tear(in.at.y)));
    let light = drawn * dense * skin * rim * whole;
    let white = mix(params.color.rgb, vec3f(1.0), 0.35 * node);
    return vec4f(white * light * params.wire * params.strength, 0.0);
}
