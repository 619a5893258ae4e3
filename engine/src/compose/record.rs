//! From planned passes to commands: which textures they go through.

use std::time::Duration;

use bytemuck::{Pod, Zeroable};

use super::{
    Composer, Planned,
    clock::Now,
    draw::{Recorder, Seen},
    kept::{self, Kept},
    plan::{self, Draw, Slot},
};
use crate::{
    gpu::{Buffer, Encoder, Gpu, GpuError, Texture, TextureDesc, timer::Timer},
    scene::{Picture, Scene},
};

/// Seconds after which a shader's time starts anew: an f32 stays exact to a quarter of a millisecond.
const TIME_PERIOD: u64 = 3600;

/// `antifaz::frame::Frame`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct Frame {
    size: [f32; 2],
    time: f32,
    index: u32,
    matte_age: u32,
    delta: f32,
    seed: u32,
    anew: u32,
    tap: [f32; 2],
    taps: u32,
    matte_known: u32,
}

impl Frame {
    /// The bytes of a frame of which only this is known.
    #[cfg(test)]
    pub(super) fn of_test(delta: f32, anew: bool, taps: u32) -> Vec<u8> {
        let frame = Self { delta, anew: anew.into(), taps, ..Self::zeroed() };
        bytemuck::bytes_of(&frame).to_vec()
    }

    fn of(scene: &Scene, now: Now) -> Self {
        let picture = &scene.picture;
        let (hours_off, nanos) = (picture.time.as_secs() % TIME_PERIOD, picture.time.subsec_nanos());
        let matte_age = scene.matte.as_ref().map_or(0, |matte| picture.id.0.saturating_sub(matte.seen.0));
        Self {
            size: picture.texture.size().map(|side| side as f32),
            time: (hours_off as f64 + f64::from(nanos) * 1e-9) as f32,
            index: picture.id.0 as u32,
            matte_age: u32::try_from(matte_age).unwrap_or(u32::MAX),
            delta: now.tick.delta,
            seed: now.seed,
            anew: now.tick.anew.into(),
            tap: now.tap,
            taps: now.taps,
            matte_known: scene.matte.is_some().into(),
        }
    }
}

/// The textures of a frame: leased when first written.
pub(super) struct Slots {
    input: Texture,
    pictures: [Option<Texture>; 2],
    layer: Option<Texture>,
    levels: Option<Texture>,
    /// Intermediates of each item, until its last pass.
    named: Vec<Vec<Option<Texture>>>,
}

impl Slots {
    pub(super) fn get(&self, slot: Slot) -> Option<&Texture> {
        match slot {
            Slot::Input => Some(&self.input),
            Slot::A => self.pictures[0].as_ref(),
            Slot::B => self.pictures[1].as_ref(),
            Slot::Layer => self.layer.as_ref(),
            Slot::Named(item, target) => self.named.get(item)?.get(target)?.as_ref(),
            Slot::Levels => self.levels.as_ref(),
            Slot::Person | Slot::Particles(..) => None,
        }
    }

    pub(super) fn put(&mut self, slot: Slot, texture: Texture) {
        match slot {
            Slot::Input => self.input = texture,
            Slot::A => self.pictures[0] = Some(texture),
            Slot::B => self.pictures[1] = Some(texture),
            Slot::Layer => self.layer = Some(texture),
            Slot::Named(item, target) => self.named[item][target] = Some(texture),
            Slot::Levels => self.levels = Some(texture),
            Slot::Person | Slot::Particles(..) => {}
        }
    }

    /// Takes the target of a pass out, so that it can be drawn into while the rest is read.
    fn take(&mut self, gpu: &Gpu, pass: &plan::Pass, float: bool) -> Result<Texture, GpuError> {
        let held = match pass.target {
            Slot::Input | Slot::Person | Slot::Levels | Slot::Particles(..) => None,
            Slot::A => self.pictures[0].take(),
            Slot::B => self.pictures[1].take(),
            Slot::Layer => self.layer.take(),
            Slot::Named(item, target) => self.named[item][target].take(),
        };
        held.map_or_else(|| gpu.texture(&TextureDesc::new(pass.size, kept::format(float))), Ok)
    }
}

/// Records all passes and gives the finished picture.
pub(super) fn record(
    gpu: &Gpu,
    encoder: &mut Encoder,
    composer: &Composer,
    planned: &Planned,
    kept: &mut Kept,
    (scene, now): (Scene, Now),
    mut timer: Option<&mut Timer>,
) -> Result<Picture, GpuError> {
    encoder.write(&composer.shared.frame, 0, bytemuck::bytes_of(&Frame::of(&scene, now)));
    let Scene { picture, faces, slots: occupied, matte, .. } = scene;
    let Picture { id, time, texture, .. } = picture;
    let mut slots = Slots {
        input: texture,
        pictures: [None, None],
        layer: None,
        levels: None,
        named: composer.look.0.iter().map(|_| Vec::new()).collect(),
    };
    let mut begun = vec![false; composer.look.0.len()];
    let mask = matte.as_ref().map_or(&composer.shared.no_matte, |matte| &matte.texture);
    let seen = Seen { faces: &faces, slots: occupied, matte: mask };
    let mut mark = |encoder: &mut Encoder| timer.iter_mut().for_each(|timer| timer.mark(encoder));
    mark(encoder);
    for (index, pass) in planned.plan.passes.iter().enumerate() {
        let mut float = false;
        for item in planned.plan.items(pass.draw) {
            if std::mem::replace(&mut begun[item], true) {
                continue;
            }
            slots.named[item] = composer.look.0[item].filter.targets.iter().map(|_| None).collect();
            let faces = seen.faces(composer.look.0[item].filter.requires.blendshapes);
            begin(encoder, composer, item, faces, time)?;
            measure(encoder, composer, item, faces, slots.get(pass.reads))?;
        }
        if let Draw::Filter { item, pass: number } = pass.draw {
            let filter = &composer.look.0[item].filter;
            float = filter.passes[number].target.is_some_and(|target| filter.targets[target].float);
        }
        match pass.target {
            Slot::Person => {
                let mask = (seen.matte, matte.as_ref().map(|matte| matte.seen));
                composer.tools.person(encoder, kept, (&slots.input, id), mask, now.tick.delta)?;
            }
            Slot::Levels => composer.tools.levels(encoder, &mut slots, pass.reads)?,
            Slot::Particles(..) => {
                Recorder { gpu, composer, planned, slots: &slots, kept, seen: &seen }.step(encoder, pass)?;
            }
            target => {
                let texture = slots.take(gpu, pass, float)?;
                let recorder = Recorder { gpu, composer, planned, slots: &slots, kept, seen: &seen };
                recorder.pass(encoder, pass, &texture)?;
                slots.put(target, texture);
            }
        }
        mark(encoder);
        let later = &planned.plan.passes[index + 1..];
        for item in planned.plan.items(pass.draw) {
            if !later.iter().any(|pass| planned.plan.items(pass.draw).any(|later| later == item)) {
                kept.close(encoder, item, std::mem::take(&mut slots.named[item]));
            }
        }
    }
    let [a, b] = slots.pictures;
    let finished = match planned.plan.output {
        Slot::B => b,
        _ => a,
    };
    Ok(Picture { id, time, texture: finished.unwrap_or(slots.input), host: None })
}

/// What an item does before its first pass.
fn begin(
    encoder: &mut Encoder,
    composer: &Composer,
    item: usize,
    faces: &Buffer,
    time: Duration,
) -> Result<(), GpuError> {
    let program = &composer.programs[item];
    for (prop, buffers) in composer.look.0[item].filter.props.iter().zip(&program.props) {
        if prop.mesh.rig.moves() {
            let pose = prop.mesh.rig.pose(time.as_secs_f32());
            encoder.write(&buffers.pieces, 0, bytemuck::cast_slice(&pose));
        }
    }
    if let Some(one_face) = &program.one_face {
        one_face.record(encoder, faces)?;
    }
    if let Some(events) = &program.events {
        let faces = program.one_face.as_ref().map_or(faces, |one_face| &one_face.faces);
        events.record(encoder, &composer.shared.frame, faces)?;
    }
    Ok(())
}

/// Measures the faces in the picture that an item is laid over.
fn measure(
    encoder: &mut Encoder,
    composer: &Composer,
    item: usize,
    faces: &Buffer,
    picture: Option<&Texture>,
) -> Result<(), GpuError> {
    let program = &composer.programs[item];
    let Some(picture) = picture.filter(|_| program.measures()) else { return Ok(()) };
    let shared = &composer.shared;
    let faces = program.one_face.as_ref().map_or(faces, |one_face| &one_face.faces);
    shared.measures.record(encoder, [&shared.frame, faces, &shared.face.points], picture)
}
