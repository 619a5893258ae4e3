//! What is drawn for a look, in order, as plain data: built and tested without a GPU.
//!
//! The picture goes back and forth between two textures, however long the look: a pass that draws on it reads one
//! and writes the other. Meshes are drawn in a layer of their own, which is then laid over the picture, so that
//! they too can read what lies below them. Passes that see only the pixel that they draw may be drawn together with the one
//! before them; for that, what sees nothing of the picture is made before all that is drawn on it.

use std::fmt;

use crate::{
    filter::{self, Blend, Filter, Keep, Look, LookItem, Quality, Space},
    kernels::{levels, matting},
    quality::Tier,
};

/// Samples of a pixel at the edges of meshes, where the tier affords them.
pub const SMOOTH_SAMPLES: u32 = 4;

/// A texture that passes read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The picture as it came. Never written.
    Input,
    /// One of two of the picture's size.
    A,
    /// The other.
    B,
    /// What meshes draw, transparent elsewhere.
    Layer,
    /// An intermediate: numbers of the look's item and of its filter's target.
    Named(usize, usize),
    /// The person, fitted to the edges of the picture as it came, and the colours on either side.
    Person,
    /// The picture that the next passes read, in levels.
    Levels,
    /// No texture but particles: numbers of the look's item and of its filter's particles.
    Particles(usize, usize),
}

/// What a pass draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// The pass of this number, of the look's item of that number.
    Filter {
        /// The number of the look's item.
        item: usize,
        /// The number of its filter's pass.
        pass: usize,
    },
    /// The layer that a pass has drawn.
    Lay {
        /// The number of the look's item.
        item: usize,
        /// The number of its filter's pass.
        pass: usize,
        /// How it meets the picture.
        blend: Blend,
    },
    /// The chain of passes of this number, at once.
    Chain(usize),
    /// What the engine makes for filters that ask, into its own slot.
    Tool,
}

/// What a target holds before it is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing: it is transparent.
    Clear,
    /// What earlier passes of this frame have drawn.
    Keep,
    /// What it held at the end of the frame before.
    Before,
}

/// One render pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// For people: `film/grade`.
    pub label: String,
    /// What is drawn.
    pub draw: Draw,
    /// What shaders see as `picture`.
    pub reads: Slot,
    /// What is drawn into.
    pub target: Slot,
    /// The target's width and height.
    pub size: [u32; 2],
    /// What the target holds before.
    pub load: Load,
    /// Samples of a pixel while it is drawn.
    pub samples: u32,
}

/// Passes in the order in which they are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The passes.
    pub passes: Vec<Pass>,
    /// Where the finished picture is.
    pub output: Slot,
    /// Passes that are drawn at once, since each but the first sees of the picture only the pixel that it draws.
    pub chains: Vec<Vec<Draw>>,
}

impl Plan {
    /// Plans a look for a picture of `size` at a tier. Items at their identity are not planned.
    pub fn new(look: &Look, size: [u32; 2], tier: Tier) -> Self {
        let mut planner = Planner { size, tier, passes: Vec::new(), current: Slot::Input, levels: false };
        if look.requires().edges {
            planner.tool("edges of the person", Slot::Person, matting::size_of_mask(size));
        }
        for (number, item) in look.0.iter().enumerate() {
            if !item.is_identity() {
                planner.item(number, item);
            }
        }
        Self { passes: planner.passes, output: planner.current, chains: Vec::new() }
    }

    /// The same, with passes for which `early` holds, and that come before all others of their item, before whatever is drawn on
    /// the picture: they must not see it.
    pub fn with_early(self, early: impl Fn(Draw) -> bool) -> Self {
        let mut begun: Vec<usize> = Vec::new();
        let mut is_first = |pass: &Pass| {
            let Some(item) = own_item(pass.draw) else { return pass.target == Slot::Person };
            let first = !begun.contains(&item) && early(pass.draw);
            if !first {
                begun.push(item);
            }
            first
        };
        let (mut passes, rest): (Vec<Pass>, Vec<Pass>) =
            self.passes.into_iter().partition(|pass| is_first(pass));
        passes.iter_mut().for_each(|pass| pass.reads = Slot::Input);
        passes.extend(rest);
        Self { passes, ..self }
    }

    /// The same, with these neighbouring passes drawn at once.
    pub fn with_chains(self, chains: Vec<Vec<Draw>>) -> Self {
        let mut shorter = Self { passes: Vec::new(), output: Slot::Input, chains };
        for mut pass in self.passes {
            if let Some(chain) = shorter.chains.iter().position(|chain| chain.contains(&pass.draw)) {
                pass.draw = Draw::Chain(chain);
                if let Some(last) = shorter.passes.last_mut().filter(|last| last.draw == pass.draw) {
                    last.label = format!("{} + {}", last.label, pass.label);
                    continue;
                }
            }
            // Fewer passes take other turns with the two textures of the picture.
            pass.reads = shorter.output;
            if matches!(pass.target, Slot::A | Slot::B) {
                pass.target = if shorter.output == Slot::A { Slot::B } else { Slot::A };
                shorter.output = pass.target;
            }
            shorter.passes.push(pass);
        }
        shorter
    }

    /// The look's items that are drawn: of a chain, those of its passes, in order.
    pub fn items(&self, draw: Draw) -> impl Iterator<Item = usize> {
        let chain = if let Draw::Chain(chain) = draw { self.chains[chain].as_slice() } else { &[] };
        own_item(draw).into_iter().chain(chain.iter().filter_map(|step| own_item(*step)))
    }
}

/// The look's item of a single pass.
fn own_item(draw: Draw) -> Option<usize> {
    match draw {
        Draw::Filter { item, .. } | Draw::Lay { item, .. } => Some(item),
        Draw::Chain(_) | Draw::Tool => None,
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pass in &self.passes {
            let [width, height] = pass.size;
            writeln!(f, "{}: {:?} -> {:?} {width}x{height}", pass.label, pass.reads, pass.target)?;
        }
        writeln!(f, "output: {:?}", self.output)
    }
}

/// The rung of the author's ladder for a tier: the best that is not above it, else the lowest.
pub fn rung(item: &LookItem, tier: Tier) -> Option<&Quality> {
    let ladder = &item.filter.quality;
    ladder.iter().find(|rung| rung.tier <= tier).or(ladder.last())
}

/// The samples of a pass at a tier: only meshes over the picture have edges that are seen.
pub fn samples(pass: &filter::Pass, tier: Tier) -> u32 {
    let smooth = pass.space.has_depth() && pass.target.is_none() && tier > Tier::Low;
    if smooth { SMOOTH_SAMPLES } else { 1 }
}

/// Width and height of a filter's target for a picture of `size`, at a rung that scales intermediates. What outlives a
/// frame keeps its size on every rung.
pub fn target_size(filter: &Filter, target: usize, size: [u32; 2], scale: f32) -> [u32; 2] {
    let target = &filter.targets[target];
    let scale = if target.keep == Keep::Nothing { scale } else { 1.0 };
    let side = |side: usize| ((target.size[side].pixels(size) as f32 * scale).round() as u32).max(1);
    [side(0), side(1)]
}

struct Planner {
    size: [u32; 2],
    tier: Tier,
    passes: Vec<Pass>,
    current: Slot,
    /// Whether the levels are those of the current picture.
    levels: bool,
}

impl Planner {
    fn item(&mut self, number: usize, item: &LookItem) {
        let rung = rung(item, self.tier);
        let dropped = |pass: &usize| rung.is_some_and(|rung| rung.drop.contains(pass));
        let scale = rung.map_or(1.0, |rung| rung.scale);
        let filter = &item.filter;
        let mut written = vec![false; filter.targets.len()];
        for index in (0..filter.passes.len()).filter(|index| !dropped(index)) {
            let pass = &filter.passes[index];
            let label = format!("{}/{}", filter.name, pass.name);
            let draw = Draw::Filter { item: number, pass: index };
            if pass.levels && !self.levels {
                self.tool("levels of the picture", Slot::Levels, levels::desc(self.size).size);
                self.levels = true;
            }
            match pass.target {
                None if pass.compute => {
                    let Space::Particles(particles) = pass.space else { continue };
                    let size = [filter.particles[particles].count, 1];
                    self.push(label, draw, Slot::Particles(number, particles), size, Load::Keep, 1);
                }
                None if pass.blend == Blend::Replace => self.over_picture(label, draw),
                None => {
                    let samples = samples(pass, self.tier);
                    self.push(label.clone(), draw, Slot::Layer, self.size, Load::Clear, samples);
                    self.over_picture(label, Draw::Lay { item: number, pass: index, blend: pass.blend });
                }
                Some(target) => {
                    let size = target_size(filter, target, self.size, scale);
                    let covers = pass.space == Space::Frame && pass.blend == Blend::Replace;
                    let load = match filter.targets[target].keep {
                        _ if std::mem::replace(&mut written[target], true) => Load::Keep,
                        Keep::Last if !covers => Load::Before,
                        _ => Load::Clear,
                    };
                    self.push(label, draw, Slot::Named(number, target), size, load, 1);
                }
            }
        }
    }

    /// A pass that reads the picture and writes the texture that is free.
    fn over_picture(&mut self, label: String, draw: Draw) {
        let target = if self.current == Slot::A { Slot::B } else { Slot::A };
        self.push(label, draw, target, self.size, Load::Clear, 1);
        self.current = target;
        self.levels = false;
    }

    /// What the engine makes of the current picture.
    fn tool(&mut self, label: &str, target: Slot, size: [u32; 2]) {
        self.push(label.to_owned(), Draw::Tool, target, size, Load::Clear, 1);
    }

    fn push(&mut self, label: String, draw: Draw, target: Slot, size: [u32; 2], load: Load, samples: u32) {
        self.passes.push(Pass { label, draw, reads: self.current, target, size, load, samples });
    }
}

#[cfg(test)]
mod tests;
