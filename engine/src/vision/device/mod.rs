//! What lies between the nets, where they run on the device that draws: a picture in, face state and mask out, and
//! nothing is read back in between.
//!
//! A net is what it reads and writes here: storage buffers of `f32`. The landmark and blendshapes nets have room for as
//! many faces as are followed, one after the other. [`Follower`] makes and binds all kernels once; a frame writes one
//! small uniform ([`Follower::frame`]) and gets its [`Stages`], dispatches to be recorded around those of the nets:
//!
//! ```text
//! detector followed in its own frame ([`Find::Here`], [`Find::Nothing`] without the first line)
//!   pictures > detector net >
//!   begin > crop > landmark net > update > finish > blendshapes net > express
//! detector beside the landmark net ([`Find::Ahead`]): its faces are followed from the next frame on
//!   begin > pictures, crop > detector net, landmark net > decode, update > finish > blendshapes net > express
//! mask, beside either and without waiting for anything of it
//!   pictures > selfie net > matte
//! late expressions, beside the landmark net: those of the faces that the frame before kept
//!   blendshapes net > finish
//! ```
//!
//! What is followed lives in a state of 1.4 KB and in the points of eight slots, both on the device. `work` is the
//! state of the frame, `kept` what it leaves to the next; every workgroup reads the one and only the end of a frame writes
//! the other, so that no dispatch waits for a part of itself. Face states and masks are written in rotation, as frames in
//! flight never share one. `finish` and `express` write one each: filters that look at no expression read the first.
//!
//! [`tracking`](crate::tracking) is the CPU twin of all kernels, which are named like its functions; time is told to
//! both alike. What the twin has and this has not: more than 256 anchors that see a face, more than 32 faces found at a
//! time, and double precision in the pose. What this has and the twin has not: whatever lies in the state, a frame later
//! it is sound again.

mod arrival;
mod crop;
mod faces;
mod frame;
mod known;
mod matte;
mod nets;
mod observer;
mod plan;
mod schedule;
mod shaders;
mod status;
mod tables;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use super::{Mode, VisionOptions};
use crate::{
    gpu::{Buffer, BufferUse, Dispatch, Encoder, Gpu, GpuError, Texture},
    scene::{FaceState, Faces, MAX_FACES},
    tracking::Anchors,
};
use faces::FaceKernels;
use frame::{Clock, Frame, flags};
use matte::MatteKernels;
pub use observer::DeviceObserver;
pub use plan::{FramePlan, Part};
pub use status::Status;

/// Face states and masks in rotation: one that is drawn, one that is recorded, one to spare.
const RING: usize = 3;
/// Bytes of the tracks' state, as the shaders have it.
const STATE_BYTES: u64 = 1424;

/// What the detector reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct DetectorTensors<'a> {
    /// Where its anchors lie.
    pub anchors: &'a Anchors,
    /// The letterboxed picture, -1..=1.
    pub input: &'a Buffer,
    /// 16 values for each anchor.
    pub regressors: &'a Buffer,
    /// One for each anchor.
    pub logits: &'a Buffer,
}

/// What the landmark net reads and writes, face by face.
#[derive(Clone, Copy, Debug)]
pub struct MeshTensors<'a> {
    /// Columns and rows of the input.
    pub size: [u32; 2],
    /// The faces' regions, 0..=1.
    pub input: &'a Buffer,
    /// x, y and z of 478 landmarks, in cells of the input.
    pub landmarks: &'a Buffer,
    /// The logit of the presence.
    pub presence: &'a Buffer,
}

/// What the blendshapes net reads and writes, face by face.
#[derive(Clone, Copy, Debug)]
pub struct BlendshapeTensors<'a> {
    /// x and y of 146 landmarks, in pixels.
    pub input: &'a Buffer,
    /// 52 coefficients.
    pub output: &'a Buffer,
}

/// The nets that faces need.
#[derive(Clone, Debug)]
pub struct FaceTensors<'a> {
    /// Find them: one at least.
    pub detectors: Vec<DetectorTensors<'a>>,
    /// Follows them.
    pub mesh: MeshTensors<'a>,
    /// Their expressions, where they are wanted.
    pub blendshapes: Option<BlendshapeTensors<'a>>,
}

/// What a selfie net reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct MatteTensors<'a> {
    /// Columns and rows of input and output.
    pub size: [u32; 2],
    /// The whole picture, 0..=1.
    pub input: &'a Buffer,
    /// The mask, 0..=1.
    pub output: &'a Buffer,
}

/// Whether the detector looks at a frame, and when what it finds is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Find {
    /// It rests.
    #[default]
    Nothing,
    /// In the same frame: the landmark net comes after the detector.
    Here,
    /// In the next frame: the landmark net needs not wait for the detector.
    Ahead,
}

/// The nets that look at a frame, beside the landmark net.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Whether a detector does.
    pub find: Find,
    /// Which one.
    pub detector: usize,
    /// Whether the blendshapes net does. Expressions are zero in frames that it doesn't look at.
    pub blendshapes: bool,
    /// Which of the selfie nets does.
    pub matte: Option<usize>,
    /// How many faces are followed at most, no fewer than there may be already; without it all that there is room for.
    pub room: Option<usize>,
}

/// The dispatches of a frame, in the order that the module's head tells.
#[derive(Debug)]
pub struct Stages {
    /// Crops of the picture for the detector and the selfie net, as far as these are due.
    pub pictures: Vec<Dispatch>,
    /// Of faces, where they are followed.
    pub faces: Option<FaceStages>,
    /// After the selfie net, where it is due.
    pub matte: Option<[Dispatch; 2]>,
    /// The face state that the frame writes: two where expressions are due and not late.
    pub state: Faces,
    /// The mask that the frame writes, in all of its colours, where the selfie net is due.
    pub mask: Option<Arc<Texture>>,
    /// Whether the detector looks, and when what it finds is followed.
    pub find: Find,
    /// Whether the blendshapes net looks at the landmarks of the frame before, beside the landmark net.
    pub late: bool,
    /// Which frame it is, as its status will say.
    pub number: u32,
}

/// The dispatches of a frame for its faces.
#[derive(Debug)]
pub struct FaceStages {
    /// Takes over what was kept and proposes detections; with [`Find::Here`] it decodes them first, after the detector.
    pub begin: Dispatch,
    /// The regions of all faces, for the landmark net.
    pub crop: Dispatch,
    /// After the detector, with [`Find::Ahead`].
    pub decode: Option<Dispatch>,
    /// After the landmark net.
    pub update: Dispatch,
    /// Writes the early face state and the input of the blendshapes net.
    pub finish: Dispatch,
    /// Writes another face state, which has expressions, after the blendshapes net, where that is due and looks at this
    /// frame's landmarks.
    pub express: Option<(Dispatch, Arc<Buffer>)>,
}

/// Follows faces and calms masks on the device.
#[derive(Debug)]
pub struct Follower {
    mode: Mode,
    calms: bool,
    late: bool,
    faces: Option<FaceKernels>,
    mattes: Vec<MatteKernels>,
    common: Common,
    clock: Clock,
    masks: Clock,
    size: [u32; 2],
    /// Whether the state of the frame before is to be forgotten, and its mask.
    reset: bool,
    /// Whether detections wait for the next frame, and landmarks for its blendshapes net.
    ahead: bool,
    expresses: bool,
    /// The selfie net of the mask before.
    last_matte: Option<usize>,
    turn: usize,
}

/// What all kernels share.
#[derive(Debug)]
struct Common {
    frame: Buffer,
    work: Buffer,
    /// In the place of `work`, for what looks at no face: it need not wait until that is written.
    no_work: Buffer,
    status: Buffer,
    states: Vec<Arc<Buffer>>,
}

/// Face states in rotation.
fn face_states(gpu: &Gpu) -> Result<Vec<Arc<Buffer>>, GpuError> {
    let state = |_| gpu.buffer("faces", BufferUse::Storage, size_of::<FaceState>() as u64).map(Arc::new);
    (0..RING).map(state).collect()
}

impl Stages {
    /// The kernel, where it is due.
    fn dispatch(&self, kernel: schedule::Kernel) -> Option<Dispatch> {
        use schedule::Kernel;
        let faces = self.faces.as_ref();
        let matte = self.matte.as_ref();
        match kernel {
            Kernel::DetectorCrop => self.pictures.first().filter(|_| self.find != Find::Nothing).cloned(),
            Kernel::SelfieCrop => self.pictures.last().filter(|_| matte.is_some()).cloned(),
            Kernel::Begin => faces.map(|faces| faces.begin.clone()),
            Kernel::Crop => faces.map(|faces| faces.crop.clone()),
            Kernel::Update => faces.map(|faces| faces.update.clone()),
            Kernel::Finish => faces.map(|faces| faces.finish.clone()),
            Kernel::Express => Some(faces?.express.as_ref()?.0.clone()),
            Kernel::Decode => faces.and_then(|faces| faces.decode.clone()),
            Kernel::Check => matte.map(|[check, _]| check.clone()),
            Kernel::Calm => matte.map(|[_, calm]| calm.clone()),
        }
    }

    /// The dispatches that are others from picture to picture and from turn to turn.
    fn bound(&self) -> Vec<Dispatch> {
        let faces = self.faces.iter().flat_map(|faces| [&faces.crop, &faces.finish]);
        let matte = self.matte.iter().map(|[_, calm]| calm);
        self.pictures.iter().chain(faces).chain(matte).cloned().collect()
    }
}

impl Follower {
    /// Compiles the kernels and binds them to the nets' tensors. `options` say how many faces are followed, whether
    /// frames follow each other, and what is wanted of faces and masks; nets are taken as they are given.
    ///
    /// # Errors
    /// [`GpuError::Binding`] when a tensor is too small, and when the driver refuses a kernel or memory.
    pub fn new(
        gpu: &Gpu,
        options: &VisionOptions,
        faces: Option<&FaceTensors<'_>>,
        mattes: &[MatteTensors<'_>],
    ) -> Result<Self, GpuError> {
        let library = shaders::library(gpu);
        let storage = |label: &str, bytes: u64| gpu.buffer(label, BufferUse::Storage, bytes);
        let common = Common {
            frame: gpu.buffer("frame", BufferUse::Uniform, size_of::<Frame>() as u64)?,
            work: storage("work", STATE_BYTES)?,
            no_work: storage("no work", STATE_BYTES)?,
            status: storage("status", size_of::<Status>() as u64)?,
            states: face_states(gpu)?,
        };
        let capacity = options.faces.min(MAX_FACES);
        let faces = faces.filter(|_| capacity > 0);
        let kernels = |tensors| FaceKernels::new(gpu, &library, &common, options, tensors);
        let matte = |tensors| MatteKernels::new(gpu, &library, &common, tensors);
        Ok(Self {
            mode: options.mode,
            calms: options.mode == Mode::Video && !options.raw_matte,
            late: options.is_late(),
            faces: faces.map(kernels).transpose()?,
            mattes: mattes.iter().map(matte).collect::<Result<_, _>>()?,
            common,
            clock: Clock::default(),
            masks: Clock::default(),
            size: [0; 2],
            reset: true,
            ahead: false,
            expresses: false,
            last_matte: None,
            turn: 0,
        })
    }

    /// Forgets all faces and the last mask: the next frame is not a continuation.
    pub fn reset(&mut self) {
        (self.reset, self.last_matte) = (true, None);
    }

    /// What a frame tells the host: a [`Status`], to be read back when it is convenient.
    pub fn status(&self) -> &Buffer {
        &self.common.status
    }

    /// Begins a frame: records its uniform, and gives the dispatches to be recorded after it.
    ///
    /// # Errors
    /// [`GpuError::Binding`] when `picture` can't be read.
    pub fn frame(
        &mut self,
        encoder: &mut Encoder,
        picture: &Texture,
        time: Duration,
        due: &Due,
    ) -> Result<Stages, GpuError> {
        let gpu = encoder.gpu().clone();
        let find = match (due.find, self.mode) {
            // Frames that stand alone leave nothing to the next.
            (Find::Ahead, Mode::Image) => Find::Here,
            (find, _) => find,
        };
        let mattes = due.matte.filter(|&matte| matte < self.mattes.len());
        let frame = self.uniform(picture.size(), time, find, &Due { matte: mattes, ..*due });
        encoder.write(&self.common.frame, 0, bytemuck::bytes_of(&frame));
        self.turn = (self.turn + 1) % RING;
        let mut pictures = Vec::with_capacity(2);
        let faces = match &self.faces {
            Some(faces) => {
                let detector = faces.detector(due.detector);
                if find != Find::Nothing {
                    pictures.push(detector.crop.dispatch(&gpu, picture)?);
                }
                let begin = if find == Find::Here { &detector.find } else { &faces.begin };
                let decode = (find == Find::Ahead).then_some(&detector.decode);
                Some(faces.stages(&gpu, picture, (begin, decode, due.blendshapes), self.turn)?)
            }
            None => None,
        };
        let early = &self.common.states[self.turn];
        let express = faces.as_ref().and_then(|stages| stages.express.as_ref());
        let whole = Arc::clone(express.map_or(early, |(_, whole)| whole));
        let matte = mattes.map(|matte| &self.mattes[matte]);
        if let Some(matte) = matte {
            pictures.push(matte.crop.dispatch(&gpu, picture)?);
        }
        Ok(Stages {
            pictures,
            faces,
            matte: matte.map(|matte| matte.dispatches(self.turn)),
            state: Faces { whole, early: Arc::clone(early) },
            mask: matte.map(|matte| matte.texture(self.turn)),
            find: if self.faces.is_some() { find } else { Find::Nothing },
            late: self.late,
            number: frame.number,
        })
    }

    /// What the kernels must know of a frame.
    fn uniform(&mut self, size: [u32; 2], time: Duration, find: Find, due: &Due) -> Frame {
        let fresh = self.reset || self.mode == Mode::Image || self.size != size;
        let propose = find == Find::Here || (self.ahead && !fresh);
        let mut frame = self.clock.frame(size, time);
        if let Some(faces) = &self.faces {
            faces.describe(&mut frame, due);
        }
        let mut flag = |on: bool, flag: u32| frame.flags |= if on { flag } else { 0 };
        flag(fresh, flags::RESET);
        flag(propose, flags::PROPOSE);
        flag(self.calms, flags::CALM);
        flag(self.late && self.expresses && due.blendshapes, flags::LATE_EXPRESSIONS);
        if due.matte.is_some() {
            flag(self.last_matte != due.matte, flags::FORGET_MASK);
            let mask = self.masks.frame(size, time);
            (frame.mask_step, frame.masks) = (mask.step, mask.number);
            self.last_matte = due.matte;
        }
        (self.reset, self.size) = (false, size);
        (self.ahead, self.expresses) = (find == Find::Ahead, due.blendshapes);
        frame
    }
}
