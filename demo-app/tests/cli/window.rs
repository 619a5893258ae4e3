//! The window, on a display without a screen: Xvfb, whose picture lies in a file.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

use super::tool::{Folder, Outcome};

/// Shaders are compiled on the way to the first picture, beside other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A display that ends with this value.
struct Display {
    server: Child,
    name: String,
    folder: TempDir,
}

impl Display {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "640x480x24", "-fbdir"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed by these tests");
        let mut number = String::new();
        let stdout = server.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut number).expect("the number of the display");
        assert!(!number.is_empty(), "Xvfb gave no display");
        Self { server, name: format!(":{}", number.trim()), folder }
    }

    /// Red, green and blue of a pixel of the screen, out of a dump as xwd writes it.
    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let dump = fs::read(self.folder.path().join("Xvfb_screen0")).expect("the screen");
        let number = |index: usize| {
            let bytes = dump[index * 4..].first_chunk().expect("the header is whole");
            u32::from_be_bytes(*bytes) as usize
        };
        let (header, row, colors) = (number(0), number(12), number(19));
        assert_eq!((number(7), number(11)), (0, 32), "blue comes first, of four bytes");
        let [blue, green, red] =
            dump[header + colors * 12 + y * row + x * 4..].first_chunk().expect("a pixel");
        [*red, *green, *blue]
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_window_shows_the_picture_as_in_a_mirror() {
    let (folder, display) = (Folder::new(), Display::open());
    let halves =
        RgbImage::from_fn(64, 48, |x, _| if x < 32 { Rgb([200, 40, 20]) } else { Rgb([20, 60, 180]) });
    halves.save_with_format(folder.path("halves.png"), ImageFormat::Png).expect("a picture");
    let mut child = folder
        .command("run --input halves.png --quiet")
        .env("DISPLAY", &display.name)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // Small pictures are shown twice as large, in the corner of a display where nobody places windows.
    let near = |found: [u8; 3], want: [u8; 3]| found.iter().zip(want).all(|(a, b)| a.abs_diff(b) <= 2);
    let shown = || near(display.pixel(32, 48), [20, 60, 180]) && near(display.pixel(96, 48), [200, 40, 20]);
    let start = Instant::now();
    while !shown() && start.elapsed() < PATIENCE && child.try_wait().expect("its state").is_none() {
        thread::sleep(Duration::from_millis(50));
    }
    let (shown, found) = (shown(), [display.pixel(32, 48), display.pixel(96, 48)]);
    // It may have ended by itself, and then says why.
    let _ = child.kill();
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(shown && said.is_empty(), "{found:?} {said}");
}

#[test]
fn a_window_without_a_driver_names_the_package() {
    let (folder, display) = (Folder::new(), Display::open());
    let mut command = folder.command("run --synthetic");
    command.env("DISPLAY", &display.name);
    command.env("VK_ICD_FILENAMES", "/nonexistent").env("VK_DRIVER_FILES", "/nonexistent");
    Outcome::of(&mut command).is_refusal(1, &["mesa-vulkan-drivers"]);
}
