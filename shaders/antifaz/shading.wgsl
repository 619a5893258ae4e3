// How what is worn or painted takes the light of the picture. `skin` is what the varyings of faces and props have: the
// mean colour of the skin, its luminance in w.

import antifaz::color::{luma};

/// Light reflected at a grazing angle grows (Schlick), the less so the rougher the surface. `straight`: what is reflected
/// straight on.
fn fresnel(facing: f32, straight: vec3f, roughness: f32) -> vec3f {
    let most = max(vec3f(1.0 - roughness), straight);
    return straight + (most - straight) * pow(1.0 - facing, 5.0);
}

/// How much the normal turns within a pixel, for `sqrt(roughness * roughness + turning(normal))`: all that is mirrored
/// within the pixel is seen at once. Called before any branch.
fn turning(normal: vec3f) -> f32 {
    let across = dpdx(normal);
    let down = dpdy(normal);
    return min(0.5 * (dot(across, across) + dot(down, down)), 0.8);
}

/// The light's colour, as far as the skin tells it: 0 white, 1 the skin's own colour.
fn tint(skin: vec4f, amount: f32) -> vec3f {
    return mix(vec3f(1.0), skin.rgb / max(skin.w, 0.004), amount);
}

/// No skin is as dark as this: there the light is dim.
const _DARKEST: f32 = 0.03;

/// How bright it is around the face: 1 where the skin has the luminance `mean`, more or less so by `power`. Below `least`
/// only in the dark.
fn brightness(skin: vec4f, mean: f32, power: f32, least: f32, most: f32) -> f32 {
    return clamp(pow(skin.w / mean, power), least, most) * min(skin.w / _DARKEST, 1.0);
}

/// Brightness and colour of the light on a prop.
fn exposure(skin: vec4f) -> vec3f {
    return brightness(skin, 0.26, 0.75, 0.12, 1.3) * tint(skin, 0.12);
}

/// How light the skin is at a place, compared with the whole of it: light and shadow for what is painted there.
fn shade(here: vec3f, skin: vec4f) -> f32 {
    return luma(here) / max(skin.w, 0.004);
}
