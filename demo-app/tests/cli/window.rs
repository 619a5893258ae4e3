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
fn a_change_of_a_filter_is_seen_and_a_fault_stops_nothing() {
    let (folder, display) = (Folder::new(), Display::open());
    RgbImage::from_pixel(320, 240, Rgb([90, 90, 90]))
        .save_with_format(folder.path("grey.png"), ImageFormat::Png)
        .expect("a picture");
    let shader = |color: &str| {
        format!(
            "import antifaz::fullscreen::{{Varying}};\n@fragment\nfn main(in: Varying) -> @location(0) vec4f {{\n    \
             return vec4f({color}, 1.0);\n}}\n"
        )
    };
    fs::create_dir(folder.path("mine")).expect("a folder");
    let passes = "[[passes]]\nname = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";
    folder.write("mine/filter.toml", format!("format = 1\ntitle = \"Mine\"\n{passes}"));
    folder.write("mine/a.wgsl", shader("1.0, 0.0, 0.0"));
    let mut child = folder
        .command("run --input grey.png --filter ./mine --quiet")
        .env("DISPLAY", &display.name)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // Below what is written over the picture.
    let mut becomes = |want: [u8; 3]| {
        let start = Instant::now();
        while display.pixel(600, 470) != want {
            let alive = child.try_wait().expect("its state").is_none();
            if start.elapsed() > PATIENCE || !alive {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        true
    };
    let red = becomes([255, 0, 0]);
    folder.write("mine/a.wgsl", shader("0.0, 0.0, 1.0"));
    let blue = becomes([0, 0, 255]);
    // The words' dark box lies over the picture's corner for a moment, and then for as long as there are faults.
    let corner_is_blue = |blue: bool| {
        let start = Instant::now();
        while (display.pixel(2, 2) == [0, 0, 255]) != blue && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
    };
    corner_is_blue(true);
    folder.write("mine/a.wgsl", shader("0.0, nothing, 1.0"));
    corner_is_blue(false);
    let (corner, still_blue) = (display.pixel(2, 2), display.pixel(600, 470));
    folder.write("mine/a.wgsl", shader("0.0, 1.0, 0.0"));
    let green = becomes([0, 255, 0]);
    let _ = child.kill();
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(red && blue && green, "red {red}, blue {blue}, green {green}: {said}");
    assert_eq!(still_blue, [0, 0, 255], "{said}");
    assert!(corner[2] < 100, "no words over the picture: {corner:?}");
    assert!(said.contains("mine/a.wgsl:4:23: ") && said.contains("`nothing`"), "{said}");
}

#[test]
fn a_window_without_a_driver_names_the_package() {
    let (folder, display) = (Folder::new(), Display::open());
    let mut command = folder.command("run --synthetic");
    command.env("DISPLAY", &display.name);
    command.env("VK_ICD_FILENAMES", "/nonexistent").env("VK_DRIVER_FILES", "/nonexistent");
    Outcome::of(&mut command).is_refusal(1, &["mesa-vulkan-drivers"]);
}
