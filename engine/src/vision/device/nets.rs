//! The nets on the device, and what a frame does with them.

use super::{
    BlendshapeTensors, DetectorTensors, FaceTensors, Find, MatteTensors, MeshTensors, Stages,
    schedule::{Scheduled, Task, interleaved},
};
use crate::{
    gpu::{Dispatch, Gpu},
    nets::{self, GpuNet, ModelId, Models, Program},
    scene::{BLENDSHAPES, LANDMARKS, MAX_FACES},
    tracking::Anchors,
    vision::{Detector, MatteNet, VisionError, VisionOptions, lens},
};

/// Those that the options ask for.
#[derive(Debug)]
pub(super) struct Nets {
    pub(super) faces: Option<FaceNets>,
    mattes: Vec<(ModelId, Program)>,
}

/// Those of faces.
#[derive(Debug)]
pub(super) struct FaceNets {
    anchors: Anchors,
    detector: Program,
    mesh: Program,
    blendshapes: Option<Program>,
}

/// Loads nets.
struct Loader<'a> {
    models: &'a Models,
    gpu: &'a Gpu,
    how: GpuNet,
}

impl Loader<'_> {
    /// `model`, for `count` tensors at a time, whose first outputs have `outputs` values each.
    fn load(&self, model: ModelId, count: usize, outputs: &[usize]) -> Result<Program, VisionError> {
        let plan = self.models.plan(model)?;
        lens::check(model, &plan.inputs(), &plan.outputs(), outputs)?;
        Ok(nets::program(&plan, self.gpu, self.how, count)?)
    }

    /// A net that looks at pictures, and the columns and rows of its input.
    fn lens(&self, model: ModelId, count: usize, outputs: &[usize]) -> Result<Program, VisionError> {
        let program = self.load(model, count, outputs)?;
        lens::picture_size(model, program.inputs())?;
        Ok(program)
    }
}

impl Nets {
    pub(super) fn load(
        models: &Models,
        options: &VisionOptions,
        gpu: &Gpu,
        how: GpuNet,
    ) -> Result<Self, VisionError> {
        let loader = Loader { models, gpu, how };
        let faces = (options.faces > 0).then(|| FaceNets::load(&loader, options)).transpose()?;
        let matte = |model: ModelId, cells: usize| Ok((model, loader.lens(model, 1, &[cells])?));
        let mattes = match options.matte {
            None => Vec::new(),
            Some(which) => {
                let shapes = [[2, 1], [1, 1]].map(|shape| which.model(shape));
                let all = [(ModelId::SelfieLandscape, 256 * 144), (ModelId::SelfieSquare, 256 * 256)];
                let needed = all.into_iter().filter(|(model, _)| shapes.contains(model));
                needed.map(|(model, cells)| matte(model, cells)).collect::<Result<_, VisionError>>()?
            }
        };
        Ok(Self { faces, mattes })
    }

    /// The selfie net for pictures of `size` pixels.
    pub(super) fn matte(&self, which: Option<MatteNet>, size: [u32; 2]) -> Option<usize> {
        let model = which?.model(size);
        self.mattes.iter().position(|(known, _)| *known == model)
    }

    pub(super) fn matte_program(&self, index: usize) -> &Program {
        &self.mattes[index].1
    }

    pub(super) fn matte_tensors<'a>(&'a self) -> Vec<MatteTensors<'a>> {
        let tensors = |(_, net): &'a (ModelId, Program)| MatteTensors {
            size: size_of_picture(net),
            input: net.input(0),
            output: net.output(0),
        };
        self.mattes.iter().map(tensors).collect()
    }

    /// All that a frame does on `faces` faces at most, level by level.
    pub(super) fn levels<T>(
        &self,
        stages: &Stages,
        (find, matte, faces): (Find, Option<usize>, usize),
        of: Of<'_, T>,
    ) -> Vec<Vec<Scheduled<T>>> {
        let one = |dispatch: &Dispatch, name| vec![vec![(of.kernel)(dispatch, name)]];
        let mut tasks: Vec<Task<T>> = Vec::new();
        let mut add = |name, after: &[usize], levels| {
            tasks.push(Task { name, after: after.to_vec(), levels });
            tasks.len() - 1
        };
        let mut pictures = stages.pictures.iter();
        if let (Some(nets), Some(kernels)) = (&self.faces, &stages.faces) {
            let detects = if find == Find::Nothing { None } else { pictures.next() };
            let looks = detects.map(|crop| {
                let crop = add("crop for the detector", &[], one(crop, "crop"));
                add("detector", &[crop], (of.net)(&nets.detector, 1))
            });
            let first: Vec<usize> = looks.filter(|_| find == Find::Here).into_iter().collect();
            let begin = add("begin", &first, one(&kernels.begin, "begin"));
            let crop = add("crop for the landmarks", &[begin], one(&kernels.crop, "crop"));
            let mesh = add("landmarks", &[crop], (of.net)(&nets.mesh, faces));
            let update = add("update", &[mesh], one(&kernels.update, "update"));
            let finish = add("finish", &[update], one(&kernels.finish, "finish"));
            if let (Some(net), Some(express)) = (&nets.blendshapes, &kernels.express) {
                let net = add("blendshapes", &[finish], (of.net)(net, faces));
                add("express", &[net], one(express, "express"));
            }
            if let (Some(decode), Some(detector)) = (&kernels.decode, looks) {
                add("decode", &[detector, begin], one(decode, "decode"));
            }
        }
        if let (Some(index), Some([check, calm])) = (matte, &stages.matte) {
            let crop = pictures.next().map(|crop| one(crop, "crop")).unwrap_or_default();
            let crop = add("crop for the mask", &[], crop);
            let net = add("selfie", &[crop], (of.net)(self.matte_program(index), 1));
            let check = add("check", &[net], one(check, "check"));
            add("calm", &[check], one(calm, "calm"));
        }
        interleaved(tasks)
    }
}

/// What a schedule is made of: kernels between nets, by name, and the levels of a net for some faces.
pub(super) struct Of<'a, T> {
    pub(super) kernel: &'a dyn Fn(&Dispatch, &'static str) -> T,
    pub(super) net: &'a dyn Fn(&Program, usize) -> Vec<Vec<T>>,
}

impl FaceNets {
    fn load(loader: &Loader<'_>, options: &VisionOptions) -> Result<Self, VisionError> {
        let capacity = options.faces.min(MAX_FACES);
        let (model, anchors) = match options.detector {
            Detector::Short => (ModelId::FaceDetector, Anchors::short_range()),
            Detector::Full => (ModelId::FaceDetectorFull, Anchors::full_range()),
        };
        let blendshapes = || loader.load(ModelId::Blendshapes, capacity, &[BLENDSHAPES]);
        Ok(Self {
            detector: loader.lens(model, 1, &[anchors.count() * 16, anchors.count()])?,
            mesh: loader.lens(ModelId::FaceMesh, capacity, &[LANDMARKS * 3, 1])?,
            blendshapes: options.blendshapes.then(blendshapes).transpose()?,
            anchors,
        })
    }

    pub(super) fn tensors(&self) -> FaceTensors<'_> {
        let blendshapes = self.blendshapes.as_ref();
        FaceTensors {
            detector: DetectorTensors {
                anchors: &self.anchors,
                input: self.detector.input(0),
                regressors: self.detector.output(0),
                logits: self.detector.output(1),
            },
            mesh: MeshTensors {
                size: size_of_picture(&self.mesh),
                input: self.mesh.input(0),
                landmarks: self.mesh.output(0),
                presence: self.mesh.output(1),
            },
            blendshapes: blendshapes
                .map(|net| BlendshapeTensors { input: net.input(0), output: net.output(0) }),
        }
    }
}

/// Columns and rows of a net's input; of nets that look at pictures, which were asked when they were loaded.
fn size_of_picture(net: &Program) -> [u32; 2] {
    match *net.inputs()[0].shape.as_slice() {
        [_, rows, columns, _] => [columns as u32, rows as u32],
        _ => [0; 2],
    }
}
