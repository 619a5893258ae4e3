//! The window: a live walk whose sink is the screen. Nothing here waits for a net, and a window that can't be seen
//! holds nothing up.

mod changes;
mod notice;
mod screen;
mod steady;
mod title;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use antifaz::{
    Session,
    engine::{EngineOptions, Pacing},
    filter::{Fault, Look},
    gpu::{GpuOptions, Presenter},
    session::{SessionError, Step},
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

use screen::Screen;
pub(crate) use steady::Steady;

use crate::{
    error::AppError,
    pipelines,
    reload::{Reload, Watched},
    values::Nets,
    walk,
};

/// Between two looks at a source that has nothing new.
const PAUSE: Duration = Duration::from_millis(1);
/// Frames that the figures of the title are taken from.
const REMEMBERED: usize = 120;
/// The window's first size is at most this.
const FIRST_SIZE: [u32; 2] = [1280, 720];

/// What is shown, and how.
pub(crate) struct Show {
    pub(crate) source: Box<dyn Source>,
    /// What is drawn first.
    pub(crate) look: Watched,
    /// What the arrow keys step through: every filter alone.
    pub(crate) others: Vec<Watched>,
    pub(crate) how: How,
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

/// An open window and the walk to it.
struct Live {
    window: Arc<Window>,
    session: Session<Box<dyn Source>, Screen>,
    looks: Vec<Watched>,
    reload: Option<Reload>,
    /// When the notice goes, where it goes by itself.
    until: Option<Instant>,
    /// What the notice shows, a line and faults, for when the window's size changes.
    faults: Option<(String, Vec<Fault>)>,
    /// Which of the looks is drawn.
    look: usize,
    recorder: Recorder,
    pace: title::Pace,
    /// The last error that was said.
    said: String,
    /// Where the pointer is, in pixels of the window.
    pointer: [f32; 2],
    how: How,
    /// When the device was lost last.
    lost: Option<Instant>,
    /// Whether the look that is chosen is not drawn, because it has taken the device down.
    disabled: bool,
}

/// How a device is opened, and the engine on it.
pub(crate) struct How {
    pub(crate) gpu: GpuOptions,
    pub(crate) nets: Nets,
    pub(crate) budget: Option<Duration>,
    /// Whether expressions are those of the frame before.
    pub(crate) late_blendshapes: bool,
    /// What random numbers follow from.
    pub(crate) seed: u32,
}

impl How {
    fn options(&self) -> EngineOptions {
        EngineOptions {
            pacing: Pacing::Live,
            budget: self.budget,
            late_blendshapes: self.late_blendshapes,
            seed: self.seed,
            ..EngineOptions::default()
        }
    }
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
        let presenter = Presenter::new(Arc::clone(&window), window.inner_size().into(), &show.how.gpu);
        let (gpu, presenter) = pollster::block_on(presenter)?;
        pipelines::load(&gpu);
        let how = show.how;
        let engine = walk::engine(gpu, show.look.look.clone(), how.nets, how.options())?;
        let screen = Screen::new(presenter);
        let mut live = Self {
            window,
            session: Session::new(show.source, engine, screen),
            looks: std::iter::once(show.look).chain(show.others).collect(),
            reload: None,
            until: None,
            faults: None,
            look: 0,
            recorder: Recorder::new(REMEMBERED),
            pace: title::Pace::new(Instant::now()),
            said: String::new(),
            pointer: [0.0; 2],
            how,
            lost: None,
            disabled: false,
        };
        live.start_reload();
        Ok(live)
    }

    /// One step of the walk, and when the next one is due.
    fn step(&mut self) -> Result<Option<ControlFlow>, AppError> {
        match self.try_step() {
            Err(_) if self.is_lost() => {
                self.recover()?;
                Ok(Some(ControlFlow::Poll))
            }
            stepped => stepped,
        }
    }

    fn try_step(&mut self) -> Result<Option<ControlFlow>, AppError> {
        self.take_changes()?;
        let stepped = self.session.step();
        let flow = match stepped {
            Ok(Step::Frame(report)) => {
                self.recorder.push(report);
                self.pace.step();
                ControlFlow::Poll
            }
            Ok(Step::Idle) => ControlFlow::WaitUntil(Instant::now() + PAUSE),
            Ok(Step::Ended) => return Ok(None),
            // One frame less: the next may fare better, or another look.
            Err(SessionError::Engine(error)) if !self.is_lost() => {
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
        (self.faults, self.disabled) = (None, false);
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
