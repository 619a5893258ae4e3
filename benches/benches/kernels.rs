//! Image kernels on the CPU: the twins that vision runs without a GPU.

use antifaz::{
    frame::{PixelFormat, geometry::Roi},
    kernels::{convert, crop, resize},
};
use antifaz_benches::noise;
use criterion::{Criterion, criterion_group, criterion_main};
use glam::Vec2;

const FRAME: [u32; 2] = [1280, 720];
const FORMATS: [PixelFormat; 4] =
    [PixelFormat::Rgb8, PixelFormat::Nv12, PixelFormat::I420, PixelFormat::Yuyv];

fn kernels(bench: &mut Criterion) {
    let face = Roi { center: Vec2::new(600.0, 350.0), size: Vec2::splat(320.0), angle: 0.2 };
    let mut input = vec![0.0; 256 * 256 * 3];
    for format in FORMATS {
        let frame = noise(FRAME, format);
        bench.bench_function(&format!("crop/face-256/{format:?}"), |bench| {
            bench.iter(|| {
                crop::cpu(&frame, &face, crop::Outside::Edge, [256, 256], 1.0 / 255.0, 0.0, &mut input)
            });
        });
        bench.bench_function(&format!("convert/to_rgb8/{format:?}"), |bench| {
            bench.iter(|| convert::to_rgb8(&frame));
        });
    }
    let mask = vec![0.5; 256 * 144];
    let mut full = vec![0.0; (FRAME[0] * FRAME[1]) as usize];
    bench.bench_function("resize/mask-to-720p", |bench| {
        bench.iter(|| resize::cpu(&mask, [256, 144], &mut full, FRAME.map(|side| side as usize)));
    });
}

criterion_group!(benches, kernels);
criterion_main!(benches);
