//! Islands on the GPU and on the CPU.

use antifaz::{
    gpu::{TextureDesc, TextureFormat, readback::Readback},
    kernels::islands::{self, Islands},
};

use super::{Dice, Gpu, gpus, halves};

/// Blobs of all sizes and all degrees of belief, a snake, and noise.
fn mask(dice: &mut Dice, [width, height]: [u32; 2], blobs: usize) -> Vec<f32> {
    let mut values = vec![0.0_f32; (width * height) as usize];
    for _ in 0..blobs {
        let (x, y) = (dice.between(0.0, width as f32), dice.between(0.0, height as f32));
        let radius = dice.between(0.5, 0.25 * width.max(height) as f32);
        let belief = [0.25, 0.5, 1.0, 1.0, 0.0][dice.next() as usize % 5];
        for (at, value) in values.iter_mut().enumerate() {
            let (u, v) = ((at as u32 % width) as f32 - x, (at as u32 / width) as f32 - y);
            if u * u + v * v < radius * radius {
                *value = belief;
            }
        }
    }
    for (at, value) in values.iter_mut().enumerate() {
        let (x, y) = (at as u32 % width, at as u32 / width);
        let turn = if (y / 4).is_multiple_of(2) { width - 1 } else { 0 };
        if y.is_multiple_of(4) || x == turn {
            *value = value.max(0.5);
        }
        if dice.next().is_multiple_of(97) {
            *value = (dice.next() % 3) as f32 / 2.0;
        }
    }
    values
}

fn islands_agree(gpu: &Gpu) {
    let (kernel, mut dice) = (Islands::new(gpu).unwrap(), Dice(11));
    let mut changed = 0;
    for (size, blobs) in
        [([256, 144], 12), ([144, 256], 9), ([256, 256], 30), ([37, 5], 2), ([33, 64], 4), ([1, 1], 1)]
    {
        let mut want = mask(&mut dice, size, blobs);
        let texels = want.iter().flat_map(|value| [0.25, 0.5, 0.75, *value].map(half::f16::from_f32));
        let bytes: Vec<u8> = texels.flat_map(half::f16::to_le_bytes).collect();
        let pairs = gpu.texture_with(&TextureDesc::new(size, TextureFormat::Rgba16Float), &bytes).unwrap();
        let mut encoder = gpu.encoder("islands");
        let settled = kernel.record(&mut encoder, &pairs).unwrap();
        let ticket = Readback::new().start(&mut encoder, &settled).unwrap();
        gpu.submit(encoder).unwrap();
        let got = halves(&ticket.wait(gpu).unwrap());
        let before = want.clone();
        islands::cpu(&mut want, size.map(|side| side as usize));
        changed += before.iter().zip(&want).filter(|(before, after)| before != after).count();
        for (texel, want) in got.chunks_exact(4).zip(&want) {
            assert_eq!(texel, [0.25, 0.5, 0.75, *want], "{size:?}");
        }
    }
    assert!(changed > 1000, "only {changed} cells were settled");
}

#[test]
fn islands_agree_with_their_twin() {
    gpus().iter().for_each(islands_agree);
}
