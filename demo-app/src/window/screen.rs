//! The screen, as a sink.

use std::sync::Arc;

use antifaz::{
    gpu::{Gpu, GpuOptions, Presenter, Texture},
    scene::Picture,
    sink::{Sink, SinkError},
};
use winit::{dpi::PhysicalSize, window::Window};

use crate::{error::AppError, pipelines};

/// It keeps the last picture, for when the window's size changes.
pub(super) struct Screen {
    /// There is none for the moment in which a lost device is replaced.
    presenter: Option<Presenter>,
    pub(super) mirror: bool,
    /// What is laid over the picture.
    pub(super) notice: Option<Texture>,
    last: Option<Picture>,
}

impl Screen {
    pub(super) fn new(presenter: Presenter) -> Self {
        Self { presenter: Some(presenter), mirror: true, notice: None, last: None }
    }

    /// The window's inner size in pixels.
    pub(super) fn size(&self) -> [u32; 2] {
        self.presenter.as_ref().map_or([1, 1], Presenter::size)
    }

    pub(super) fn resize(&mut self, size: PhysicalSize<u32>) -> Result<(), AppError> {
        if let Some(presenter) = &mut self.presenter {
            presenter.resize(size.into());
        }
        self.again()
    }

    /// Shows the last picture once more.
    pub(super) fn again(&mut self) -> Result<(), AppError> {
        if let (Some(presenter), Some(picture)) = (&mut self.presenter, &self.last) {
            presenter.present(&picture.texture, self.mirror, self.notice.as_ref())?;
        }
        Ok(())
    }

    /// The place in the picture, in uv, that is shown at a place of the window.
    pub(super) fn uv_at(&self, at: [f32; 2]) -> Option<[f32; 2]> {
        let picture = self.last.as_ref()?;
        self.presenter.as_ref()?.uv_from_window(at, &picture.texture, self.mirror)
    }

    /// Opens a new device for the window, in place of one that is lost.
    pub(super) fn reopen(&mut self, window: &Arc<Window>, options: &GpuOptions) -> Result<Gpu, AppError> {
        // All of these belong to the old device, and a window has one surface.
        (self.presenter, self.notice, self.last) = (None, None, None);
        let opened = Presenter::new(Arc::clone(window), window.inner_size().into(), options);
        let (gpu, presenter) = pollster::block_on(opened)?;
        self.presenter = Some(presenter);
        pipelines::load(&gpu);
        Ok(gpu)
    }
}

impl Sink for Screen {
    fn present(&mut self, _: &Gpu, picture: Picture) -> Result<(), SinkError> {
        if let Some(presenter) = &mut self.presenter {
            presenter.present(&picture.texture, self.mirror, self.notice.as_ref())?;
        }
        self.last = Some(picture);
        Ok(())
    }

    fn finish(&mut self, _: &Gpu) -> Result<(), SinkError> {
        Ok(())
    }
}
