//! A device with made-up nets: tensors that tests fill, and a twin that takes the same values.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use glam::{EulerRot, Quat, Vec2, Vec3};

use super::{
    super::{
        BlendshapeTensors, DetectorTensors, Due, FaceTensors, Find, Follower, MatteTensors, MeshTensors,
        Stages, Status,
    },
    dice::Dice,
};
use crate::{
    frame::geometry::Roi,
    gpu::{
        Buffer, BufferUse, Gpu, GpuError, GpuOptions, Texture, TextureDesc, TextureFormat, readback::Readback,
    },
    scene::{BLENDSHAPES, FaceState, LANDMARKS, MAX_FACES},
    tracking::{Anchors, Tracks, mesh, sigmoid},
    vision::{
        VisionOptions,
        cpu::{depth_scale, write_face},
    },
};

pub(super) const SIZE: [u32; 2] = [640, 360];
pub(super) const MESH: u32 = 32;
pub(super) const MASK: [u32; 2] = [20, 12];

/// A made-up head.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) at: Vec2,
    /// Pixels of a centimetre.
    pub(super) scale: f32,
    pub(super) yaw: f32,
    pub(super) roll: f32,
    /// Whether the nets can see it.
    pub(super) seen: bool,
}

impl Head {
    pub(super) fn new(x: f32, y: f32) -> Self {
        Self { at: Vec2::new(x, y), scale: 4.0, yaw: 0.0, roll: 0.0, seen: true }
    }

    /// Half the side of what the detector sees.
    pub(super) fn half(&self) -> f32 {
        self.scale * 9.0
    }

    /// The canonical face, turned, as seen from afar: in pixels, with some noise.
    fn points(&self, dice: &mut Dice) -> Vec<Vec3> {
        let turn = Quat::from_euler(EulerRot::ZYX, -self.roll, self.yaw, 0.1);
        let face = &mesh::canonical().positions;
        let point = |index: usize| {
            let at = turn * face[index.min(face.len() - 1)] * self.scale;
            Vec3::new(self.at.x + at.x, self.at.y - at.y, -at.z)
        };
        let mut noise =
            || Vec3::new(dice.between(-0.3, 0.3), dice.between(-0.3, 0.3), dice.between(-0.3, 0.3));
        (0..LANDMARKS).map(|index| point(index) + noise()).collect()
    }
}

/// What is wrong with the landmark net's answer.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Spoiled {
    Nothing,
    /// One value of the face's landmarks.
    Landmark(usize, f32),
    Presence(f32),
}

/// The tensors of all nets.
pub(super) struct Nets {
    anchors: Anchors,
    pub(super) detector_input: Buffer,
    pub(super) regressors: Buffer,
    pub(super) logits: Buffer,
    pub(super) mesh_input: Buffer,
    pub(super) landmarks: Buffer,
    pub(super) presence: Buffer,
    pub(super) expression: Buffer,
    pub(super) coefficients: Buffer,
    pub(super) mask_input: Buffer,
    pub(super) mask: Buffer,
}

impl Nets {
    pub(super) fn new(gpu: &Gpu) -> Self {
        let anchors = Anchors::short_range();
        let values = |count: usize| gpu.buffer("values", BufferUse::Storage, count as u64 * 4).unwrap();
        let mask = (MASK[0] * MASK[1]) as usize;
        Self {
            detector_input: values(128 * 128 * 3),
            regressors: values(anchors.count() * 16),
            logits: values(anchors.count()),
            mesh_input: values(MAX_FACES * (MESH * MESH * 3) as usize),
            landmarks: values(MAX_FACES * LANDMARKS * 3),
            presence: values(MAX_FACES),
            expression: values(MAX_FACES * 146 * 2),
            coefficients: values(MAX_FACES * BLENDSHAPES),
            mask_input: values(mask * 3),
            mask: values(mask),
            anchors,
        }
    }

    pub(super) fn follower(&self, gpu: &Gpu, options: &VisionOptions) -> Result<Follower, GpuError> {
        let detector = DetectorTensors {
            anchors: &self.anchors,
            input: &self.detector_input,
            regressors: &self.regressors,
            logits: &self.logits,
        };
        let mesh = MeshTensors {
            size: [MESH; 2],
            input: &self.mesh_input,
            landmarks: &self.landmarks,
            presence: &self.presence,
        };
        let blendshapes = BlendshapeTensors { input: &self.expression, output: &self.coefficients };
        let faces = FaceTensors { detectors: vec![detector], mesh, blendshapes: Some(blendshapes) };
        let matte = MatteTensors { size: MASK, input: &self.mask_input, output: &self.mask };
        Follower::new(gpu, options, Some(&faces), &[matte])
    }
}

/// The follower and its twin.
pub(super) struct Rig {
    pub(super) gpu: Gpu,
    pub(super) nets: Nets,
    pub(super) follower: Follower,
    pub(super) tracks: Tracks,
    pub(super) picture: Texture,
    pub(super) anchors: Anchors,
    pub(super) dice: Dice,
    /// The detector's outputs of the frame.
    pub(super) detected: (Vec<f32>, Vec<f32>),
    /// The coefficients of all faces that the made-up blendshapes net gives.
    coefficients: Vec<f32>,
    /// The ids of the faces that were followed a frame ago.
    before: Vec<Option<u32>>,
    pub(super) stages: Option<Stages>,
    options: VisionOptions,
}

/// The device of the tests. Without one they fail: a check that is skipped is no check.
fn device() -> Gpu {
    let options = GpuOptions { adapter: std::env::var("ANTIFAZ_ADAPTER").ok(), ..GpuOptions::default() };
    let (mut opening, mut context) = (pin!(Gpu::new(&options)), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(gpu) = opening.as_mut().poll(&mut context) {
            return gpu.unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

impl Rig {
    pub(super) fn new(options: &VisionOptions, seed: u64) -> Self {
        let gpu = device();
        let nets = Nets::new(&gpu);
        let mut dice = Dice(seed * 7919 + 1);
        let texels: Vec<u8> = (0..SIZE[0] * SIZE[1] * 4).map(|_| (dice.next() >> 32) as u8 | 1).collect();
        let picture = TextureDesc::new(SIZE, TextureFormat::Srgb8);
        Self {
            follower: nets.follower(&gpu, options).unwrap(),
            picture: gpu.texture_with(&picture, &texels).unwrap(),
            gpu,
            nets,
            tracks: Tracks::new(options.faces),
            anchors: Anchors::short_range(),
            dice,
            detected: (Vec::new(), Vec::new()),
            coefficients: vec![0.0; MAX_FACES * BLENDSHAPES],
            before: Vec::new(),
            stages: None,
            options: *options,
        }
    }

    /// Makes up what the detector says of `heads`: some anchors around each, more or less sure, in any order.
    pub(super) fn detect(&mut self, heads: &[Head]) {
        let (count, centers) = (self.anchors.count(), self.anchors.centers().to_vec());
        let region = Roi::letterbox(SIZE);
        let (mut values, mut logits) = (vec![0.0; count * 16], vec![-8.0; count]);
        for head in heads.iter().filter(|head| head.seen) {
            for _ in 0..1 + self.dice.below(4) {
                let anchor = self.dice.below(count as u64) as usize;
                let mut place = |x: f32, y: f32| {
                    let shake = Vec2::new(self.dice.between(-2.0, 2.0), self.dice.between(-2.0, 2.0));
                    let unit =
                        (head.at + Vec2::new(x, y) * head.half() + shake - region.center) / region.size + 0.5;
                    (unit - centers[anchor]) * 128.0
                };
                let [middle, left, right] = [place(0.0, 0.0), place(-0.5, -0.3), place(0.5, -0.3)];
                let side = head.half() * 2.0 / region.size.x * 128.0;
                values[anchor * 16..][..8]
                    .copy_from_slice(&[middle.x, middle.y, side, side, left.x, left.y, right.x, right.y]);
                logits[anchor] = self.dice.between(0.5, 4.0);
            }
        }
        self.detected = (values, logits);
    }

    /// What the landmark net answers for each face that the twin follows: the visible head nearest to the middle of its
    /// region. Values of the landmarks in cells, and the logits of presence.
    fn look(&mut self, heads: &[Head], spoiled: Spoiled) -> (Vec<f32>, Vec<f32>) {
        let (mut landmarks, mut presence) = (vec![0.5; MAX_FACES * LANDMARKS * 3], vec![-5.0; MAX_FACES]);
        for index in 0..self.tracks.faces().len() {
            let region = self.tracks.faces()[index].roi();
            let distance = |head: &&Head| head.at.distance(region.center);
            let visible = heads.iter().filter(|head| head.seen && distance(head) < head.half() * 1.5);
            let Some(head) = visible.min_by(|a, b| distance(a).total_cmp(&distance(b))) else { continue };
            let points = head.points(&mut self.dice);
            let depth = depth_scale(&region, SIZE) / MESH as f32;
            let back = Vec2::from_angle(-region.angle);
            for (to, point) in landmarks[index * LANDMARKS * 3..].chunks_exact_mut(3).zip(&points) {
                let unit = back.rotate(point.truncate() - region.center) / region.size + 0.5;
                to.copy_from_slice(&[unit.x * MESH as f32, unit.y * MESH as f32, point.z / depth]);
            }
            presence[index] = self.dice.between(1.0, 9.0);
        }
        match spoiled {
            Spoiled::Nothing => {}
            Spoiled::Landmark(at, value) => landmarks[at] = value,
            Spoiled::Presence(value) => presence[0] = value,
        }
        (landmarks, presence)
    }

    /// The twin's frame, from the landmark net on.
    fn twin(&mut self, landmarks: &[f32], presence: &[f32], now: Duration) {
        for index in 0..self.tracks.faces().len() {
            let region = self.tracks.faces()[index].roi();
            let depth = depth_scale(&region, SIZE) / MESH as f32;
            let values = landmarks[index * LANDMARKS * 3..][..LANDMARKS * 3].as_chunks::<3>().0;
            let in_picture = |point: &[f32; 3]| {
                let place = Vec2::new(point[0], point[1]) / MESH as f32;
                region.picture_from_unit(place).extend(point[2] * depth)
            };
            let points: Vec<Vec3> = values.iter().map(in_picture).collect();
            self.tracks.update(index, &points, sigmoid(presence[index]), now);
        }
        self.tracks.finish();
    }

    /// One frame on the device and in the twin: the detector sees `heads` where `find` says so.
    pub(super) fn frame(&mut self, heads: &[Head], now: Duration, find: Find, spoiled: Spoiled) {
        self.before = self.tracks.faces().iter().map(|track| track.id()).collect();
        let region = Roi::letterbox(SIZE);
        let decoded = |rig: &Self| rig.anchors.decode(&rig.detected.0, &rig.detected.1, &region);
        let due = Due { find, blendshapes: true, ..Due::default() };
        let mut encoder = self.gpu.encoder("frame");
        let stages = self.follower.frame(&mut encoder, &self.picture, now, &due).unwrap();
        let faces = stages.faces.as_ref().unwrap();
        let before = match find {
            // What was detected ahead in the frame before.
            _ if !self.detected.1.is_empty() && find != Find::Here => decoded(self),
            Find::Here => {
                self.detect(heads);
                decoded(self)
            }
            _ => Vec::new(),
        };
        if self.tracks.wants_detection() && (find == Find::Here || !self.detected.1.is_empty()) {
            self.tracks.propose(&before, now);
        }
        match find {
            Find::Ahead => self.detect(heads),
            Find::Nothing => self.detected = (Vec::new(), Vec::new()),
            Find::Here => {}
        }
        if find != Find::Nothing {
            encoder.write(&self.nets.regressors, 0, bytemuck::cast_slice(&self.detected.0));
            encoder.write(&self.nets.logits, 0, bytemuck::cast_slice(&self.detected.1));
        }
        if find == Find::Here {
            self.detected = (Vec::new(), Vec::new());
        }
        encoder.compute(&[faces.begin.clone(), faces.crop.clone()]);
        let (landmarks, presence) = self.look(heads, spoiled);
        encoder.write(&self.nets.landmarks, 0, bytemuck::cast_slice(&landmarks));
        encoder.write(&self.nets.presence, 0, bytemuck::cast_slice(&presence));
        self.coefficients.iter_mut().for_each(|value| *value = self.dice.between(-0.2, 1.2));
        if self.dice.below(5) == 0 {
            self.coefficients[7] = f32::NAN;
        }
        encoder.write(&self.nets.coefficients, 0, bytemuck::cast_slice(&self.coefficients));
        let mut after = vec![faces.update.clone(), faces.finish.clone()];
        assert_eq!(faces.express.is_none(), self.options.late_blendshapes);
        after.extend(faces.express.iter().map(|(express, _)| express.clone()).chain(faces.decode.clone()));
        encoder.compute(&after);
        self.gpu.submit(encoder).unwrap();
        self.stages = Some(stages);
        self.twin(&landmarks, &presence, now);
    }

    /// What the twin makes of the last frame.
    pub(super) fn expected(&self) -> Box<FaceState> {
        let mut state = FaceState::empty();
        for (row, track) in self.tracks.faces().iter().enumerate() {
            let face = &mut state.faces[track.slot()];
            write_face(face, track, SIZE, self.options.pose);
            let late = self.options.late_blendshapes;
            let before = || self.before.iter().position(|id| *id == track.id());
            let Some(row) = (if late { before() } else { Some(row) }) else { continue };
            let values = &self.coefficients[row * BLENDSHAPES..][..BLENDSHAPES];
            if values.iter().all(|value| value.is_finite()) {
                face.blendshapes = std::array::from_fn(|at| values[at].clamp(0.0, 1.0));
                face.expression_age = late.into();
            }
        }
        state
    }

    /// What the twin makes of it before the expressions of this frame are known.
    pub(super) fn expected_early(&self) -> Box<FaceState> {
        let mut state = self.expected();
        if !self.options.late_blendshapes {
            state.faces.iter_mut().for_each(|face| face.blendshapes = [0.0; BLENDSHAPES]);
        }
        state
    }

    /// What the device made of it.
    pub(super) fn state(&self) -> Box<FaceState> {
        self.read_faces(&self.stages.as_ref().unwrap().state.whole)
    }

    /// What it had made before the expressions were known.
    pub(super) fn early(&self) -> Box<FaceState> {
        self.read_faces(&self.stages.as_ref().unwrap().state.early)
    }

    fn read_faces(&self, buffer: &Buffer) -> Box<FaceState> {
        let mut state = FaceState::empty();
        bytemuck::bytes_of_mut(&mut *state).copy_from_slice(&self.read(buffer));
        state
    }

    pub(super) fn status(&self) -> Status {
        Status::from_bytes(&self.read(self.follower.status())).unwrap()
    }

    pub(super) fn read(&self, buffer: &Buffer) -> Vec<u8> {
        let mut encoder = self.gpu.encoder("read");
        let ticket = Readback::new().start_buffer(&mut encoder, buffer).unwrap();
        self.gpu.submit(encoder).unwrap();
        ticket.wait(&self.gpu).unwrap()
    }

    pub(super) fn values(&self, buffer: &Buffer) -> Vec<f32> {
        bytemuck::pod_collect_to_vec(&self.read(buffer))
    }

    /// The regions that the device keeps for the next frame, and the slots of their faces.
    pub(super) fn kept(&self) -> Vec<(Roi, usize)> {
        regions(&self.read(&self.follower.faces.as_ref().unwrap().memory.kept))
    }
}

/// Regions and slots of the faces of a state's bytes.
pub(super) fn regions(state: &[u8]) -> Vec<(Roi, usize)> {
    let word = |at: usize| u32::from_le_bytes(*state[at..].first_chunk().unwrap());
    let value = |at: usize| f32::from_bits(word(at));
    let pair = |at: usize| Vec2::new(value(at), value(at + 4));
    let track = |at: usize| {
        let angle = pair(at + 24).to_angle();
        (Roi { center: pair(at + 16), size: Vec2::splat(value(at + 32)), angle }, word(at + 100) as usize)
    };
    (0..word(1408) as usize).map(|index| track(index * 128)).collect()
}

/// The largest of some differences; not-a-number where one is, which is below no tolerance.
pub(super) fn largest(differences: impl IntoIterator<Item = f32>) -> f32 {
    differences.into_iter().map(f32::abs).max_by(f32::total_cmp).unwrap_or(f32::NAN)
}

/// Whether a difference is within a tolerance: what is not-a-number is not.
pub(super) fn within(difference: f32, tolerance: f32) -> bool {
    difference.abs() <= tolerance
}

/// The largest difference of places, in pixels.
pub(super) fn distance(a: &Roi, b: &Roi) -> f32 {
    let size = a.size - b.size;
    largest([a.center.distance(b.center), size.x, size.y, (a.angle - b.angle) * b.size.x])
}

/// The region of the twin's faces, which tests compare with the device's.
pub(super) fn twin_regions(tracks: &Tracks) -> Vec<(Roi, usize)> {
    tracks.faces().iter().map(|track| (track.roi(), track.slot())).collect()
}
