//! Filters and looks. A filter is a folder: `filter.toml`, WGSL files and assets. A look is an ordered list of
//! filters with parameter values.
//!
//! ```text
//! folder --catalog--> Package --manifest--> Manifest --resolve--> Filter --values--> LookItem
//!  (or bytes)         (files)               (mirrors the text)    (can't fail any more)
//! ```
//!
//! [`Manifest`](manifest::Manifest) says what is written, [`Filter`] what is meant: names are looked up, numbers
//! are checked, pictures, tables and meshes are decoded. Whatever is wrong is said with file, line and column.
//! Nothing here touches a GPU; shaders are judged where they are compiled, by `compose`.

pub mod catalog;
mod error;
mod gltf;
pub mod expression;
mod look;
pub mod lut;
pub mod manifest;
pub mod mesh;
pub mod package;
pub mod params;
pub mod resolve;

pub use catalog::Catalog;
pub use error::{FilterError, Place};
pub use look::{Look, LookItem, Requires};
pub use package::Package;
pub use params::{Input, Kind, Value, Values};
pub use resolve::{Asset, Filter, Image, Module, Pass, Prop, Quality, Space, Target};
