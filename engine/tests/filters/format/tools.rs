//! What filters get from the engine: blurs, the refined matte.

use antifaz::{compose::ComposeError, quality::Tier};
use image::GrayImage;

use super::{Bench, PASS, composer, light, main, plain, shows, try_composer};

/// What a blur may be off: bells are made of few samples, or of two levels, which may lie a quarter of a texel aside where
/// sizes are odd.
const BLUR_OFF: f32 = 0.06;

/// The share of a bell curve below `x`, in spreads.
fn below(x: f32) -> f32 {
    // Abramowitz and Stegun, 7.1.26.
    let z = (x / std::f32::consts::SQRT_2).abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series =
        ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let erf = (1.0 - series * (-z * z).exp()).copysign(x);
    0.5 * (1.0 + erf)
}

#[test]
fn a_blur_of_any_radius_is_a_bell() {
    let bench = Bench::new();
    let manifest = PASS.to_owned() + "reads = [\"picture.levels\"]\n";
    let input = "[[inputs]]\nname = \"radius\"\ntype = \"float\"\ndefault = 0.0\nmin = 0.0\nmax = 1.0\n";
    let shader = "import antifaz::blur::{blurred};\nimport package::inputs::{params};\n".to_owned()
        + &main("    return blurred(in.uv, params.radius);");
    // White to the right of column 97.
    let mut seen = plain([200, 96], [0, 0, 0, 255]);
    seen.picture.enumerate_pixels_mut().for_each(|(x, _, pixel)| {
        if x >= 97 {
            pixel.0 = [255; 4];
        }
    });
    for radius in [0.0, 0.02, 0.04, 0.07, 0.1, 0.17, 0.3] {
        let mut composer =
            composer(&bench, &format!("{input}{manifest}"), &shader, &format!("radius={radius}"));
        let drawn = bench.draw(&mut composer, &seen, 0, Tier::High);
        let spread = radius * 96.0 / 2.0;
        let row: Vec<f32> = (0..200).map(|x| light(drawn[(x, 48)][0])).collect();
        for (x, found) in row.iter().enumerate() {
            let from_edge = x as f32 + 0.5 - 97.0;
            let expected = below(from_edge / f32::max(spread, 1e-3));
            assert!(
                (found - expected).abs() <= BLUR_OFF,
                "radius {radius}, column {x}: {found} for {expected}"
            );
        }
        // No texel of a level is seen: light only grows from left to right.
        assert!(row.windows(2).all(|pair| pair[1] >= pair[0] - 0.002), "radius {radius} has steps: {row:?}");
    }
}

/// The person is the reddish left side up to column 30 of 64; the mask is a coarse ramp.
fn cut(soft: bool) -> crate::bench::Observed {
    let mut seen = plain([64, 48], [20, 60, 160, 255]);
    seen.picture.enumerate_pixels_mut().for_each(|(x, _, pixel)| match x {
        0..30 => pixel.0 = [200, 80, 60, 255],
        // Half covered: half the light of either.
        30 if soft => pixel.0 = [147, 71, 123, 255],
        _ => {}
    });
    let ramp = |x: u32| (255.0 * ((6.72 - x as f32) / 3.0).clamp(0.0, 1.0)) as u8;
    seen.matte = Some(GrayImage::from_fn(12, 9, |x, _| image::Luma([ramp(x)])));
    seen
}

#[test]
fn the_edge_of_a_person_is_that_of_the_picture() {
    let bench = Bench::new();
    let manifest = "requires = { segment = [\"edges\"] }\n".to_owned() + PASS;
    let shader = "import antifaz::matte::{foreground_at, matte_known, person_at};\n".to_owned()
        + &main(
            "    if in.uv.y < 0.25 { return vec4f(vec3f(f32(matte_known())), 1.0); }\n    \
             if in.uv.y < 0.5 { return vec4f(vec3f(person_at(in.uv)), 1.0); }\n    \
             return vec4f(foreground_at(in.uv), 1.0);",
        );
    let mut with = composer(&bench, &manifest, &shader, "");
    let mut seen = cut(true);
    let drawn = bench.draw(&mut with, &seen, 0, Tier::High);
    shows(&drawn, [5, 5], [1.0; 3]);
    for (x, person) in [(5, 1.0), (28, 1.0), (32, 0.0), (60, 0.0)] {
        let found = light(drawn[(x, 20)][0]);
        assert!((found - person).abs() < 0.08, "column {x} is {found} person");
    }
    // The half covered pixel has the person's colour, and so has the first one beside it.
    for x in [29, 30, 31] {
        let own = drawn[(x, 40)].0;
        assert!(own[0].abs_diff(200) < 30 && own[2].abs_diff(60) < 30, "column {x} is {own:?}");
    }
    // Without a mask all is person, and it is said that there is none.
    seen.matte = None;
    let drawn = bench.draw(&mut with, &seen, 40, Tier::High);
    shows(&drawn, [5, 5], [0.0; 3]);
    shows(&drawn, [60, 20], [1.0; 3]);
    shows(&drawn, [60, 40], [light(20), light(60), light(160)]);
}

#[test]
fn an_edge_at_rest_is_calm_and_one_that_moves_is_followed() {
    let bench = Bench::new();
    let manifest = "requires = { segment = [\"edges\"] }\n".to_owned() + PASS;
    let shader = "import antifaz::matte::{person_at};\n".to_owned()
        + &main("    return vec4f(vec3f(person_at(in.uv)), 1.0);");
    let mut composer = composer(&bench, &manifest, &shader, "");
    // Person and background are alike: the mask decides, and it is in two minds.
    let mut seen = plain([64, 48], [120, 120, 120, 255]);
    let mut shown = Vec::new();
    for frame in 0..12 {
        let value = if frame % 2 == 0 { 110 } else { 150 };
        seen.matte = Some(GrayImage::from_pixel(12, 9, image::Luma([value])));
        shown.push(light(bench.draw(&mut composer, &seen, frame * 33, Tier::High)[(30, 20)][0]));
    }
    let flicker = shown[6..].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(flicker < 0.1, "{shown:?}");
    // The next picture is another: nothing of what was is left.
    let drawn = bench.draw(&mut composer, &cut(false), 440, Tier::High);
    assert!(light(drawn[(10, 20)][0]) > 0.95 && light(drawn[(60, 20)][0]) < 0.05);
}

#[test]
fn what_a_shader_reads_of_them_must_be_declared() {
    let bench = Bench::new();
    for (import, body, fix) in [
        ("blur::{blurred}", "    return blurred(in.uv, 0.1);", "reads = [\"picture.levels\"]"),
        ("matte::{person_at}", "    return vec4f(person_at(in.uv));", "requires = { segment = [\"edges\"] }"),
    ] {
        let shader = format!("import antifaz::{import};\n{}", main(body));
        let error = try_composer(&bench, PASS, &shader, "").unwrap_err();
        let ComposeError::Undeclared { fix: found, .. } = error else { panic!("{error}") };
        assert_eq!(found, fix);
    }
}
