//! A camera that may go and come back. While it is gone a grey picture takes its place, and it is looked for again
//! and again, beside the walk.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    time::{Duration, Instant},
};

use antifaz::{
    frame::{ColorSpec, Frame, FrameId, PixelFormat, Pixels},
    source::{Next, Source, SourceError, SourceInfo},
};

/// Between two grey pictures.
const PLACEHOLDER_EVERY: Duration = Duration::from_millis(100);
/// Between two looks for the camera.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// Opens the camera.
pub(crate) type Open = dyn Fn() -> Result<Box<dyn Source>, SourceError> + Send + Sync;

/// Frames of a camera, or of its absence. Ids and times go on whatever happens.
pub(crate) struct Steady {
    open: Arc<Open>,
    state: State,
    info: SourceInfo,
    placeholder: Arc<Pixels>,
    started: Instant,
    next: FrameId,
    /// Frames dropped by cameras that are gone.
    dropped: u64,
}

enum State {
    There(Box<dyn Source>),
    Gone { back: Receiver<Box<dyn Source>>, last: Option<Instant> },
}

impl Steady {
    /// Opens the camera for the first time.
    pub(crate) fn new(open: Arc<Open>) -> Result<Self, SourceError> {
        let camera = open()?;
        let info = camera.info().clone();
        let placeholder = Arc::new(grey(info.size)?);
        let (started, next) = (Instant::now(), FrameId(0));
        Ok(Self { open, state: State::There(camera), info, placeholder, started, next, dropped: 0 })
    }

    fn stamped(&mut self, pixels: Arc<Pixels>) -> Next {
        let frame = Frame { id: self.next, time: self.started.elapsed(), pixels };
        self.next.0 += 1;
        Next::Frame(frame)
    }

    fn lose(&mut self, error: &SourceError) {
        log::warn!("{error}; looking for it");
        let (found, back) = mpsc::channel();
        // Dropped with this source: then nobody looks any more.
        let open = Arc::downgrade(&self.open);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(RETRY_EVERY);
                let Some(open) = open.upgrade() else { return };
                match open() {
                    Ok(camera) => return drop(found.send(camera)),
                    Err(error) => log::debug!("{error}"),
                }
            }
        });
        self.state = State::Gone { back, last: None };
    }
}

impl Source for Steady {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        match &mut self.state {
            State::There(camera) => match camera.next() {
                Ok(Next::Frame(frame)) => Ok(self.stamped(frame.pixels)),
                Ok(other) => Ok(other),
                Err(error) => {
                    self.dropped += camera.dropped();
                    self.lose(&error);
                    Ok(Next::Pending)
                }
            },
            State::Gone { back, last } => {
                if let Ok(camera) = back.try_recv() {
                    log::warn!("the camera {:?} is back", camera.info().name);
                    self.state = State::There(camera);
                    return Ok(Next::Pending);
                }
                if last.is_some_and(|last| last.elapsed() < PLACEHOLDER_EVERY) {
                    return Ok(Next::Pending);
                }
                *last = Some(Instant::now());
                Ok(self.stamped(Arc::clone(&self.placeholder)))
            }
        }
    }

    fn dropped(&self) -> u64 {
        let now = match &self.state {
            State::There(camera) => camera.dropped(),
            State::Gone { .. } => 0,
        };
        self.dropped + now
    }
}

/// A dark picture with slanted stripes: plainly no camera's.
fn grey([width, height]: [u32; 2]) -> Result<Pixels, SourceError> {
    let shade = |x: u32, y: u32| if ((x + y) / 32).is_multiple_of(2) { 48 } else { 56 };
    let bytes = (0..height).flat_map(|y| (0..width).flat_map(move |x| [shade(x, y); 3])).collect();
    Pixels::new([width, height], PixelFormat::Rgb8, ColorSpec::default(), bytes)
        .map_err(|error| SourceError::Value(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Gives two frames, then is unplugged.
    struct Loose(SourceInfo, u32);

    impl Loose {
        fn new() -> Self {
            let info = SourceInfo {
                name: "c".into(),
                size: [64, 2],
                fps: None,
                frames: None,
                last: None,
                live: true,
                audio: None,
            };
            Self(info, 0)
        }
    }

    impl Source for Loose {
        fn info(&self) -> &SourceInfo {
            &self.0
        }

        fn next(&mut self) -> Result<Next, SourceError> {
            self.1 += 1;
            if self.1 > 2 {
                return Err(SourceError::Camera { name: "c".into(), what: "is gone".into() });
            }
            let pixels = Pixels::new([1, 1], PixelFormat::Rgb8, ColorSpec::default(), vec![0; 3]);
            let pixels = Arc::new(pixels.map_err(|error| SourceError::Value(error.to_string()))?);
            Ok(Next::Frame(Frame { id: FrameId(0), time: Duration::ZERO, pixels }))
        }
    }

    #[test]
    fn a_lost_camera_is_replaced_by_grey_until_it_is_back() {
        let opened = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&opened);
        let open = move || match count.fetch_add(1, Ordering::Relaxed) {
            1 => Err(SourceError::Value("not yet".into())),
            _ => Ok(Box::new(Loose::new()) as Box<dyn Source>),
        };
        let mut steady = Steady::new(Arc::new(open)).expect("it opens");
        let (mut frames, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(10));
        // Two of the camera, some grey ones, and the camera again.
        while frames.iter().filter(|frame: &&Frame| frame.pixels.size() == [1, 1]).count() < 4 {
            assert!(Instant::now() < deadline, "the camera never came back");
            match steady.next().expect("it never fails") {
                Next::Frame(frame) => frames.push(frame),
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        assert_eq!(opened.load(Ordering::Relaxed), 3);
        assert!(frames.iter().any(|frame| frame.pixels.size() == [64, 2]));
        assert!(frames.is_sorted_by(|a, b| a.id < b.id && a.time <= b.time));
        assert!(Steady::new(Arc::new(|| Err(SourceError::Value("none".into())))).is_err());
    }
}
