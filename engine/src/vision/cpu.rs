//! The nets on the CPU: a frame's host planes in, an observation out.

use std::{fmt, sync::Arc, time::Duration};

use glam::{Mat4, Vec2, Vec3};

use super::{
    MatteNet, Mode, VisionError, VisionOptions,
    lens::{self, Lens},
    meshes::Meshes,
    ring::Ring,
};
use crate::{
    frame::{Frame, Pixels, geometry::Roi},
    kernels::crop::Outside,
    nets::{Executor, ModelId, Models},
    scene::{BLENDSHAPES, Face, FaceState, HostMatte, LANDMARKS, Observation},
    scheduler::WorkPlan,
    tracking::{Anchors, BLENDSHAPE_LANDMARKS, CalmMask, Track, Tracks, pose, sigmoid},
    workers::Workers,
};

/// Looks at frames, one after the other, and remembers the faces between them.
pub struct Observer {
    options: VisionOptions,
    faces: Option<FaceNets>,
    matte: Option<MatteNets>,
    calm: Option<CalmMask>,
    tracks: Tracks,
    size: [u32; 2],
    workers: Arc<Workers>,
    states: Ring<FaceState>,
    mattes: Ring<HostMatte>,
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The nets that faces need.
struct FaceNets {
    /// They take turns.
    detectors: Vec<(Anchors, Lens)>,
    /// How often one of them has looked.
    looks: usize,
    /// Frames since one of them has looked, and how many they rest.
    rested: u32,
    rest: u32,
    /// How many faces were followed in the frame before.
    followed: usize,
    meshes: Meshes,
    regions: Vec<Roi>,
    points: Vec<Vec3>,
    blendshapes: Option<Box<dyn Executor>>,
    blendshape_input: Vec<f32>,
}

/// The selfie nets that frames of any shape may need.
struct MatteNets(Vec<(ModelId, Lens)>);

impl Observer {
    /// Loads the nets that `options` asks for; `workers` share their work.
    ///
    /// # Errors
    /// When a model is missing, broken or not the net it should be, or the backend is not part of this build.
    pub fn new(models: &Models, options: VisionOptions, workers: &Arc<Workers>) -> Result<Self, VisionError> {
        let faces = (options.faces > 0).then(|| FaceNets::load(models, &options, workers)).transpose()?;
        let matte =
            options.matte.map(|which| MatteNets::load(models, &options, which, workers)).transpose()?;
        let calm = (options.mode == Mode::Video && !options.raw_matte).then(CalmMask::default);
        Ok(Self {
            options,
            faces,
            matte,
            calm,
            tracks: Tracks::new(options.faces),
            size: [0; 2],
            workers: Arc::clone(workers),
            states: Ring::new(),
            mattes: Ring::new(),
        })
    }

    /// What it was made for.
    pub fn options(&self) -> &VisionOptions {
        &self.options
    }

    /// The faces seen in the last frame.
    pub fn faces(&self) -> &[Track] {
        self.tracks.faces()
    }

    /// Forgets all faces and the last mask: the next frame is not a continuation.
    pub fn reset(&mut self) {
        self.tracks.clear();
        self.calm.iter_mut().for_each(CalmMask::reset);
    }

    /// Looks at `frame`. Today every net that was asked for is due in every plan.
    ///
    /// # Errors
    /// When a net can't be run.
    pub fn look(&mut self, frame: &Frame, _plan: &WorkPlan) -> Result<Observation, VisionError> {
        let workers = Arc::clone(&self.workers);
        let _session = workers.session();
        let size = frame.pixels.size();
        if self.options.mode == Mode::Image || self.size != size {
            self.tracks.clear();
        }
        self.size = size;
        if let Some(nets) = &mut self.faces {
            nets.look(&frame.pixels, frame.time, &mut self.tracks)?;
        }
        let faces = self.face_state(size)?;
        let matte = match (&mut self.matte, self.options.matte) {
            (Some(nets), Some(which)) => {
                nets.look(frame, which.model(size), self.calm.as_mut(), &mut self.mattes)?
            }
            _ => None,
        };
        Ok(Observation { seen: frame.id, time: frame.time, faces, matte })
    }

    fn face_state(&mut self, size: [u32; 2]) -> Result<Arc<FaceState>, VisionError> {
        let (options, nets, tracks) = (&self.options, &mut self.faces, &self.tracks);
        let mut result = Ok(());
        let state = self.states.next(
            || FaceState::empty().into(),
            |state| {
                state.faces.iter_mut().for_each(|face| *face = bytemuck::Zeroable::zeroed());
                for track in tracks.faces() {
                    let face = &mut state.faces[track.slot()];
                    write_face(face, track, size, options.pose);
                    if let Some(nets) = nets {
                        result = std::mem::replace(&mut result, Ok(()))
                            .and_then(|()| nets.express(track.points(), &mut face.blendshapes));
                    }
                }
            },
        );
        result.map(|()| state)
    }
}

/// Landmarks, identity and pose of `track`, in the units of the face state.
pub(super) fn write_face(face: &mut Face, track: &Track, size: [u32; 2], with_pose: bool) {
    let [width, height] = size.map(|side| side as f32);
    for (to, point) in face.landmarks.iter_mut().zip(track.points()) {
        *to = [point.x / width, point.y / height, point.z / width, 1.0];
    }
    (face.id, face.presence) = (track.id().unwrap_or_default(), track.presence());
    if with_pose {
        let place = |point: &[f32; 4]| Vec3::new(point[0], point[1], point[2]);
        // A face whose pose can't be told keeps zero matrices: what is drawn with them has no area.
        let columns = |pose: Option<Mat4>| pose.map_or([0.0; 16], |pose| pose.to_cols_array());
        face.pose = columns(pose::estimate(face.landmarks.iter().map(place), size));
        face.head = columns(pose::straight_ahead(face.landmarks.iter().map(place), size));
    }
}

impl FaceNets {
    fn load(models: &Models, options: &VisionOptions, workers: &Arc<Workers>) -> Result<Self, VisionError> {
        let backend = options.backend;
        let detector = |(model, anchors): (ModelId, Anchors)| {
            let outputs = [anchors.count() * 16, anchors.count()];
            let lens = Lens::load(models, model, (-1.0..=1.0, Outside::Black), &outputs, backend, workers);
            Ok((anchors, lens?))
        };
        let detectors = options.detector.nets(options.mode).into_iter().map(detector);
        let blendshapes =
            || lens::load_checked(models, ModelId::Blendshapes, &[BLENDSHAPES], backend, workers);
        Ok(Self {
            detectors: detectors.collect::<Result<_, VisionError>>()?,
            looks: 0,
            rested: 0,
            rest: options.rest,
            followed: 0,
            meshes: Meshes::load(models, options, workers)?,
            regions: Vec::with_capacity(options.faces),
            points: Vec::with_capacity(LANDMARKS),
            blendshapes: options.blendshapes.then(blendshapes).transpose()?,
            blendshape_input: Vec::with_capacity(BLENDSHAPE_LANDMARKS.len() * 2),
        })
    }

    /// Follows faces. Where there is none, all detectors look: whoever is there is seen in the first frame, whichever it takes.
    fn look(&mut self, pixels: &Pixels, now: Duration, tracks: &mut Tracks) -> Result<(), VisionError> {
        if tracks.faces().is_empty() {
            self.looks = 0;
            for _ in 1..self.detectors.len() {
                self.follow(pixels, now, tracks)?;
            }
        }
        self.follow(pixels, now, tracks)
    }

    /// Finds new faces where there is room for them, then follows all.
    fn follow(&mut self, pixels: &Pixels, now: Duration, tracks: &mut Tracks) -> Result<(), VisionError> {
        let following = tracks.faces().len();
        let rests = following > 0 && following >= self.followed && self.rested < self.rest;
        self.rested = self.rested.saturating_add(1);
        if tracks.wants_detection() && !rests {
            self.rested = 0;
            let region = Roi::letterbox(pixels.size());
            let turn = self.looks % self.detectors.len();
            self.looks = self.looks.wrapping_add(1);
            let (anchors, lens) = &mut self.detectors[turn];
            lens.look(pixels, &region)?;
            tracks.propose(&anchors.decode(lens.output(0), lens.output(1), &region), now);
        }
        let Self { meshes, regions, points, .. } = self;
        regions.clear();
        regions.extend(tracks.faces().iter().map(Track::roi));
        let side = meshes.size().map(|cells| cells as f32);
        meshes.look(pixels, regions, |index, landmarks, presence| {
            let region = &regions[index];
            let depth = depth_scale(region, pixels.size()) / side[0];
            let from_net = |point: &[f32; 3]| {
                let place = Vec2::new(point[0] / side[0], point[1] / side[1]);
                region.picture_from_unit(place).extend(point[2] * depth)
            };
            points.clear();
            points.extend(landmarks.as_chunks::<3>().0.iter().map(from_net));
            tracks.update(index, points, sigmoid(presence), now);
        })?;
        self.followed = following;
        tracks.finish();
        Ok(())
    }

    /// The expression of a face from its landmarks in pixels. Left alone where the net gives what is not finite.
    fn express(&mut self, points: &[Vec3], to: &mut [f32; BLENDSHAPES]) -> Result<(), VisionError> {
        let Some(net) = &mut self.blendshapes else { return Ok(()) };
        self.blendshape_input.clear();
        for index in BLENDSHAPE_LANDMARKS {
            self.blendshape_input.extend(points[usize::from(index)].truncate().to_array());
        }
        net.run(&[&self.blendshape_input])?;
        let got = net.output(0);
        if got.iter().all(|value| value.is_finite()) {
            to.iter_mut().zip(got).for_each(|(to, value)| *to = value.clamp(0.0, 1.0));
        }
        Ok(())
    }
}

/// How long the region's side is, in pixels of a picture that was stretched to a square of its width: MediaPipe measures
/// depth there, so that it depends a little on the turn of a face where the picture is not square.
pub(super) fn depth_scale(region: &Roi, size: [u32; 2]) -> f32 {
    let aspect = size[0] as f32 / size[1] as f32;
    (Vec2::from_angle(region.angle) * Vec2::new(1.0, aspect)).length() * region.size.x
}

impl MatteNets {
    fn load(
        models: &Models,
        options: &VisionOptions,
        which: MatteNet,
        workers: &Arc<Workers>,
    ) -> Result<Self, VisionError> {
        let all = [(ModelId::SelfieLandscape, 256 * 144), (ModelId::SelfieSquare, 256 * 256)];
        let shapes = [[2, 1], [1, 1]].map(|shape| which.model(shape));
        let needed = all.into_iter().filter(|(model, _)| shapes.contains(model));
        let load = |(model, cells)| {
            let lens =
                Lens::load(models, model, (0.0..=1.0, Outside::Black), &[cells], options.backend, workers)?;
            Ok((model, lens))
        };
        Ok(Self(needed.map(load).collect::<Result<_, VisionError>>()?))
    }

    /// The person mask of the whole picture, stretched to the net's input; `None` where the net gives what is not
    /// finite.
    fn look(
        &mut self,
        frame: &Frame,
        model: ModelId,
        calm: Option<&mut CalmMask>,
        ring: &mut Ring<HostMatte>,
    ) -> Result<Option<Arc<HostMatte>>, VisionError> {
        let Some((_, lens)) = self.0.iter_mut().find(|(id, _)| *id == model) else { return Ok(None) };
        lens.look(&frame.pixels, &Roi::whole(frame.pixels.size()))?;
        let (size, got) = (lens.size().map(|side| side as u32), lens.output(0));
        if !got.iter().all(|value| value.is_finite()) {
            return Ok(None);
        }
        let matte = ring.next(
            || Arc::new(HostMatte { size, alpha: Vec::with_capacity(got.len()) }),
            |matte| {
                matte.size = size;
                matte.alpha.clear();
                matte.alpha.extend(got.iter().map(|value| value.clamp(0.0, 1.0)));
                if let Some(calm) = calm {
                    calm.calm(&mut matte.alpha, size, frame.time);
                }
            },
        );
        Ok(Some(matte))
    }
}
