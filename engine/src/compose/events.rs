//! The events of a filter, evaluated on the GPU before its passes.

use crate::{
    filter::{Filter, event::State},
    gpu::{Buffer, BufferUse, ComputePipeline, Encoder, Gpu, GpuError, Resource},
    scene::MAX_FACES,
};

/// What shaders call the states, [`MAX_FACES`] for each event.
pub(super) const STATES: &str = "event_states";

/// The kernel with the filter's rules, and the states, which live as long as the look.
#[derive(Debug)]
pub(super) struct Events {
    kernel: ComputePipeline,
    rules: Buffer,
    pub(super) states: Buffer,
    count: u32,
}

impl Events {
    /// `None`: the filter has no events.
    pub(super) fn new(gpu: &Gpu, filter: &Filter) -> Result<Option<Self>, GpuError> {
        if filter.events.is_empty() {
            return Ok(None);
        }
        let shader = super::engine_modules().resolve("compose::events", &[])?;
        let rules: Vec<[u32; 4]> = filter
            .events
            .iter()
            .map(|event| [event.source.code(), event.threshold.to_bits(), event.release.to_bits(), 0])
            .collect();
        let count = (rules.len() * MAX_FACES) as u32;
        let bytes = u64::from(count) * size_of::<State>() as u64;
        Ok(Some(Self {
            kernel: ComputePipeline::new(gpu, &shader, "events", "advance")?,
            rules: gpu.buffer_with("event rules", BufferUse::Storage, bytemuck::cast_slice(&rules))?,
            states: gpu.buffer("events", BufferUse::Storage, bytes)?,
            count,
        }))
    }

    /// Nothing has happened yet.
    pub(super) fn reset(&self, encoder: &mut Encoder) {
        encoder.write(&self.states, 0, bytemuck::cast_slice(&vec![State::NEW; self.count as usize]));
    }

    /// Goes on by a frame.
    pub(super) fn record(
        &self,
        encoder: &mut Encoder,
        frame: &Buffer,
        faces: &Buffer,
    ) -> Result<(), GpuError> {
        let resources = [
            ("frame", Resource::Buffer(frame)),
            ("faces", Resource::Buffer(faces)),
            ("rules", Resource::Buffer(&self.rules)),
            ("states", Resource::Buffer(&self.states)),
        ];
        let [width, ..] = self.kernel.workgroup();
        encoder.dispatch(&self.kernel, &resources, [self.count.div_ceil(width), 1, 1])
    }
}

/// The functions that ask for the events, as WGSL.
pub(super) fn functions(filter: &Filter) -> String {
    let mut text = String::new();
    for (number, event) in filter.events.iter().enumerate() {
        let first = number * MAX_FACES;
        let (parameter, place) = if event.source.is_of_face() {
            ("face: u32", format!("{first}u + min(face, {}u)", MAX_FACES - 1))
        } else {
            ("", format!("{first}u"))
        };
        text += &format!(
            "fn {}({parameter}) -> antifaz::event::Event {{\n    return {STATES}[{place}].event;\n}}\n",
            event.name
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        filter::{Package, event::Moment, manifest::MANIFEST},
        gpu::{self, readback::Readback},
        scene::FaceState,
    };

    /// What sums of a few hundred small numbers and `atan2` differ by between devices.
    const TOLERANCE: f32 = 2e-4;

    const MANIFEST_TEXT: &str = "format = 1\ntitle = \"T\"\n[[inputs]]\nname = \"jaw\"\ntype = \"event\"\n\
        source = \"blendshape.jawOpen\"\nthreshold = 0.6\nrelease = 0.3\n[[inputs]]\nname = \"grin\"\ntype = \"event\"\n\
        source = \"face.smile\"\n[[inputs]]\nname = \"wink\"\ntype = \"event\"\nsource = \"face.blink\"\n[[inputs]]\n\
        name = \"brow\"\ntype = \"event\"\nsource = \"face.brow_up\"\n[[inputs]]\nname = \"left\"\ntype = \"event\"\n\
        source = \"face.yaw\"\nthreshold = -0.3\n[[inputs]]\nname = \"up\"\ntype = \"event\"\nsource = \"face.pitch\"\n\
        threshold = 0.2\n[[inputs]]\nname = \"lean\"\ntype = \"event\"\nsource = \"face.roll\"\n[[inputs]]\nname = \
        \"there\"\ntype = \"event\"\nsource = \"face.present\"\n[[inputs]]\nname = \"kick\"\ntype = \"event\"\nsource = \
        \"tap\"\n[[inputs]]\nname = \"tick\"\ntype = \"event\"\nsource = \"time\"\nthreshold = 0.5\n[[passes]]\n\
        name = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";

    /// A small deterministic source of numbers, 0..1.
    struct Dice(u32);

    impl Dice {
        fn roll(&mut self) -> f32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / 16_777_216.0
        }
    }

    /// Moves all faces; now and then one comes, goes or is another.
    fn live(faces: &mut FaceState, dice: &mut Dice) {
        for face in &mut faces.faces {
            match (dice.roll() * 12.0) as u32 {
                0 => face.presence = 0.0,
                1..4 => face.presence = 0.5 + 0.5 * dice.roll(),
                4 => face.id += 8,
                _ => {}
            }
            face.blendshapes.iter_mut().for_each(|shape| *shape = dice.roll());
            let turn = [0; 3].map(|_| 1.6 * dice.roll() - 0.8);
            let head = glam::Mat4::from_euler(glam::EulerRot::YXZ, turn[0], turn[1], turn[2]);
            face.head = head.to_cols_array();
        }
    }

    #[test]
    fn the_kernel_does_what_its_twin_does() {
        let gpu = gpu::tests::gpu();
        let package = Package::new("t", [(MANIFEST, MANIFEST_TEXT), ("a.wgsl", "")]);
        let filter = Filter::from_package(&package).unwrap_or_else(|error| panic!("{error}"));
        let events = Events::new(&gpu, &filter).expect("events").expect("some");
        let (mut dice, mut faces) = (Dice(5), FaceState::empty());
        faces.faces.iter_mut().zip(0..).for_each(|(face, id)| face.id = id);
        let mut twin = vec![[State::NEW; MAX_FACES]; filter.events.len()];
        let mut begun = 0;
        for frame in 0..40 {
            live(&mut faces, &mut dice);
            let (delta, anew, taps) = (0.02 + 0.3 * dice.roll(), frame % 25 == 0, (dice.roll() * 1.5) as u32);
            let uniform = super::super::record::Frame::of_test(delta, anew, taps);
            let uniform = gpu.buffer_with("frame", BufferUse::Uniform, &uniform).expect("a buffer");
            let seen = bytemuck::bytes_of(&*faces);
            let seen = gpu.buffer_with("faces", BufferUse::Storage, seen).expect("a buffer");
            let mut encoder = gpu.encoder("events");
            events.record(&mut encoder, &uniform, &seen).expect("recorded");
            let ticket = Readback::new().start_buffer(&mut encoder, &events.states).expect("a ticket");
            gpu.submit(encoder).expect("submitted");
            let found: Vec<State> = bytemuck::pod_collect_to_vec(&ticket.wait(&gpu).expect("landed"));
            for (number, event) in filter.events.iter().enumerate() {
                for (slot, face) in faces.faces.iter().enumerate() {
                    let state = &mut twin[number][slot];
                    *state = event.advance(*state, Moment { delta, anew, taps, face });
                    let other = found[number * MAX_FACES + slot];
                    let near = |a: f32, b: f32| (a - b).abs() <= TOLERANCE * a.abs().max(1.0);
                    let same = (state.on, state.count, state.face) == (other.on, other.count, other.face)
                        && near(state.value, other.value)
                        && near(state.since, other.since);
                    assert!(same, "`{}` of slot {slot} in frame {frame}: {state:?}, {other:?}", event.name);
                    begun += state.count;
                }
            }
        }
        assert!(begun > 100, "hardly anything happened");
    }
}
