//! Meshes with textures that move.

use antifaz::{
    compose::{ComposeError, Composer},
    filter::{Filter, Look, LookItem, Package, manifest::MANIFEST},
    quality::Tier,
};

use super::{Bench, HEAD, IMPORTS, PASS, composer, light, shows};
use crate::bench::Observed;

/// A board of 12 x 12 cm before the nose, whose texture is red at its left and green at its right. It jumps up by 10 cm
/// after a second, for a second.
const BOARD: &str = r#"{"asset":{"version":"2.0"},"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0,"translation":[0,0,9]}],
    "meshes":[{"primitives":[{"attributes":{"POSITION":0,"TEXCOORD_0":1},"indices":2,"material":0}]}],
    "materials":[{"pbrMetallicRoughness":{"baseColorTexture":{"index":0},"baseColorFactor":[0.5,1,1,1]}}],
    "textures":[{"source":0}],"images":[{"uri":"board.png"}],
    "animations":[{"channels":[{"sampler":0,"target":{"node":0,"path":"translation"}}],
        "samplers":[{"input":3,"output":4,"interpolation":"STEP"}]}],
    "accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3"},
        {"bufferView":0,"byteOffset":48,"componentType":5126,"count":4,"type":"VEC2"},
        {"bufferView":0,"byteOffset":128,"componentType":5125,"count":6,"type":"SCALAR"},
        {"bufferView":0,"byteOffset":80,"componentType":5126,"count":3,"type":"SCALAR"},
        {"bufferView":0,"byteOffset":92,"componentType":5126,"count":3,"type":"VEC3"}],
    "bufferViews":[{"buffer":0,"byteLength":152}],"buffers":[{"byteLength":152,"uri":"board.bin"}]}"#;

fn board(gltf: &str) -> Vec<(&'static str, Vec<u8>)> {
    #[rustfmt::skip]
    let floats = [
        -6f32, 6., 0., 6., 6., 0., -6., -6., 0., 6., -6., 0.,
        0., 0., 1., 0., 0., 1., 1., 1.,
        0., 1., 2.,
        0., 0., 9., 0., 10., 9., 0., 0., 9.,
    ];
    let mut bytes: Vec<u8> = bytemuck::cast_slice(&floats).to_vec();
    bytes.extend_from_slice(bytemuck::cast_slice(&[0u32, 2, 1, 1, 2, 3]));
    let mut png = std::io::Cursor::new(Vec::new());
    let half = |x: u32| if x < 32 { image::Rgba([255, 0, 0, 255]) } else { image::Rgba([0, 255, 0, 255]) };
    image::RgbaImage::from_fn(64, 64, |x, _| half(x)).write_to(&mut png, image::ImageFormat::Png).unwrap();
    vec![("board.gltf", gltf.as_bytes().to_vec()), ("board.bin", bytes), ("board.png", png.into_inner())]
}

/// A filter with the board, drawn by `shader` with these keys in its pass.
fn filter(keys: &str, shader: &str) -> LookItem {
    filter_of(BOARD, keys, shader)
}

fn filter_of(gltf: &str, keys: &str, shader: &str) -> LookItem {
    filter_with(gltf, keys, &format!("{shader}{WEAR}"))
}

/// With the whole shader.
fn filter_with(gltf: &str, keys: &str, shader: &str) -> LookItem {
    let manifest = format!(
        "{HEAD}[[meshes]]\nname = \"board\"\npath = \"board.gltf\"\n[[passes]]\nname = \"wear\"\nshader = \"a.wgsl\"\n\
         entry = \"wear\"\nspace = \"prop\"\nmesh = \"board\"\n{keys}"
    );
    let mut files = board(gltf);
    let shader = format!("{IMPORTS}{shader}");
    files.extend([(MANIFEST, manifest.into_bytes()), ("a.wgsl", shader.into_bytes())]);
    let filter = Filter::from_package(&Package::new("board", files));
    LookItem::parse(filter.unwrap_or_else(|error| panic!("{error}")).into(), "").unwrap()
}

const WEAR: &str = "@fragment\nfn wear(in: antifaz::prop::Varying) -> @location(0) vec4f {\n    \
    return antifaz::prop::surface_color(in);\n}\n";

/// The pixel at a place beside the tip of the nose.
fn beside_nose(seen: &Observed, dx: f32, dy: f32) -> [u32; 2] {
    let [x, y, ..] = seen.faces.faces[0].landmarks[4];
    let [width, height] = [seen.picture.width() as f32, seen.picture.height() as f32];
    [(x * width + dx) as u32, (y * height + dy) as u32]
}

#[test]
fn a_board_shows_its_texture_and_moves() {
    let bench = Bench::new();
    let seen = Observed::of_still("pd_astronaut.png", 160);
    let mut composer = Composer::new(&bench.gpu, Look(vec![filter("", "")])).unwrap();
    let drawn = bench.draw(&mut composer, &seen, 500, Tier::High);
    let at = |dx: f32, dy: f32| beside_nose(&seen, dx, dy);
    shows(&drawn, at(-12.0, 0.0), [0.5, 0.0, 0.0]);
    shows(&drawn, at(12.0, 0.0), [0.0, 1.0, 0.0]);
    let moved = bench.draw(&mut composer, &seen, 1500, Tier::High);
    let [nose, brow] = [at(-12.0, 12.0), at(-6.0, -24.0)];
    assert_eq!(moved[(nose[0], nose[1])], seen.picture[(nose[0], nose[1])], "it has gone up");
    shows(&moved, brow, [0.5, 0.0, 0.0]);
}

/// Lifts what it is given by 10 cm, and turns the texture around.
const LIFT: &str = "fn lift(point: antifaz::prop::PropPoint, face: u32) -> antifaz::prop::PropPoint {\n    \
    var lifted = point;\n    lifted.position.y += 10.0;\n    lifted.uv.x = 1.0 - point.uv.x;\n    return lifted;\n}\n";

#[test]
fn an_authors_function_moves_the_corners_of_a_prop() {
    let bench = Bench::new();
    let seen = Observed::of_still("pd_astronaut.png", 160);
    let mut composer = Composer::new(&bench.gpu, Look(vec![filter("vertex = \"lift\"\n", LIFT)])).unwrap();
    let drawn = bench.draw(&mut composer, &seen, 500, Tier::High);
    let [nose, brow] = [[-12.0, 12.0], [-6.0, -24.0]].map(|[dx, dy]| beside_nose(&seen, dx, dy));
    assert_eq!(drawn[(nose[0], nose[1])], seen.picture[(nose[0], nose[1])]);
    shows(&drawn, brow, [0.0, 1.0, 0.0]);
}

#[test]
fn what_is_transparent_is_blended_over_the_picture() {
    let bench = Bench::new();
    let seen = Observed::of_still("pd_astronaut.png", 160);
    let glass = BOARD.replace("[0.5,1,1,1]}}]", "[0.5,1,1,0.5]},\"alphaMode\":\"BLEND\"}]");
    let [solid, glass] = [BOARD, &glass].map(|gltf| filter_of(gltf, "", ""));
    let has_blended = |item: &LookItem| item.filter.props[0].mesh.has_blended();
    assert_eq!((has_blended(&solid), has_blended(&glass)), (false, true));
    let mut composer = Composer::new(&bench.gpu, Look(vec![glass])).unwrap();
    let drawn = bench.draw(&mut composer, &seen, 500, Tier::High);
    for (dx, own) in [(-12.0, [0.25, 0.0, 0.0]), (12.0, [0.0, 0.5, 0.0])] {
        let at = beside_nose(&seen, dx, 0.0);
        let below = seen.picture[(at[0], at[1])];
        shows(&drawn, at, [0, 1, 2].map(|channel: usize| own[channel] + 0.5 * light(below[channel])));
    }
}

#[test]
fn what_is_transparent_is_seen_where_the_shader_leaves_out_what_lies_before_it() {
    let bench = Bench::new();
    let seen = Observed::of_still("pd_astronaut.png", 160);
    // The same board again, as glass, 1 cm further back.
    let both = BOARD
        .replace(r#""nodes":[0]"#, r#""nodes":[0,1]"#)
        .replace(r#""translation":[0,0,9]}"#, r#""translation":[0,0,9]},{"mesh":1,"translation":[0,0,8]}"#)
        .replace(
            r#""material":0}]}]"#,
            r#""material":0}]},
                {"primitives":[{"attributes":{"POSITION":0,"TEXCOORD_0":1},"indices":2,"material":1}]}]"#,
        )
        .replace(
            "[0.5,1,1,1]}}]",
            r#"[0.5,1,1,1]}},{"pbrMetallicRoughness":{"baseColorFactor":[0,0,1,0.5]},"alphaMode":"BLEND"}]"#,
        );
    let on_its_left = |statement: &str| {
        let body = format!(
            "let color = antifaz::prop::surface_color(in);\n    \
             if in.material == 0u && in.uv.x < 0.5 {{\n        {statement}\n    }}\n    return color;"
        );
        WEAR.replace("return antifaz::prop::surface_color(in);", &body)
    };
    let below = |at: [u32; 2]| seen.picture[(at[0], at[1])].0.map(light);
    let [left, right] = [-12.0, 12.0].map(|dx| beside_nose(&seen, dx, 0.0));
    let glass = [0, 1, 2].map(|channel: usize| 0.5 * below(left)[channel] + [0.0, 0.0, 0.5][channel]);
    let [red, picture] = [[0.5, 0.0, 0.0], [0, 1, 2].map(|channel: usize| below(left)[channel])];
    for (shader, on_left) in [
        (WEAR.to_owned(), red),
        (on_its_left("discard;"), glass),
        // What is transparent without that hides what lies behind it all the same.
        (on_its_left("return vec4f(0.0);"), picture),
    ] {
        let item = filter_with(&both, "", &shader);
        let mut composer = Composer::new(&bench.gpu, Look(vec![item])).unwrap();
        for tier in [Tier::High, Tier::Low] {
            let drawn = bench.draw(&mut composer, &seen, 500, tier);
            shows(&drawn, left, on_left);
            shows(&drawn, right, [0.0, 1.0, 0.0]);
        }
    }
}

#[test]
fn what_the_vertex_function_reads_must_be_declared() {
    let bench = Bench::new();
    let shader = LIFT.replace("+= 10.0", "+= antifaz::expression::smile(face)");
    match Composer::new(&bench.gpu, Look(vec![filter("vertex = \"lift\"\n", &shader)])) {
        Err(ComposeError::Undeclared { name, .. }) => assert_eq!(name, "blendshapes"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn normals_of_a_face_need_its_pose() {
    let bench = Bench::new();
    let shader = "@fragment\nfn main(in: antifaz::face_mesh::Varying) -> @location(0) vec4f {\n    \
        return vec4f(steep(in));\n}\nfn steep(in: antifaz::face_mesh::Varying) -> f32 {\n    \
        return 1.0 - normalize(in.normal).z;\n}\n";
    let build = |shader: &str| {
        let manifest = format!("requires = {{ face = [\"mesh\"] }}\n{PASS}space = \"face_mesh\"\n");
        super::try_composer(&bench, &manifest, shader, "")
    };
    let copied = shader
        .replace("in.normal", "copy.normal")
        .replace("    return 1.0", "    var copy = in;\n    return 1.0");
    let pointed = "@fragment\nfn main(in: antifaz::face_mesh::Varying) -> @location(0) vec4f {\n    var copy = in;\n    \
        return vec4f(look(&copy));\n}\nfn look(at: ptr<function, antifaz::face_mesh::Varying>) -> f32 {\n    return (*at).normal.z;\n}\n";
    for shader in [shader, &copied, pointed] {
        match build(shader) {
            Err(ComposeError::Undeclared { name, fix, .. }) => {
                assert_eq!((name.as_str(), fix.as_str()), ("in.normal", "requires = { face = [\"pose\"] }"));
            }
            other => panic!("{other:?}"),
        }
    }
    build(&shader.replace("in.normal", "in.canonical")).unwrap();
    let written = shader
        .replace("    return vec4f(", "    var copy = in;\n    copy.normal = vec3f(1.0);\n    return vec4f(");
    build(&written.replace("in.normal", "in.canonical")).unwrap();
}

#[test]
fn an_authors_function_moves_the_corners_of_the_face() {
    let bench = Bench::new();
    let seen = Observed::of_still("pd_astronaut.png", 160);
    let manifest = format!("{PASS}space = \"face_mesh\"\nvertex = \"aside\"\n");
    let shader = "import antifaz::face_mesh::{FacePoint};\n\
        fn aside(point: FacePoint, face: u32) -> FacePoint {\n    var moved = point;\n    \
        moved.place.x += 0.4;\n    return moved;\n}\n@fragment\n\
        fn main(in: antifaz::face_mesh::Varying) -> @location(0) vec4f {\n    return vec4f(1.0, 0.0, 0.0, 1.0);\n}\n";
    let drawn = bench.draw(&mut composer(&bench, &manifest, shader, ""), &seen, 0, Tier::High);
    let nose = beside_nose(&seen, 0.0, 0.0);
    assert_eq!(drawn[(nose[0], nose[1])], seen.picture[(nose[0], nose[1])]);
    let aside = 0.4 * seen.picture.width() as f32;
    shows(&drawn, beside_nose(&seen, aside, 0.0), [1.0, 0.0, 0.0]);
}
