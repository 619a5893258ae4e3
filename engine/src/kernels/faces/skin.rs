//! The twin of `antifaz::skin`. Colours are tones.

use glam::{Vec2, Vec3, Vec4};

use crate::kernels::matting::Floats;

const EDGE: f32 = 0.12;
const GOLDEN_ANGLE: f32 = 2.399_963_2;

/// Light as tones.
pub fn tone(light: Vec3) -> Vec3 {
    light.max(Vec3::ZERO).map(f32::sqrt)
}

fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

/// The colour of a picture at a place (uv).
pub fn color_at(picture: &Floats, uv: Vec2) -> Vec3 {
    Vec4::from_array(picture.sample(uv.to_array())).truncate()
}

/// The mean tones of a cell around a place of a picture of light.
pub fn shrunk(picture: &Floats, uv: Vec2, cell: Vec2) -> Vec3 {
    let shifts = (0..9).map(|i| (Vec2::new((i % 3) as f32, (i / 3) as f32) - 1.0) / 3.0);
    shifts.map(|shift| tone(color_at(picture, uv + shift * cell))).sum::<Vec3>() / 9.0
}

/// 1 for the skin's colour in any light.
pub fn like_skin(color: Vec3, skin: Vec3) -> f32 {
    let (bright, usual) = (color.element_sum().max(0.02), skin.element_sum().max(0.02));
    let hue = (color / bright - skin / usual).length();
    (1.0 - smoothstep(0.08, 0.17, hue)) * smoothstep(0.30, 0.58, bright / usual)
}

/// A step from a place to its tap of that number, in uv of a picture of `size`.
fn tap(size: [usize; 2], number: usize, reach: f32) -> Vec2 {
    let (sin, cos) = (number as f32 * GOLDEN_ANGLE).sin_cos();
    Vec2::new(cos * size[1] as f32 / size[0] as f32, sin) * reach
}

/// What a narrow blur leaves of a picture of light.
pub fn without_pores(picture: &Floats, uv: Vec2, size: f32) -> Vec3 {
    let taps = (0..12).map(|i| uv + tap(picture.size, i, size * if i % 2 == 0 { 0.018 } else { 0.010 }));
    std::iter::once(uv).chain(taps).map(|uv| tone(color_at(picture, uv))).sum::<Vec3>() / 13.0
}

/// The ground around a place. `small`: the picture of `size`, [`shrunk`].
pub fn ground(
    (small, size): (&Floats, [usize; 2]),
    uv: Vec2,
    fine: Vec3,
    skin: Vec3,
    reach: f32,
    taps: usize,
) -> Vec3 {
    let mut sum = fine.extend(1.0) * 0.25;
    for i in 0..taps {
        let out = ((i as f32 + 0.5) / taps as f32).sqrt();
        let color = color_at(small, uv + tap(size, i, out * reach));
        let step = (color - fine) / EDGE;
        let near = (-step.length_squared() * 0.4 - out * out * 1.5).exp();
        sum += color.extend(1.0) * near * like_skin(color, skin);
    }
    sum.truncate() / sum.w
}

/// Takes `amount` of the blotches.
pub fn evened(ground: Vec3, skin: Vec3, amount: f32) -> Vec3 {
    let even = skin * (ground.element_sum() / skin.element_sum().max(0.02));
    ground.lerp(even, amount)
}

/// The skin put together again, as light.
pub fn smoothed(here: Vec3, fine: Vec3, ground: Vec3, pores: f32) -> Vec3 {
    let detail = here - fine;
    let color = (ground + detail / (1.0 + detail.length() / 0.05) * pores).clamp(Vec3::ZERO, Vec3::ONE);
    color * color
}
