use super::*;
use crate::filter::{Asset, Given, LookItem, Value, manifest::MANIFEST};

const HEAD: &str = "format = 1\ntitle = \"Neon\"\n";
const PASS: &str = "[[passes]]\nname = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";
/// A second one.
const OTHER: &str = "[[passes]]\nname = \"o\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";

fn read(text: &str) -> Result<Filter, String> {
    let files = [(MANIFEST, text), ("a.wgsl", ""), ("bad.cube", "LUT_3D_SIZE 2\n0 0\n"), ("bad.png", "x")];
    Filter::from_package(&Package::new("neon", files)).map_err(|error| error.to_string())
}

#[test]
fn what_is_written_is_meant() {
    let text = format!(
        "{HEAD}requires = {{ segment = [\"person\"] }}\n[[inputs]]\nname = \"glow\"\ntype = \"float\"\n\
         default = 0.5\nidentity = 0\n[[inputs]]\nname = \"tone\"\ntype = \"enum\"\nvalues = [\"warm\", \
         \"cold\"]\ndefault = \"cold\"\n{PASS}target = \"small\"\nsize = [64, \"height / 2\"]\n\
         [[passes]]\nname = \"q\"\nshader = \"a.wgsl\"\nentry = \"main\"\nspace = \"face_mesh\"\n\
         reads = [\"picture\", \"small\"]\n[[quality]]\ntier = \"low\"\nset = {{ glow = 0.25 }}\ndrop = [\"p\"]\n"
    );
    let filter = read(&text).unwrap();
    assert_eq!(filter.requires, Requires { face: true, matte: true, ..Requires::default() });
    assert_eq!(filter.defaults().as_slice(), [Value::Float(0.5), Value::Number(1)]);
    assert_eq!((filter.passes[0].target, &filter.passes[1].reads[..]), (Some(0), &[0][..]));
    assert_eq!(filter.targets[0].size[1].pixels([9, 9]), 5);
    assert_eq!(filter.quality[0].set, [(0, Value::Float(0.25))]);
    assert!(filter.is_identity(&filter.parse_values("glow=0").unwrap()));
    assert!(!filter.is_identity(&filter.parse_values("tone=warm").unwrap()));
}

#[test]
fn values_are_answered_with_names_and_ranges() {
    let filter =
        read(&format!("{HEAD}[[inputs]]\nname = \"glow\"\ntype = \"float\"\nmax = 2\n{PASS}")).unwrap();
    let error = |text: &str| filter.parse_values(text).unwrap_err().to_string();
    assert_eq!(error("glwo=1"), "filter `neon` has no parameter `glwo`; did you mean `glow`?");
    assert_eq!(error("glow=3"), "`glow=3` of filter `neon` must be a number from 0 to 2");
    assert_eq!(error("glow"), "`glow=` of filter `neon` must be a number from 0 to 2");
}

#[test]
fn mistakes_are_shown_in_place() {
    let input = |rest: &str| format!("{HEAD}[[inputs]]\nname = \"glow\"\n{rest}\n{PASS}");
    for (text, place, part) in [
        (format!("format = 2\ntitle = \"x\"\n{PASS}"), "1:10", "reads format 1, not 2"),
        (HEAD.to_owned(), "1:1", "no pass draws on the picture"),
        (input("type = \"flaot\""), "5:8", "did you mean `float`?"),
        (input("type = \"float\"\ndefault = 3"), "6:11", "must be a number from 0 to 1"),
        (input("type = \"float\"\nmin = 5"), "4:8", "must be below `max`"),
        (input("type = \"bool\"\nmax = 1"), "6:7", "`max` means nothing to the type `bool`"),
        (input("type = \"point2\"\ndefault = [1, 2]"), "6:11", "two numbers from 0 to 1"),
        (input("type = \"vec3\"\ndefault = [1, 0]"), "6:11", "three numbers from 0 to 1"),
        (format!("{HEAD}{PASS}blend = \"ad\"\n"), "7:9", "did you mean `add`?"),
        (format!("{HEAD}{PASS}space = \"face_mesh\"\nblend = \"replace\"\n"), "8:9", "can't replace it"),
        (input("type = \"event\""), "4:8", "needs the key `source`"),
        (input("type = \"event\"\nsource = \"face.smlie\""), "6:10", "did you mean `face.smile`?"),
        (input("type = \"event\"\nsource = \"time\""), "4:8", "needs the key `threshold`"),
        (input("type = \"event\"\nsource = \"tap\"\nrelease = 1"), "7:11", "has a `release`"),
        (input("type = \"event\"\nsource = \"face.yaw\"\nrelease = -1"), "7:11", "between 0 and `threshold`"),
        (input("type = \"float\"\nsource = \"tap\""), "6:10", "it is for event"),
        (input("type = \"image\""), "4:8", "needs the key `path`"),
        (input("type = \"image\"\npath = \"../a.wgsl\""), "6:8", "did you mean `a.wgsl`?"),
        (format!("{HEAD}{PASS}space = \"fram\"\n"), "7:9", "did you mean `frame`?"),
        (format!("{HEAD}{PASS}size = [1, 2]\n"), "4:8", "only a pass with a `target`"),
        (format!("{HEAD}{PASS}target = \"t\"\nsize = [\"widht\", 2]\n"), "8:9", "did you mean `width`?"),
        (format!("{HEAD}{PASS}target = \"t\"\nsize = [0, 2]\n"), "8:9", "a size is"),
        (format!("{HEAD}{PASS}target = \"while\"\n"), "7:10", "a word of the shader language"),
        (format!("{HEAD}{PASS}reads = [\"t\"]\n"), "7:10", "unknown `t`"),
        (format!("{HEAD}{PASS}target = \"t\"\nreads = [\"t\"]\n"), "8:10", "unless that is `persistent`"),
        (
            format!("{HEAD}{PASS}reads = [\"t\"]\n{OTHER}target = \"t\"\n"),
            "7:10",
            "only a later pass draws on `t`",
        ),
        (format!("{HEAD}{PASS}stage = \"compute\"\n"), "4:8", "needs a `target`, or `particles`"),
        (format!("{HEAD}{PASS}stage = \"compute\"\ntarget = \"t\"\n"), "8:10", "rgba16float"),
        (format!("{HEAD}{PASS}stage = \"compute\"\nspace = \"prop\"\n"), "8:9", "unknown `prop`"),
        (format!("{HEAD}{PASS}space = \"face_uv\"\n"), "7:9", "needs a `target`"),
        (format!("{HEAD}{PASS}space = \"particles\"\n"), "4:8", "needs the key `particles`"),
        (
            format!("{HEAD}{PASS}space = \"particles\"\nparticles = \"p\"\n"),
            "8:13",
            "the filter declares none",
        ),
        (format!("{HEAD}{PASS}particles = \"p\"\n"), "7:13", "drawn in the space"),
        (format!("{HEAD}[[particles]]\nname = \"p\"\ncount = 0\n{PASS}"), "5:9", "from 1 to 65536"),
        (format!("{HEAD}{PASS}persistent = true\n"), "4:8", "only a pass with a `target`"),
        (format!("{HEAD}{PASS}target = \"t\"\nhistory = 99\n"), "8:11", "from 2 to 16"),
        (format!("{HEAD}{PASS}target = \"t\"\nhistory = 3\npersistent = true\n"), "8:11", "not both"),
        (
            format!("{HEAD}{PASS}target = \"t\"\n{OTHER}target = \"t\"\nhistory = 3\n"),
            "12:10",
            "says whether it is kept",
        ),
        (format!("{HEAD}{PASS}per = \"face\"\n"), "7:7", "drawn per frame"),
        (format!("{HEAD}{PASS}[[quality]]\ntier = \"low\"\nscale = 2\n"), "9:9", "from 0.05 to 1"),
        (
            format!("{HEAD}{PASS}[[quality]]\ntier = \"low\"\ndrop = [\"x\"]\n"),
            "9:9",
            "unknown `x`; known: p",
        ),
    ] {
        let error = read(&text).expect_err(part);
        assert!(error.starts_with(&format!("neon/filter.toml:{place}: ")) && error.contains(part), "{error}");
    }
}

#[test]
fn broken_assets_are_named() {
    let input = |kind: &str, path: &str| {
        read(&format!("{HEAD}[[inputs]]\nname = \"a\"\ntype = \"{kind}\"\npath = \"{path}\"\n{PASS}"))
    };
    assert_eq!(input("text", "bad.png").unwrap_err(), "neon/bad.png: it is no TrueType or OpenType font");
    assert_eq!(input("lut", "bad.cube").unwrap_err(), "neon/bad.cube:2: `0 0` is not three numbers");
    assert!(input("image", "bad.png").unwrap_err().starts_with("neon/bad.png: "));
}

#[test]
fn texts_are_drawn_and_replaced() {
    let manifest = format!(
        "{HEAD}[[inputs]]\nname = \"caption\"\ntype = \"text\"\npath = \"boxes.ttf\"\ndefault = \"AAA\"\n{PASS}"
    );
    let font = crate::filter::text::tests::boxes();
    let files = [(MANIFEST, manifest.into_bytes()), ("a.wgsl", Vec::new()), ("boxes.ttf", font)];
    let filter = std::sync::Arc::new(Filter::from_package(&Package::new("neon", files)).unwrap());
    let Asset::Text(name, image, _) = &filter.assets[0] else { panic!("{:?}", filter.assets) };
    assert_eq!((name.as_str(), image.size), ("caption", [288, 96]));
    let item =
        |values: &str| LookItem::parse_with(filter.clone(), values, |_| unreachable!("no file is given"));
    let two_lines = item("caption=AA\\nA").unwrap();
    assert!(matches!(&two_lines.pictures[0].1, Given::Still(image) if image.size == [192, 192]));
    let pictures = |values: &str| item(values).unwrap().pictures.len();
    assert_eq!([pictures("caption=A, A,A"), pictures("caption=A,A,"), pictures("")], [1, 1, 0]);
    let error = item("caption=A,sign=A").unwrap_err().to_string();
    assert!(error.contains("no parameter `sign`") && error.ends_with("it has caption"), "{error}");
    let error = item(&format!("caption={}", "A".repeat(201))).unwrap_err().to_string();
    assert!(error.ends_with("must be a text of at most 200 characters"), "{error}");
}
