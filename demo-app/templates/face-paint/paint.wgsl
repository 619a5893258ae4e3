// A pass in the space `face_mesh`: the function below runs for each pixel that a face covers. It says how much paint
// there is (alpha) and in which light; the engine lays it over the picture.

import antifaz::color::{luma};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{picture_at};
import package::inputs::{params};

// `in.canonical` is a place on a face of standard size, in cm: x to the viewer's right, y up, z out of the face.
// The same place of every face has the same numbers, however it is turned. The tip of the nose is near (0, -1, 7),
// the cheeks are near (-5, -1, 4) and (5, -1, 4).

/// Half the length and half the width of a stripe, in cm.
const STRIPE: vec2f = vec2f(1.7, 0.24);
/// From one stripe to the next.
const APART: f32 = 0.8;

/// How far a place is within a stripe, in cm: negative outside.
fn within_stripe(at: vec2f, middle: vec2f) -> f32 {
    let off = abs(at - middle) - (STRIPE - STRIPE.y);
    return STRIPE.y - length(max(off, vec2f(0.0)));
}

@fragment
fn paint(in: Varying) -> @location(0) vec4f {
    // Both cheeks at once: left and right are mirrored.
    let at = vec2f(abs(in.canonical.x), in.canonical.y);
    // Stripes rise towards the ears.
    let turned = vec2f(at.x, at.y - 0.25 * (at.x - 5.0));

    var inside = -1.0;
    for (var i = 0; i < params.stripes; i++) {
        let down = f32(i) - 0.5 * f32(params.stripes - 1);
        inside = max(inside, within_stripe(turned, vec2f(5.0, -1.2 - down * APART)));
    }
    // An edge as soft as a pixel is wide, whatever the size of the face.
    let pixel = max(fwidth(in.canonical.y), 0.01);
    let cover = smoothstep(-pixel, pixel, inside) * params.opacity;

    // Paint lies in the light of the skin below it: brighter and darker than the mean skin (`in.skin.w`).
    let skin = picture_at(in.at).rgb;
    let shade = clamp(luma(skin) / max(in.skin.w, 0.005), 0.2, 2.0);
    let light = sqrt(clamp(in.skin.w / 0.2, 0.05, 1.5));

    // Premultiplied: the colour times its alpha, and the alpha.
    return vec4f(params.paint.rgb * shade * light, 1.0) * cover;
}
