//! Inputs, expressions, shapes and noise.

use std::{sync::Arc, time::Duration};

use antifaz::{
    compose::Composer,
    filter::{Content, Film, Filter, FilterError, Look, LookItem, Package, Shot, manifest::MANIFEST},
    frame::{ColorSpec, PixelFormat, Pixels},
    quality::Tier,
    tracking::BLENDSHAPE_NAMES,
};
use glam::{EulerRot, Mat4};

use super::{Bench, HEAD, IMPORTS, PASS, composer, main, plain, shows};

const GREY: [u8; 4] = [128, 128, 128, 255];

#[test]
fn vectors_and_places_arrive_in_the_shader() {
    let bench = Bench::new();
    let inputs = "[[inputs]]\nname = \"place\"\ntype = \"point2\"\n[[inputs]]\nname = \"tone\"\ntype = \"vec3\"\n\
                  default = [0.5, 0.25, 0.75]\n[[inputs]]\nname = \"four\"\ntype = \"vec4\"\nmin = -1\n";
    let shader = "import package::inputs::{params};\n".to_owned()
        + &main(
            "    if in.uv.x < 0.5 { return vec4f(params.tone, 1.0); }\n    if in.uv.y < 0.5 { return vec4f(params.place, \
             0.0, 1.0); }\n    return vec4f(-params.four.x, params.four.yz, params.four.w);",
        );
    let mut composer = composer(&bench, &format!("{inputs}{PASS}"), &shader, "four=-0.5/0.25/0.125/1");
    let drawn = bench.draw(&mut composer, &plain([8, 8], GREY), 0, Tier::High);
    shows(&drawn, [1, 1], [0.5, 0.25, 0.75]);
    shows(&drawn, [6, 1], [0.5, 0.5, 0.0]);
    shows(&drawn, [6, 6], [0.5, 0.25, 0.125]);
}

#[test]
fn expressions_are_what_the_coefficients_and_the_head_say() {
    let bench = Bench::new();
    let mut seen = plain([8, 8], GREY);
    let face = &mut seen.faces.faces[2];
    let mut set = |name: &str, value| {
        let index = BLENDSHAPE_NAMES.iter().position(|known| *known == name).unwrap();
        face.blendshapes[index] = value;
    };
    set("mouthSmileLeft", 0.5);
    set("mouthSmileRight", 0.25);
    set("jawOpen", 0.7);
    set("eyeBlinkLeft", 0.9);
    set("eyeBlinkRight", 0.2);
    set("browInnerUp", 0.3);
    set("browOuterUpLeft", 0.8);
    set("browOuterUpRight", 0.4);
    set("noseSneerRight", 0.15);
    face.presence = 1.0;
    // Turned to the picture's right, raised, then leaning clockwise.
    let [yaw, pitch, roll] = [0.5f32, 0.2, 0.0];
    face.head = Mat4::from_euler(EulerRot::YXZ, yaw, -pitch, -roll).to_cols_array();
    let draws = |requires: &str, value: &str, expected: [f32; 3]| {
        let shader = "import antifaz::face::{blendshape};\nimport antifaz::expression;\n".to_owned()
            + &main(&format!("    return vec4f({value}, 1.0);"));
        let mut composer =
            composer(&bench, &format!("requires = {{ face = [{requires}] }}\n{PASS}"), &shader, "");
        shows(&bench.draw(&mut composer, &seen, 0, Tier::High), [4, 4], expected);
    };
    let shapes = "\"blendshapes\"";
    draws(
        shapes,
        "expression::smile(2u), expression::mouth_open(2u), expression::blink(2u)",
        [0.375, 0.7, 0.2],
    );
    let last = "blendshape(2u, expression::NOSE_SNEER_RIGHT)";
    draws(shapes, &format!("expression::brow_up(2u), {last}, expression::smile(0u)"), [0.6, 0.15, 0.0]);
    draws("\"pose\"", "expression::yaw(2u), expression::pitch(2u), expression::yaw(0u)", [yaw, pitch, 0.0]);
}

#[test]
fn a_leaning_head_rolls_clockwise() {
    let bench = Bench::new();
    let mut seen = plain([8, 8], GREY);
    seen.faces.faces[0].presence = 1.0;
    seen.faces.faces[0].head = Mat4::from_rotation_z(-0.3).to_cols_array();
    let shader =
        "import antifaz::expression::{roll};\n".to_owned() + &main("    return vec4f(vec3f(roll(0u)), 1.0);");
    let mut composer = composer(&bench, &format!("requires = {{ face = [\"pose\"] }}\n{PASS}"), &shader, "");
    shows(&bench.draw(&mut composer, &seen, 0, Tier::High), [4, 4], [0.3; 3]);
}

/// Distances at places in -1..1, with those computed by hand.
#[test]
fn shapes_have_the_distances_of_their_formulas() {
    let bench = Bench::new();
    let half = 0.5f32.sqrt();
    for (shape, distance) in [
        ("circle(vec2f(0.3, 0.4), 0.2)", 0.3),
        ("box(vec2f(0.6, 0.8), vec2f(0.3, 0.4))", 0.5),
        ("-box(vec2f(0.0, 0.1), vec2f(0.3, 0.4))", 0.3),
        ("rounded_box(vec2f(0.4, 0.0), vec2f(0.3, 0.3), 0.1)", 0.1),
        ("segment(vec2f(0.3, 0.6), vec2f(0.0, 0.0), vec2f(0.0, 0.2))", 0.5),
        ("ring(vec2f(0.0, 0.9), 0.5, 0.2)", 0.3),
        ("ellipse(vec2f(0.9, 0.0), vec2f(0.6, 0.2))", 0.3),
        ("triangle(vec2f(0.5, -0.3), vec2f(0.0, 0.0), vec2f(1.0, 0.0), vec2f(0.0, 1.0))", 0.3),
        ("-triangle(vec2f(0.2, 0.2), vec2f(0.0, 0.0), vec2f(0.0, 1.0), vec2f(1.0, 0.0))", 0.2),
        ("polygon(vec2f(0.0, 0.7), 6u, 0.5)", 0.2),
        ("-polygon(vec2f(0.0, 0.0), 5u, 0.5)", 0.5),
        ("polygon(vec2f(0.6, 0.6), 4u, 0.5)", 0.1 * 2f32.sqrt()),
        ("star(vec2f(0.0, -0.9), 5u, 0.6, 0.3)", 0.3),
        ("-star(vec2f(0.0, 0.0), 4u, 0.5, 0.35355339)", 0.125f32.sqrt()),
        ("heart(vec2f(0.0, 0.8))", 0.3),
        ("-heart(vec2f(0.0, 0.0))", 0.125f32.sqrt()),
        ("smooth_min(0.4, 0.4, 0.4)", 0.3),
        ("smooth_max(0.2, 0.7, 0.1)", 0.7),
        ("turned(vec2f(1.0, 0.0), 0.78539816).x", half),
        ("cover(0.025, 0.1)", 0.25),
    ] {
        let call =
            shape.strip_prefix('-').map_or_else(|| format!("sdf::{shape}"), |shape| format!("-sdf::{shape}"));
        let shader =
            "import antifaz::sdf;\n".to_owned() + &main(&format!("    return vec4f(vec3f({call}), 1.0);"));
        let mut composer = composer(&bench, PASS, &shader, "");
        let drawn = bench.draw(&mut composer, &plain([2, 2], GREY), 0, Tier::High);
        shows(&drawn, [1, 1], [distance; 3]);
    }
}

#[test]
fn noise_is_even_and_smooth() {
    let bench = Bench::new();
    for (noise, mean, least_spread) in [
        ("gradient_noise(in.uv * 16.0, 7u) * 0.5 + 0.5", 0.5, 0.1),
        ("fractal_noise(in.uv * 8.0, 4u, 7u) * 0.5 + 0.5", 0.5, 0.08),
        ("cell_noise(in.uv * 16.0, 7u).x", 0.42, 0.1),
        ("cell_noise(in.uv * 16.0, 7u).z", 0.5, 0.2),
        ("random(u32(in.uv.x * 128.0), u32(in.uv.y * 128.0))", 0.5, 0.2),
    ] {
        let shader = "import antifaz::noise;\n".to_owned()
            + &main(&format!("    return vec4f(vec3f(noise::{noise}), 1.0);"));
        let mut composer = composer(&bench, PASS, &shader, "");
        let drawn = bench.draw(&mut composer, &plain([128, 128], GREY), 0, Tier::High);
        let values: Vec<f32> = drawn.pixels().map(|pixel| super::light(pixel[0])).collect();
        let found = values.iter().sum::<f32>() / values.len() as f32;
        let spread = values.iter().map(|v| (v - found).powi(2)).sum::<f32>() / values.len() as f32;
        assert!((found - mean).abs() < 0.05, "{noise} has the mean {found}");
        assert!(spread.sqrt() > least_spread, "{noise} spreads by {}", spread.sqrt());
    }
}

fn png(color: [u8; 4]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbaImage::from_pixel(2, 2, image::Rgba(color));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Green and red by turns, a millisecond each.
#[derive(Debug)]
struct Blinking;

impl Film for Blinking {
    fn at(&self, time: Duration) -> Shot {
        let number = time.as_millis() as u64;
        let color = if number.is_multiple_of(2) { [0, 255, 0] } else { [255, 0, 0] };
        let bytes = color.repeat(4);
        let pixels = Pixels::new([2, 2], PixelFormat::Rgb8, ColorSpec::default(), bytes).unwrap();
        Shot { number, pixels: Arc::new(pixels) }
    }
}

#[test]
fn a_picture_of_the_users_takes_the_place_of_the_filters() {
    let bench = Bench::new();
    let manifest = format!(
        "{HEAD}[[inputs]]\nname = \"backdrop\"\ntype = \"image\"\npath = \"own.png\"\n[[inputs]]\nname = \"dim\"\n\
         type = \"float\"\n{PASS}"
    );
    let shader = format!(
        "{IMPORTS}import package::inputs::{{backdrop, params}};\n{}",
        main("    return textureSampleLevel(backdrop, linear, in.uv, 0.0) * (1.0 - params.dim);")
    );
    let files = [
        (MANIFEST, manifest.into_bytes()),
        ("a.wgsl", shader.into_bytes()),
        ("own.png", png([255, 0, 0, 255])),
    ];
    let filter = Arc::new(Filter::from_package(&Package::new("beach", files)).unwrap());
    let item = |values: &str| {
        LookItem::parse_with(filter.clone(), values, |path| match path.to_str() {
            Some("my blue.png") => Ok(Content::Picture(png([0, 0, 255, 255]))),
            Some("text.png") => Ok(Content::Picture(b"text".to_vec())),
            Some("film.mp4") => Ok(Content::Film(Arc::new(Blinking))),
            _ => Err(FilterError::Read { path: path.into(), source: std::io::ErrorKind::NotFound.into() }),
        })
    };
    for (values, expected) in [("", [1.0, 0.0, 0.0]), ("dim=0.5, backdrop=my blue.png", [0.0, 0.0, 0.5])] {
        let mut composer = Composer::new(&bench.gpu, Look(vec![item(values).unwrap()])).unwrap();
        shows(&bench.draw(&mut composer, &plain([4, 4], GREY), 0, Tier::High), [1, 1], expected);
    }
    let mut composer = Composer::new(&bench.gpu, Look(vec![item("backdrop=film.mp4").unwrap()])).unwrap();
    for (frame, expected) in [(0, [0.0, 1.0, 0.0]), (1, [1.0, 0.0, 0.0]), (2, [0.0, 1.0, 0.0])] {
        shows(&bench.draw(&mut composer, &plain([4, 4], GREY), frame, Tier::High), [1, 1], expected);
    }
    for (values, start) in [
        ("backdrop=none.png", "can't read none.png: "),
        ("backdrop=text.png", "text.png: the picture can't be read"),
        ("backdrp=x", "filter `beach` has no parameter `backdrp`"),
    ] {
        let error = item(values).unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }
}
