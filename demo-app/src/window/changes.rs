//! What happens to a look while it is drawn: its files change, or it takes the device down.

use std::time::{Duration, Instant};

use antifaz::{
    filter::{Fault, Look},
    gpu::{Gpu, GpuError, Texture},
};
use winit::dpi::PhysicalSize;

use super::{Live, name, notice};
use crate::{
    error::AppError,
    reload::{AtWork, Outcome, Reload},
    walk,
};

/// For how long it is said that a change was taken over.
const SAID_FOR: Duration = Duration::from_millis(1200);
/// A look that loses the device again within this time is not drawn any more.
const AGAIN: Duration = Duration::from_secs(20);

impl Live {
    /// Has the files of the look that is drawn watched.
    pub(super) fn watch(&self) {
        if let Some(reload) = &self.reload {
            reload.watch(self.look, self.looks[self.look].clone());
        }
    }

    /// Takes in what an author has saved since the last frame.
    pub(super) fn take_changes(&mut self) -> Result<(), AppError> {
        while let Some(outcome) = self.reload.as_ref().and_then(Reload::outcome) {
            if outcome.number == self.look {
                self.take_change(outcome)?;
            }
        }
        if self.until.is_some_and(|until| Instant::now() > until) {
            self.show_notice(None)?;
        }
        Ok(())
    }

    fn take_change(&mut self, outcome: Outcome) -> Result<(), AppError> {
        let Outcome { names, result, .. } = outcome;
        let taken = result.and_then(|(prepared, watched)| match self.session.engine_mut().swap(prepared) {
            Ok(()) => Ok(watched),
            Err(error) => Err(vec![Fault::anywhere(error.to_string())]),
        });
        match taken {
            Ok(watched) => {
                log::info!("{} was taken over", names.join(", "));
                self.looks[self.look] = watched;
                self.disabled = false;
                self.faults = None;
                let (gpu, size) = self.canvas();
                let text = format!("{} was taken over", names.join(", "));
                self.show_notice(Some(notice::word(&gpu, &text, size)?))?;
                self.until = Some(Instant::now() + SAID_FOR);
            }
            Err(faults) => {
                faults.iter().for_each(|fault| log::error!("{fault}"));
                self.faults = Some((kept(&names), faults));
                self.show_faults()?;
            }
        }
        Ok(())
    }

    /// What notices are drawn with, and for.
    fn canvas(&mut self) -> (Gpu, [u32; 2]) {
        let gpu = self.session.engine_mut().gpu().clone();
        (gpu, self.session.sink_mut().size())
    }

    fn show_faults(&mut self) -> Result<(), AppError> {
        let (gpu, size) = self.canvas();
        let Some((heading, faults)) = &self.faults else { return Ok(()) };
        let drawn = notice::faults(&gpu, heading, faults, size)?;
        self.show_notice(Some(drawn))
    }

    /// Lays a notice over the picture, also where the source has no next one.
    fn show_notice(&mut self, notice: Option<Texture>) -> Result<(), AppError> {
        self.until = None;
        let screen = self.session.sink_mut();
        screen.notice = notice;
        screen.again()
    }

    pub(super) fn resize(&mut self, size: PhysicalSize<u32>) -> Result<(), AppError> {
        self.session.sink_mut().resize(size)?;
        self.show_faults()
    }

    /// Whether the device is gone: then nothing that was made on it can be used.
    pub(super) fn is_lost(&mut self) -> bool {
        matches!(self.session.engine_mut().gpu().poll(), Err(GpuError::DeviceLost { .. }))
    }

    /// Goes on with a new device. A version that was being made ready is to blame; else the look that was drawn, if it
    /// is not the first time.
    pub(super) fn recover(&mut self) -> Result<(), AppError> {
        let newcomers = self.reload.as_ref().and_then(Reload::at_work);
        let again = self.lost.replace(Instant::now()).is_some_and(|lost| lost.elapsed() < AGAIN);
        let blamed = match newcomers {
            Some(AtWork { number, names, before }) => {
                // It may have been taken over already.
                self.looks[number].go_back(before);
                Some((kept(&names), "the new version took the graphics device down"))
            }
            None if again && !self.disabled => {
                self.disabled = true;
                let heading = format!("{}: not drawn until it changes", name(&self.looks[self.look].look));
                Some((heading, "it took the graphics device down twice"))
            }
            None => None,
        };
        let look = if self.disabled { Look::default() } else { self.looks[self.look].look.clone() };
        let gpu = self.session.sink_mut().reopen(&self.window, &self.how.gpu)?;
        let engine = walk::engine(gpu, look, self.how.nets, self.how.options())?;
        *self.session.engine_mut() = engine;
        self.start_reload();
        log::warn!("the graphics device was lost and is replaced");
        if let Some((heading, why)) = blamed {
            log::error!("{heading}: {why}");
            self.faults = Some((heading, vec![Fault::anywhere(why)]));
        }
        self.show_faults()
    }

    /// Watches on the engine's present device.
    pub(super) fn start_reload(&mut self) {
        let reload = Reload::start(self.session.engine_mut().preparer());
        self.reload = reload.map_err(|error| log::warn!("changes of filters are not watched: {error}")).ok();
        self.watch();
    }
}

/// What is said of filters whose new version is not drawn.
fn kept(names: &[String]) -> String {
    format!("{}: not taken over, the version before goes on", names.join(", "))
}
