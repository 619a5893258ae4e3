//! Draws looks over stills with what the nets saw in them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use antifaz::{
    compose::{Composer, Parts},
    filter::{Catalog, Look, LookItem},
    frame::FrameId,
    gpu::{BufferUse, Covers, Encoder, Gpu, GpuOptions, TextureDesc, TextureFormat, readback::Readback},
    quality::Tier,
    scene::{Face, FaceState, Faces, Matte, Picture, Scene},
    scheduler::WorkPlan,
    telemetry::Work,
    tracking::pose,
};
use image::{GrayImage, RgbaImage, imageops};

/// A device, and a way out of it.
pub(crate) struct Bench {
    pub(crate) gpu: Gpu,
    readback: Readback,
}

/// A still and what is seen in it.
pub(crate) struct Observed {
    pub(crate) picture: RgbaImage,
    pub(crate) faces: Box<FaceState>,
    /// What is known of them before their expressions are, where that is another state.
    pub(crate) early: Option<Box<FaceState>>,
    pub(crate) matte: Option<GrayImage>,
}

/// `assets/stills/observed/<still>.json`, made by `observe.py` beside it.
#[derive(serde::Deserialize)]
struct Seen {
    faces: Vec<SeenFace>,
}

#[derive(serde::Deserialize)]
struct SeenFace {
    landmarks: Vec<[f32; 3]>,
    /// Column by column.
    pose: [f32; 16],
}

pub(crate) fn filters() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../filters")
}

impl Observed {
    /// A still of `assets/stills`, its longer side made `side` pixels.
    pub(crate) fn of_still(still: &str, side: u32) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/stills");
        let picture = image::open(folder.join(still)).unwrap();
        let picture = picture.resize(side, side, imageops::FilterType::Triangle).into_rgba8();
        let stem = folder.join("observed").join(Path::new(still).file_stem().unwrap());
        let seen = std::fs::read_to_string(stem.with_extension("json")).unwrap();
        let seen: Seen = serde_json::from_str(&seen).unwrap();
        let mut faces = FaceState::empty();
        for (slot, face) in faces.faces.iter_mut().zip(&seen.faces) {
            for (point, [x, y, z]) in slot.landmarks.iter_mut().zip(&face.landmarks) {
                *point = [*x, *y, *z, 1.0];
            }
            (slot.pose, slot.presence) = (face.pose, 1.0);
            slot.head = straight_ahead(slot, [picture.width(), picture.height()]);
        }
        let matte = image::open(stem.with_extension("png")).ok().map(|matte| matte.into_luma8());
        Self { picture, faces, early: None, matte }
    }

    /// The same picture within a grey one of `size` pixels, its left upper corner at `corner`.
    pub(crate) fn within(&self, size: [u32; 2], corner: [u32; 2]) -> Self {
        let mut picture = RgbaImage::from_pixel(size[0], size[1], image::Rgba([128, 128, 128, 255]));
        imageops::replace(&mut picture, &self.picture, i64::from(corner[0]), i64::from(corner[1]));
        let inner = [self.picture.width() as f32, self.picture.height() as f32];
        let mut faces = self.faces.clone();
        for face in faces.faces.iter_mut().filter(|face| face.presence > 0.0) {
            for point in &mut face.landmarks {
                point[0] = (point[0] * inner[0] + corner[0] as f32) / size[0] as f32;
                point[1] = (point[1] * inner[1] + corner[1] as f32) / size[1] as f32;
                point[2] *= inner[0] / size[0] as f32;
            }
            let points = face.landmarks.iter().map(|point| glam::Vec3::new(point[0], point[1], point[2]));
            face.pose = pose::estimate(points, size).unwrap().to_cols_array();
            face.head = straight_ahead(face, size);
        }
        Self { picture, faces, early: None, matte: None }
    }
}

/// The head of `face` in a picture of `size` pixels.
fn straight_ahead(face: &Face, size: [u32; 2]) -> [f32; 16] {
    let points = face.landmarks.iter().map(|point| glam::Vec3::new(point[0], point[1], point[2]));
    pose::straight_ahead(points, size).unwrap().to_cols_array()
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Covers::Drawn)
    }

    /// With passes over the whole picture done like this.
    pub(crate) fn with(covers: Covers) -> Self {
        let adapter = std::env::var("ANTIFAZ_ADAPTER").ok();
        let options = GpuOptions { adapter, covers, ..GpuOptions::default() };
        Self { gpu: pollster::block_on(Gpu::new(&options)).unwrap(), readback: Readback::new() }
    }

    /// Composers for a look of `name:p=v,...`.
    pub(crate) fn composers<const N: usize>(
        &self,
        catalog: &Catalog,
        look: &[impl AsRef<str>],
    ) -> [Composer; N] {
        let item = |text: &str| {
            let (name, values) = text.split_once(':').unwrap_or((text, ""));
            LookItem::parse(catalog.filter(name).unwrap_or_else(|error| panic!("{error}")), values).unwrap()
        };
        let look = Look(look.iter().map(|text| item(text.as_ref())).collect());
        let parts = Parts::new(&self.gpu).unwrap();
        // Together they compile everything once.
        let composers = [(); N].map(|()| Composer::with(&self.gpu, &parts, look.clone()));
        composers.map(|composer| composer.unwrap_or_else(|error| panic!("{error}")))
    }

    /// A composer for a look.
    pub(crate) fn composer(&self, catalog: &Catalog, look: &[impl AsRef<str>]) -> Composer {
        let [composer] = self.composers(catalog, look);
        composer
    }

    /// Records a frame.
    fn compose(
        &self,
        composer: &mut Composer,
        seen: &Observed,
        millis: u64,
        tier: Tier,
    ) -> (Encoder, Picture) {
        let (gpu, id) = (&self.gpu, FrameId(1));
        let size = [seen.picture.width(), seen.picture.height()];
        let texture = gpu.texture_with(&TextureDesc::new(size, TextureFormat::Srgb8), &seen.picture).unwrap();
        let state = |state: &FaceState| {
            Arc::new(gpu.buffer_with("faces", BufferUse::Storage, bytemuck::bytes_of(state)).unwrap())
        };
        let mut faces = Faces::from(state(&seen.faces));
        faces.early = seen.early.as_ref().map_or(faces.early, |early| state(early));
        let matte = seen.matte.as_ref().map(|matte| {
            let desc = TextureDesc::new([matte.width(), matte.height()], TextureFormat::R8);
            Matte { texture: Arc::new(gpu.texture_with(&desc, matte).unwrap()), seen: id }
        });
        let picture = Picture { id, time: Duration::from_millis(millis), texture, host: None };
        let scene = Scene { picture, seen: id, faces, slots: seen.faces.slots(), matte };
        let mut encoder = gpu.encoder("case");
        let drawn =
            composer.compose(gpu, &mut encoder, scene, WorkPlan { tier, ..WorkPlan::default() }).unwrap();
        (encoder, drawn)
    }

    pub(crate) fn draw(
        &self,
        composer: &mut Composer,
        seen: &Observed,
        millis: u64,
        tier: Tier,
    ) -> RgbaImage {
        let (mut encoder, drawn) = self.compose(composer, seen, millis, tier);
        let ticket = self.readback.start(&mut encoder, &drawn.texture).unwrap();
        self.gpu.submit(encoder).unwrap();
        let [width, height] = drawn.texture.size();
        RgbaImage::from_raw(width, height, ticket.wait(&self.gpu).unwrap()).unwrap()
    }

    /// What a frame asks of the device that is not the first.
    pub(crate) fn work(&self, composer: &mut Composer, seen: &Observed) -> Work {
        self.draw(composer, seen, 0, Tier::High);
        self.compose(composer, seen, 40, Tier::High).0.work()
    }
}
