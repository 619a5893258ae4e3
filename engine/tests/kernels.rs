//! Each image kernel on the GPU and on the CPU, with the same input.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "kernels/ask.rs"]
mod ask;
#[path = "kernels/faces.rs"]
mod faces;
#[path = "kernels/islands.rs"]
mod islands;
#[path = "kernels/matting.rs"]
mod matting;

use antifaz::{
    frame::{ColorSpec, Matrix, PixelFormat, Pixels, Range, geometry::Roi},
    gpu::{
        BufferUse, Covers, Gpu, GpuError, GpuOptions, Texture, TextureDesc, TextureFormat, readback::Readback,
    },
    kernels::{
        convert::{self, Convert},
        crop::{self, Crop, Outside},
        levels::{self, Levels},
        matting::Floats,
        shrink::{self, Shrink},
    },
};
use glam::Vec2;

const FORMATS: [PixelFormat; 7] = [
    PixelFormat::Rgb8,
    PixelFormat::Rgba8,
    PixelFormat::Bgra8,
    PixelFormat::Nv12,
    PixelFormat::I420,
    PixelFormat::Yuyv,
    PixelFormat::Uyvy,
];

/// The device of the tests. Without one they fail: a check that is skipped is no check.
fn gpu() -> Gpu {
    gpu_with(Covers::Drawn)
}

/// With passes over a whole target done like this.
fn gpu_with(covers: Covers) -> Gpu {
    let adapter = std::env::var("ANTIFAZ_ADAPTER").ok();
    let options = GpuOptions { adapter, covers, ..GpuOptions::default() };
    pollster::block_on(Gpu::new(&options)).unwrap_or_else(|error| panic!("{error}"))
}

/// Two devices: one draws passes over a whole target, one computes them.
fn gpus() -> [Gpu; 2] {
    [Covers::Drawn, Covers::Computed].map(gpu_with)
}

/// A small deterministic source of numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    /// Random bytes in rows of random stride.
    fn pixels(&mut self, format: PixelFormat, size: [u32; 2], color: ColorSpec) -> Pixels {
        let shapes = format.planes(size);
        let strides: Vec<usize> = shapes.iter().map(|plane| plane.0 + self.next() as usize % 9).collect();
        let bytes = shapes.iter().zip(&strides).map(|(plane, stride)| plane.1 * stride).sum();
        let bytes = (0..bytes).map(|_| (self.next() >> 32) as u8).collect();
        Pixels::with_strides(size, format, color, bytes, &strides).unwrap()
    }
}

/// The RGBA bytes of a converted frame.
fn converted(gpu: &Gpu, kernel: &mut Convert, pixels: &Pixels) -> Vec<u8> {
    let mut encoder = gpu.encoder("convert");
    let picture = kernel.record(&mut encoder, pixels).unwrap();
    assert_eq!((picture.size(), picture.format()), (pixels.size(), TextureFormat::Srgb8));
    let ticket = Readback::new().start(&mut encoder, &picture).unwrap();
    gpu.submit(encoder).unwrap();
    ticket.wait(gpu).unwrap()
}

/// Whole numbers on both sides: the same bytes. Where alpha counts, the curve is a float power: one code value.
#[test]
fn convert_agrees_with_its_twin() {
    gpus().iter().for_each(convert_agrees);
}

fn convert_agrees(gpu: &Gpu) {
    let mut dice = Dice(3);
    let mut kernel = Convert::new(gpu).unwrap();
    for size in [[1, 1], [2, 2], [5, 3], [33, 17], [64, 48], [7, 50]] {
        for format in FORMATS {
            for matrix in [Matrix::Bt601, Matrix::Bt709] {
                for range in [Range::Limited, Range::Full] {
                    let pixels = dice.pixels(format, size, ColorSpec { matrix, range });
                    let got = converted(gpu, &mut kernel, &pixels);
                    let tolerance = u8::from(matches!(format, PixelFormat::Rgba8 | PixelFormat::Bgra8));
                    for (got, want) in got.chunks_exact(4).zip(convert::to_rgb8(&pixels).chunks_exact(3)) {
                        let off = got.iter().zip(want).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
                        assert!(
                            off <= tolerance,
                            "{format:?} {size:?} {matrix:?} {range:?}: {got:?} {want:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn an_rgb_frame_comes_through_byte_by_byte_and_keeps_its_alpha() {
    let (gpu, mut dice) = (gpu(), Dice(9));
    let mut kernel = Convert::new(&gpu).unwrap();
    let pixels = dice.pixels(PixelFormat::Rgb8, [101, 37], ColorSpec::default());
    let got = converted(&gpu, &mut kernel, &pixels);
    let rgb: Vec<u8> = got.chunks_exact(4).flat_map(|texel| texel[..3].to_vec()).collect();
    assert_eq!(rgb, convert::to_rgb8(&pixels));
    assert!(got.chunks_exact(4).all(|texel| texel[3] == 255));
    let clear =
        Pixels::new([2, 1], PixelFormat::Rgba8, ColorSpec::default(), vec![255, 255, 255, 128, 9, 9, 9, 0]);
    let got = converted(&gpu, &mut kernel, &clear.unwrap());
    assert_eq!([got[3], got[7]], [128, 0]);
    assert!(got[0].abs_diff(188) <= 1 && got[4] == 0, "{got:?}");
}

/// Photos of phones are longer than the longest buffer of some devices.
#[test]
fn a_frame_over_the_longest_buffer_goes_up_in_bands() {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()));
    let required_limits = wgpu::Limits { max_storage_buffer_binding_size: 2048, ..wgpu::Limits::default() };
    let small = wgpu::DeviceDescriptor { required_limits, ..wgpu::DeviceDescriptor::default() };
    let (device, queue) = pollster::block_on(adapter.unwrap().request_device(&small)).unwrap();
    let (gpu, mut dice) = (Gpu::from_host(device, queue), Dice(21));
    let mut kernel = Convert::new(&gpu).unwrap();
    for format in [PixelFormat::Rgb8, PixelFormat::Yuyv, PixelFormat::Uyvy] {
        for size in [[65, 41], [300, 7], [3, 1]] {
            let pixels = dice.pixels(format, size, ColorSpec::default());
            let got = converted(&gpu, &mut kernel, &pixels);
            let rgb: Vec<u8> = got.chunks_exact(4).flat_map(|texel| texel[..3].to_vec()).collect();
            assert_eq!(rgb, convert::to_rgb8(&pixels), "{format:?} {size:?}");
        }
    }
    // Several planes are not taken apart, and neither is a row.
    for (format, size) in [(PixelFormat::Nv12, [64, 36]), (PixelFormat::Rgb8, [700, 2])] {
        let pixels = dice.pixels(format, size, ColorSpec::default());
        let refused = kernel.record(&mut gpu.encoder("too large"), &pixels);
        assert!(matches!(refused, Err(GpuError::TooLarge { .. })), "{format:?} {size:?}");
    }
}

#[test]
fn frames_of_one_kind_make_nothing_anew() {
    let (gpu, mut dice) = (gpu(), Dice(5));
    let mut kernel = Convert::new(&gpu).unwrap();
    let (readback, mut made) = (Readback::new(), Vec::new());
    for _ in 0..12 {
        let pixels = dice.pixels(PixelFormat::Nv12, [64, 36], ColorSpec::default());
        let mut encoder = gpu.encoder("frame");
        let picture = kernel.record(&mut encoder, &pixels).unwrap();
        let ticket = readback.start(&mut encoder, &picture).unwrap();
        drop(picture);
        gpu.submit(encoder).unwrap();
        ticket.wait(&gpu).unwrap();
        made.push((gpu.counts().textures, gpu.counts().buffers));
    }
    assert_eq!(made[3], made[11], "{made:?}");
}

#[test]
fn a_frame_over_the_devices_limit_is_refused_with_both_numbers() {
    let gpu = gpu();
    let error = gpu.texture(&TextureDesc::new([gpu.max_side() + 1, 4], TextureFormat::Srgb8)).unwrap_err();
    assert!(matches!(error, GpuError::TooLarge { most, .. } if most == u64::from(gpu.max_side())));
    assert!(error.to_string().contains(&gpu.max_side().to_string()), "{error}");
}

/// Cells that single precision puts on the other side of a step, in their share of all; and how far such a cell
/// can be off: a 32nd of the way between two pixels as far apart as black and white, rounded.
const STRAY_CELLS: f64 = 0.02;
const STRAY_VALUE: f32 = 2.0 * (255.0 / 32.0) + 1.0;

#[test]
fn crop_agrees_with_its_twin() {
    let (gpu, mut dice) = (gpu(), Dice(7));
    let (mut convert, crop) = (Convert::new(&gpu).unwrap(), Crop::new(&gpu).unwrap());
    let (mut strays, mut all) = (0, 0);
    for round in 0..28 {
        let size = [1 + dice.next() as u32 % 90, 1 + dice.next() as u32 % 70];
        let pixels = dice.pixels(FORMATS[round % 2 * 3], size, ColorSpec::default());
        let roi = match round {
            0 => Roi::whole(size),
            1 => Roi { angle: f32::NAN, ..Roi::whole(size) },
            2 => Roi { center: Vec2::splat(1e20), ..Roi::whole(size) },
            _ => Roi {
                center: Vec2::new(dice.between(-20.0, 90.0), dice.between(-20.0, 70.0)),
                size: Vec2::new(dice.between(0.5, 120.0), dice.between(0.5, 120.0)),
                angle: dice.between(-4.0, 4.0),
            },
        };
        let cells = [1 + round as u32 * 3 % 37, 1 + round as u32 * 5 % 29];
        let mut want = vec![0.0; (cells[0] * cells[1] * 3) as usize];
        let outside = if round % 4 < 2 { Outside::Black } else { Outside::Edge };
        crop::cpu(&pixels, &roi, outside, cells.map(|side| side as usize), 2.0, -1.0, &mut want);
        let tensor = gpu.buffer("tensor", BufferUse::Storage, want.len() as u64 * 4).unwrap();
        let mut encoder = gpu.encoder("crop");
        let picture = convert.record(&mut encoder, &pixels).unwrap();
        crop.record(&mut encoder, &picture, (&roi, outside), cells, (2.0, -1.0), &tensor).unwrap();
        let ticket = Readback::new().start_buffer(&mut encoder, &tensor).unwrap();
        gpu.submit(encoder).unwrap();
        let got = ticket.wait(&gpu).unwrap();
        let got: &[f32] = bytemuck::cast_slice(&got);
        for (got, want) in got.iter().zip(&want) {
            let off = (got - want).abs() / 2.0;
            assert!(off <= STRAY_VALUE, "{roi:?} of {size:?}: {got} for {want}");
            strays += usize::from(off > 0.01);
            all += 1;
        }
    }
    assert!((strays as f64) < STRAY_CELLS * f64::from(all), "{strays} of {all} values differ");
}

/// The texture unit's weights have eight bits, twice: two code values where the curve is steep.
const SHRINK_TOLERANCE: u8 = 2;

#[test]
fn shrink_agrees_with_its_twin() {
    gpus().iter().for_each(shrink_agrees);
}

fn shrink_agrees(gpu: &Gpu) {
    let shrink = Shrink::new(gpu).unwrap();
    for size in [[40, 30], [600, 333], [257, 900]] {
        // Smooth, as pictures are: in noise the weights' last bits decide.
        let texels: Vec<u8> = (0..size[1])
            .flat_map(|y| (0..size[0]).map(move |x| [x, y]))
            .flat_map(|[x, y]| {
                let wave = |k: f32| (127.5 + 100.0 * (k * (x as f32 + 2.0 * y as f32) / 50.0).sin()) as u8;
                [wave(1.0), wave(0.7), wave(0.3), 255]
            })
            .collect();
        let picture = gpu.texture_with(&TextureDesc::new(size, TextureFormat::Srgb8), &texels).unwrap();
        let mut encoder = gpu.encoder("shrink");
        let copy = shrink.record(&mut encoder, &picture).unwrap();
        assert_eq!(copy.size(), shrink::size_of_copy(size));
        let ticket = Readback::new().start(&mut encoder, &copy).unwrap();
        gpu.submit(encoder).unwrap();
        let (got, want) = (ticket.wait(gpu).unwrap(), shrink::cpu(&texels, size));
        assert_eq!(got.len(), want.len());
        let off = got.iter().zip(&want).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(off <= SHRINK_TOLERANCE, "{size:?}: {off}");
    }
}

/// A smooth picture with a person of another colour in it, who has moved `shift` pixels; and a coarse mask of the person.
fn portrait([width, height]: [usize; 2], shift: f32) -> [Floats; 2] {
    let inside = |x: f32, y: f32, soft: f32| {
        let (u, v) = (x - 0.5, y - 0.55);
        ((0.3 - (u * u + v * v * 0.6).sqrt()) / soft).clamp(-0.5, 0.5) + 0.5
    };
    let picture = Floats::make([width, height], |x, y| {
        let at = [(x as f32 - shift) / width as f32, y as f32 / height as f32];
        let person = inside(at[0], at[1], 0.02);
        let wave = 0.5 + 0.4 * (9.0 * x as f32 / width as f32).sin() * (7.0 * at[1]).cos();
        let mix = |of_person: f32, behind: f32| behind + (of_person - behind) * person;
        // As it comes back from eight bits.
        [mix(0.5, 0.1 * wave), mix(0.3, 0.4 * wave), mix(0.2, 0.5 * wave), 1.0]
    });
    let mask = Floats::make([32, 18], |x, y| {
        let value = inside((x as f32 + 0.5) / 32.0, (y as f32 + 0.5) / 18.0, 0.15);
        [(value * 255.0).round() / 255.0, 0.0, 0.0, 1.0]
    });
    [picture, mask]
}

fn uploaded(gpu: &Gpu, floats: &Floats) -> Texture {
    let halves = floats.texels.iter().flatten().map(|value| half::f16::from_f32(*value));
    let bytes: Vec<u8> = halves.flat_map(half::f16::to_le_bytes).collect();
    let size = floats.size.map(|side| side as u32);
    gpu.texture_with(&TextureDesc::new(size, TextureFormat::Rgba16Float), &bytes).unwrap()
}

/// What a texture of half floats holds.
fn halves(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(2).map(|two| half::f16::from_le_bytes([two[0], two[1]]).to_f32()).collect()
}

/// The texture unit's weights have eight bits, and values are half floats.
const LEVELS_MOST: f32 = 0.006;

#[test]
fn levels_agree_with_their_twin() {
    gpus().iter().for_each(levels_agree);
}

fn levels_agree(gpu: &Gpu) {
    let kernel = Levels::new(gpu).unwrap();
    for size in [[130, 67], [33, 200], [5, 3], [1, 1]] {
        let [picture, _] = portrait(size.map(|side| side as usize), 0.0);
        let want = levels::cpu(&picture.texels, size);
        let mut encoder = gpu.encoder("levels");
        let made = kernel.record(&mut encoder, &uploaded(gpu, &picture)).unwrap();
        assert_eq!((made.desc(), want.len()), (levels::desc(size), made.desc().mips as usize));
        let readback = Readback::new();
        let tickets: Vec<_> = (0..made.desc().mips)
            .map(|level| {
                let half = made.size().map(|side| (side >> level).max(1));
                let copy = gpu.texture(&TextureDesc::new(half, made.format())).unwrap();
                encoder.copy_of_level(&made, level, &copy);
                readback.start(&mut encoder, &copy).unwrap()
            })
            .collect();
        gpu.submit(encoder).unwrap();
        for (level, (ticket, want)) in tickets.into_iter().zip(&want).enumerate() {
            let got = halves(&ticket.wait(gpu).unwrap());
            assert_eq!(got.len(), want.len() * 4);
            let off = got.iter().zip(want.iter().flatten()).map(|(a, b)| (a - b).abs());
            let most = off.fold(0.0, f32::max);
            assert!(most <= LEVELS_MOST, "{size:?}, level {level}: {most}");
        }
    }
}
