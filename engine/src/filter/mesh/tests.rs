use super::*;

/// One triangle in a `.gltf` whose buffer lies beside it.
fn triangle(edit: impl Fn(String) -> String) -> Result<Mesh, String> {
    let json = r#"{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],
        "nodes":[{"mesh":0,"translation":[0,0,5]}],
        "meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],
        "accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,1,0]}],
        "bufferViews":[{"buffer":0,"byteLength":36}],
        "buffers":[{"byteLength":36,"uri":"t.bin"}]}"#;
    let bytes: &[u8] = bytemuck::cast_slice(&[0f32, 0., 0., 1., 0., 0., 0., 1., 0.]);
    let files = [("a/t.gltf", edit(json.into()).into_bytes()), ("a/t.bin", bytes.to_vec())];
    Mesh::parse(&Package::new("x", files), "a/t.gltf")
}

#[test]
fn a_triangle_is_placed_by_its_node_and_gets_normals() {
    let mesh = triangle(|json| json).unwrap();
    assert_eq!((mesh.indices.as_slice(), mesh.opaque), (&[0, 1, 2][..], 3));
    assert_eq!(mesh.vertices[1].position, [1.0, 0.0, 5.0]);
    assert_eq!(mesh.vertices[1].normal, [0.0, 0.0, 1.0]);
    assert_eq!((mesh.vertices[1].material, mesh.materials.len()), (0, 1));
}

#[test]
fn bad_files_are_named_and_none_leaves_the_package() {
    for (from, to, part) in [
        ("t.bin", "../../secret.bin", "is not a file of the filter"),
        ("t.bin", "/etc/passwd", "is not a file of the filter"),
        ("\"buffer\":0,\"byteLength\":36", "\"buffer\":0,\"byteLength\":99", "ends early"),
        ("{\"asset\"", "{{\"asset\"", "can be read"),
        ("\"count\":3", "\"count\":4", "ends early"),
        ("\"POSITION\":0", "\"POSITION\":7", "not there"),
        ("{\"mesh\":0,", "{\"mesh\":5,", "not there"),
    ] {
        let error = triangle(|json| json.replace(from, to)).expect_err(to);
        assert!(error.contains(part), "{to}: {error}");
    }
}

#[test]
fn cut_and_random_bytes_are_errors() {
    for bytes in [&b""[..], b"glTF", b"glTF\x02\0\0\0\xff\xff\xff\xff", &[0xa5; 64]] {
        assert!(Mesh::parse(&Package::new("x", [("m.glb", bytes.to_vec())]), "m.glb").is_err());
    }
    assert!(Mesh::parse(&Package::new("x", [("m", "")]), "m.glb").unwrap_err().contains("no such file"));
}

/// A little red picture.
fn red() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbaImage::from_pixel(2, 4, image::Rgba([255, 0, 0, 128]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A triangle with texture coordinates that moves: to 2 0 0 within a second, and turns a quarter around z.
fn moving(edit: impl Fn(String) -> String) -> Result<Mesh, String> {
    let json = r#"{"asset":{"version":"2.0"},"scenes":[{"nodes":[0]}],
        "nodes":[{"children":[1],"translation":[0,0,5]},{"mesh":0}],
        "meshes":[{"primitives":[{"attributes":{"POSITION":0,"TEXCOORD_0":1},"material":0}]}],
        "materials":[{"pbrMetallicRoughness":{"baseColorTexture":{"index":0}}}],
        "textures":[{"source":0}],"images":[{"uri":"red.png"}],
        "animations":[{"channels":[{"sampler":0,"target":{"node":1,"path":"translation"}},
            {"sampler":1,"target":{"node":0,"path":"rotation"}}],
            "samplers":[{"input":2,"output":3},{"input":2,"output":4,"interpolation":"STEP"}]}],
        "accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3"},
            {"bufferView":0,"byteOffset":36,"componentType":5126,"count":3,"type":"VEC2"},
            {"bufferView":0,"byteOffset":60,"componentType":5126,"count":2,"type":"SCALAR"},
            {"bufferView":0,"byteOffset":68,"componentType":5126,"count":2,"type":"VEC3"},
            {"bufferView":0,"byteOffset":92,"componentType":5126,"count":2,"type":"VEC4"}],
        "bufferViews":[{"buffer":0,"byteLength":124}],"buffers":[{"byteLength":124,"uri":"t.bin"}]}"#;
    let quarter = std::f32::consts::FRAC_1_SQRT_2;
    #[rustfmt::skip]
    let floats = [
        0f32, 0., 0., 1., 0., 0., 0., 1., 0.,
        0., 0., 1., 0., 0., 1.,
        0., 1.,
        0., 0., 0., 2., 0., 0.,
        0., 0., 0., 1., 0., 0., quarter, quarter,
    ];
    let bytes: &[u8] = bytemuck::cast_slice(&floats);
    let files = [("t.gltf", edit(json.into()).into_bytes()), ("t.bin", bytes.to_vec()), ("red.png", red())];
    Mesh::parse(&Package::new("x", files), "t.gltf")
}

#[test]
fn textures_come_along_premultiplied() {
    let mesh = moving(|json| json).unwrap();
    assert_eq!((mesh.materials[0].texture, mesh.materials[1].texture), (0, -1));
    assert_eq!((mesh.textures[0].size, &mesh.textures[0].rgba[..4]), ([2, 4], &[188, 0, 0, 128][..]));
    assert_eq!(mesh.vertices[1].uv, [1.0, 0.0]);
    assert!(
        moving(|json| json.replace("red.png", "../red.png"))
            .unwrap_err()
            .contains("not a file of the filter")
    );
    assert!(moving(|json| json.replace("red.png", "t.bin")).unwrap_err().contains("can't be read"));
}

#[test]
fn pieces_move_with_the_nodes_above_them() {
    let mesh = moving(|json| json).unwrap();
    assert!(mesh.rig.moves() && mesh.rig.pieces() == 1);
    let at = |seconds: f32| mesh.rig.pose(seconds)[0].transform_point3(mesh.vertices[1].position.into());
    assert!(at(0.0).abs_diff_eq(glam::Vec3::new(1.0, 0.0, 5.0), 1e-5));
    assert!(at(0.25).abs_diff_eq(glam::Vec3::new(1.5, 0.0, 5.0), 1e-5));
    assert!(at(1.5).abs_diff_eq(glam::Vec3::new(2.0, 0.0, 5.0), 1e-5), "it begins again");
    let still = triangle(|json| json).unwrap();
    assert_eq!(still.rig.pose(7.0), [glam::Mat4::IDENTITY]);
    for (from, to, part) in [
        ("STEP", "CUBICSPLINE", "linear keys"),
        ("\"rotation\"", "\"weights\"", "only nodes"),
        ("\"output\":3", "\"output\":0", "do not fit"),
        ("\"sampler\":1", "\"sampler\":9", "not there"),
    ] {
        let error = moving(|json| json.replace(from, to)).expect_err(to);
        assert!(error.contains(part), "{to}: {error}");
    }
}
