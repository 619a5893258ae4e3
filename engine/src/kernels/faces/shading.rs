//! The twin of `antifaz::shading`, and of `compose::measure::mean_skin`, from which it knows the light. Left out is what only a
//! fragment knows, `turning`.

use glam::{Vec2, Vec3, Vec4, Vec4Swizzles};

use super::{skin::color_at, warp::Marks};
use crate::kernels::matting::Floats;

const LUMA: Vec3 = Vec3::new(0.2126, 0.7152, 0.0722);
const DARKEST: f32 = 0.03;
/// Between forehead and chin.
const PLACES: [usize; 9] = [151, 108, 337, 50, 280, 205, 425, 5, 199];

/// The mean colour of the skin, and its luminance in w.
pub fn skin(picture: &Floats, marks: &Marks<'_>) -> Vec4 {
    let place = |index: usize| -> Vec2 { marks.landmark(index).truncate() };
    let mean = PLACES.map(|index| color_at(picture, place(index))).iter().sum::<Vec3>() / 9.0;
    mean.extend(mean.dot(LUMA))
}

/// Light reflected at a grazing angle grows.
pub fn fresnel(facing: f32, straight: Vec3, roughness: f32) -> Vec3 {
    let most = straight.max(Vec3::splat(1.0 - roughness));
    straight + (most - straight) * (1.0 - facing).powi(5)
}

/// The light's colour, as far as the skin tells it.
pub fn tint(skin: Vec4, amount: f32) -> Vec3 {
    Vec3::ONE.lerp(skin.xyz() / skin.w.max(0.004), amount)
}

/// How bright it is around the face.
pub fn brightness(skin: Vec4, mean: f32, power: f32, least: f32, most: f32) -> f32 {
    (skin.w / mean).powf(power).clamp(least, most) * (skin.w / DARKEST).min(1.0)
}

/// Brightness and colour of the light on a prop.
pub fn exposure(skin: Vec4) -> Vec3 {
    brightness(skin, 0.26, 0.75, 0.12, 1.3) * tint(skin, 0.12)
}

/// How light the skin is at a place, compared with the whole of it.
pub fn shade(here: Vec3, skin: Vec4) -> f32 {
    here.dot(LUMA) / skin.w.max(0.004)
}
