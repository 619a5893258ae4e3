//! A picture in levels, each half as large as the one above (a Gaussian pyramid): blurs of any radius at the cost of one.

use crate::gpu::{
    Draw, Encoder, Gpu, GpuError, PassDesc, PassPipeline, Render, Resource, Sampler, Texture, TextureDesc,
    TextureFormat, shader::Library,
};

/// Shortest side of the smallest level.
const SMALLEST: u32 = 4;

/// The kernel.
#[derive(Debug)]
pub struct Levels(PassPipeline);

/// The shape of the levels of a picture of `size`: the first is half as large.
pub fn desc(size: [u32; 2]) -> TextureDesc {
    let half = size.map(|side| (side / 2).max(1));
    let mips = (half[0].min(half[1]) / SMALLEST).max(1).ilog2() + 1;
    TextureDesc { mips, ..TextureDesc::new(half, TextureFormat::Rgba16Float) }
}

fn size_of(half: [u32; 2], level: u32) -> [u32; 2] {
    half.map(|side| (side >> level).max(1))
}

impl Levels {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// When the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let mut library = Library::for_gpu(gpu);
        let source = include_str!("../../../shaders/kernels/levels.wgsl");
        library.insert("kernels::levels", "shaders/kernels/levels.wgsl", source);
        let shader = library.resolve("kernels::levels", &[])?;
        let desc = PassDesc::covering("levels", "vertex", "fragment", TextureFormat::Rgba16Float);
        Ok(Self(PassPipeline::new(gpu, &shader, &desc)?))
    }

    /// Records the levels of `picture`: a texture of [`desc`].
    ///
    /// # Errors
    /// As [`Gpu::texture`].
    pub fn record(&self, encoder: &mut Encoder, picture: &Texture) -> Result<Texture, GpuError> {
        let desc = desc(picture.size());
        let levels = encoder.gpu().texture(&desc)?;
        let mut above = None;
        for level in 0..desc.mips {
            let drawn = encoder.gpu().texture(&TextureDesc::new(size_of(desc.size, level), desc.format))?;
            let resources = [
                ("above", Resource::Texture(above.as_ref().unwrap_or(picture))),
                ("linear_clamp", Resource::Sampler(Sampler::Linear)),
            ];
            let draws = [Draw::fullscreen(&self.0, &resources)];
            encoder.render(&Render::new("levels", &drawn, &draws))?;
            encoder.copy_to_level(&drawn, &levels, level);
            above = Some(drawn);
        }
        Ok(levels)
    }
}

/// The CPU twin: the levels of a picture of linear light, row by row, the first half as large.
///
/// # Panics
/// When there are not as many texels as `size` says.
pub fn cpu(texels: &[[f32; 4]], size: [u32; 2]) -> Vec<Vec<[f32; 4]>> {
    assert_eq!(texels.len(), size[0] as usize * size[1] as usize, "a picture of {size:?}");
    let desc = desc(size);
    let mut made: Vec<Vec<[f32; 4]>> = Vec::new();
    let mut above = size;
    for level in 0..desc.mips {
        let source = made.last().map_or(texels, Vec::as_slice);
        let half = size_of(desc.size, level);
        made.push(halved(source, above, half));
        above = half;
    }
    made
}

fn halved(texels: &[[f32; 4]], size: [u32; 2], half: [u32; 2]) -> Vec<[f32; 4]> {
    // From each cell of the half, four texels along a side and their weights.
    let taps = |axis: usize, cell: u32| {
        let middle = (cell as f32 + 0.5) / half[axis] as f32 * size[axis] as f32 - 0.5;
        let most = size[axis] as isize - 1;
        [-0.75, 0.75].map(|shift| {
            let place = middle + shift;
            let near = |at: f32| (at as isize).clamp(0, most) as usize;
            (near(place.floor()), near(place.floor() + 1.0), place - place.floor())
        })
    };
    let row = |y: usize, column: (usize, usize, f32), channel: usize| {
        let [left, right] = [column.0, column.1].map(|x| texels[y * size[0] as usize + x][channel]);
        left + (right - left) * column.2
    };
    let cells = (0..half[1]).flat_map(|y| (0..half[0]).map(move |x| [x, y]));
    let texel = |[x, y]: [u32; 2]| {
        let (columns, rows) = (taps(0, x), taps(1, y));
        std::array::from_fn(|channel| {
            let mut sum = 0.0;
            for (line, column) in
                rows.iter().flat_map(|line| columns.iter().map(move |column| (line, column)))
            {
                let [above, below] = [line.0, line.1].map(|y| row(y, *column, channel));
                sum += (above + (below - above) * line.2) / 4.0;
            }
            sum
        })
    };
    cells.map(texel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_end_before_a_side_vanishes() {
        assert_eq!((desc([1920, 1080]).size, desc([1920, 1080]).mips), ([960, 540], 8));
        assert_eq!((desc([641, 37]).size, desc([641, 37]).mips), ([320, 18], 3));
        assert_eq!((desc([1, 1]).size, desc([1, 1]).mips), ([1, 1], 1));
    }

    #[test]
    fn an_even_picture_stays_even() {
        let levels = cpu(&vec![[0.25, 0.5, 0.75, 1.0]; 37 * 23], [37, 23]);
        assert!(levels.iter().flatten().all(|texel| *texel == [0.25, 0.5, 0.75, 1.0]));
    }
}
