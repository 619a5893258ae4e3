//! The window: a live walk whose sink is the screen. Nothing here waits for a net, and a window that can't be seen
//! holds nothing up.

mod notice;
mod steady;
mod title;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use antifaz::{
    EngineError, Session,
    engine::{EngineOptions, Pacing},
    filter::{Fault, Look},
    gpu::{Gpu, GpuError, GpuOptions, Presenter, Texture},
    scene::Picture,
    session::{SessionError, Step},
    sink::{Sink, SinkError},
    source::Source,
    telemetry::Recorder,
};
use winit::{
    application::ApplicationHandler,
    dpi::PhysicalSize,
    event::{ElementState, KeyEvent, MouseButton, Touch, TouchPhase, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow, EventLoop},
    keyboard::{Key, NamedKey},
    window::{Window, WindowId},
};

pub(crate) use steady::Steady;

use crate::{
    error::AppError,
    reload::{Outcome, Reload, Watched},
    values::Nets,
    walk,
};

/// Between two looks at a source that has nothing new.
const PAUSE: Duration = Duration::from_millis(1);
/// Frames that the figures of the title are taken from.
const REMEMBERED: usize = 120;
/// For how long it is said that a change was taken over.
const SAID_FOR: Duration = Duration::from_millis(1200);
/// The window's first size is at most this.
const FIRST_SIZE: [u32; 2] = [1280, 720];

/// What is shown, and how.
pub(crate) struct Show {
    pub(crate) source: Box<dyn Source>,
    /// What is drawn first.
    pub(crate) look: Watched,
    /// What the arrow keys step through: every filter alone.
    pub(crate) others: Vec<Watched>,
    pub(crate) gpu: GpuOptions,
    pub(crate) nets: Nets,
    pub(crate) budget: Option<Duration>,
    /// What random numbers follow from.
    pub(crate) seed: u32,
}

/// Opens the window and shows until the user closes it.
pub(crate) fn open(show: Show) -> Result<(), AppError> {
    let no_window = |error: winit::error::EventLoopError| AppError::Window(plain(&error.to_string()));
    let event_loop = EventLoop::new().map_err(no_window)?;
    let mut app = App { waiting: Some(show), live: None, failure: None };
    event_loop.run_app(&mut app).map_err(no_window)?;
    app.failure.map_or(Ok(()), Err)
}

/// winit's words without the places in its own code.
fn plain(words: &str) -> String {
    words.rsplit_once(": ").map_or(words, |(_, last)| last).trim_end_matches('.').to_owned()
}

/// The screen, as a sink. It keeps the last picture, for when the window's size changes.
struct Screen {
    presenter: Presenter,
    mirror: bool,
    /// What is laid over the picture.
    notice: Option<Texture>,
    last: Option<Picture>,
}

impl Screen {
    fn resize(&mut self, size: PhysicalSize<u32>) -> Result<(), AppError> {
        self.presenter.resize(size.into());
        self.again()
    }

    /// Shows the last picture once more.
    fn again(&mut self) -> Result<(), AppError> {
        if let Some(picture) = &self.last {
            self.presenter.present(&picture.texture, self.mirror, self.notice.as_ref())?;
        }
        Ok(())
    }
}

impl Screen {
    /// The place in the picture, in uv, that is shown at a place of the window.
    fn uv_at(&self, at: [f32; 2]) -> Option<[f32; 2]> {
        let picture = self.last.as_ref()?;
        self.presenter.uv_from_window(at, &picture.texture, self.mirror)
    }
}

impl Sink for Screen {
    fn present(&mut self, _: &Gpu, picture: Picture) -> Result<(), SinkError> {
        self.presenter.present(&picture.texture, self.mirror, self.notice.as_ref())?;
        self.last = Some(picture);
        Ok(())
    }

    fn finish(&mut self, _: &Gpu) -> Result<(), SinkError> {
        Ok(())
    }
}

/// An open window and the walk to it.
struct Live {
    window: Arc<Window>,
    session: Session<Box<dyn Source>, Screen>,
    looks: Vec<Watched>,
    reload: Option<Reload>,
    /// When the notice goes, where it goes by itself.
    until: Option<Instant>,
    /// The faults that the notice shows, for when the window's size changes.
    faults: Option<(Vec<String>, Vec<Fault>)>,
    /// Which of the looks is drawn.
    look: usize,
    recorder: Recorder,
    pace: title::Pace,
    /// The last error that was said.
    said: String,
    /// Where the pointer is, in pixels of the window.
    pointer: [f32; 2],
}

impl Live {
    fn start(show: Show, event_loop: &ActiveEventLoop) -> Result<Self, AppError> {
        let [width, height] = first_size(show.source.info().size);
        let attributes = Window::default_attributes()
            .with_title("Antifaz")
            .with_inner_size(PhysicalSize::new(width, height));
        let window = event_loop
            .create_window(attributes)
            .map_err(|error| AppError::Window(plain(&error.to_string())))?;
        let window = Arc::new(window);
        let presenter = Presenter::new(Arc::clone(&window), window.inner_size().into(), &show.gpu);
        let (gpu, presenter) = pollster::block_on(presenter)?;
        let options = EngineOptions {
            pacing: Pacing::Live,
            budget: show.budget,
            seed: show.seed,
            ..EngineOptions::default()
        };
        let engine = walk::engine(gpu, show.look.look.clone(), show.nets, options)?;
        let reload = Reload::start(engine.preparer());
        let reload = reload.map_err(|error| log::warn!("changes of filters are not watched: {error}")).ok();
        let screen = Screen { presenter, mirror: true, notice: None, last: None };
        let live = Self {
            window,
            session: Session::new(show.source, engine, screen),
            looks: std::iter::once(show.look).chain(show.others).collect(),
            reload,
            until: None,
            faults: None,
            look: 0,
            recorder: Recorder::new(REMEMBERED),
            pace: title::Pace::new(Instant::now()),
            said: String::new(),
            pointer: [0.0; 2],
        };
        live.watch();
        Ok(live)
    }

    /// Has the files of the look that is drawn watched.
    fn watch(&self) {
        if let Some(reload) = &self.reload {
            reload.watch(self.look, self.looks[self.look].clone());
        }
    }

    /// Takes in what an author has saved since the last frame.
    fn take_changes(&mut self) -> Result<(), AppError> {
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
        let taken = result.and_then(|(prepared, look)| match self.session.engine_mut().swap(prepared) {
            Ok(()) => Ok(look),
            Err(error) => Err(vec![Fault::anywhere(error.to_string())]),
        });
        match taken {
            Ok(look) => {
                log::info!("{} was taken over", names.join(", "));
                self.looks[self.look].look = look;
                self.faults = None;
                let (gpu, size) = self.canvas();
                let text = format!("{} was taken over", names.join(", "));
                self.show_notice(Some(notice::word(&gpu, &text, size)?))?;
                self.until = Some(Instant::now() + SAID_FOR);
            }
            Err(faults) => {
                faults.iter().for_each(|fault| log::error!("{fault}"));
                self.faults = Some((names, faults));
                self.show_faults()?;
            }
        }
        Ok(())
    }

    /// What notices are drawn with, and for.
    fn canvas(&mut self) -> (Gpu, [u32; 2]) {
        let gpu = self.session.engine_mut().gpu().clone();
        (gpu, self.session.sink_mut().presenter.size())
    }

    fn show_faults(&mut self) -> Result<(), AppError> {
        let (gpu, size) = self.canvas();
        let Some((names, faults)) = &self.faults else { return Ok(()) };
        let drawn = notice::faults(&gpu, names, faults, size)?;
        self.show_notice(Some(drawn))
    }

    /// Lays a notice over the picture, also where the source has no next one.
    fn show_notice(&mut self, notice: Option<Texture>) -> Result<(), AppError> {
        self.until = None;
        let screen = self.session.sink_mut();
        screen.notice = notice;
        screen.again()
    }

    fn resize(&mut self, size: PhysicalSize<u32>) -> Result<(), AppError> {
        self.session.sink_mut().resize(size)?;
        self.show_faults()
    }

    /// One step of the walk, and when the next one is due.
    fn step(&mut self) -> Result<Option<ControlFlow>, AppError> {
        self.take_changes()?;
        let flow = match self.session.step() {
            Ok(Step::Frame(report)) => {
                self.recorder.push(report);
                self.pace.step();
                ControlFlow::Poll
            }
            Ok(Step::Idle) => ControlFlow::WaitUntil(Instant::now() + PAUSE),
            Ok(Step::Ended) => return Ok(None),
            // One frame less: the next may fare better, or another look.
            Err(SessionError::Engine(error))
                if !matches!(error, EngineError::Gpu(GpuError::DeviceLost { .. })) =>
            {
                self.say_once(error.to_string());
                ControlFlow::WaitUntil(Instant::now() + PAUSE)
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(fps) = self.pace.due(Instant::now()) {
            self.window.set_title(&title::title(&name(&self.looks[self.look].look), fps, &self.recorder));
        }
        Ok(Some(flow))
    }

    /// A frame's error, unless the frame before it had the same.
    fn say_once(&mut self, error: String) {
        if self.said != error {
            log::warn!("{error}");
            self.said = error;
        }
    }

    /// Draws the look `steps` further on; a filter that can't be drawn is said and passed over.
    fn change_look(&mut self, steps: usize) {
        for _ in 0..self.looks.len() {
            self.look = (self.look + steps) % self.looks.len();
            match self.session.engine_mut().set_look(self.looks[self.look].look.clone()) {
                Ok(()) => break,
                Err(error) => log::warn!("{error}"),
            }
        }
        self.faults = None;
        self.session.sink_mut().notice = None;
        self.watch();
    }

    /// Tells the filters where the picture was clicked.
    fn tap(&mut self) {
        if let Some(uv) = self.session.sink_mut().uv_at(self.pointer) {
            self.session.engine_mut().tap(uv);
        }
    }

    /// What a key does; false: it ends the show.
    fn press(&mut self, key: &Key) -> bool {
        match key.as_ref() {
            Key::Named(NamedKey::Escape) | Key::Character("q" | "Q") => return false,
            Key::Named(NamedKey::ArrowRight | NamedKey::Space) => self.change_look(1),
            Key::Named(NamedKey::ArrowLeft) => self.change_look(self.looks.len() - 1),
            Key::Character("m" | "M") => {
                let screen = self.session.sink_mut();
                screen.mirror = !screen.mirror;
            }
            _ => {}
        }
        true
    }
}

/// The names of a look's filters.
fn name(look: &Look) -> String {
    match &look.0[..] {
        [] => "no filter".to_owned(),
        items => items.iter().map(|item| item.filter.name.as_str()).collect::<Vec<_>>().join(" + "),
    }
}

/// `size` in its own shape, small ones twice as large, until it fits the screen.
fn first_size([width, height]: [u32; 2]) -> [u32; 2] {
    let fit = |side: u32, most: u32| f64::from(most) / f64::from(side.max(1));
    let scale = fit(width, FIRST_SIZE[0]).min(fit(height, FIRST_SIZE[1])).min(2.0);
    [width, height].map(|side| ((f64::from(side) * scale).round() as u32).max(1))
}

/// What winit drives: a show that waits for its window, then the window.
struct App {
    waiting: Option<Show>,
    live: Option<Live>,
    failure: Option<AppError>,
}

impl App {
    fn end(&mut self, event_loop: &ActiveEventLoop, result: Result<(), AppError>) {
        self.failure = result.err();
        // The presenter goes before the event loop, on whose display it draws.
        self.live = None;
        event_loop.exit();
    }
}

impl ApplicationHandler for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        let Some(show) = self.waiting.take() else { return };
        match Live::start(show, event_loop) {
            Ok(live) => self.live = Some(live),
            Err(error) => self.end(event_loop, Err(error)),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(live) = &mut self.live else { return };
        let result = match event {
            WindowEvent::CloseRequested => return self.end(event_loop, Ok(())),
            WindowEvent::KeyboardInput {
                event: KeyEvent { logical_key, state: ElementState::Pressed, .. },
                ..
            } => {
                if !live.press(&logical_key) {
                    return self.end(event_loop, Ok(()));
                }
                Ok(())
            }
            WindowEvent::CursorMoved { position, .. } => {
                live.pointer = [position.x as f32, position.y as f32];
                Ok(())
            }
            WindowEvent::MouseInput { state: ElementState::Pressed, button: MouseButton::Left, .. } => {
                live.tap();
                Ok(())
            }
            WindowEvent::Touch(Touch { phase: TouchPhase::Started, location, .. }) => {
                live.pointer = [location.x as f32, location.y as f32];
                live.tap();
                Ok(())
            }
            WindowEvent::Resized(size) => live.resize(size),
            _ => Ok(()),
        };
        if result.is_err() {
            self.end(event_loop, result);
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let Some(live) = &mut self.live else { return };
        match live.step() {
            Ok(Some(flow)) => event_loop.set_control_flow(flow),
            Ok(None) => self.end(event_loop, Ok(())),
            Err(error) => self.end(event_loop, Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_size_fits_the_screen_and_keeps_the_shape() {
        assert_eq!(first_size([640, 480]), [960, 720]);
        assert_eq!(first_size([400, 300]), [800, 600]);
        assert_eq!(first_size([3840, 2160]), [1280, 720]);
        assert_eq!(first_size([720, 1440]), [360, 720]);
        assert_eq!(first_size([16000, 1]), [1280, 1]);
    }

    #[test]
    fn what_winit_says_is_said_without_its_own_files() {
        let words = "os error at /x/winit/mod.rs:765: neither WAYLAND_DISPLAY nor DISPLAY is set.";
        assert_eq!(plain(words), "neither WAYLAND_DISPLAY nor DISPLAY is set");
    }
}
