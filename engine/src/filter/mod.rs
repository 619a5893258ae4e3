//! Filters and looks. A filter is a folder: `filter.toml`, WGSL files and assets. A look is an ordered list of
//! filters with parameter values.
//!
//! ```text
//! folder --catalog--> Package --manifest--> Manifest --resolve--> Filter --values--> LookItem
//!  (or archive)       (files)               (mirrors the text)    (can't fail any more)
//! ```
//!
//! [`Manifest`](manifest::Manifest) says what is written, [`Filter`] what is meant: names are looked up, numbers
//! are checked, pictures, tables and meshes are decoded. Whatever is wrong is said with file, line and column.
//! Nothing here touches a GPU; shaders are judged where they are compiled, by `compose`.

pub mod archive;
pub mod catalog;
mod error;
pub mod event;
pub mod expression;
mod fault;
mod film;
mod gltf;
pub mod import;
mod look;
pub mod lut;
pub mod manifest;
pub mod mesh;
pub mod package;
pub mod params;
mod picture;
pub mod reference;
mod resolve;
pub mod rig;
pub mod text;

pub use catalog::Catalog;
pub use error::{FilterError, Place};
pub use event::Event;
pub use fault::Fault;
pub use film::{Content, Film, Given, Shot};
pub use look::{Look, LookItem, Requires};
pub use package::Package;
pub use params::{Input, Kind, Value, Values};

use crate::quality::Tier;
use expression::Expression;
use lut::Lut;
use mesh::Mesh;
use text::Font;

/// A filter, read and checked.
#[derive(Clone, Debug)]
pub struct Filter {
    /// That of its folder.
    pub name: String,
    /// For people.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// An SPDX expression, or nothing.
    pub license: String,
    /// What the nets must find.
    pub requires: Requires,
    /// Parameters: the fields of `params`.
    pub inputs: Vec<Input>,
    /// What begins and ends: functions in shaders.
    pub events: Vec<Event>,
    /// Pictures and colour tables.
    pub assets: Vec<Asset>,
    /// Meshes.
    pub props: Vec<Prop>,
    /// Swarms of small things.
    pub particles: Vec<Particles>,
    /// Intermediates.
    pub targets: Vec<Target>,
    /// Draws, in order.
    pub passes: Vec<Pass>,
    /// The author's ladder, best first.
    pub quality: Vec<Quality>,
    /// Milliseconds that the author allows it.
    pub budget_ms: Option<f64>,
    /// The picture's size that this is meant for, where the author says it.
    pub budget_at: Option<[u32; 2]>,
    /// WGSL files.
    pub modules: Vec<Module>,
}

/// A WGSL file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its import path: `package::film` for `film.wgsl`.
    pub path: String,
    /// Its name for people.
    pub file: String,
    /// What stands in it.
    pub text: String,
}

/// A texture that comes with the filter.
#[derive(Clone, Debug)]
pub enum Asset {
    /// A picture under the name of its input.
    Image(String, Image),
    /// A colour table under the name of its input.
    Lut(String, Lut),
    /// A text under the name of its input, as it comes, and the font to draw another with.
    Text(String, Image, Font),
}

impl Asset {
    /// The texture's name in shaders.
    pub fn name(&self) -> &str {
        match self {
            Self::Image(name, _) | Self::Lut(name, _) | Self::Text(name, ..) => name,
        }
    }
}

/// A decoded picture: four bytes for each pixel, sRGB with premultiplied alpha unless it is coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Width and height.
    pub size: [u32; 2],
    /// Row by row.
    pub rgba: Vec<u8>,
    /// Whether the values are no colours: shaders see them as they are stored.
    pub coded: bool,
}

/// A mesh at the head.
#[derive(Clone, Debug)]
pub struct Prop {
    /// What passes call it.
    pub name: String,
    /// Its triangles.
    pub mesh: Mesh,
    /// Whether the head hides it.
    pub occluded: bool,
}

/// A swarm of small things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Particles {
    /// The buffer's name in shaders.
    pub name: String,
    /// How many there are at most.
    pub count: u32,
}

/// A named intermediate.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The texture's name in shaders.
    pub name: String,
    /// Width and height.
    pub size: [Expression; 2],
    /// `rgba16float` instead of 8-bit sRGB.
    pub float: bool,
    /// What of it outlives a frame.
    pub keep: Keep,
}

/// What of a target outlives a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// Its content: the next frame goes on from it.
    Last,
    /// Its content in each of so many frames.
    History(u32),
}

/// Where a pass is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Over the whole target.
    Frame,
    /// On the triangles of each face.
    FaceMesh,
    /// On the triangles of each face, spread out in the face's tile of the target.
    FaceUv,
    /// The prop of this number, at each head's pose.
    Prop(usize),
    /// A square for each of the particles of this number.
    Particles(usize),
}

impl Space {
    /// Whether it is drawn once for each face.
    pub fn is_of_face(self) -> bool {
        matches!(self, Self::FaceMesh | Self::FaceUv | Self::Prop(_))
    }

    /// Whether what is nearer hides what is behind it.
    pub fn has_depth(self) -> bool {
        matches!(self, Self::FaceMesh | Self::Prop(_))
    }
}

/// How what a pass draws meets what is there. Colours are premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blend {
    /// Takes its place, alpha too.
    Replace,
    /// Lies over it.
    Over,
    /// Is added to it.
    Add,
    /// Darkens it: a colour filter in front of it.
    Multiply,
    /// Lightens it, and never beyond white.
    Screen,
}

/// One draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// For the ladder and the reports.
    pub name: String,
    /// The number of its WGSL file.
    pub module: usize,
    /// Its fragment stage, or its compute stage.
    pub entry: String,
    /// Whether it computes: on its target, or, in the space of particles, each of them.
    pub compute: bool,
    /// Where it is drawn.
    pub space: Space,
    /// The author's function that moves the corners of its mesh.
    pub vertex: Option<Hook>,
    /// How it meets what is there.
    pub blend: Blend,
    /// The number of the intermediate that it writes; `None` is the picture.
    pub target: Option<usize>,
    /// The numbers of the intermediates that it reads.
    pub reads: Vec<usize>,
    /// Whether it reads the levels of the picture.
    pub levels: bool,
    /// Where the manifest names it, and its entry point.
    pub places: [Place; 2],
}

/// A function of the author's that the engine's own stages call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name in the pass's WGSL file.
    pub name: String,
    /// Where the manifest names it.
    pub place: Place,
}

/// A rung of the author's ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// The tier it is made for.
    pub tier: Tier,
    /// Number of a parameter, and its value there.
    pub set: Vec<(usize, Value)>,
    /// Factor on the size of every intermediate.
    pub scale: f32,
    /// Numbers of the passes that are left out.
    pub drop: Vec<usize>,
}
