//! Where filters are tried without a camera: a picture, a face in its middle and a person around it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use antifaz::{
    compose::Composer,
    engine::Preparer,
    filter::Look,
    frame::FrameId,
    gpu::{BufferUse, Gpu, GpuError, TextureDesc, TextureFormat, timer::Timer},
    quality::Tier,
    scene::{Face, FaceState, Faces, LANDMARKS, Matte, Picture, Scene},
    scheduler::WorkPlan,
    telemetry::percentiles,
    tracking::{mesh, pose},
};

use crate::error::AppError;

/// Centimetres of the canonical face space from the top of the picture to its bottom.
const PICTURE_CM: f32 = 34.0;
/// Sides of the mask.
const MATTE: [u32; 2] = [256, 144];
/// Frames that warm up: shaders are compiled and pools filled.
const WARM_UP: usize = 3;
/// Between two frames.
const STEP: Duration = Duration::from_millis(33);

/// What every frame shows.
pub(super) struct Stage {
    gpu: Gpu,
    size: [u32; 2],
    pixels: Vec<u8>,
    faces: Faces,
    slots: u32,
    matte: Matte,
    next: u64,
}

/// What a look costs, in milliseconds: medians.
pub(super) struct Cost {
    /// Label and time of each pass, where the device tells.
    pub(super) passes: Vec<(String, Option<f64>)>,
    /// All passes on the GPU, where it tells.
    pub(super) gpu: Option<f64>,
    /// From recording until the picture is there.
    pub(super) wall: f64,
}

impl Stage {
    pub(super) fn new(gpu: &Gpu, size: [u32; 2]) -> Result<Self, GpuError> {
        let mut state = FaceState::empty();
        state.faces[0] = face(size);
        let faces = gpu.buffer_with("faces", BufferUse::Storage, bytes_of(&state))?;
        let matte = gpu.texture_with(&TextureDesc::new(MATTE, TextureFormat::R8), &person())?;
        let matte = Matte { texture: Arc::new(matte), seen: FrameId(0) };
        let [width, height] = size;
        let pixel = |x: u32, y: u32| [x * 255 / width, y * 255 / height, (x / 16 + y / 16) % 2 * 120, 255];
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y).map(|v| v as u8)));
        let (pixels, faces, slots) = (pixels.collect(), Arc::new(faces).into(), state.slots());
        Ok(Self { gpu: gpu.clone(), size, pixels, faces, slots, matte, next: 0 })
    }

    /// The next frame.
    pub(super) fn scene(&mut self) -> Result<Scene, GpuError> {
        let id = FrameId(self.next);
        self.next += 1;
        let texture =
            self.gpu.texture_with(&TextureDesc::new(self.size, TextureFormat::Srgb8), &self.pixels)?;
        let picture = Picture { id, time: STEP * id.0 as u32, texture, host: None };
        let matte = Some(Matte { texture: Arc::clone(&self.matte.texture), seen: id });
        Ok(Scene { picture, seen: id, faces: self.faces.clone(), slots: self.slots, matte })
    }

    /// Draws the next frame and waits for it.
    pub(super) fn draw(&mut self, composer: &mut Composer, tier: Tier) -> Result<(), AppError> {
        self.timed(composer, tier, None).map(|_| ())
    }

    /// Draws the next frame, and gives the time from recording until it is there.
    fn timed(
        &mut self,
        composer: &mut Composer,
        tier: Tier,
        timer: Option<&mut Timer>,
    ) -> Result<Duration, AppError> {
        let scene = self.scene()?;
        // The upload is not the filter's.
        self.gpu.wait()?;
        let (id, start) = (scene.picture.id.0, Instant::now());
        let mut encoder = self.gpu.encoder("frame");
        let plan = WorkPlan { tier, ..WorkPlan::default() };
        let drawn = match timer {
            Some(timer) => {
                timer.begin(id);
                let drawn = composer.compose_timed(&self.gpu, &mut encoder, scene, plan, timer);
                timer.end(&mut encoder);
                drawn
            }
            None => composer.compose(&self.gpu, &mut encoder, scene, plan),
        };
        let _picture = drawn.map_err(antifaz::EngineError::from)?;
        self.gpu.submit(encoder)?;
        self.gpu.wait()?;
        Ok(start.elapsed())
    }

    /// What `look` costs at a tier, measured over `frames` frames.
    pub(super) fn measure(
        &mut self,
        preparer: &Preparer,
        look: &Look,
        tier: Tier,
        frames: u64,
    ) -> Result<Cost, AppError> {
        let mut composer = preparer.compile(look.clone())?.into_composer();
        let plan = composer.plan(self.size, tier);
        let mut timer = Timer::new(&self.gpu, plan.passes.len() as u32 + 1)?;
        let (mut walls, mut spans) = (Vec::new(), Vec::new());
        for frame in 0..WARM_UP + frames as usize {
            let wall = self.timed(&mut composer, tier, Some(&mut timer))?;
            let landed: Vec<_> = std::iter::from_fn(|| timer.landed()).map(|(_, spans)| spans).collect();
            if frame >= WARM_UP {
                walls.push(millis(wall));
                spans.extend(landed);
            }
        }
        let of_pass = |pass: usize| {
            median(spans.iter().filter_map(|spans: &Vec<Duration>| spans.get(pass).copied().map(millis)))
        };
        let passes = plan.passes.iter().enumerate();
        Ok(Cost {
            passes: passes.map(|(number, pass)| (pass.label.clone(), of_pass(number))).collect(),
            gpu: median(spans.iter().map(|spans| spans.iter().copied().map(millis).sum())),
            wall: median(walls.into_iter()).unwrap_or_default(),
        })
    }
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    Some(percentiles(values.collect())?.p50)
}

fn bytes_of(state: &FaceState) -> &[u8] {
    bytemuck::bytes_of(state)
}

/// The canonical face, straight ahead in the middle of a picture of `size` pixels.
fn face(size: [u32; 2]) -> Face {
    let aspect = size[0] as f32 / size[1] as f32;
    let mut state = FaceState::empty();
    let mut face = state.faces[0];
    for (place, at) in face.landmarks.iter_mut().zip(&mesh::canonical().positions) {
        let width = PICTURE_CM * aspect;
        *place = [0.5 + at.x / width, 0.5 - at.y / PICTURE_CM, -at.z / width, 1.0];
    }
    // The canonical face has no irises: they lie between the corners of the eyes.
    for (first, corners) in [(LANDMARKS - 10, [33, 133]), (LANDMARKS - 5, [362, 263])] {
        let [a, b] = corners.map(|corner: usize| face.landmarks[corner]);
        let middle = [0, 1, 2].map(|axis| (a[axis] + b[axis]) / 2.0);
        let radius = (a[0] - b[0]).abs() / 5.0;
        for (number, [right, down]) in
            [[0.0, 0.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 1.0]].iter().enumerate()
        {
            let place = [middle[0] + right * radius, middle[1] + down * radius * aspect, middle[2], 1.0];
            face.landmarks[first + number] = place;
        }
    }
    let points = || face.landmarks.iter().map(|point| glam::Vec3::new(point[0], point[1], point[2]));
    let matrices = [pose::estimate(points(), size), pose::straight_ahead(points(), size)];
    let [estimated, ahead] = matrices.map(|matrix| matrix.unwrap_or_default().to_cols_array());
    (face.pose, face.head, face.presence, face.id) = (estimated, ahead, 1.0, 1);
    state.faces[0] = face;
    face
}

/// A head and shoulders.
fn person() -> Vec<u8> {
    let [width, height] = MATTE;
    let inside = |x: u32, y: u32, middle: [f32; 2], axes: [f32; 2]| {
        let [dx, dy] = [x as f32 - middle[0], y as f32 - middle[1]];
        (dx / axes[0]).powi(2) + (dy / axes[1]).powi(2) < 1.0
    };
    let shown =
        |x, y| inside(x, y, [128.0, 70.0], [34.0, 46.0]) || inside(x, y, [128.0, 160.0], [80.0, 60.0]);
    (0..height).flat_map(|y| (0..width).map(move |x| if shown(x, y) { 255 } else { 0 })).collect()
}
