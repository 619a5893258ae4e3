// Frequency separation: skin is a smooth ground, blemishes upon it, and pores. What lies between ground and pores goes.

import antifaz::face_mesh::{Varying};
import antifaz::frame::{linear, picture_at};
import antifaz::fullscreen;
import antifaz::skin::{evened, ground, like_skin, shrunk, smoothed, tone, without_pores};
import antifaz::warp::{span};
import package::inputs::{params, region, small};

/// The picture made small, as tones.
@fragment
fn shrink(in: fullscreen::Varying) -> @location(0) vec4f {
    return vec4f(shrunk(in.uv, fullscreen::pixel_of(in)), 1.0);
}

@fragment
fn smooth_skin(in: Varying) -> @location(0) vec4f {
    let place = textureSampleLevel(region, linear, in.uv, 0.0).r;
    let size = span(in.face, 263u, 33u);
    let skin = tone(in.skin.rgb);
    let fine = without_pores(in.at, size);
    let around = ground(small, in.at, fine, skin, size * mix(0.08, 0.22, params.size), params.taps);
    let even = evened(around, skin, params.even * 0.6);
    let light = smoothed(tone(picture_at(in.at).rgb), fine, even, params.pores);
    return vec4f(light, 1.0) * place * like_skin(fine, skin) * params.strength;
}
