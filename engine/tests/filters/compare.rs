//! Compares a picture with the expected one. Devices round and filter a little differently, so it does not ask
//! for equal bytes.

use image::RgbaImage;

/// Mean difference of a value, in steps of 8 bits: what rounding and filtering amount to between devices.
const MEAN: f64 = 0.6;
/// Pixels that may differ by more than [`STEP`]: edges of triangles fall on either side.
const SHARE: f64 = 0.002;
const STEP: u8 = 12;

/// # Errors
/// How much the pictures differ, where that is more than devices do.
pub(crate) fn compare(drawn: &RgbaImage, expected: &RgbaImage) -> Result<(), String> {
    if drawn.dimensions() != expected.dimensions() {
        return Err(format!("{:?} instead of {:?}", drawn.dimensions(), expected.dimensions()));
    }
    let mean = mean_difference(drawn, expected);
    let pairs = drawn.pixels().zip(expected.pixels());
    let far = pairs.filter(|(a, b)| (0..4).any(|c| a[c].abs_diff(b[c]) > STEP)).count();
    let share = far as f64 / f64::from(drawn.width() * drawn.height());
    if mean > MEAN || share > SHARE {
        return Err(format!(
            "differs by {mean:.2} in the mean, {:.2} % of the pixels by much",
            share * 100.0
        ));
    }
    Ok(())
}

/// Mean difference of the values of two pictures of one size, in steps of 8 bits.
pub(crate) fn mean_difference(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.as_raw().len() as f64
}

#[test]
fn what_people_would_see_is_seen() {
    let expected = RgbaImage::from_fn(200, 100, |x, y| image::Rgba([x as u8, y as u8, 90, 255]));
    assert_eq!(compare(&expected, &expected), Ok(()));
    let mut rounded = expected.clone();
    rounded.pixels_mut().step_by(3).for_each(|pixel| pixel[0] = pixel[0].saturating_add(1));
    assert_eq!(compare(&rounded, &expected), Ok(()));
    let mut spot = expected.clone();
    (0..64).for_each(|i| spot.put_pixel(50 + i % 8, 50 + i / 8, image::Rgba([255, 0, 0, 255])));
    assert!(compare(&spot, &expected).is_err(), "a spot of 8x8 pixels");
    let mut shifted = expected.clone();
    shifted.pixels_mut().for_each(|pixel| pixel[2] += 3);
    assert!(compare(&shifted, &expected).is_err(), "a tint");
    let small = RgbaImage::new(199, 100);
    assert!(compare(&small, &expected).is_err(), "another size");
}
