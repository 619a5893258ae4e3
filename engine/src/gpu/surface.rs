//! Pictures in a window of the program. Nothing is paced by the window: where the system lets it, a picture
//! replaces the one that waits for the screen, and a window that can't be seen is passed over.

use bytemuck::{Pod, Zeroable};

use super::{
    Blend, Buffer, BufferUse, Draw, Gpu, GpuError, GpuOptions, PassDesc, PassPipeline, Render, Resource,
    Sampler, Texture, TextureFormat, adapter, shader::Library,
};

/// Shows pictures in a window: whole, centred, with black bars where the shapes differ.
#[derive(Debug)]
pub struct Presenter {
    gpu: Gpu,
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    pipeline: PassPipeline,
    /// Lays a notice over the picture.
    notice: PassPipeline,
    placement: Buffer,
}

/// As in `present.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Placement {
    share: [f32; 2],
    mirror: u32,
    unused: u32,
}

impl Presenter {
    /// Opens a device that can draw into `window`, whose inner size is `size` in pixels.
    ///
    /// # Errors
    /// As [`Gpu::new`], and [`GpuError::Surface`] when nothing can be drawn into the window.
    pub async fn new(
        window: impl Into<wgpu::SurfaceTarget<'static>>,
        size: [u32; 2],
        options: &GpuOptions,
    ) -> Result<(Gpu, Self), GpuError> {
        let instance = adapter::instance();
        let surface = match instance.create_surface(window) {
            Ok(surface) => surface,
            Err(_) if adapter::all(&instance).await.is_empty() => return Err(GpuError::NoAdapter),
            Err(error) => return Err(unfit(error.to_string())),
        };
        let (adapter, reason) = adapter::choose(&instance, options, Some(&surface)).await?;
        let gpu = Gpu::open(&adapter, &reason, options).await?;
        let (format, config) = configuration(&surface.get_capabilities(&adapter), size)
            .ok_or_else(|| unfit("it takes no 8-bit colours".to_owned()))?;
        surface.configure(gpu.device(), &config);
        let mut library = Library::new();
        library.insert("present", "shaders/present.wgsl", include_str!("../../../shaders/present.wgsl"));
        let shader = library.resolve("present", &[])?;
        let pipeline =
            PassPipeline::new(&gpu, &shader, &PassDesc::new("window", "corner", "present", format))?;
        let desc = PassDesc { blend: Blend::Over, ..PassDesc::new("notice", "corner", "lay_notice", format) };
        let notice = PassPipeline::new(&gpu, &shader, &desc)?;
        let placement = gpu.buffer("window placement", BufferUse::Uniform, size_of::<Placement>() as u64)?;
        Ok((gpu.clone(), Self { gpu, surface, config, pipeline, notice, placement }))
    }

    /// The window's inner size has changed. A window without area shows nothing until it has one.
    pub fn resize(&mut self, size: [u32; 2]) {
        let most = self.gpu.max_side();
        let [width, height] = size.map(|side| side.min(most));
        if width > 0 && height > 0 {
            (self.config.width, self.config.height) = (width, height);
            self.surface.configure(self.gpu.device(), &self.config);
        }
    }

    /// The window's inner size in pixels.
    pub fn size(&self) -> [u32; 2] {
        [self.config.width, self.config.height]
    }

    /// The place in `picture`, in uv, that [`Presenter::present`] shows at a place of the window, in pixels. `None`:
    /// beside the picture.
    pub fn uv_from_window(&self, at: [f32; 2], picture: &Texture, mirror: bool) -> Option<[f32; 2]> {
        uv_from_window(at, picture.size(), [self.config.width, self.config.height], mirror)
    }

    /// Shows `picture`, flipped as in a mirror if `mirror`, and over it `notice`, pixel for pixel from the left upper
    /// corner, never flipped: coded values, premultiplied alpha. `false`: the window can't be seen or was changing,
    /// and the picture was passed over.
    ///
    /// # Errors
    /// [`GpuError::Surface`] when the window is lost, and as [`Gpu::submit`].
    pub fn present(
        &mut self,
        picture: &Texture,
        mirror: bool,
        notice: Option<&Texture>,
    ) -> Result<bool, GpuError> {
        use wgpu::CurrentSurfaceTexture as Current;
        let frame = match self.surface.get_current_texture() {
            Current::Success(frame) => frame,
            Current::Suboptimal(_) | Current::Outdated => {
                self.surface.configure(self.gpu.device(), &self.config);
                return Ok(false);
            }
            Current::Timeout | Current::Occluded => return Ok(false),
            Current::Lost => return Err(unfit("the system took it away".to_owned())),
            Current::Validation => {
                self.gpu.poll()?;
                return Ok(false);
            }
        };
        let target = Texture::from_host(frame.texture.clone())
            .ok_or_else(|| unfit("its colour format changed".to_owned()))?;
        let mut encoder = self.gpu.encoder("window");
        let placement = placement(picture.size(), target.size(), mirror);
        encoder.write(&self.placement, 0, bytemuck::bytes_of(&placement));
        let resources = [
            ("placement", Resource::Buffer(&self.placement)),
            ("picture", Resource::Texture(picture)),
            ("picture_sampler", Resource::Sampler(Sampler::Linear)),
        ];
        let over = notice.map(|notice| [("notice", Resource::Coded(notice))]);
        let picture = Draw::fullscreen(&self.pipeline, &resources);
        let over = over.iter().map(|resources| Draw::fullscreen(&self.notice, resources));
        let draws: Vec<Draw<'_>> = std::iter::once(picture).chain(over).collect();
        encoder.render(&Render::new("window", &target, &draws))?;
        self.gpu.submit(encoder)?;
        self.gpu.queue().present(frame);
        Ok(true)
    }
}

/// The place in the picture, in uv, that is shown at a place of the window, in pixels. `None`: beside the picture.
fn uv_from_window(at: [f32; 2], picture: [u32; 2], window: [u32; 2], mirror: bool) -> Option<[f32; 2]> {
    let share = placement(picture, window, mirror).share;
    let mut uv = [0, 1].map(|i| (at[i] / window[i] as f32 - 0.5) / share[i] + 0.5);
    if mirror {
        uv[0] = 1.0 - uv[0];
    }
    uv.iter().all(|side| (0.0..=1.0).contains(side)).then_some(uv)
}

fn unfit(reason: String) -> GpuError {
    GpuError::Surface { reason }
}

/// Which part of a window of `window` pixels a picture of `picture` pixels covers.
fn placement(picture: [u32; 2], window: [u32; 2], mirror: bool) -> Placement {
    let aspect = |[width, height]: [u32; 2]| width as f32 / height as f32;
    let ratio = aspect(picture) / aspect(window);
    let share = if ratio > 1.0 { [1.0, 1.0 / ratio] } else { [ratio, 1.0] };
    Placement { share, mirror: mirror.into(), unused: 0 }
}

/// How the window is drawn into: plain 8-bit colours, since the shader applies the sRGB curve, and the newest
/// picture first where the system has that.
fn configuration(
    can: &wgpu::SurfaceCapabilities,
    size: [u32; 2],
) -> Option<(TextureFormat, wgpu::SurfaceConfiguration)> {
    let format =
        [TextureFormat::Bgra8, TextureFormat::Rgba8].into_iter().find(|f| can.formats.contains(&f.wgpu()))?;
    let present_mode = [wgpu::PresentMode::Mailbox, wgpu::PresentMode::Immediate]
        .into_iter()
        .find(|mode| can.present_modes.contains(mode))
        .unwrap_or(wgpu::PresentMode::Fifo);
    let config = wgpu::SurfaceConfiguration {
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
        format: format.wgpu(),
        color_space: wgpu::SurfaceColorSpace::Auto,
        width: size[0].max(1),
        height: size[1].max(1),
        present_mode,
        desired_maximum_frame_latency: 2,
        alpha_mode: wgpu::CompositeAlphaMode::Auto,
        view_formats: Vec::new(),
    };
    Some((format, config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_window_is_one_of_the_picture() {
        let uv = |at, mirror| uv_from_window(at, [200, 100], [400, 400], mirror);
        assert_eq!(uv([100.0, 150.0], false), Some([0.25, 0.25]));
        assert_eq!(uv([100.0, 150.0], true), Some([0.75, 0.25]));
        assert_eq!(uv([100.0, 50.0], false), None, "in the black bar");
    }

    #[test]
    fn a_picture_keeps_its_shape() {
        assert_eq!(placement([640, 480], [1280, 960], false).share, [1.0, 1.0]);
        assert_eq!(placement([200, 100], [100, 100], false).share, [1.0, 0.5]);
        assert_eq!(
            placement([100, 100], [300, 100], true),
            Placement { share: [1.0 / 3.0, 1.0], mirror: 1, unused: 0 }
        );
    }
}
