//! The kernels of faces, bound to their nets.

use std::sync::Arc;

use super::{
    Common, DetectorTensors, Due, FaceStages, FaceTensors, RING, STATE_BYTES,
    crop::{CropKernel, LooksAt, need},
    face_states,
    frame::{Frame, flags},
    tables::Tables,
};
use crate::{
    gpu::{Buffer, BufferUse, ComputePipeline, Dispatch, Gpu, GpuError, Resource, Texture, shader::Library},
    kernels::crop::Outside,
    scene::{BLENDSHAPES, LANDMARKS, MAX_FACES},
    tracking::BLENDSHAPE_LANDMARKS,
    vision::VisionOptions,
};

/// Bytes of a landmark's filter, and of all detections that are kept.
const POINT_BYTES: u64 = 48;
const DETECTIONS_BYTES: u64 = 16 + 32 * 48;

/// All of them.
#[derive(Debug)]
pub(super) struct FaceKernels {
    detectors: Vec<DetectorKernels>,
    regions: CropKernel,
    pub(super) begin: Dispatch,
    update: Dispatch,
    /// One for each face state in rotation.
    finish: Vec<Dispatch>,
    /// As these, with what they write; none where expressions are not wanted, or late.
    express: Vec<(Dispatch, Arc<Buffer>)>,
    expresses: bool,
    capacity: u32,
    mesh: [f32; 2],
    pose: bool,
    #[cfg(test)]
    pub(super) memory: Memory,
}

/// Those of a detector.
#[derive(Debug)]
pub(super) struct DetectorKernels {
    pub(super) crop: CropKernel,
    /// What a frame begins with that follows what is found in it.
    pub(super) find: Dispatch,
    pub(super) decode: Dispatch,
    /// Columns and rows of its input.
    side: f32,
}

/// What is followed, on the device, and what the kernels know beforehand.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) kept: Buffer,
    pub(super) work: Buffer,
    pub(super) points: Buffer,
    pub(super) detections: Buffer,
    tables: Buffer,
    /// Takes the input of the blendshapes net where there is none.
    nowhere: Buffer,
    /// Stands for its output: what is read and what is written must not be one buffer.
    nothing: Buffer,
}

impl Memory {
    fn new(gpu: &Gpu, common: &Common) -> Result<Self, GpuError> {
        let storage = |label: &str, bytes: u64| gpu.buffer(label, BufferUse::Storage, bytes);
        let filled = |label: &str, bytes: &[u8]| gpu.buffer_with(label, BufferUse::Storage, bytes);
        Ok(Self {
            kept: storage("kept", STATE_BYTES)?,
            work: common.work.clone(),
            points: storage("points", POINT_BYTES * (LANDMARKS * MAX_FACES) as u64)?,
            detections: storage("detections", DETECTIONS_BYTES)?,
            tables: filled("tables", bytemuck::bytes_of(&*Tables::new()))?,
            nowhere: storage("nowhere", 4)?,
            nothing: storage("nothing", 4)?,
        })
    }

    /// All resources by the names that they have in every shader, but those of detectors.
    fn resources<'a>(
        &'a self,
        common: &'a Common,
        FaceTensors { mesh, blendshapes, .. }: &FaceTensors<'a>,
    ) -> Vec<(&'a str, Resource<'a>)> {
        let (expression, coefficients) =
            blendshapes.map_or((&self.nowhere, &self.nothing), |net| (net.input, net.output));
        vec![
            ("frame", Resource::Buffer(&common.frame)),
            ("status", Resource::Buffer(&common.status)),
            ("kept", Resource::Buffer(&self.kept)),
            ("work", Resource::Buffer(&self.work)),
            ("points", Resource::Buffer(&self.points)),
            ("detections", Resource::Buffer(&self.detections)),
            ("tables", Resource::Buffer(&self.tables)),
            ("landmarks", Resource::Buffer(mesh.landmarks)),
            ("presences", Resource::Buffer(mesh.presence)),
            ("expression", Resource::Buffer(expression)),
            ("coefficients", Resource::Buffer(coefficients)),
        ]
    }
}

/// Compiles and binds.
struct Maker<'a> {
    gpu: &'a Gpu,
    library: &'a Library,
    resources: Vec<(&'a str, Resource<'a>)>,
}

impl Maker<'_> {
    fn pipeline(&self, module: &str, entry: &str) -> Result<Arc<ComputePipeline>, GpuError> {
        let shader = self.library.resolve(&format!("vision::{module}"), &[])?;
        ComputePipeline::counted(self.gpu, &shader, entry, entry).map(Arc::new)
    }

    /// The kernel of the module and entry point `name`.
    fn kernel(&self, name: &str, module: &str, workgroups: u32) -> Result<Dispatch, GpuError> {
        Dispatch::new(self.gpu, self.pipeline(module, name)?, &self.resources, [workgroups, 1, 1])
    }

    /// The same kernel for each of the face states in rotation: these by these names.
    fn kernels<const N: usize>(
        &self,
        name: &str,
        states: [(&str, &[Arc<Buffer>]); N],
        groups: u32,
    ) -> Result<Vec<Dispatch>, GpuError> {
        let pipeline = self.pipeline(name, name)?;
        let bind = |turn: usize| {
            let mut resources = self.resources.clone();
            resources.extend(states.map(|(name, states)| (name, Resource::Buffer(&states[turn]))));
            Dispatch::new(self.gpu, Arc::clone(&pipeline), &resources, [groups, 1, 1])
        };
        (0..RING).map(bind).collect()
    }
}

impl DetectorKernels {
    fn new(maker: &Maker<'_>, common: &Common, tensors: &DetectorTensors<'_>) -> Result<Self, GpuError> {
        let &Maker { gpu, library, .. } = maker;
        let centers = bytemuck::cast_slice(tensors.anchors.centers());
        let anchors = gpu.buffer_with("anchors", BufferUse::Storage, centers)?;
        let mut resources = maker.resources.clone();
        resources.extend([
            ("anchors", Resource::Buffer(&anchors)),
            ("regressors", Resource::Buffer(tensors.regressors)),
            ("logits", Resource::Buffer(tensors.logits)),
        ]);
        let maker = Maker { gpu, library, resources };
        let side = tensors.anchors.side();
        let (whole, square) = ((LooksAt::Letterbox, Outside::Black), [side as u32; 2]);
        Ok(Self {
            crop: CropKernel::new(gpu, library, common, whole, (square, 1), -1.0..=1.0, tensors.input)?,
            find: maker.kernel("find", "find", 1)?,
            decode: maker.kernel("decode", "decode", 1)?,
            side,
        })
    }
}

impl FaceKernels {
    pub(super) fn new(
        gpu: &Gpu,
        library: &Library,
        common: &Common,
        options: &VisionOptions,
        tensors: &FaceTensors<'_>,
    ) -> Result<Self, GpuError> {
        let capacity = options.faces.min(MAX_FACES) as u32;
        check(tensors, u64::from(capacity))?;
        let FaceTensors { detectors, mesh, blendshapes } = tensors;
        let memory = Memory::new(gpu, common)?;
        let maker = Maker { gpu, library, resources: memory.resources(common, tensors) };
        let detectors = detectors.iter().map(|detector| DetectorKernels::new(&maker, common, detector));
        let mut express = Vec::new();
        if blendshapes.is_some() && !options.is_late() {
            let states = face_states(gpu)?;
            let both = [("early", &*common.states), ("state", &*states)];
            express = maker.kernels("express", both, MAX_FACES as u32)?.into_iter().zip(states).collect();
        }
        Ok(Self {
            detectors: detectors.collect::<Result<_, _>>()?,
            regions: CropKernel::new(
                gpu,
                library,
                common,
                (LooksAt::Faces, Outside::Edge),
                (mesh.size, capacity),
                0.0..=1.0,
                mesh.input,
            )?,
            begin: maker.kernel("begin", "propose", 1)?,
            update: maker.kernel("update", "update", capacity)?,
            finish: maker.kernels("finish", [("state", &*common.states)], MAX_FACES as u32 + 1)?,
            express,
            expresses: blendshapes.is_some(),
            capacity,
            mesh: mesh.size.map(|side| side as f32),
            pose: options.pose,
            #[cfg(test)]
            memory,
        })
    }

    /// The detector of this number, or the first.
    pub(super) fn detector(&self, number: usize) -> &DetectorKernels {
        self.detectors.get(number).unwrap_or(&self.detectors[0])
    }

    /// Tells a frame what its kernels must know of faces.
    pub(super) fn describe(&self, frame: &mut Frame, due: &Due) {
        let capacity = due.room.map_or(self.capacity, |room| self.capacity.min(room as u32));
        (frame.capacity, frame.mesh, frame.detector) =
            (capacity, self.mesh, self.detector(due.detector).side);
        frame.flags |= if self.pose { flags::POSE } else { 0 };
        frame.flags |= if due.blendshapes && self.expresses { flags::EXPRESSIONS } else { 0 };
    }

    /// The dispatches of a frame that begins with `begin` and writes the face states of `turn`; what decodes detections for the
    /// next, and whether expressions are due.
    pub(super) fn stages(
        &self,
        gpu: &Gpu,
        picture: &Texture,
        (begin, decode, expresses): (&Dispatch, Option<&Dispatch>, bool),
        turn: usize,
    ) -> Result<FaceStages, GpuError> {
        Ok(FaceStages {
            begin: begin.clone(),
            crop: self.regions.dispatch(gpu, picture)?,
            decode: decode.cloned(),
            update: self.update.clone(),
            finish: self.finish[turn].clone(),
            express: self.express.get(turn).filter(|_| expresses).cloned(),
        })
    }
}

/// Whether the tensors have room for `faces` faces; those that are cropped into look for themselves.
fn check(tensors: &FaceTensors<'_>, faces: u64) -> Result<(), GpuError> {
    let FaceTensors { detectors, mesh, blendshapes } = tensors;
    for detector in detectors {
        let anchors = detector.anchors.count() as u64;
        need("decode", "regressors", detector.regressors, anchors * 16)?;
        need("decode", "logits", detector.logits, anchors)?;
    }
    need("update", "landmarks", mesh.landmarks, faces * LANDMARKS as u64 * 3)?;
    need("update", "presences", mesh.presence, faces)?;
    let Some(net) = blendshapes else { return Ok(()) };
    need("finish", "expression", net.input, faces * BLENDSHAPE_LANDMARKS.len() as u64 * 2)?;
    need("express", "coefficients", net.output, faces * BLENDSHAPES as u64)
}
