//! The nets on the device that draws, frame by frame: a picture in, face state and mask out.
//!
//! Offline, [`DeviceObserver::observe`] waits after each frame, so that the detector is due exactly when faces are
//! missing: the tracks are those of the CPU. Live, [`DeviceObserver::record`] waits for nothing. A [`Status`] that arrives
//! some frames later tells how many faces there are: with none, the detector looks first at every frame; with some, but
//! fewer than are wanted, now and then and beside the landmark net, so that no frame takes much longer than the others.

use std::{collections::VecDeque, time::Duration};

use super::{
    Due, Find, Follower, Stages,
    arrival::{Arrival, Mask},
    known::Known,
    nets::{FaceNets, Nets},
    plan::Part,
    schedule::{Scheduled, Shape},
};
use crate::{
    frame::{Frame, FrameId},
    gpu::{
        Dispatch, Encoder, Gpu, GpuError, Levels,
        readback::{Readback, Ticket},
    },
    kernels::convert::Convert,
    nets::Models,
    scene::{MAX_FACES, Matte, Observation, Picture, Scene},
    vision::{Mode, VisionError, VisionOptions},
    workers::Workers,
};

/// Schedules that are kept: more than there are kinds of frames, state buffers and pictures in rotation.
const KEPT_SCHEDULES: usize = 64;

/// Looks at pictures on the device, one after the other.
#[derive(Debug)]
pub struct DeviceObserver {
    gpu: Gpu,
    options: VisionOptions,
    nets: Nets,
    follower: Follower,
    schedules: Vec<Schedule>,
    readback: Readback,
    /// Statuses on their way.
    pending: VecDeque<Ticket>,
    known: Known,
    /// How often a detector has looked.
    looks: usize,
    size: [u32; 2],
    convert: Option<Convert>,
    wants_results: bool,
    results: VecDeque<Arrival>,
    latest: Option<Observation>,
}

/// A frame's dispatches, bound for its picture and the buffers in rotation.
#[derive(Debug)]
struct Schedule {
    due: Due,
    faces: usize,
    /// What is another one from picture to picture, and from turn to turn.
    bound: Vec<Dispatch>,
    /// One level, which nothing waits for.
    prefetch: Levels,
    /// Those of faces, and those of the mask.
    halves: [Levels; 2],
}

/// What a frame does and with which buffers.
struct Looked {
    stages: Stages,
    matte: Option<usize>,
}

impl DeviceObserver {
    /// Loads the nets that `options` ask for onto `gpu`; `workers` compile their kernels.
    ///
    /// # Errors
    /// When a model is missing, broken or not the net it should be, and when the device refuses a kernel or memory.
    pub fn new(
        models: &Models,
        options: VisionOptions,
        gpu: &Gpu,
        workers: &Workers,
    ) -> Result<Self, VisionError> {
        let nets = Nets::load(models, &options, gpu, options.kernels, workers)?;
        let faces = nets.faces.as_ref().map(FaceNets::tensors);
        let follower = Follower::new(gpu, &options, faces.as_ref(), &nets.matte_tensors())?;
        Ok(Self {
            gpu: gpu.clone(),
            options,
            follower,
            nets,
            schedules: Vec::new(),
            readback: Readback::new(),
            pending: VecDeque::new(),
            known: Known::default(),
            looks: 0,
            size: [0; 2],
            convert: None,
            wants_results: false,
            results: VecDeque::new(),
            latest: None,
        })
    }

    /// Whether whole results come back to host memory, for [`DeviceObserver::latest`].
    pub fn want_results(&mut self, want: bool) {
        self.wants_results = want;
    }

    /// The newest results that have come back, where they are wanted: of a frame some time ago.
    pub fn latest(&mut self) -> Option<&Observation> {
        let landed = self.results.iter().rposition(|result| result.faces.landed());
        if let Some(result) = landed.and_then(|newest| self.results.drain(..=newest).next_back()) {
            match result.wait(&self.gpu) {
                Ok(observation) => self.latest = Some(observation),
                Err(error) => log::warn!("results of a frame were lost: {error}"),
            }
        }
        self.latest.as_ref()
    }

    /// Forgets all faces and the last mask: the next frame is not a continuation.
    pub fn reset(&mut self) {
        self.follower.reset();
        self.known.forget();
        self.looks = 0;
        self.pending.clear();
        self.results.clear();
        self.latest = None;
    }

    /// Pictures of another size are not a continuation: the follower forgets its faces by itself.
    fn arrive(&mut self, picture: &Picture) {
        let size = picture.texture.size();
        if self.size != size {
            self.known.forget();
            self.pending.clear();
            self.size = size;
        }
    }

    /// Records a look at `picture` and waits for nothing.
    ///
    /// # Errors
    /// When the device has no memory left, or can't read the picture.
    pub fn record(&mut self, encoder: &mut Encoder, picture: Picture) -> Result<Scene, VisionError> {
        self.arrive(&picture);
        if let Some(newest) = self.pending.iter().rposition(Ticket::landed) {
            // What never lands, because its frame was never submitted, goes with what is older than the newest.
            let status =
                self.pending.drain(..=newest).next_back().and_then(|ticket| ticket.wait(&self.gpu).ok());
            self.known.learn(&status.unwrap_or_default());
        }
        let capacity = self.options.faces.min(MAX_FACES);
        let looks = self.known.live(capacity, self.options.mode, self.nets.detectors(), picture.time);
        let matte = self.nets.matte(self.options.matte, picture.texture.size());
        let looked = self.look(encoder, &picture, looks, matte)?;
        if self.nets.faces.is_some() {
            self.pending.push_back(self.readback.start_buffer(encoder, self.follower.status())?);
        }
        if self.wants_results {
            let result = self.bring(encoder, &looked, (picture.id, picture.time))?;
            self.results.push_back(result);
        }
        for _ in MAX_PENDING..self.pending.len() {
            self.pending.pop_front();
        }
        for _ in MAX_PENDING..self.results.len() {
            self.results.pop_front();
        }
        Ok(scene(picture, looked.stages))
    }

    /// Looks at `frame` and waits for what is seen in it.
    ///
    /// # Errors
    /// When the device fails.
    pub fn observe(&mut self, frame: &Frame) -> Result<Observation, VisionError> {
        let mut encoder = self.gpu.encoder("look");
        let picture = self.picture(&mut encoder, frame)?;
        let looked = self.record_exactly(&mut encoder, &picture)?;
        let status = self.readback.start_buffer(&mut encoder, self.follower.status())?;
        let result = self.bring(&mut encoder, &looked, (frame.id, frame.time))?;
        self.gpu.submit(encoder)?;
        self.known.learn(&status.wait(&self.gpu)?);
        result.wait(&self.gpu)
    }

    /// What a look at `frame` that looks for faces as `find` says would record, level by level, for those that measure.
    /// The frame counts as one of those that follow each other; its parts may be recorded as often as one likes.
    ///
    /// # Errors
    /// As [`DeviceObserver::record`].
    pub fn parts(&mut self, frame: &Frame, find: Find) -> Result<Vec<Vec<Part>>, VisionError> {
        let mut encoder = self.gpu.encoder("look");
        let picture = self.picture(&mut encoder, frame)?;
        self.arrive(&picture);
        let faces = self.known.faces().clamp(1, self.options.faces.clamp(1, MAX_FACES));
        let matte = self.nets.matte(self.options.matte, picture.texture.size());
        let (due, stages) = self.begin(&mut encoder, &picture, (find, faces), matte)?;
        self.gpu.submit(encoder)?;
        let kernel = |kernel| Some((format!("{kernel:?}").to_lowercase(), stages.dispatch(kernel)?));
        let levels = Shape::of(&due, &stages).levels(kernel, |net| self.nets.named(net, faces, &due));
        let part = |Scheduled { task, work: (does, dispatch) }| Part { task, does, dispatch };
        Ok(levels.into_iter().map(|level| level.into_iter().map(part).collect()).collect())
    }

    fn picture(&mut self, encoder: &mut Encoder, frame: &Frame) -> Result<Picture, VisionError> {
        let mut convert = match self.convert.take() {
            Some(convert) => convert,
            None => Convert::new(&self.gpu)?,
        };
        let texture = convert.record(encoder, &frame.pixels)?;
        self.convert = Some(convert);
        Ok(Picture { id: frame.id, time: frame.time, texture, host: None })
    }

    /// Records a look at `picture`, once it is known what the frame before, which is submitted, has left to do: offline.
    ///
    /// # Errors
    /// As [`DeviceObserver::record`].
    pub fn look_exactly(&mut self, encoder: &mut Encoder, picture: Picture) -> Result<Scene, VisionError> {
        if let Some(ticket) = self.pending.pop_back() {
            self.pending.clear();
            match ticket.wait(&self.gpu) {
                Ok(status) => self.known.learn(&status),
                // The frame before was never submitted.
                Err(GpuError::Validation { .. }) => self.reset(),
                Err(error) => return Err(error.into()),
            }
        }
        let looked = self.record_exactly(encoder, &picture)?;
        if self.nets.faces.is_some() {
            self.pending.push_back(self.readback.start_buffer(encoder, self.follower.status())?);
        }
        if self.wants_results {
            let result = self.bring(encoder, &looked, (picture.id, picture.time))?;
            self.results.push_back(result);
        }
        Ok(scene(picture, looked.stages))
    }

    fn record_exactly(&mut self, encoder: &mut Encoder, picture: &Picture) -> Result<Looked, VisionError> {
        self.arrive(picture);
        let capacity = self.options.faces.min(MAX_FACES);
        let followed = self.known.faces();
        let finds = self.options.mode == Mode::Image || followed < capacity;
        let (find, faces) = if finds { (Find::Here, capacity) } else { (Find::Nothing, followed) };
        let matte = self.nets.matte(self.options.matte, picture.texture.size());
        // Whoever is there is seen in the first frame, whichever detector it takes.
        if followed == 0 {
            self.looks = 0;
            for _ in 1..self.nets.detectors() {
                self.look(encoder, picture, (find, faces), None)?;
            }
        }
        self.look(encoder, picture, (find, faces), matte)
    }

    /// Records what a frame begins with, and tells what is to follow.
    fn begin(
        &mut self,
        encoder: &mut Encoder,
        picture: &Picture,
        (find, faces): (Find, usize),
        matte: Option<usize>,
    ) -> Result<(Due, Stages), VisionError> {
        let find = if self.nets.faces.is_some() { find } else { Find::Nothing };
        if find != Find::Nothing && !self.known.looks_again() {
            self.looks = self.looks.wrapping_add(1);
        }
        let detector = self.looks.wrapping_sub(1) % self.nets.detectors().max(1);
        let due = Due { find, detector, blendshapes: self.options.blendshapes, matte, room: Some(faces) };
        let stages = self.follower.frame(encoder, &picture.texture, picture.time, &due)?;
        self.known.goes_on(stages.number, picture.time, find, faces);
        Ok((due, stages))
    }

    fn look(
        &mut self,
        encoder: &mut Encoder,
        picture: &Picture,
        (find, faces): (Find, usize),
        matte: Option<usize>,
    ) -> Result<Looked, VisionError> {
        let (due, stages) = self.begin(encoder, picture, (find, faces), matte)?;
        let bound = stages.bound();
        let known = |schedule: &Schedule| {
            let alike = |(a, b): (&Dispatch, &Dispatch)| a.is_same(b);
            schedule.due == due && schedule.faces == faces && schedule.bound.iter().zip(&bound).all(alike)
        };
        let index = match self.schedules.iter().position(known) {
            Some(index) => index,
            None => {
                let net = |net| self.nets.levels(net, faces, &due);
                let halves = Shape::of(&due, &stages).halves().map(|half| {
                    let levels = half.levels(|kernel| stages.dispatch(kernel), net).into_iter();
                    Levels::new(
                        levels.map(|level| level.into_iter().map(|scheduled| scheduled.work).collect()),
                    )
                });
                if self.schedules.len() >= KEPT_SCHEDULES {
                    self.schedules.remove(0);
                }
                let prefetch = Levels::new([self.nets.prefetch(faces, &due)]);
                self.schedules.push(Schedule { due, faces, bound, prefetch, halves });
                self.schedules.len() - 1
            }
        };
        let Schedule { prefetch, halves: [faces, mask], .. } = &self.schedules[index];
        // Beside the conversion of the picture, which leaves room.
        encoder.compute_levels("prefetch", prefetch);
        encoder.compute_levels("faces", faces);
        encoder.compute_levels("mask", mask);
        Ok(Looked { stages, matte: due.matte })
    }

    /// Starts to bring what is seen to host memory.
    fn bring(
        &self,
        encoder: &mut Encoder,
        looked: &Looked,
        (id, time): (FrameId, Duration),
    ) -> Result<Arrival, VisionError> {
        let matte = match (looked.matte, &looked.stages.mask) {
            (Some(index), Some(mask)) => Some(match self.options.raw_matte {
                // The texture has 8 bits.
                true => {
                    let output = self.nets.matte_program(index).output(0);
                    Mask::Raw(mask.size(), self.readback.start_buffer(encoder, output)?)
                }
                false => Mask::Calmed(mask.size(), self.readback.start(encoder, mask)?),
            }),
            _ => None,
        };
        Ok(Arrival {
            id,
            time,
            faces: self.readback.start_buffer(encoder, &looked.stages.state.whole)?,
            matte,
        })
    }

    /// How often the device waits for levels of faces and of the mask in the last schedule that was made, and how many they have.
    pub fn barriers(&self) -> Option<[(usize, usize); 2]> {
        let schedule = self.schedules.last()?;
        Some(schedule.halves.each_ref().map(|levels| (levels.barriers(), levels.count())))
    }
}

/// The picture with what a frame of these stages sees in it.
fn scene(picture: Picture, stages: Stages) -> Scene {
    let seen = picture.id;
    let matte = stages.mask.map(|texture| Matte { texture, seen });
    Scene { picture, seen, faces: stages.state, slots: MAX_FACES as u32, matte }
}

/// Read-backs under way, at most.
const MAX_PENDING: usize = 6;
