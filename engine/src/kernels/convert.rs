//! A captured frame's bytes to a picture: they go up as they are, and the GPU makes of them 8-bit RGB with the
//! sRGB curve, premultiplied.
//!
//! YCbCr is converted on gamma-coded values, in the whole numbers of [`YcbcrToRgb`], with chroma replicated as
//! MediaPipe's references see it. The CPU twin gives the same bytes.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::ycbcr::YcbcrToRgb;
use crate::{
    frame::{PixelFormat, Pixels},
    gpu::{
        Buffer, BufferUse, Draw, Encoder, Gpu, GpuError, Load, PassDesc, PassPipeline, Render, Resource,
        Texture, TextureDesc, TextureFormat, shader::Library,
    },
};

/// The uniform of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Params {
    offset: [u32; 3],
    format: u32,
    stride: [u32; 3],
    ycbcr: [i32; 6],
    /// Which rows the bytes are of.
    first_row: u32,
    rows: u32,
    /// Uniforms end at a multiple of 16 bytes.
    unused: u32,
}

impl Params {
    /// For the bytes of `band`.
    fn new(pixels: &Pixels, band: &Band) -> Self {
        let mut params = Self { format: number(pixels.format()), ..Self::zeroed() };
        for (index, plane) in pixels.planes().iter().enumerate() {
            // A part begins with its first row.
            params.offset[index] = plane.offset.saturating_sub(band.start) as u32;
            params.stride[index] = plane.stride as u32;
        }
        (params.first_row, params.rows) = (band.rows.start, band.rows.end - band.rows.start);
        params.ycbcr = YcbcrToRgb::new(pixels.color()).factors();
        params
    }
}

/// The shader's number of a format.
fn number(format: PixelFormat) -> u32 {
    match format {
        PixelFormat::Rgb8 => 0,
        PixelFormat::Rgba8 => 1,
        PixelFormat::Bgra8 => 2,
        PixelFormat::Nv12 => 3,
        PixelFormat::I420 => 4,
        PixelFormat::Yuyv => 5,
        PixelFormat::Uyvy => 6,
    }
}

/// The kernel, with its memory: nothing is made while frames keep their size and format.
#[derive(Debug)]
pub struct Convert {
    whole: PassPipeline,
    /// Leaves the rows that are not of the part what they are.
    part: PassPipeline,
    params: Buffer,
    bytes: Option<Buffer>,
}

impl Convert {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// When the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let mut library = Library::for_gpu(gpu);
        let source = include_str!("../../../shaders/kernels/convert.wgsl");
        library.insert("kernels::convert", "shaders/kernels/convert.wgsl", source);
        let shader = library.resolve("kernels::convert", &[])?;
        let desc = PassDesc::covering("convert", "vertex", "whole", TextureFormat::Rgba8);
        let part = PassDesc::new("convert", "vertex", "part", TextureFormat::Rgba8);
        Ok(Self {
            whole: PassPipeline::new(gpu, &shader, &desc)?,
            part: PassPipeline::new(gpu, &shader, &part)?,
            params: gpu.buffer("convert", BufferUse::Uniform, size_of::<Params>() as u64)?,
            bytes: None,
        })
    }

    /// Records the upload and conversion of `pixels`, and returns the picture: [`TextureFormat::Srgb8`].
    ///
    /// # Errors
    /// [`GpuError::TooLarge`] when a side is over the device's limits, or the bytes of several planes are.
    pub fn record(&mut self, encoder: &mut Encoder, pixels: &Pixels) -> Result<Texture, GpuError> {
        let gpu = encoder.gpu().clone();
        let picture = gpu.texture(&TextureDesc::new(pixels.size(), TextureFormat::Srgb8))?;
        let bands = bands(pixels, gpu.max_storage_bytes());
        // Rows end in four bytes at once: the shader reads whole words.
        let longest = bands.iter().map(|band| band.bytes.len() as u64).max().unwrap_or_default();
        let need = longest.next_multiple_of(4);
        let bytes = match self.bytes.take().filter(|buffer| buffer.bytes() >= need) {
            Some(buffer) => buffer,
            None => gpu.buffer("frame", BufferUse::Storage, need)?,
        };
        let resources = [("convert", Resource::Buffer(&self.params)), ("bytes", Resource::Buffer(&bytes))];
        let pipeline = if bands.len() > 1 { &self.part } else { &self.whole };
        let draws = [Draw::fullscreen(pipeline, &resources)];
        let mut render = Render::new("convert", &picture, &draws);
        for band in &bands {
            encoder.write(&bytes, 0, band.bytes);
            encoder.write(&self.params, 0, bytemuck::bytes_of(&Params::new(pixels, band)));
            encoder.render(&render)?;
            render.load = Load::Keep;
        }
        self.bytes = Some(bytes);
        Ok(picture)
    }
}

/// Rows of a frame that go up together.
struct Band<'a> {
    rows: Range<u32>,
    bytes: &'a [u8],
    /// Where they begin in the frame's.
    start: usize,
}

/// The whole frame; where that is over `most` bytes and all is in one plane, parts of it that are not.
fn bands(pixels: &Pixels, most: u64) -> Vec<Band<'_>> {
    let (all, height) = (pixels.bytes(), pixels.size()[1]);
    let whole = || vec![Band { rows: 0..height, bytes: all, start: 0 }];
    let &[plane] = pixels.planes() else { return whole() };
    let most = usize::try_from(most & !3).unwrap_or(usize::MAX);
    let rows = most.checked_div(plane.stride).unwrap_or_default();
    if all.len() <= most || rows == 0 {
        return whole();
    }
    let band = |first: u32| {
        let last = height.min(first.saturating_add(rows as u32));
        let start = plane.offset + first as usize * plane.stride;
        let end = all.len().min(start + (last - first) as usize * plane.stride);
        Band { rows: first..last, bytes: &all[start..end], start }
    };
    (0..height).step_by(rows).map(band).collect()
}

/// The CPU twin: tight rows of red, green, blue. What is transparent lies over black, in linear light.
pub fn to_rgb8(pixels: &Pixels) -> Vec<u8> {
    let [width, height] = pixels.size().map(|side| side as usize);
    let mut out = vec![0; width * height * 3];
    for (y, row) in out.chunks_exact_mut(width * 3).enumerate() {
        convert_row(pixels, y, row);
    }
    out
}

fn convert_row(pixels: &Pixels, y: usize, out: &mut [u8]) {
    let ycbcr = YcbcrToRgb::new(pixels.color());
    let row = |plane: usize, y: usize| {
        let shape = pixels.planes()[plane];
        &pixels.plane(plane)[y * shape.stride..][..shape.row_bytes]
    };
    let pairs = out.chunks_mut(6);
    match pixels.format() {
        PixelFormat::Rgb8 => out.copy_from_slice(row(0, y)),
        PixelFormat::Rgba8 => {
            out.chunks_exact_mut(3).zip(row(0, y).chunks_exact(4)).for_each(|(out, p)| {
                out.copy_from_slice(&over_black([p[0], p[1], p[2]], p[3]));
            });
        }
        PixelFormat::Bgra8 => {
            out.chunks_exact_mut(3).zip(row(0, y).chunks_exact(4)).for_each(|(out, p)| {
                out.copy_from_slice(&over_black([p[2], p[1], p[0]], p[3]));
            });
        }
        PixelFormat::Nv12 => {
            let chroma = row(1, y / 2).chunks_exact(2);
            for ((out, luma), chroma) in pairs.zip(row(0, y).chunks(2)).zip(chroma) {
                pair(out, &ycbcr, luma, [chroma[0], chroma[1]]);
            }
        }
        PixelFormat::I420 => {
            let chroma = row(1, y / 2).iter().zip(row(2, y / 2));
            for ((out, luma), (&cb, &cr)) in pairs.zip(row(0, y).chunks(2)).zip(chroma) {
                pair(out, &ycbcr, luma, [cb, cr]);
            }
        }
        PixelFormat::Yuyv => {
            pairs
                .zip(row(0, y).chunks_exact(4))
                .for_each(|(out, p)| pair(out, &ycbcr, &[p[0], p[2]], [p[1], p[3]]));
        }
        PixelFormat::Uyvy => {
            pairs
                .zip(row(0, y).chunks_exact(4))
                .for_each(|(out, p)| pair(out, &ycbcr, &[p[1], p[3]], [p[0], p[2]]));
        }
    }
}

/// Two pixels that share their chroma; one at the end of an odd row.
#[inline(always)]
fn pair(out: &mut [u8], ycbcr: &YcbcrToRgb, luma: &[u8], [cb, cr]: [u8; 2]) {
    for (out, &y) in out.chunks_exact_mut(3).zip(luma) {
        out.copy_from_slice(&ycbcr.rgb(y, cb, cr).map(|value| value as u8));
    }
}

fn over_black(rgb: [u8; 3], alpha: u8) -> [u8; 3] {
    if alpha == 255 {
        return rgb;
    }
    rgb.map(|coded| {
        let coded = f32::from(coded) / 255.0;
        let light = if coded <= 0.04045 { coded / 12.92 } else { ((coded + 0.055) / 1.055).powf(2.4) };
        let light = light * f32::from(alpha) / 255.0;
        let back = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (back * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ColorSpec;

    #[test]
    fn rgb_is_copied_without_its_padding() {
        let bytes = vec![1, 2, 3, 99, 4, 5, 6, 99];
        let pixels =
            Pixels::with_strides([1, 2], PixelFormat::Rgb8, ColorSpec::default(), bytes, &[4]).unwrap();
        assert_eq!(to_rgb8(&pixels), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn an_odd_row_ends_with_half_a_pair() {
        let bytes = vec![16, 128, 235, 128, 126, 128, 0, 128];
        let pixels = Pixels::new([3, 1], PixelFormat::Yuyv, ColorSpec::default(), bytes).unwrap();
        assert_eq!(to_rgb8(&pixels), [0, 0, 0, 255, 255, 255, 128, 128, 128]);
    }

    #[test]
    fn half_transparent_white_is_half_the_light() {
        assert_eq!(over_black([255; 3], 128), [188; 3]);
        assert_eq!(over_black([255, 7, 0], 0), [0; 3]);
    }
}
