//! Textures, leased from a pool.

use std::sync::Arc;

use super::{Gpu, GpuError, pool::Pool};

/// What a texture's texels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextureFormat {
    /// 8-bit RGBA with the sRGB curve: shaders read and write linear light. Pictures are this.
    Srgb8,
    /// 8-bit RGBA, values as they are, 0..1.
    Rgba8,
    /// 8-bit BGRA with the sRGB curve: windows.
    BgraSrgb8,
    /// 8-bit BGRA, values as they are: windows without an sRGB format.
    Bgra8,
    /// Half floats.
    Rgba16Float,
    /// One half float, filterable.
    R16Float,
    /// One float, not filterable everywhere.
    R32Float,
    /// Four floats, not filterable everywhere.
    Rgba32Float,
    /// One 8-bit value, 0..1.
    R8,
    /// Two 8-bit values, 0..1.
    Rg8,
    /// Depth, 0 (near) to 1 (far).
    Depth32,
}

impl TextureFormat {
    /// Bytes of a texel.
    pub fn bytes(self) -> u32 {
        match self {
            Self::R8 => 1,
            Self::Rg8 | Self::R16Float => 2,
            Self::Srgb8 | Self::Rgba8 | Self::BgraSrgb8 | Self::Bgra8 | Self::R32Float | Self::Depth32 => 4,
            Self::Rgba16Float => 8,
            Self::Rgba32Float => 16,
        }
    }

    /// Whether all its values are numbers of 0..1.
    pub(super) fn is_fixed_point(self) -> bool {
        matches!(self, Self::Srgb8 | Self::Rgba8 | Self::BgraSrgb8 | Self::Bgra8 | Self::R8 | Self::Rg8)
    }

    pub(super) fn wgpu(self) -> wgpu::TextureFormat {
        match self {
            Self::Srgb8 => wgpu::TextureFormat::Rgba8UnormSrgb,
            Self::Rgba8 => wgpu::TextureFormat::Rgba8Unorm,
            Self::BgraSrgb8 => wgpu::TextureFormat::Bgra8UnormSrgb,
            Self::Bgra8 => wgpu::TextureFormat::Bgra8Unorm,
            Self::Rgba16Float => wgpu::TextureFormat::Rgba16Float,
            Self::R16Float => wgpu::TextureFormat::R16Float,
            Self::R32Float => wgpu::TextureFormat::R32Float,
            Self::Rgba32Float => wgpu::TextureFormat::Rgba32Float,
            Self::R8 => wgpu::TextureFormat::R8Unorm,
            Self::Rg8 => wgpu::TextureFormat::Rg8Unorm,
            Self::Depth32 => wgpu::TextureFormat::Depth32Float,
        }
    }

    /// The format that has the same bytes without the sRGB curve.
    pub(super) fn coded(self) -> Self {
        match self {
            Self::Srgb8 => Self::Rgba8,
            Self::BgraSrgb8 => Self::Bgra8,
            other => other,
        }
    }

    /// What this format can be used for on every device; `writable`: pictures are written by shaders, too.
    fn usages(self, shape: &TextureDesc, writable: bool) -> wgpu::TextureUsages {
        use wgpu::TextureUsages as Usage;
        let read = Usage::TEXTURE_BINDING | Usage::COPY_SRC | Usage::COPY_DST;
        match self {
            _ if shape.depth > 1 || shape.layers > 1 => read,
            // What nobody reads need not be in memory where a GPU draws in tiles.
            Self::Depth32 => Usage::RENDER_ATTACHMENT | Usage::TRANSIENT_ATTACHMENT,
            _ if shape.samples > 1 => Usage::RENDER_ATTACHMENT | Usage::TRANSIENT_ATTACHMENT,
            Self::Rgba8 | Self::Rgba16Float | Self::R32Float | Self::Rgba32Float => {
                read | Usage::RENDER_ATTACHMENT | Usage::STORAGE_BINDING
            }
            Self::Srgb8 if writable => read | Usage::RENDER_ATTACHMENT | Usage::STORAGE_BINDING,
            _ => read | Usage::RENDER_ATTACHMENT,
        }
    }
}

/// The shape of a texture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextureDesc {
    /// Width and height in texels.
    pub size: [u32; 2],
    /// Slices: 1 for a picture, more for a volume (a 3D LUT).
    pub depth: u32,
    /// Pictures of one size, one after the other: more than 1 for a `texture_2d_array`, whose depth is 1.
    pub layers: u32,
    /// Levels of detail, 1 for none but the first.
    pub mips: u32,
    /// Samples of a texel: 1, or 4 for smooth edges (resolved after drawing, see [`Render`](super::Render)), which nothing
    /// but their resolved mean remains of.
    pub samples: u32,
    /// What a texel is.
    pub format: TextureFormat,
}

impl TextureDesc {
    /// A picture of one level and one sample.
    pub fn new(size: [u32; 2], format: TextureFormat) -> Self {
        Self { size, depth: 1, layers: 1, mips: 1, samples: 1, format }
    }

    /// Makes one. Where pictures are `writable`, wgpu's own texture has their format without the curve, since no shader can
    /// write another.
    pub(super) fn create(&self, device: &wgpu::Device, writable: bool) -> Stored {
        let usage = self.format.usages(self, writable);
        let (mut own, mut other) = (self.format, self.format.coded());
        if usage.contains(wgpu::TextureUsages::STORAGE_BINDING) {
            std::mem::swap(&mut own, &mut other);
        }
        let one = own == other || usage.contains(wgpu::TextureUsages::TRANSIENT_ATTACHMENT);
        let views: &[_] = if one { &[] } else { &[other.wgpu()] };
        let raw = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("leased"),
            size: self.extent(0),
            mip_level_count: self.mips,
            sample_count: self.samples,
            dimension: if self.depth > 1 { wgpu::TextureDimension::D3 } else { wgpu::TextureDimension::D2 },
            format: own.wgpu(),
            usage,
            view_formats: views,
        });
        Stored::new(raw, *self)
    }

    /// Bytes of all its levels and samples.
    pub(super) fn bytes(&self) -> u64 {
        let level = |level| {
            let extent = self.extent(level);
            u64::from(extent.width) * u64::from(extent.height) * u64::from(extent.depth_or_array_layers)
        };
        let texels: u64 = (0..self.mips).map(level).sum();
        texels * u64::from(self.samples) * u64::from(self.format.bytes())
    }

    /// Size of a level of detail, in texels.
    pub(super) fn extent(&self, level: u32) -> wgpu::Extent3d {
        let side = |side: u32| (side >> level).max(1);
        wgpu::Extent3d {
            width: side(self.size[0]),
            height: side(self.size[1]),
            depth_or_array_layers: if self.depth > 1 { side(self.depth) } else { self.layers },
        }
    }

    /// # Errors
    /// [`GpuError::TooLarge`] when a side is over the device's limit or zero.
    pub(super) fn check(&self, limits: &wgpu::Limits) -> Result<(), GpuError> {
        let most =
            if self.depth > 1 { limits.max_texture_dimension_3d } else { limits.max_texture_dimension_2d };
        let [width, height] = self.size;
        let sides = [width, height, self.depth];
        let layers = (1..=limits.max_texture_array_layers).contains(&self.layers);
        if !layers || sides.iter().any(|&side| side == 0 || side > most) {
            return Err(GpuError::TooLarge {
                what: "the size of a texture",
                have: sides.map(u64::from).to_vec(),
                most: most.into(),
            });
        }
        Ok(())
    }
}

/// A texture and its views: what the pool keeps.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) raw: wgpu::Texture,
    pub(super) view: wgpu::TextureView,
    /// Values with the sRGB curve still on; the same as `view` for formats without it, and where nothing is read.
    pub(super) coded: wgpu::TextureView,
    pub(super) desc: TextureDesc,
}

impl Stored {
    fn new(raw: wgpu::Texture, desc: TextureDesc) -> Self {
        let view_as = |format: TextureFormat| {
            // No view with the curve can be written by shaders.
            let curved = format != format.coded();
            let usage = curved.then(|| raw.usage() - wgpu::TextureUsages::STORAGE_BINDING);
            raw.create_view(&wgpu::TextureViewDescriptor {
                format: Some(format.wgpu()),
                usage,
                ..Default::default()
            })
        };
        let view = view_as(desc.format);
        let one = desc.format.coded() == desc.format
            || raw.usage().contains(wgpu::TextureUsages::TRANSIENT_ATTACHMENT);
        let coded = if one { view.clone() } else { view_as(desc.format.coded()) };
        Self { raw, view, coded, desc }
    }
}

/// A leased texture: goes back to the pool of its [`Gpu`] when dropped.
///
/// It may be dropped as soon as its use is recorded: who leases it next is drawn later.
#[derive(Debug)]
pub struct Texture {
    stored: Stored,
    home: Option<Arc<Pool>>,
}

impl Texture {
    pub(super) fn leased(stored: Stored, home: Arc<Pool>) -> Self {
        Self { stored, home: Some(home) }
    }

    /// A texture of the program that embeds the engine. Its format must be one of [`TextureFormat`]'s, its
    /// dimension 2D; a host's sRGB texture needs its plain twin among its view formats.
    pub fn from_host(raw: wgpu::Texture) -> Option<Self> {
        use TextureFormat as F;
        let known = [F::Srgb8, F::Rgba8, F::BgraSrgb8, F::Bgra8, F::Rgba16Float, F::R16Float, F::R8, F::Rg8];
        let format = known.into_iter().find(|format| format.wgpu() == raw.format())?;
        let flat = raw.dimension() == wgpu::TextureDimension::D2 && raw.depth_or_array_layers() == 1;
        let desc = TextureDesc {
            mips: raw.mip_level_count(),
            samples: raw.sample_count(),
            ..TextureDesc::new([raw.width(), raw.height()], format)
        };
        flat.then(|| Self { stored: Stored::new(raw, desc), home: None })
    }

    /// Width and height in texels.
    pub fn size(&self) -> [u32; 2] {
        self.stored.desc.size
    }

    /// What a texel is.
    pub fn format(&self) -> TextureFormat {
        self.stored.desc.format
    }

    /// The whole shape.
    pub fn desc(&self) -> TextureDesc {
        self.stored.desc
    }

    /// wgpu's own texture, for programs that embed the engine. It may be used until this lease is dropped. A picture has the
    /// format `Rgba8UnormSrgb`; on a device that the engine has opened itself and where [`Gpu::computes`], `Rgba8Unorm`, and the
    /// other one for views.
    pub fn raw(&self) -> &wgpu::Texture {
        &self.stored.raw
    }

    /// Fills level `level` with tight rows of texels, before whatever is submitted next. For data that come
    /// once; what comes every frame goes through [`Encoder::write`](super::Encoder::write).
    ///
    /// # Panics
    /// When `texels` are not exactly the level's.
    pub fn write(&self, gpu: &Gpu, level: u32, texels: &[u8]) {
        let extent = self.stored.desc.extent(level);
        let row = extent.width * self.format().bytes();
        let bytes = row as usize * extent.height as usize * extent.depth_or_array_layers as usize;
        assert_eq!(texels.len(), bytes, "level {level} of {:?}", self.stored.desc);
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(row),
            rows_per_image: Some(extent.height),
        };
        let target = wgpu::TexelCopyTextureInfo { mip_level: level, ..self.stored.raw.as_image_copy() };
        gpu.queue().write_texture(target, texels, layout, extent);
    }

    /// Whether shaders can write it.
    pub(super) fn is_writable(&self) -> bool {
        let desc = &self.stored.desc;
        let flat = desc.mips == 1 && desc.samples == 1 && desc.depth == 1 && desc.layers == 1;
        flat && self.stored.raw.usage().contains(wgpu::TextureUsages::STORAGE_BINDING)
    }

    pub(super) fn view(&self) -> &wgpu::TextureView {
        &self.stored.view
    }

    pub(super) fn coded_view(&self) -> &wgpu::TextureView {
        &self.stored.coded
    }
}

impl Drop for Texture {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.give_back(self.stored.clone());
        }
    }
}
