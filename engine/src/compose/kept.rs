//! What targets hold from frame to frame.
//!
//! A persistent target is two textures that swap: while a frame draws on one, its passes read the other. A history
//! is an array whose layers are written in turn, each at the end of its frame.

use super::{Composer, Planned, clock::Tick, plan};
use crate::{
    filter::{Filter, Keep},
    gpu::{Encoder, Gpu, GpuError, Load, Render, Texture, TextureDesc, TextureFormat},
    kernels::matting::Memory,
};

/// What the frame before has left.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// For each item of the look, for each of its filter's targets.
    items: Vec<Option<Vec<Option<Held>>>>,
    /// Of the person's edges.
    pub(super) person: Memory,
    /// Whether there was a person mask.
    pub(super) had_matte: bool,
}

/// What of one target is kept.
#[derive(Debug)]
struct Held {
    texture: Texture,
    /// Of an array: the layer written last.
    newest: u32,
}

/// A target's pixels.
pub(super) fn format(float: bool) -> TextureFormat {
    if float { TextureFormat::Rgba16Float } else { TextureFormat::Srgb8 }
}

impl Kept {
    /// Makes sure that whatever a planned item keeps is there, in the right size. What begins is transparent; particles
    /// and events begin with their item. What an item that is not drawn has kept is forgotten.
    pub(super) fn open(
        &mut self,
        gpu: &Gpu,
        encoder: &mut Encoder,
        composer: &Composer,
        planned: &Planned,
        tick: Tick,
    ) -> Result<(), GpuError> {
        if tick.anew {
            self.items.clear();
        }
        self.items.resize_with(composer.look.0.len(), || None);
        for (number, item) in composer.look.0.iter().enumerate() {
            if !planned
                .plan
                .passes
                .iter()
                .any(|pass| planned.plan.items(pass.draw).any(|item| item == number))
            {
                self.items[number] = None;
                continue;
            }
            let program = &composer.programs[number];
            let targets = self.items[number].get_or_insert_with(|| {
                program.particles.iter().for_each(|(_, buffer)| encoder.clear(buffer));
                program.events.iter().for_each(|events| events.reset(encoder));
                item.filter.targets.iter().map(|_| None).collect()
            });
            for (target, held) in targets.iter_mut().enumerate() {
                let size = plan::target_size(&item.filter, target, planned.size, 1.0);
                if held.as_ref().is_none_or(|held| held.texture.size() != size) {
                    *held = begin(gpu, encoder, &item.filter, target, size)?;
                }
            }
            if let Some(newest) = &program.newest {
                let layer = |held: &Option<Held>| [held.as_ref().map_or(0, |held| held.newest), 0, 0, 0];
                let layers: Vec<[u32; 4]> = targets.iter().map(layer).collect();
                encoder.write(newest, 0, bytemuck::cast_slice(&layers));
            }
        }
        Ok(())
    }

    /// What a target held in the frame before.
    pub(super) fn before(&self, item: usize, target: usize) -> Option<&Texture> {
        self.items.get(item)?.as_ref()?.get(target)?.as_ref().map(|held| &held.texture)
    }

    /// Keeps what a frame has drawn on the targets of an item.
    pub(super) fn close(&mut self, encoder: &mut Encoder, item: usize, drawn: Vec<Option<Texture>>) {
        let held = self.items.get_mut(item).into_iter().flatten().flatten();
        for (held, drawn) in held.zip(drawn) {
            let (Some(held), Some(drawn)) = (held, drawn) else { continue };
            match held.texture.desc().layers {
                1 => held.texture = drawn,
                layers => {
                    held.newest = (held.newest + 1) % layers;
                    encoder.copy_to_layer(&drawn, &held.texture, held.newest);
                }
            }
        }
    }
}

/// What is kept of a target before anything was drawn on it.
fn begin(
    gpu: &Gpu,
    encoder: &mut Encoder,
    filter: &Filter,
    target: usize,
    size: [u32; 2],
) -> Result<Option<Held>, GpuError> {
    let target = &filter.targets[target];
    let layers = match target.keep {
        Keep::Nothing => return Ok(None),
        Keep::Last => 1,
        Keep::History(frames) => frames,
    };
    let desc = TextureDesc::new(size, format(target.float));
    let empty = gpu.texture(&desc)?;
    encoder.render(&Render { load: Load::Clear([0.0; 4]), ..Render::new(&target.name, &empty, &[]) })?;
    if layers == 1 {
        return Ok(Some(Held { texture: empty, newest: 0 }));
    }
    let texture = gpu.texture(&TextureDesc { layers, ..desc })?;
    (0..layers).for_each(|layer| encoder.copy_to_layer(&empty, &texture, layer));
    Ok(Some(Held { texture, newest: 0 }))
}
