//! The kernels of faces, bound to their nets.

use std::sync::Arc;

use super::{
    Common, FaceStages, FaceTensors, Find, STATE_BYTES,
    crop::{CropKernel, LooksAt, need},
    frame::{Frame, flags},
    tables::Tables,
};
use crate::{
    gpu::{Buffer, BufferUse, ComputePipeline, Dispatch, Gpu, GpuError, Resource, Texture, shader::Library},
    kernels::crop::Outside,
    scene::{BLENDSHAPES, LANDMARKS, MAX_FACES},
    tracking::{Anchors, BLENDSHAPE_LANDMARKS},
    vision::VisionOptions,
};

/// Bytes of a landmark's filter, and of all detections that are kept.
const POINT_BYTES: u64 = 48;
const DETECTIONS_BYTES: u64 = 16 + 32 * 48;

/// All of them.
#[derive(Debug)]
pub(super) struct FaceKernels {
    pub(super) detector: CropKernel,
    regions: CropKernel,
    begin: Dispatch,
    find: Dispatch,
    decode: Dispatch,
    update: Dispatch,
    /// One for each face state in rotation.
    finish: Vec<Dispatch>,
    /// As these; none where expressions are not wanted.
    express: Vec<Dispatch>,
    capacity: u32,
    mesh: [f32; 2],
    side: f32,
    pose: bool,
    #[cfg(test)]
    pub(super) memory: Memory,
}

/// What is followed, on the device, and what the kernels know beforehand.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) kept: Buffer,
    pub(super) work: Buffer,
    pub(super) points: Buffer,
    pub(super) detections: Buffer,
    anchors: Buffer,
    tables: Buffer,
    /// Takes the input of the blendshapes net where there is none.
    nowhere: Buffer,
    /// Stands for its output: what is read and what is written must not be one buffer.
    nothing: Buffer,
}

impl Memory {
    fn new(gpu: &Gpu, common: &Common, anchors: &Anchors) -> Result<Self, GpuError> {
        let storage = |label: &str, bytes: u64| gpu.buffer(label, BufferUse::Storage, bytes);
        let filled = |label: &str, bytes: &[u8]| gpu.buffer_with(label, BufferUse::Storage, bytes);
        Ok(Self {
            kept: storage("kept", STATE_BYTES)?,
            work: common.work.clone(),
            points: storage("points", POINT_BYTES * (LANDMARKS * MAX_FACES) as u64)?,
            detections: storage("detections", DETECTIONS_BYTES)?,
            anchors: filled("anchors", bytemuck::cast_slice(anchors.centers()))?,
            tables: filled("tables", bytemuck::bytes_of(&*Tables::new()))?,
            nowhere: storage("nowhere", 4)?,
            nothing: storage("nothing", 4)?,
        })
    }

    /// All resources by the names that they have in every shader.
    fn resources<'a>(
        &'a self,
        common: &'a Common,
        FaceTensors { detector, mesh, blendshapes }: &FaceTensors<'a>,
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
            ("anchors", Resource::Buffer(&self.anchors)),
            ("tables", Resource::Buffer(&self.tables)),
            ("regressors", Resource::Buffer(detector.regressors)),
            ("logits", Resource::Buffer(detector.logits)),
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

    /// The same kernel for each of the face states.
    fn kernels(&self, name: &str, states: &[Arc<Buffer>], groups: u32) -> Result<Vec<Dispatch>, GpuError> {
        let pipeline = self.pipeline(name, name)?;
        let bind = |state: &Arc<Buffer>| {
            let mut resources = self.resources.clone();
            resources.push(("state", Resource::Buffer(state)));
            Dispatch::new(self.gpu, Arc::clone(&pipeline), &resources, [groups, 1, 1])
        };
        states.iter().map(bind).collect()
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
        let FaceTensors { detector, mesh, blendshapes } = tensors;
        let memory = Memory::new(gpu, common, detector.anchors)?;
        let maker = Maker { gpu, library, resources: memory.resources(common, tensors) };
        let side = detector.anchors.side();
        let square = [side as u32; 2];
        let whole = (LooksAt::Letterbox, Outside::Black);
        let express = |_| maker.kernels("express", &common.states, capacity);
        Ok(Self {
            detector: CropKernel::new(gpu, library, common, whole, (square, 1), -1.0..=1.0, detector.input)?,
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
            find: maker.kernel("find", "find", 1)?,
            decode: maker.kernel("decode", "decode", 1)?,
            update: maker.kernel("update", "update", capacity)?,
            finish: maker.kernels("finish", &common.states, MAX_FACES as u32 + 1)?,
            express: blendshapes.as_ref().map(express).transpose()?.unwrap_or_default(),
            capacity,
            mesh: mesh.size.map(|side| side as f32),
            side,
            pose: options.pose,
            #[cfg(test)]
            memory,
        })
    }

    /// Tells a frame what is the same in all frames, and whether expressions are due in this one.
    pub(super) fn describe(&self, frame: &mut Frame, expresses: bool, room: Option<usize>) {
        let capacity = room.map_or(self.capacity, |room| self.capacity.min(room as u32));
        (frame.capacity, frame.mesh, frame.detector) = (capacity, self.mesh, self.side);
        frame.flags |= if self.pose { flags::POSE } else { 0 };
        frame.flags |= if expresses && !self.express.is_empty() { flags::EXPRESSIONS } else { 0 };
    }

    /// What a frame begins with.
    pub(super) fn begin(&self, find: Find) -> &Dispatch {
        if find == Find::Here { &self.find } else { &self.begin }
    }

    /// The dispatches of a frame that begins with `begin` and writes face state `turn`; whether detections are decoded
    /// for the next, and expressions are due.
    pub(super) fn stages(
        &self,
        gpu: &Gpu,
        picture: &Texture,
        (begin, decodes, expresses): (&Dispatch, bool, bool),
        turn: usize,
    ) -> Result<FaceStages, GpuError> {
        Ok(FaceStages {
            begin: begin.clone(),
            crop: self.regions.dispatch(gpu, picture)?,
            decode: decodes.then(|| self.decode.clone()),
            update: self.update.clone(),
            finish: self.finish[turn].clone(),
            express: self.express.get(turn).filter(|_| expresses).cloned(),
        })
    }
}

/// Whether the tensors have room for `faces` faces; those that are cropped into look for themselves.
fn check(tensors: &FaceTensors<'_>, faces: u64) -> Result<(), GpuError> {
    let FaceTensors { detector, mesh, blendshapes } = tensors;
    let anchors = detector.anchors.count() as u64;
    need("decode", "regressors", detector.regressors, anchors * 16)?;
    need("decode", "logits", detector.logits, anchors)?;
    need("update", "landmarks", mesh.landmarks, faces * LANDMARKS as u64 * 3)?;
    need("update", "presences", mesh.presence, faces)?;
    let Some(net) = blendshapes else { return Ok(()) };
    need("finish", "expression", net.input, faces * BLENDSHAPE_LANDMARKS.len() as u64 * 2)?;
    need("express", "coefficients", net.output, faces * BLENDSHAPES as u64)
}
