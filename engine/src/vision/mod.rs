//! Picture in, scene out: which faces and which person are there.
//!
//! The nets run on the CPU: [`Observer`] looks at a frame's host planes and gives an
//! [`Observation`](crate::scene::Observation), which knows its frame. The pre- and post-processing are MediaPipe's,
//! step by step, so that figures can be compared: detector on the letterboxed picture, landmarks in a turned square,
//! presence, the next region from the landmarks, One-Euro smoothing, then pose and blendshapes from the smoothed
//! points. [`SceneWriter`] brings what was seen to the GPU.
//!
//! [`device`] is the same where the nets run on the GPU, with [`DeviceObserver`] in the place of [`Observer`]: kernels from the picture to their input tensors, and from
//! their outputs to the face state and the mask, with the tracks kept there.
//!
//! Nothing here draws, waits or keeps time: frames carry their own.

mod cpu;
pub mod device;
mod lens;
mod meshes;
mod observe;
mod ring;

use crate::{
    frame::geometry::Roi,
    gpu::GpuError,
    nets::{Backend, GpuNet, ModelId, NetError},
    tracking::Anchors,
};

pub use cpu::Observer;
pub use device::{DeviceObserver, Find, FramePlan, Part};
pub use observe::SceneWriter;

/// Whether frames follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Faces are followed from frame to frame and smoothed.
    #[default]
    Video,
    /// Each frame stands alone: every face is looked for afresh, nothing is smoothed, ids count from zero.
    Image,
}

/// Which face detector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detector {
    /// BlazeFace short range: faces within some 2 m.
    #[default]
    Short,
    /// BlazeFace full range: within some 5 m, at three times the cost.
    Full,
    /// Both in turn: the full one misses faces that fill the picture or lie on their side. While nobody is followed, both look
    /// at each frame, but for live ones on the device that draws. At frames that stand alone the full one alone looks.
    InTurn,
}

impl Detector {
    /// The nets, in the order in which they take turns, and where their anchors lie.
    fn nets(self, mode: Mode) -> Vec<(ModelId, Anchors)> {
        let short = || (ModelId::FaceDetector, Anchors::short_range());
        let full = || (ModelId::FaceDetectorFull, Anchors::full_range());
        match (self, mode) {
            (Self::Short, _) => vec![short()],
            (Self::Full, _) | (Self::InTurn, Mode::Image) => vec![full()],
            (Self::InTurn, Mode::Video) => vec![full(), short()],
        }
    }
}

/// Which selfie segmentation net.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MatteNet {
    /// The one whose shape is nearer to the frame's: landscape for frames that are wider than 4 : 3, square for others.
    #[default]
    Auto,
    /// 256 columns, 144 rows.
    Landscape,
    /// 256 columns, 256 rows.
    Square,
}

impl MatteNet {
    /// The net for frames of `size` pixels.
    pub fn model(self, size: [u32; 2]) -> ModelId {
        match self {
            Self::Landscape => ModelId::SelfieLandscape,
            Self::Square => ModelId::SelfieSquare,
            Self::Auto if is_wide(size) => ModelId::SelfieLandscape,
            Self::Auto => ModelId::SelfieSquare,
        }
    }
}

/// Whether a frame is nearer to 16 : 9 than to a square. Between them lies 4 : 3, for which the square net has more cells.
pub(crate) fn is_wide([width, height]: [u32; 2]) -> bool {
    u64::from(width) * 3 > u64::from(height) * 4
}

/// What is looked for, and how. Nets that are not asked for are not even loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisionOptions {
    /// How many faces are followed at most; zero switches the face nets off, more than
    /// [`MAX_FACES`](crate::scene::MAX_FACES) count as that.
    pub faces: usize,
    /// Whether the 52 expression coefficients are wanted.
    pub blendshapes: bool,
    /// Whether those coefficients are told a frame late ([`Face::expression_age`](crate::scene::Face::expression_age)), so
    /// that the net need not wait for the landmarks. A face that was not there a frame ago has none yet. Only where the
    /// nets run on the device that draws and frames follow each other.
    pub late_blendshapes: bool,
    /// Whether the head's pose is wanted.
    pub pose: bool,
    /// Whether a person mask is wanted, and by which net.
    pub matte: Option<MatteNet>,
    /// Whether the mask is left as the net gave it. It is calmed from frame to frame otherwise, where frames follow
    /// each other.
    pub raw_matte: bool,
    /// Whether frames follow each other.
    pub mode: Mode,
    /// Where the nets run.
    pub backend: Backend,
    /// How their kernels are made, where they run on the device that draws.
    pub kernels: GpuNet,
    /// How faces are found.
    pub detector: Detector,
    /// For how many frames the detectors rest after each look, while somebody is followed and nobody has been lost. For nets on
    /// the CPU; those on the device that draws rest by themselves where frames are live.
    pub rest: u32,
}

impl Default for VisionOptions {
    /// One face with everything, no mask.
    fn default() -> Self {
        Self {
            faces: 1,
            blendshapes: true,
            late_blendshapes: false,
            pose: true,
            matte: None,
            raw_matte: false,
            mode: Mode::Video,
            backend: Backend::Cpu,
            kernels: GpuNet::default(),
            detector: Detector::Short,
            rest: 0,
        }
    }
}

impl VisionOptions {
    /// Whether expressions are those of the frame before, where the nets run on the device that draws.
    fn is_late(&self) -> bool {
        self.late_blendshapes && self.mode == Mode::Video
    }
}

/// Why vision can't work.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// A net can't be loaded or run.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The device, where the nets run on it.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A model file that is not the net it is used as.
    #[error("the model for {model} has {what}, not {want}; use the file that its README names")]
    Unfit {
        /// The net's name.
        model: &'static str,
        /// What was found.
        what: String,
        /// What is needed.
        want: String,
    },
}
