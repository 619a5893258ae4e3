//! Where the values of a kernel are, and the functions that read them.
//!
//! On the device values lie by fours of channels, padded with zeros: `vec4` arrays of [face, ..., channels / 4]. What the
//! caller gives and gets, and constants, are plain `f32` arrays in the model's own order. Between the steps of a kernel a
//! value is in workgroup memory, and only the region of it that the workgroup needs.
//!
//! Kernels read value `n` by `fours{n}(c0, ..., g)`, four channels from `4 * g` on, or by `one{n}(c0, ..., c)`.

use super::region::{Region, shape_of};
use crate::nets::plan::{Plan, ValueId};

/// Where a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// A storage buffer of all faces.
    Buffer(Layout),
    /// A storage buffer that is the same for all faces.
    Constant,
    /// Workgroup memory, from this `vec4` on.
    Workgroup(usize, Region),
}

/// How a value lies in its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// By fours of channels, `vec4<f32>`.
    Fours,
    /// As callers see it, `f32` after `f32`.
    Plain,
}

impl Layout {
    /// Bytes of a value of `shape` for one face.
    pub(super) fn bytes(self, shape: &[usize]) -> usize {
        match self {
            Self::Fours => fours(shape) * 16,
            Self::Plain => shape.iter().product::<usize>() * 4,
        }
    }
}

/// Number of groups of four channels of a value.
pub(super) fn fours(shape: &[usize]) -> usize {
    let (last, others) = shape.split_last().map_or((1, 1), |(last, others)| (*last, others.iter().product()));
    others * last.div_ceil(4)
}

/// A value as a kernel sees it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: ValueId,
    pub(super) shape: Vec<usize>,
    pub(super) place: Place,
    /// In how many kinds of functions it takes part: `name` of its buffer and functions.
    pub(super) name: usize,
}

impl Known {
    pub(super) fn new(plan: &Plan, id: ValueId, place: Place, name: usize) -> Self {
        Self { id, shape: shape_of(plan, id), place, name }
    }

    /// Groups of four channels.
    pub(super) fn groups(&self) -> usize {
        self.channels().div_ceil(4)
    }

    pub(super) fn channels(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// Whether its buffer, if it is in one, holds single values rather than fours.
    fn single_values(&self) -> bool {
        matches!(self.place, Place::Constant | Place::Buffer(Layout::Plain))
            && !self.channels().is_multiple_of(4)
    }

    /// What its buffer is an array of.
    pub(super) fn element(&self) -> &'static str {
        match self.place {
            _ if self.single_values() => "f32",
            _ => "vec4<f32>",
        }
    }

    /// The index of cell `c0`, `c1`, ... and group `g` in its array; where that has single values, of the first of four.
    pub(super) fn index(&self) -> String {
        let rank = self.shape.len();
        let (sizes, last, start, from): (Vec<usize>, _, _, Vec<String>) = match &self.place {
            Place::Workgroup(offset, region) => (
                region.iter().map(|span| span.len).collect(),
                region[rank - 1].len / 4,
                offset.to_string(),
                region.iter().map(|span| span.start()).collect(),
            ),
            place => {
                let last = if self.single_values() { self.channels() } else { self.groups() };
                let all = self.shape[..rank - 1].iter().product::<usize>() * last;
                let start = if *place == Place::Constant { "0".into() } else { format!("face * {all}") };
                (self.shape.clone(), last, start, vec!["0".into(); rank])
            }
        };
        let mut index = String::new();
        for axis in 0..rank - 1 {
            // Axes of one place add nothing.
            if sizes[axis] == 1 && index.is_empty() && from[axis] == "0" {
                continue;
            }
            let at =
                if from[axis] == "0" { format!("c{axis}") } else { format!("(c{axis} - {})", from[axis]) };
            index = if index.is_empty() { at } else { format!("({index} * {} + {at})", sizes[axis]) };
        }
        let group = match (self.single_values(), from[rank - 1].as_str()) {
            (true, _) => "g * 4".to_owned(),
            (_, "0") => "g".to_owned(),
            (_, from) => format!("g - ({from}) / 4"),
        };
        let index = if index.is_empty() { group } else { format!("{index} * {last} + {group}") };
        if start == "0" { index } else { format!("{start} + {index}") }
    }

    /// Its array.
    pub(super) fn array(&self) -> String {
        match self.place {
            Place::Workgroup(..) => "between".to_owned(),
            _ => format!("buffer{}", self.name),
        }
    }

    /// `c0: i32, c1: i32, ...` for all axes but the last.
    pub(super) fn parameters(&self) -> String {
        (0..self.shape.len() - 1).map(|axis| format!("c{axis}: i32, ")).collect()
    }

    /// The two functions that read it.
    pub(super) fn functions(&self) -> String {
        let (name, parameters, index, array) = (self.name, self.parameters(), self.index(), self.array());
        let channels = self.channels();
        if self.single_values() {
            let lane = |lane: usize| match channels % 4 {
                // The last group has fewer values than four; where it is the only one there is nothing to ask.
                rest if channels < 4 => {
                    if lane < rest {
                        format!("{array}[u32(at + {lane})]")
                    } else {
                        "0.0".into()
                    }
                }
                rest if lane < rest => format!("{array}[u32(at + {lane})]"),
                _ => format!("select(0.0, {array}[u32(at + {lane})], g < {})", channels / 4),
            };
            let lanes: Vec<String> = (0..4).map(lane).collect();
            let one = index.replace("g * 4", "c");
            return format!(
                "fn fours{name}({parameters}g: i32) -> vec4<f32> {{ let at = {index}; return vec4<f32>({}); }}\n\
                 fn one{name}({parameters}c: i32) -> f32 {{ return {array}[u32({one})]; }}\n",
                lanes.join(", ")
            );
        }
        format!(
            "fn fours{name}({parameters}g: i32) -> vec4<f32> {{ return {array}[u32({index})]; }}\n\
             fn one{name}({parameters}c: i32) -> f32 {{ let g = c / 4; return {array}[u32({index})][u32(c % 4)]; }}\n"
        )
    }
}
