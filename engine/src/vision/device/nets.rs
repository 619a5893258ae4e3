//! The nets on the device.

use super::{BlendshapeTensors, DetectorTensors, Due, FaceTensors, MatteTensors, MeshTensors, schedule::Net};
use crate::{
    gpu::{Dispatch, Gpu},
    nets::{self, Described, GpuNet, ModelId, Models, Program},
    scene::{BLENDSHAPES, LANDMARKS, MAX_FACES},
    tracking::Anchors,
    vision::{MatteNet, VisionError, VisionOptions, lens},
    workers::Workers,
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
    /// They take turns.
    detectors: Vec<(Anchors, Program)>,
    mesh: Program,
    blendshapes: Option<Program>,
}

/// Loads nets.
struct Loader<'a> {
    models: &'a Models,
    gpu: &'a Gpu,
    how: GpuNet,
    workers: &'a Workers,
}

impl Loader<'_> {
    /// `model`, for `count` tensors at a time, whose first outputs have `outputs` values each.
    fn load(&self, model: ModelId, count: usize, outputs: &[usize]) -> Result<Program, VisionError> {
        let plan = self.models.plan(model)?;
        lens::check(model, &plan.inputs(), &plan.outputs(), outputs)?;
        Ok(nets::program(&plan, self.gpu, self.how, count, self.workers)?)
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
        workers: &Workers,
    ) -> Result<Self, VisionError> {
        let loader = Loader { models, gpu, how, workers };
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

    /// How many detectors take turns.
    pub(super) fn detectors(&self) -> usize {
        self.faces.as_ref().map_or(0, |faces| faces.detectors.len())
    }

    /// The levels of a net on `faces` faces: of those nets that `due` names.
    pub(super) fn levels(&self, net: Net, faces: usize, due: &Due) -> Vec<Vec<Dispatch>> {
        self.program(net, faces, due).map_or_else(Vec::new, |(program, count)| program.levels(count))
    }

    /// What brings nets that run at every frame into the device's cache. Those that find faces run now and then.
    pub(super) fn prefetch(&self, faces: usize, due: &Due) -> Vec<Dispatch> {
        let blendshapes = due.blendshapes.then_some(Net::Blendshapes);
        let nets = [Net::Landmarks, Net::Selfie].into_iter().chain(blendshapes);
        let programs = nets.filter_map(|net| self.program(net, faces, due));
        programs.flat_map(|(program, _)| program.prefetch().to_vec()).collect()
    }

    /// As [`Nets::levels`], each dispatch with what it does.
    pub(super) fn named(&self, net: Net, faces: usize, due: &Due) -> Vec<Vec<(String, Dispatch)>> {
        let Some((program, count)) = self.program(net, faces, due) else { return Vec::new() };
        let name = |kernel: &Described| kernel.steps.join(", ");
        let levels = program.described().iter().zip(program.levels(count));
        levels.map(|(kernels, level)| kernels.iter().map(name).zip(level).collect()).collect()
    }

    /// The program of a net, and on how many tensors it runs.
    fn program(&self, net: Net, faces: usize, due: &Due) -> Option<(&Program, usize)> {
        let of_faces = self.faces.as_ref();
        match net {
            Net::Detector => of_faces.and_then(|nets| Some((&nets.detectors.get(due.detector)?.1, 1))),
            Net::Selfie => due.matte.map(|matte| (self.matte_program(matte), 1)),
            _ if faces == 0 => None,
            Net::Landmarks => of_faces.map(|nets| (&nets.mesh, faces)),
            Net::Blendshapes => of_faces.and_then(|nets| Some((nets.blendshapes.as_ref()?, faces))),
        }
    }
}

impl FaceNets {
    fn load(loader: &Loader<'_>, options: &VisionOptions) -> Result<Self, VisionError> {
        let capacity = options.faces.min(MAX_FACES);
        let detector = |(model, anchors): (ModelId, Anchors)| {
            let program = loader.lens(model, 1, &[anchors.count() * 16, anchors.count()])?;
            Ok((anchors, program))
        };
        let detectors = options.detector.nets(options.mode).into_iter().map(detector);
        let blendshapes = || loader.load(ModelId::Blendshapes, capacity, &[BLENDSHAPES]);
        Ok(Self {
            detectors: detectors.collect::<Result<_, VisionError>>()?,
            mesh: loader.lens(ModelId::FaceMesh, capacity, &[LANDMARKS * 3, 1])?,
            blendshapes: options.blendshapes.then(blendshapes).transpose()?,
        })
    }

    pub(super) fn tensors(&self) -> FaceTensors<'_> {
        let blendshapes = self.blendshapes.as_ref();
        let detectors = self.detectors.iter().map(|(anchors, net)| DetectorTensors {
            anchors,
            input: net.input(0),
            regressors: net.output(0),
            logits: net.output(1),
        });
        FaceTensors {
            detectors: detectors.collect(),
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
