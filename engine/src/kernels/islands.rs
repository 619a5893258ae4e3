//! Drops islands that a mask only half believes in, and fills such holes: what is kept hangs together with at least five
//! by five cells of which the mask is sure. Where it is sure of nothing, all is kept; a person of whom it is nowhere sure goes
//! beside one of whom it is.

use std::sync::Arc;

use crate::gpu::{
    Buffer, BufferUse, ComputePipeline, Draw, Encoder, Gpu, GpuError, PassDesc, PassPipeline, Render,
    Resource, Texture, TextureDesc, TextureFormat, shader::Library,
};

/// Longest side of a mask, in cells.
pub const MAX_SIDE: u32 = 256;
const _: () = assert!(super::shrink::MAX_SIDE <= MAX_SIDE, "masks are as large as small pictures");
/// From here on a person is sure, and so is background up to as far from 0.
const SURE: f32 = 0.98;
/// Half of the side of what must be sure.
const REACH: usize = 2;
/// Words of all tables: four of [`MAX_SIDE`] squared bits.
const WORDS: u64 = 4 * 2048;

/// The kernel.
#[derive(Debug)]
pub struct Islands {
    pack: ComputePipeline,
    spread: ComputePipeline,
    settle: PassPipeline,
    cells: Arc<Buffer>,
}

impl Islands {
    /// Compiles the kernel.
    ///
    /// # Errors
    /// When the driver refuses it.
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let mut library = Library::for_gpu(gpu);
        let source = include_str!("../../../shaders/kernels/islands.wgsl");
        library.insert("kernels::islands", "shaders/kernels/islands.wgsl", source);
        let shader = library.resolve("kernels::islands", &[])?;
        let desc = PassDesc::covering("islands", "vertex", "settle", TextureFormat::Rgba16Float);
        Ok(Self {
            pack: ComputePipeline::new(gpu, &shader, "islands", "pack")?,
            spread: ComputePipeline::new(gpu, &shader, "islands", "spread")?,
            settle: PassPipeline::new(gpu, &shader, &desc)?,
            cells: Arc::new(gpu.buffer("islands", BufferUse::Storage, WORDS * 4)?),
        })
    }

    /// Records a copy of `pairs` whose mask, in alpha, has no islands and no holes: [`TextureFormat::Rgba16Float`].
    ///
    /// # Errors
    /// As [`Gpu::texture`].
    ///
    /// # Panics
    /// When a side is over [`MAX_SIDE`].
    pub fn record(&self, encoder: &mut Encoder, pairs: &Texture) -> Result<Texture, GpuError> {
        let size = pairs.size();
        assert!(size.iter().all(|side| *side <= MAX_SIDE), "a mask of {size:?}");
        let settled = encoder.gpu().texture(&TextureDesc::new(size, TextureFormat::Rgba16Float))?;
        let resources = [
            ("pairs", Resource::Texture(pairs)),
            ("cells", Resource::Buffer(&self.cells)),
            ("found", Resource::Buffer(&self.cells)),
        ];
        encoder.dispatch(&self.pack, &resources, [WORDS as u32 / 4 / 64, 1, 1])?;
        encoder.dispatch(&self.spread, &resources, [2, 1, 1])?;
        let draws = [Draw::fullscreen(&self.settle, &resources)];
        encoder.render(&Render::new("islands", &settled, &draws))?;
        Ok(settled)
    }
}

/// The CPU twin: a mask of 0..=1, row by row.
///
/// # Panics
/// When there are not as many values as `size` says.
pub fn cpu(mask: &mut [f32], size: [usize; 2]) {
    assert_eq!(mask.len(), size[0] * size[1], "a mask of {size:?}");
    let table = |of: &dyn Fn(f32) -> bool| mask.iter().map(|value| of(*value)).collect::<Vec<bool>>();
    let person = spread(&table(&|value| value > 0.0), &table(&|value| value >= SURE), size);
    let background = spread(&table(&|value| value < 1.0), &table(&|value| value <= 1.0 - SURE), size);
    for ((value, person), background) in mask.iter_mut().zip(person).zip(background) {
        if !person {
            *value = 0.0;
        } else if !background {
            *value = 1.0;
        }
    }
}

/// What of `open` hangs together with a square of which all is `sure`; all of it where there is no such square.
fn spread(open: &[bool], sure: &[bool], [width, height]: [usize; 2]) -> Vec<bool> {
    let inside = |x: usize, y: usize| {
        let far = x >= REACH && y >= REACH && x + REACH < width && y + REACH < height;
        far && (y - REACH..=y + REACH)
            .all(|y| sure[y * width + x - REACH..=y * width + x + REACH].iter().all(|sure| *sure))
    };
    let places = (0..height).flat_map(|y| (0..width).map(move |x| [x, y]));
    let mut next: Vec<[usize; 2]> = places.filter(|[x, y]| inside(*x, *y)).collect();
    if next.is_empty() {
        return open.to_vec();
    }
    let mut found = vec![false; open.len()];
    while let Some([x, y]) = next.pop() {
        let at = y * width + x;
        if !open[at] || std::mem::replace(&mut found[at], true) {
            continue;
        }
        let steps = [(x > 0).then(|| [x - 1, y]), (y > 0).then(|| [x, y - 1])];
        let more = [(x + 1 < width).then(|| [x + 1, y]), (y + 1 < height).then(|| [x, y + 1])];
        next.extend(steps.into_iter().chain(more).flatten());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mask drawn in characters: 0 to 9.
    fn mask(rows: &[&str]) -> (Vec<f32>, [usize; 2]) {
        let values = rows.iter().flat_map(|row| row.bytes().map(|digit| f32::from(digit - b'0') / 9.0));
        (values.collect(), [rows[0].len(), rows.len()])
    }

    fn settled(rows: &[&str]) -> Vec<String> {
        let (mut values, size) = mask(rows);
        cpu(&mut values, size);
        let digit = |value: &f32| char::from(b'0' + (value * 9.0).round() as u8);
        values.chunks(size[0]).map(|row| row.iter().map(digit).collect()).collect()
    }

    #[test]
    fn what_hangs_together_with_the_sure_stays() {
        let rows = [
            "0000000000000",
            "0999990000440",
            "0999991000440",
            "0999993330000",
            "0999990000000",
            "0999990000090",
        ];
        let want = [
            "0000000000000",
            "0999990000000",
            "0999991000000",
            "0999993330000",
            "0999990000000",
            "0999990000000",
        ];
        assert_eq!(settled(&rows), want);
    }

    #[test]
    fn holes_are_filled_and_what_is_unsure_altogether_stays() {
        let rows = [
            "00000000", "00000000", "00000000", "00000000", "00000000", "99999999", "99949999", "99999999",
            "99999999", "99999999",
        ];
        let mut want = rows;
        want[6] = "99999999";
        assert_eq!(settled(&rows), want);
        let unsure = ["0000", "0440", "0430"];
        assert_eq!(settled(&unsure), unsure);
    }
}
