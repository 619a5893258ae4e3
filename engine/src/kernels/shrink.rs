//! A small copy of a picture, for nets on the CPU where the picture comes from a host program as a texture: small
//! enough to be read back every frame.

use bytemuck::{Pod, Zeroable};

use crate::gpu::{
    Buffer, BufferUse, Draw, Encoder, Gpu, GpuError, PassDesc, PassPipeline, Render, Resource, Sampler,
    Texture, TextureDesc, TextureFormat, shader::Library,
};

/// Longest side of the copy, in texels.
pub const MAX_SIDE: u32 = 256;
/// Most samples of a texel, to either side: enough for 4096 texels to 256.
const MAX_TAPS: u32 = 16;

/// The uniform of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Params {
    size: [f32; 2],
    taps: [u32; 2],
}

impl Params {
    fn new(from: [u32; 2]) -> Self {
        let to = size_of_copy(from);
        let taps = |axis: usize| from[axis].div_ceil(to[axis]).min(MAX_TAPS);
        Self { size: to.map(|side| side as f32), taps: [taps(0), taps(1)] }
    }
}

/// The size of the copy of a picture of size `from`: the same shape, no side over [`MAX_SIDE`].
pub fn size_of_copy(from: [u32; 2]) -> [u32; 2] {
    within(from, MAX_SIDE)
}

/// The size of a picture of size `from` where it may not be larger than `longest` on any side: the same shape.
pub fn within(from: [u32; 2], longest: u32) -> [u32; 2] {
    let most = from[0].max(from[1]).max(1);
    if most <= longest {
        return from;
    }
    let scaled = |side: u32| (u64::from(side) * u64::from(longest) + u64::from(most) / 2) / u64::from(most);
    from.map(|side| scaled(side).max(1) as u32)
}

/// The kernel.
#[derive(Debug)]
pub struct Shrink {
    pipeline: PassPipeline,
    params: Buffer,
}

impl Shrink {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// When the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let mut library = Library::for_gpu(gpu);
        let source = include_str!("../../../shaders/kernels/shrink.wgsl");
        library.insert("kernels::shrink", "shaders/kernels/shrink.wgsl", source);
        let shader = library.resolve("kernels::shrink", &[])?;
        let desc = PassDesc::covering("shrink", "vertex", "fragment", TextureFormat::Srgb8);
        Ok(Self {
            pipeline: PassPipeline::new(gpu, &shader, &desc)?,
            params: gpu.buffer("shrink", BufferUse::Uniform, size_of::<Params>() as u64)?,
        })
    }

    /// Records the copy of `picture`: [`TextureFormat::Srgb8`], of [`size_of_copy`].
    ///
    /// # Errors
    /// As [`Gpu::texture`].
    pub fn record(&self, encoder: &mut Encoder, picture: &Texture) -> Result<Texture, GpuError> {
        let size = size_of_copy(picture.size());
        let copy = encoder.gpu().texture(&TextureDesc::new(size, TextureFormat::Srgb8))?;
        encoder.write(&self.params, 0, bytemuck::bytes_of(&Params::new(picture.size())));
        let resources = [
            ("picture", Resource::Texture(picture)),
            ("linear_clamp", Resource::Sampler(Sampler::Linear)),
            ("shrink", Resource::Buffer(&self.params)),
        ];
        let draws = [Draw::fullscreen(&self.pipeline, &resources)];
        encoder.render(&Render::new("shrink", &copy, &draws))?;
        Ok(copy)
    }
}

/// The CPU twin: RGBA8 with the sRGB curve, tight rows, to the same of [`size_of_copy`].
///
/// # Panics
/// When `texels` are not four bytes for each texel of `size`.
pub fn cpu(texels: &[u8], size: [u32; 2]) -> Vec<u8> {
    let [width, height] = size.map(|side| side as usize);
    assert_eq!(texels.len(), width * height * 4, "a picture of {size:?}");
    let light: [f32; 256] = std::array::from_fn(|code| linear_of(code as f32 / 255.0));
    let texel = |x: isize, y: isize| -> [f32; 4] {
        let x = x.clamp(0, width as isize - 1) as usize;
        let y = y.clamp(0, height as isize - 1) as usize;
        let code = &texels[(y * width + x) * 4..][..4];
        [
            light[code[0] as usize],
            light[code[1] as usize],
            light[code[2] as usize],
            f32::from(code[3]) / 255.0,
        ]
    };
    let Params { size: copy, taps } = Params::new(size);
    let mut out = Vec::new();
    for (row, column) in
        (0..copy[1] as u32).flat_map(|row| (0..copy[0] as u32).map(move |column| (row, column)))
    {
        let mut sum = [0.0; 4];
        for (v, u) in (0..taps[1]).flat_map(|v| (0..taps[0]).map(move |u| (v, u))) {
            let x = (column as f32 + (u as f32 + 0.5) / taps[0] as f32) / copy[0] * width as f32 - 0.5;
            let y = (row as f32 + (v as f32 + 0.5) / taps[1] as f32) / copy[1] * height as f32 - 0.5;
            let (x0, y0, fx, fy) = (x.floor() as isize, y.floor() as isize, x - x.floor(), y - y.floor());
            let corners = [texel(x0, y0), texel(x0 + 1, y0), texel(x0, y0 + 1), texel(x0 + 1, y0 + 1)];
            let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
            for (corner, weight) in corners.iter().zip(weights) {
                sum.iter_mut().zip(corner).for_each(|(sum, value)| *sum += value * weight);
            }
        }
        let count = (taps[0] * taps[1]) as f32;
        let code = |value: f32| (value * 255.0).round() as u8;
        out.extend([0, 1, 2].map(|channel| code(coded_of(sum[channel] / count))));
        out.push(code(sum[3] / count));
    }
    out
}

fn linear_of(coded: f32) -> f32 {
    if coded <= 0.04045 { coded / 12.92 } else { ((coded + 0.055) / 1.055).powf(2.4) }
}

fn coded_of(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_keeps_its_shape() {
        assert_eq!(size_of_copy([1920, 1080]), [256, 144]);
        assert_eq!(size_of_copy([100, 37]), [100, 37]);
        assert_eq!(size_of_copy([1, 16_384]), [1, 256]);
    }

    #[test]
    fn black_and_white_become_half_the_light() {
        let texels: Vec<u8> = (0..512 * 2)
            .flat_map(|at| [if at % 2 == 0 { 255 } else { 0 }; 3].into_iter().chain([255]))
            .collect();
        let copy = cpu(&texels, [512, 2]);
        assert_eq!(copy[..4], [188, 188, 188, 255]);
    }
}
