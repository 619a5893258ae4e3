//! `filter.toml` as it is written: every key, nothing looked up yet.
//!
//! An unknown key is an error that names the nearest known one. Values that [`resolve`](super::resolve) may
//! have to complain about keep their place.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{FilterError, Package, Place, error::nearest};

/// The manifest's file name.
pub const MANIFEST: &str = "filter.toml";

/// `filter.toml`: what stands at its top.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format: 1.
    /// Range: 1.
    pub format: Spanned<i64>,
    /// What people call it.
    pub title: String,
    /// One sentence: what it does to the picture.
    /// Default: none.
    #[serde(default)]
    pub description: String,
    /// An SPDX expression such as `MIT OR Apache-2.0`.
    /// Default: none, and then nobody may pass the filter on.
    #[serde(default)]
    pub license: String,
    /// Who made it.
    /// Default: none.
    #[serde(default)]
    pub author: String,
    /// Words that lists sort it by, such as `face`, `style`, `background`.
    /// Default: none.
    #[serde(default)]
    pub categories: Vec<String>,
    /// What the nets must find.
    /// Default: what spaces and events need by themselves.
    #[serde(default)]
    pub requires: Needs,
    /// Parameters and textures.
    /// Default: none.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// Draws, in order.
    /// Default: none, but one must draw on the picture.
    #[serde(default)]
    pub passes: Vec<Spanned<Pass>>,
    /// Swarms of small things.
    /// Default: none.
    #[serde(default)]
    pub particles: Vec<Particles>,
    /// 3D props.
    /// Default: none.
    #[serde(default)]
    pub meshes: Vec<Mesh>,
    /// The author's ladder, best first.
    /// Default: every tier draws the same.
    #[serde(default)]
    pub quality: Vec<Quality>,
    /// What it may cost.
    /// Default: none.
    pub budget: Option<Budget>,
}

/// `requires`: what the nets must find. No others are run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// `mesh`: landmarks. `blendshapes`: expressions; they are known last, and a filter that asks for them waits for them.
    /// `pose`: how the head is turned. Each of the last two brings `mesh`.
    /// Default: none.
    #[serde(default)]
    pub face: Vec<Spanned<String>>,
    /// `person`: who is foreground, for `antifaz::matte`. `edges`: the same, fitted to the edges of the picture.
    /// Default: none.
    #[serde(default)]
    pub segment: Vec<Spanned<String>>,
}

/// `[[inputs]]`: parameters that people set, events, textures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// A field of `params`, or the name of a texture.
    pub name: Spanned<String>,
    /// `float`, `int`, `bool`, `enum`, `color`, `vec2`, `point2`, `vec3`, `vec4`, `event`, `image`, `lut` or `text`. A
    /// `point2` is a place in the picture: uv, 0..1 from the left upper corner. An `event` is a function in shaders, see
    /// `antifaz::event`.
    #[serde(rename = "type")]
    pub kind: Spanned<String>,
    /// What people call it.
    /// Default: the name.
    pub label: Option<String>,
    /// The value where none is given; of a `text` what it says.
    /// Default: 0 or what is nearest to it in range; false; the first of `values`; white; the middle of the picture.
    pub default: Option<Spanned<toml::Value>>,
    /// Least value of a number, or of each of a vector's.
    /// Default: 0. Range: any number below `max`.
    pub min: Option<Spanned<f64>>,
    /// Greatest value of a number, or of each of a vector's.
    /// Default: 1. Range: any number above `min`.
    pub max: Option<Spanned<f64>>,
    /// At this value the filter changes nothing, so it is not planned.
    /// Default: none.
    pub identity: Option<Spanned<toml::Value>>,
    /// The names of an `enum`; a shader sees their numbers from 0.
    /// Default: none; an `enum` needs them.
    pub values: Option<Spanned<Vec<String>>>,
    /// The file of an `image` or `lut`; of a `text` its font (.ttf or .otf). A text is a texture, white on nothing, its
    /// lines centred; `default` is what it says, at most 200 characters. Whoever uses the filter may put another
    /// picture or a clip in its place, `--filter beach:backdrop=FILE`, or another text.
    /// Default: none; these types need one.
    pub path: Option<Spanned<String>>,
    /// Of an `image`: its values are no colours, but are read as they are stored.
    /// Default: false.
    pub coded: Option<Spanned<bool>>,
    /// What an `event` watches: `blendshape.<name>` (the 52 of ARKit, 0..1), `face.smile`, `face.mouth_open`, `face.blink`,
    /// `face.brow_up`, `face.present` (0..1), `face.yaw`, `face.pitch`, `face.roll` (radians), `tap` or `time`. What is of
    /// a face is kept for each face.
    /// Default: none; an `event` needs one.
    pub source: Option<Spanned<String>>,
    /// From here on an `event` is on; where negative, from here on downward. In the units of the source. Of `time`: the
    /// seconds from one to the next. A tap has none.
    /// Default: 0.5; `time` needs one. Range: any number but 0; of `time` 0.01..3600.
    pub threshold: Option<Spanned<f64>>,
    /// Nearer to 0 than this an `event` is off again. Only what is of a face has one.
    /// Default: 0.8 of the threshold. Range: between 0 and `threshold`.
    pub release: Option<Spanned<f64>>,
}

/// `[[passes]]`: draws, in the order they are written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// For `drop` in `[[quality]]`, and for reports.
    pub name: Spanned<String>,
    /// A WGSL file of this filter.
    pub shader: Spanned<String>,
    /// Its entry point: the function in it that is marked `@fragment` or `@compute`.
    pub entry: Spanned<String>,
    /// `fragment` or `compute`. A compute pass either covers its `target` (rgba16float), which shaders write as
    /// the storage texture `canvas`; or moves its `particles`, one invocation for each, which may then write them. Its entry
    /// is `@compute @workgroup_size(8, 8)` or `@workgroup_size(64)`. `@if(compute)` holds in compute passes alone.
    /// Default: fragment.
    pub stage: Option<Spanned<String>>,
    /// `frame`; `face_mesh`: the triangles of each face, over the face; `face_uv`: the same triangles at their place in
    /// the face texture, each face in its own tile of the `target` (4 x 2 tiles; `antifaz::face_uv::tile` finds a place
    /// again); `prop`: a mesh on each head; or `particles`: a square for each that is alive.
    /// Default: frame; particles where a compute pass names some.
    pub space: Option<Spanned<String>>,
    /// A function of the shader that moves the corners of the mesh before they are placed in the picture: in the space
    /// `prop` `fn NAME(point: PropPoint, face: u32) -> PropPoint` (`antifaz::prop::PropPoint`), in the space `face_mesh` the
    /// same of `FacePoint` (`antifaz::face_mesh::FacePoint`).
    /// Default: none.
    pub vertex: Option<Spanned<String>>,
    /// `frame` or `face`: how often it is drawn. The space says it; here it can be written for readers.
    /// Default: what the space asks for.
    pub per: Option<Spanned<String>>,
    /// A named intermediate that is drawn on instead of the picture.
    /// Default: the picture.
    pub target: Option<Spanned<String>>,
    /// Width and height of the target: numbers of pixels, or expressions. Stands on the first pass that draws on it.
    /// Default: those of the picture. Range: 1..16384 pixels.
    pub size: Option<[Spanned<toml::Value>; 2]>,
    /// The target's pixel format: `rgba8` (sRGB, 0..1) or `rgba16float` (any number). Stands on the first pass that draws
    /// on it.
    /// Default: rgba8.
    pub format: Option<Spanned<String>>,
    /// Whether the target keeps its content from frame to frame; stands on the first pass that draws on it. Passes up to
    /// that one read what it held in the frame before, those after it what it holds now; a pass that reads the very target
    /// that it writes sees the frame before. Transparent in the first frame, after a jump in time and in a new size.
    /// Default: false.
    pub persistent: Option<Spanned<bool>>,
    /// For how many frames the target is kept; stands on the first pass that draws on it. Shaders see it as a
    /// `texture_2d_array` and read it with the generated `<target>_ago(uv, frames)`: 0 is the frame before. Transparent
    /// where there is none.
    /// Default: it is not kept. Range: 2..16.
    pub history: Option<Spanned<i64>>,
    /// How what is drawn meets what is there: `replace`, `over`, `add`, `multiply` or `screen`. Colours are linear light with premultiplied alpha.
    /// Default: replace in the space `frame`, over in all others.
    pub blend: Option<Spanned<String>>,
    /// What is read beside the inputs: `picture`, `picture.levels` (for `antifaz::blur`), `segment.person`, targets of earlier passes, or targets of any pass that
    /// are kept from frame to frame.
    /// Default: none; the picture may always be read.
    #[serde(default)]
    pub reads: Vec<Spanned<String>>,
    /// The mesh of a `prop` pass.
    /// Default: none; a `prop` pass needs one.
    pub mesh: Option<Spanned<String>>,
    /// What a pass in the space `particles` draws, or a compute pass moves.
    /// Default: none.
    pub particles: Option<Spanned<String>>,
}

/// `[[particles]]`: a buffer that lives as long as the look. All particles are zero, which is to say dead, in the first
/// frame and after a jump in time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Particles {
    /// What passes and shaders call it: an array of `antifaz::particles::Particle`. `<name>_count` is how many there are.
    pub name: Spanned<String>,
    /// How many there are at most.
    /// Range: 1..65536.
    pub count: Spanned<i64>,
}

/// `[[meshes]]`: what is worn on the head.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mesh {
    /// What passes call it.
    pub name: Spanned<String>,
    /// A `.glb` or `.gltf` file of this filter, in cm in the space of the canonical face. Triangles, normals, base colours
    /// with their textures, and the first animation of its nodes (linear or in steps), which is repeated. Where any material
    /// has the alpha mode `BLEND`, all others hide what lies behind them, even where a shader leaves them transparent: it
    /// says `discard` where they are to have a hole.
    pub path: Spanned<String>,
    /// What it is fixed to: `head`.
    /// Default: head.
    pub anchor: Option<Spanned<String>>,
    /// What hides it: `head`, whose shape is drawn into the depth first, or `none`.
    /// Default: head.
    pub occluder: Option<Spanned<String>>,
}

/// `[[quality]]`: what is drawn where the machine is too slow; the best tier first. Shaders ask with `@if(tier_high)`,
/// `@if(tier_medium)` and `@if(tier_low)`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// `high`, `medium` or `low`.
    pub tier: Spanned<String>,
    /// Values of inputs, by name, that replace those of the look.
    /// Default: none.
    #[serde(default)]
    pub set: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    /// Factor on the size of every intermediate.
    /// Default: 1. Range: 0.05..1.
    pub scale: Option<Spanned<f64>>,
    /// The names of passes that are left out.
    /// Default: none.
    #[serde(default)]
    pub drop: Vec<Spanned<String>>,
}

/// `[budget]`: what the filter may cost, which `antifaz filter check` measures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Milliseconds of GPU time for a frame, on the author's machine.
    /// Range: more than 0.
    pub ms: Spanned<f64>,
    /// The picture's size that this is meant for.
    /// Default: 1280x720.
    pub at: Option<Spanned<String>>,
}

impl Budget {
    /// Milliseconds, and the size of the picture where it is given.
    pub(super) fn resolve(&self, text: &Text<'_>) -> Result<(f64, Option<[u32; 2]>), FilterError> {
        let ms = *self.ms.get_ref();
        if !(ms > 0.0 && ms.is_finite()) {
            return Err(text.at(&self.ms, "`ms` must be a number greater than 0"));
        }
        let Some(at) = &self.at else { return Ok((ms, None)) };
        let side = |text: &str| text.parse().ok().filter(|side| (1..=16384).contains(side));
        let size =
            at.get_ref().split_once('x').and_then(|(width, height)| Some([side(width)?, side(height)?]));
        match size {
            Some(size) => Ok((ms, Some(size))),
            None => Err(text.at(at, "`at` must be a size like \"1280x720\"")),
        }
    }
}

impl Manifest {
    /// Reads the manifest of a package.
    ///
    /// # Errors
    /// There is none, it is not text, not TOML, has an unknown key or a value of the wrong type.
    pub fn read(package: &Package) -> Result<(Self, Text<'_>), FilterError> {
        let bytes = package
            .file(MANIFEST)
            .ok_or_else(|| FilterError::NoManifest { folder: package.name().to_owned() })?;
        let file = package.shown(MANIFEST);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => Text { file, text },
            Err(error) => {
                let place = Place::of(file, &String::from_utf8_lossy(bytes), error.valid_up_to());
                return Err(FilterError::Text { place, message: "the file is not UTF-8 text".into() });
            }
        };
        match toml::from_str(text.text) {
            Ok(manifest) => Ok((manifest, text)),
            Err(error) => {
                Err(text.error(error.span().map_or(0, |span| span.start), explain(error.message())))
            }
        }
    }
}

/// A text file that errors can point into.
#[derive(Clone, Debug)]
pub struct Text<'a> {
    file: String,
    text: &'a str,
}

impl Text<'_> {
    /// The place of a value.
    pub fn place<T>(&self, value: &Spanned<T>) -> Place {
        Place::of(self.file.clone(), self.text, value.span().start)
    }

    /// An error at a byte of this text.
    pub fn error(&self, byte: usize, message: impl Into<String>) -> FilterError {
        let message: String = message.into();
        let message = match message.char_indices().nth(MAX_MESSAGE) {
            Some((end, _)) => format!("{} ...", &message[..end]),
            None => message,
        };
        FilterError::Text { place: Place::of(self.file.clone(), self.text, byte), message }
    }

    /// An error at a value.
    pub fn at<T>(&self, value: &Spanned<T>, message: impl Into<String>) -> FilterError {
        self.error(value.span().start, message)
    }
}

/// Characters of a message: it may quote what is written.
const MAX_MESSAGE: usize = 400;

/// Serde's words for what a manifest has, in people's.
const PLAIN: &[(&str, &str)] = &[
    ("missing field", "missing key"),
    (
        "invalid type: map, expected a sequence",
        "a list is needed here: write `[[name]]` in two brackets, or `[a, b]`",
    ),
    ("invalid type: map", "wrong type: this is a table or a date"),
    ("invalid type", "wrong type"),
    (" as i128", ""),
    ("expected any valid TOML value", "too large a number"),
    ("expected i64", "a whole number is needed"),
    ("expected f64", "a number is needed"),
    ("expected a string", "a text in quotes is needed"),
    ("expected a boolean", "true or false is needed"),
    ("expected a sequence", "a list is needed"),
];

/// Serde lists every known field; people want the one that they meant.
fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(given)) => match nearest(given, quoted.clone()) {
            Some(nearest) => format!("unknown key `{given}`; did you mean `{nearest}`?"),
            None => format!("unknown key `{given}`; known: {}", quoted.collect::<Vec<_>>().join(", ")),
        },
        _ => PLAIN
            .iter()
            .fold(message.trim().replace('\n', ": "), |said, (theirs, ours)| said.replace(theirs, ours)),
    }
}

#[cfg(test)]
mod tests;
