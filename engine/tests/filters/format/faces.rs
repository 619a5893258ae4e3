//! The space `face_uv`, filters for one face, and what is measured of faces.

use antifaz::{
    compose::Composer,
    filter::{Filter, Look, LookItem, Package, manifest::MANIFEST},
    quality::Tier,
    tracking::mesh,
};
use image::{Rgba, RgbaImage};

use super::{Bench, HEAD, IMPORTS, PASS, composer, light, main, plain, shows};
use crate::bench::Observed;

/// A face in `slot` whose landmarks lie in the picture as they do in the face texture.
fn spread_out(seen: &mut Observed, slot: usize) {
    let face = &mut seen.faces.faces[slot];
    (face.presence, face.id) = (1.0, slot as u32);
    for (point, uv) in face.landmarks.iter_mut().zip(&mesh::canonical().uv) {
        *point = [uv.x, uv.y, 0.0, 1.0];
    }
}

#[test]
fn faces_are_spread_out_in_their_tiles() {
    let bench = Bench::new();
    let mut seen = plain([64, 64], [0, 0, 0, 255]);
    seen.picture = RgbaImage::from_fn(64, 64, |x, y| Rgba([3 * x as u8, 3 * y as u8, 90, 255]));
    for slot in [0, 6] {
        spread_out(&mut seen, slot);
    }
    let manifest =
        "[[passes]]\nname = \"spread\"\nshader = \"a.wgsl\"\nentry = \"spread\"\nspace = \"face_uv\"\n\
                    target = \"skin\"\nsize = [256, 128]\nformat = \"rgba16float\"\n"
            .to_owned()
            + PASS
            + "reads = [\"skin\"]\n";
    let shader = "import package::inputs::{skin};\nimport antifaz::face_uv::{tile};\nimport antifaz::face_mesh;\n@fragment\n\
                  fn spread(in: face_mesh::Varying) -> @location(0) vec4f {\n    return picture_at(in.at);\n}\n"
        .to_owned();
    for (slot, there) in [(0, true), (6, true), (3, false)] {
        let show = main(&format!("    return textureSampleLevel(skin, linear, tile({slot}u, in.uv), 0.0);"));
        let mut composer = composer(&bench, &manifest, &(shader.clone() + &show), "");
        let drawn = bench.draw(&mut composer, &seen, 0, Tier::High);
        // The nose, a cheek; and a corner, where no face is.
        for [x, y] in [[32, 36], [20, 36]] {
            let pixel = seen.picture[(x, y)];
            let expected = if there { [light(pixel[0]), light(pixel[1]), light(pixel[2])] } else { [0.0; 3] };
            shows(&drawn, [x, y], expected);
        }
        shows(&drawn, [0, 0], [0.0; 3]);
        assert_eq!(drawn[(0, 0)][3], 0);
    }
}

#[test]
fn a_filter_for_one_face_sees_no_other() {
    let bench = Bench::new();
    let mut seen = plain([8, 8], [0, 0, 0, 255]);
    for slot in [0, 2] {
        spread_out(&mut seen, slot);
        seen.faces.faces[slot].blendshapes[25] = 0.9;
    }
    let manifest =
        format!("{HEAD}[[inputs]]\nname = \"kick\"\ntype = \"event\"\nsource = \"face.mouth_open\"\n{PASS}");
    let shader = format!(
        "{IMPORTS}import antifaz::face::{{is_present}};\nimport package::inputs::{{kick}};\n{}",
        main(
            "    let there = vec3f(f32(is_present(0u)), f32(is_present(2u)), 0.0);\n    return vec4f(there.xy * 0.5, \
             0.25 * (kick(0u).on + 2.0 * kick(2u).on), 1.0);"
        )
    );
    let package = Package::new("one", [(MANIFEST, manifest), ("a.wgsl", shader)]);
    let item = LookItem::parse(Filter::from_package(&package).unwrap().into(), "").unwrap();
    for (face, expected) in
        [(None, [0.5, 0.5, 0.75]), (Some(1), [0.5, 0.0, 0.25]), (Some(3), [0.0, 0.5, 0.5])]
    {
        let item = face.map_or(item.clone(), |face| item.clone().for_face(face).unwrap());
        let mut composer = Composer::new(&bench.gpu, Look(vec![item])).unwrap();
        shows(&bench.draw(&mut composer, &seen, 0, Tier::High), [4, 4], expected);
    }
    let error = item.for_face(9).unwrap_err().to_string();
    assert_eq!(error, "filter `one` can't be for face 9 alone: faces are numbered from 1 to 8");
}

#[test]
fn the_skin_is_that_of_the_picture_below_the_filter() {
    let bench = Bench::new();
    let mut seen = plain([16, 16], [90, 60, 30, 255]);
    for slot in [0, 2] {
        spread_out(&mut seen, slot);
    }
    let item = |name: &str, manifest: &str, stages: &str| {
        let shader = format!("{IMPORTS}import antifaz::face::{{skin}};\n{stages}");
        let package = Package::new(name, [(MANIFEST, format!("{HEAD}{manifest}{PASS}")), ("a.wgsl", shader)]);
        LookItem::parse(Filter::from_package(&package).unwrap().into(), "").unwrap()
    };
    // A pass that darkens comes first: the skin is that of the picture before it.
    let dark = "[[passes]]\nname = \"dark\"\nshader = \"a.wgsl\"\nentry = \"darken\"\n";
    let requires = format!("requires = {{ face = [\"mesh\"] }}\n{dark}");
    let darken = main("    return 0.2 * picture_at(in.uv);").replace("fn main", "fn darken");
    let painted = item("painted", "", &main("    return vec4f(0.5, 0.1, 0.2, 1.0);"));
    let shown = |face| {
        let show = format!("    return vec4f(0.5 * skin({face}u).rgb + 2.5 * picture_at(in.uv).rgb, 1.0);");
        item("shown", &requires, &(darken.clone() + &main(&show)))
    };
    // Nobody is in slot 1, and a filter for the third face alone sees no other.
    for (face, alone, expected) in
        [(0, None, [0.5, 0.1, 0.2]), (1, None, [0.25, 0.05, 0.1]), (0, Some(3), [0.25, 0.05, 0.1])]
    {
        let shown = alone.map_or(shown(face), |alone| shown(face).for_face(alone).unwrap());
        let mut composer = Composer::new(&bench.gpu, Look(vec![painted.clone(), shown])).unwrap();
        shows(&bench.draw(&mut composer, &seen, 0, Tier::High), [4, 4], expected);
    }
    let undeclared = item("undeclared", "", &main("    return skin(0u);"));
    let error = Composer::new(&bench.gpu, Look(vec![undeclared])).unwrap_err().to_string();
    assert!(error.contains("add `requires = { face = [\"mesh\"] }` to filter.toml"), "{error}");
}

#[test]
fn breadth_is_that_of_the_face_against_its_head() {
    let bench = Bench::new();
    let manifest = format!("requires = {{ face = [\"mesh\", \"pose\"] }}\n{PASS}");
    let shader = "import antifaz::prop::{breadth};\n".to_owned()
        + &main("    return vec4f(0.5 * breadth(0u), 0.5 * breadth(1u), 0.0, 1.0);");
    let mut composer = composer(&bench, &manifest, &shader, "");
    // Half a metre before a camera that sees 63 degrees, temples 7.74 cm beside the middle; and turned to a profile.
    let apart = 7.74 / (52.01 * 31.5_f32.to_radians().tan());
    for (wider, turn, expected) in
        [(1.0, 0.0_f32, 1.0), (1.1, 0.0, 1.1), (2.0, 0.0, 1.15), (0.5, 0.0, 0.9), (0.5, 1.5, 1.0)]
    {
        let mut seen = plain([24, 16], [90, 60, 30, 255]);
        spread_out(&mut seen, 0);
        let face = &mut seen.faces.faces[0];
        let (sin, cos) = turn.sin_cos();
        face.head =
            [[cos, 0.0, -sin, 0.0], [0.0, 1.0, 0.0, 0.0], [sin, 0.0, cos, 0.0], [0.0, 0.0, -50.0, 1.0]]
                .as_flattened()
                .try_into()
                .unwrap();
        // In widths of the picture, whose half height is where the camera's view ends.
        let half = wider * apart * 16.0 / 24.0 / 2.0;
        (face.landmarks[127][0], face.landmarks[356][0]) = (0.5 - half, 0.5 + half);
        face.landmarks[127][1] = face.landmarks[356][1];
        shows(&bench.draw(&mut composer, &seen, 0, Tier::High), [4, 4], [0.5 * expected, 0.0, 0.0]);
    }
}
