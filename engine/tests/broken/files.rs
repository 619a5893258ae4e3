//! Faults in the files that come along: colour tables, meshes, pictures, packed filters.

use std::io::{Cursor, Write};

use antifaz::filter::{Filter, Package, archive};
use image::{ImageFormat, RgbaImage};

use crate::{base, fault, preparer};

const C: &str = "grade.cube";
const G: &str = "hat.gltf";

/// Cases of the tables below.
pub(crate) const COUNT: usize = TABLES.len() + MESHES.len() + PICTURES + ARCHIVES;

/// A text in the colour table, what takes its place, and what must be said.
const TABLES: &[(&str, &str, &str)] = &[
    ("LUT_3D_SIZE 2", "LUT_3D_SIZE 999", "grade.cube:2: LUT_3D_SIZE must be"),
    ("LUT_3D_SIZE 2", "LUT_3D_SIZE two", "grade.cube:2: "),
    ("LUT_3D_SIZE 2\n", "", "grade.cube:2: a colour comes before"),
    ("LUT_3D_SIZE 2", "LUT_4D_SIZE 2", "grade.cube:2: `LUT_4D_SIZE`"),
    ("0 0 0\n1 0 0", "0 0 0\n1 0", "grade.cube:4: `1 0` is not three numbers"),
    ("0 0 0\n1 0 0", "0 0 nan\n1 0 0", "grade.cube:3: "),
    ("1 1 1\n", "", "grade.cube:9: the table ends after 7 of 8"),
    ("1 1 1\n", "1 1 1\n2 2 2\n", "grade.cube:11: there are more than 8"),
];

/// The same in the mesh.
const MESHES: &[(&str, &str, &str)] = &[
    ("{\"asset\"", "{{\"asset\"", "hat.gltf"),
    ("hat.bin", "../hat.bin", "hat.gltf"),
    ("hat.bin", "missing.bin", "hat.gltf"),
    ("\"byteLength\":36}],", "\"byteLength\":99}],", "ends early"),
    ("\"count\":3", "\"count\":4", "ends early"),
    ("\"count\":3", "\"count\":18446744073709551615", "hat.gltf"),
    ("\"POSITION\":0", "\"POSITION\":7", "not there"),
    ("{\"mesh\":0}", "{\"mesh\":5}", "not there"),
    ("{\"mesh\":0}", "{\"mesh\":0,\"children\":[0]}", "hat.gltf"),
    ("\"attributes\":{\"POSITION\":0}", "\"attributes\":{}", "no positions"),
];

const PICTURES: usize = 6;
const ARCHIVES: usize = 6;

fn with(file: &str, bytes: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut files = base::files();
    files.iter_mut().filter(|(name, _)| name == file).for_each(|entry| entry.1 = bytes.clone());
    files
}

#[test]
fn tables_and_meshes_are_named_with_what_is_wrong() {
    let preparer = preparer();
    let tables = TABLES.iter().map(|case| (C, base::CUBE, case));
    let meshes = MESHES.iter().map(|case| (G, base::GLTF, case));
    for (file, text, (from, to, said)) in tables.chain(meshes) {
        assert!(text.contains(from), "{from}");
        let broken = text.replacen(from, to, 1).into_bytes();
        let fault = fault(with(file, broken), &preparer).unwrap_or_else(|| panic!("{to}: no fault"));
        let shown = fault.to_string();
        assert!(shown.starts_with(&format!("base/{file}")) && shown.contains(said), "{to}: {shown}");
    }
}

#[test]
fn pictures_that_are_none_or_too_large_are_named() {
    let preparer = preparer();
    let whole = base::png();
    let mut damaged = whole.clone();
    damaged[30..].fill(0x5a);
    let mut liar = whole.clone();
    // The header's width and its check sum: a picture of 4 billion columns.
    liar[16..20].fill(0xff);
    let mut wide = Cursor::new(Vec::new());
    RgbaImage::new(5000, 1).write_to(&mut wide, ImageFormat::Png).unwrap();
    let cases = [Vec::new(), b"no picture".to_vec(), whole[..40].to_vec(), damaged, liar, wide.into_inner()];
    assert_eq!(cases.len(), PICTURES);
    for bytes in cases {
        let shown = fault(with("dots.png", bytes), &preparer).expect("a fault").to_string();
        assert!(shown.starts_with("base/dots.png: "), "{shown}");
    }
}

#[test]
fn packed_filters_that_lie_are_refused() {
    let zip = |files: &[(&str, &[u8])]| {
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            out.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
            out.write_all(bytes).unwrap();
        }
        out.finish().unwrap().into_inner()
    };
    let manifest = base::MANIFEST.as_bytes();
    let bomb = vec![0; 65 << 20];
    let cases = [
        (zip(&[("filter.toml", manifest), ("../../evil.wgsl", b"x")]), "leaves the filter"),
        (zip(&[("filter.toml", manifest), ("/etc/cron.d/evil", b"x")]), "leaves the filter"),
        (zip(&[("filter.toml", manifest), ("a.png", &bomb)]), "unpacks to more than"),
        (zip(&[("filter.toml", manifest), ("FILTER.TOML", manifest)]), "twice"),
        (b"PK\x03\x04 and so on".to_vec(), "can be read"),
        (zip(&[]), "no filter.toml"),
    ];
    assert_eq!(cases.len(), ARCHIVES);
    for (bytes, said) in cases {
        let read =
            Package::from_archive("evil.antifaz", &bytes).and_then(|package| Filter::from_package(&package));
        let shown = read.expect_err(said).to_string();
        assert!(shown.contains("evil") && shown.contains(said), "{shown}");
    }
    assert_eq!(archive::EXTENSION, "antifaz");
}
