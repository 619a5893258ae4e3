//! Webcams, through nokhwa.
//!
//! A thread of its own owns the camera, so that nothing else ever waits for it: it decodes what must be decoded and
//! leaves each frame in a one-slot mailbox, where the newest wins. A camera that stalls or is unplugged ends in an
//! error with its name; a thread that hangs in a driver is left to itself.

mod format;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, TryRecvError, channel},
    },
    time::{Duration, Instant},
};

use nokhwa::{
    Camera as Device, native_api_backend, query,
    utils::{ApiBackend, CameraFormat, CameraIndex, RequestedFormat, RequestedFormatType},
};

use self::format::FORMATS;
use super::{Next, Source, SourceError, SourceInfo};
use crate::{
    frame::{Frame, FrameId, Pixels},
    mailbox::Mailbox,
};

/// How long a camera may take to open.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);
/// How long it may give nothing before it counts as gone.
const STALL_PATIENCE: Duration = Duration::from_secs(5);
/// How long a dropped source waits for its thread, so that the camera can be opened anew at once.
const CLOSE_PATIENCE: Duration = Duration::from_millis(300);
/// Reads that may fail one after the other before the camera counts as gone.
const MOST_FAILURES: u32 = 3;

/// What a camera is asked for; it gives what comes closest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraOptions {
    /// Width and height, in pixels.
    pub size: [u32; 2],
    /// Frames a second.
    pub fps: f64,
}

impl Default for CameraOptions {
    fn default() -> Self {
        Self { size: [1280, 720], fps: 30.0 }
    }
}

/// A camera that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraName {
    /// What [`Camera::open`] takes; on Linux the number of its device file.
    pub index: u32,
    /// What its maker calls it.
    pub name: String,
}

/// An open camera.
#[derive(Debug)]
pub struct Camera {
    info: SourceInfo,
    frames: Arc<Mailbox<Capture>>,
    stop: Arc<AtomicBool>,
    /// Hangs up when the thread has let go of the camera.
    done: Receiver<Opened>,
    last: Instant,
}

/// What the thread leaves in the mailbox: a frame, or why there will be none.
type Capture = Result<Frame, String>;

/// The first thing that the thread says.
#[derive(Debug)]
struct Opened {
    name: String,
    format: CameraFormat,
}

impl Camera {
    /// The cameras of this machine. Device files that are no cameras may be among them.
    pub fn list() -> Vec<CameraName> {
        let backend = native_api_backend().unwrap_or(ApiBackend::Auto);
        let found = query(backend).unwrap_or_default();
        let mut names: Vec<CameraName> = found
            .iter()
            .filter_map(|camera| {
                let index = camera.index().as_index().ok()?;
                Some(CameraName { index, name: camera.human_name() })
            })
            .collect();
        names.sort_by_key(|camera| camera.index);
        names
    }

    /// Opens camera number `index`.
    ///
    /// # Errors
    /// When there is none of that number, when another program has it, and when it offers no format that is known.
    pub fn open(index: u32, options: &CameraOptions) -> Result<Self, SourceError> {
        let cameras = Self::list();
        let Some(camera) = cameras.iter().find(|camera| camera.index == index) else {
            return Err(SourceError::NoCamera { index, found: describe(&cameras) });
        };
        let failed = |what: String| SourceError::Camera { name: camera.name.clone(), what };
        let (frames, stop) = (Arc::new(Mailbox::default()), Arc::new(AtomicBool::new(false)));
        let (ready, opened) = channel();
        let thread = Thread { frames: Arc::clone(&frames), stop: Arc::clone(&stop), options: *options };
        std::thread::spawn(move || thread.run(index, ready));
        let Ok(first) = opened.recv_timeout(OPEN_PATIENCE) else {
            stop.store(true, Ordering::Relaxed);
            let what = match frames.take() {
                Some(Err(what)) => what,
                _ => format!("did not open within {} s: another program may use it", OPEN_PATIENCE.as_secs()),
            };
            return Err(failed(what));
        };
        log::info!("camera {index}: {:?} gives {}", first.name, first.format);
        let info = SourceInfo {
            name: first.name,
            size: [first.format.width(), first.format.height()],
            fps: Some(f64::from(first.format.frame_rate())),
            frames: None,
            last: None,
            live: true,
            audio: None,
        };
        Ok(Self { info, frames, stop, done: opened, last: Instant::now() })
    }
}

fn describe(cameras: &[CameraName]) -> String {
    if cameras.is_empty() {
        return "no camera was found, so plug one in, or give a file as the input".to_owned();
    }
    let names: Vec<String> =
        cameras.iter().map(|camera| format!("{} ({})", camera.index, camera.name)).collect();
    format!("there is {}", names.join(", "))
}

impl Source for Camera {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Next, SourceError> {
        let failed = |what: String| SourceError::Camera { name: self.info.name.clone(), what };
        let ended = matches!(self.done.try_recv(), Err(TryRecvError::Disconnected));
        match self.frames.take() {
            Some(Ok(frame)) => {
                self.last = Instant::now();
                Ok(Next::Frame(frame))
            }
            Some(Err(what)) => Err(failed(what)),
            None if ended => Err(failed("was closed".to_owned())),
            None if self.last.elapsed() > STALL_PATIENCE => Err(failed(format!(
                "has given no picture for {} s: plug it in again, or end the program that holds it",
                STALL_PATIENCE.as_secs()
            ))),
            None => Ok(Next::Pending),
        }
    }

    fn dropped(&self) -> u64 {
        self.frames.replaced()
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A thread that hangs in its driver ends with the program.
        let _ = self.done.recv_timeout(CLOSE_PATIENCE);
    }
}

/// The camera's own thread.
struct Thread {
    frames: Arc<Mailbox<Capture>>,
    stop: Arc<AtomicBool>,
    options: CameraOptions,
}

impl Thread {
    fn run(&self, index: u32, ready: Sender<Opened>) {
        if let Err(what) = self.capture(index, &ready) {
            self.frames.put(Err(what));
        }
    }

    fn capture(&self, index: u32, ready: &Sender<Opened>) -> Result<(), String> {
        let mut device = open(index, &self.options)?;
        device.open_stream().map_err(|error| format!("does not start: {error}"))?;
        let format = device.camera_format();
        let opened = Opened { name: device.info().human_name(), format };
        let (mut failures, mut count, start) = (0, 0, Instant::now());
        // Nobody waits any more when sending fails; then `stop` is set too.
        let _ = ready.send(opened);
        while !self.stop.load(Ordering::Relaxed) {
            match device.frame_raw() {
                Ok(bytes) => {
                    failures = 0;
                    let time = start.elapsed();
                    match format::pixels(&bytes, format) {
                        Ok(pixels) => self.frames.put(Ok(frame(count, time, pixels))),
                        Err(what) => log::debug!("camera {index}: frame {count} is dropped: {what}"),
                    }
                    count += 1;
                }
                Err(error) => {
                    failures += 1;
                    if failures == MOST_FAILURES {
                        return Err(format!("is gone ({error}): plug it in again and start anew"));
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
        Ok(())
    }
}

fn frame(count: u64, time: Duration, pixels: Pixels) -> Frame {
    Frame { id: FrameId(count), time, pixels: Arc::new(pixels) }
}

/// Opens the device with the format that suits `options` best among those that it really takes.
fn open(index: u32, options: &CameraOptions) -> Result<Device, String> {
    let request = |kind| RequestedFormat::with_formats(kind, &FORMATS);
    let new = |kind| Device::new(CameraIndex::Index(index), request(kind));
    // Any format, to have a device that can be asked; then some that most cameras take without listing them.
    let mut device = new(RequestedFormatType::None).or_else(|error| {
        let blind =
            format::common().into_iter().find_map(|format| new(RequestedFormatType::Exact(format)).ok());
        blind.ok_or_else(|| format!("can't be opened: {error}"))
    })?;
    let offered = device.compatible_camera_formats().unwrap_or_default();
    for choice in format::ranked(offered, options) {
        // A driver may list what it then refuses: the next best is tried.
        match device.set_camera_requset(request(RequestedFormatType::Exact(choice))) {
            Ok(_) => break,
            Err(refused) => log::debug!("camera {index} refuses {choice}: {refused}"),
        }
    }
    Ok(device)
}
