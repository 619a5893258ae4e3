//! `antifaz doctor`: what this machine offers, what is missing and how to get it.

use std::process::{Command, Stdio};

use antifaz::{
    data::DataDir,
    gpu::{AdapterInfo, Gpu},
    source::Camera,
};

use crate::{cli::Common, error::AppError, eyes, output, walk};

/// Something that was looked for.
#[derive(Debug)]
enum Finding {
    /// It is there: what it is.
    There(String),
    /// It is not there: what that means, and how to get it.
    Missing(String),
}

use Finding::{Missing, There};

/// Runs the command. What is missing is no failure of it.
pub(crate) fn run(common: &Common) -> Result<(), AppError> {
    section("adapters", adapters(&pollster::block_on(Gpu::adapters())))?;
    section("nets", vec![nets(common)])?;
    section("passes", vec![passes(common)])?;
    section("cameras", cameras())?;
    section("clips", clips())?;
    section("display", vec![display()])?;
    section("data", vec![data(common)])
}

fn section(title: &str, findings: Vec<Finding>) -> Result<(), AppError> {
    output::line(title)?;
    for finding in findings {
        let (mark, text) = match finding {
            There(text) => ("ok     ", text),
            Missing(text) => ("missing", text),
        };
        output::line(format!("  {mark}  {text}"))?;
    }
    Ok(())
}

fn adapters(found: &[AdapterInfo]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = found
        .iter()
        .map(|adapter| {
            let software = if adapter.software { ", draws on the CPU" } else { "" };
            There(format!("{} ({}, {}{software})", adapter.name, adapter.backend, adapter.driver))
        })
        .collect();
    if found.is_empty() {
        findings.push(Missing(
            "no graphics adapter: `run`, `render` and `bench` need a Vulkan driver (Debian: apt install \
             libvulkan1 mesa-vulkan-drivers)"
                .into(),
        ));
    } else if found.iter().all(|adapter| adapter.software) {
        findings.push(Missing("no hardware adapter: pictures are drawn on the CPU, which is slow".into()));
    }
    findings
}

/// Where nets run by themselves, and why.
fn nets(common: &Common) -> Finding {
    match walk::gpu(common).and_then(|gpu| eyes::choice(&gpu)) {
        Ok(choice) => There(format!("--nets auto is {}: {}", choice.backend.name(), choice.reason)),
        Err(error) => Missing(format!("--nets auto is cpu: {error}")),
    }
}

/// How passes over the whole picture are done by themselves.
fn passes(common: &Common) -> Finding {
    match walk::gpu(common) {
        Ok(gpu) if gpu.computes() => There("over the whole picture are computed (--passes)".into()),
        Ok(_) => There("over the whole picture are drawn (--passes)".into()),
        Err(error) => Missing(format!("can't be drawn: {error}")),
    }
}

fn cameras() -> Vec<Finding> {
    let found = Camera::list();
    if found.is_empty() {
        return vec![Missing(
            "no camera: plug one in, or see that you may use it (Linux: group `video`); clips work without"
                .into(),
        )];
    }
    found.iter().map(|camera| There(format!("{}: {}", camera.index, camera.name))).collect()
}

fn clips() -> Vec<Finding> {
    vec![
        There("built in: MP4 and MOV with H.264, AVI with MJPEG".into()),
        match ffmpeg_version() {
            Some(version) => There(format!("{version}: reads what is not built in, converts sound")),
            None => Missing(
                "no ffmpeg on the PATH: other codecs can't be read (Debian: apt install ffmpeg)".into(),
            ),
        },
    ]
}

/// The first words of `ffmpeg -version`, where there is one.
fn ffmpeg_version() -> Option<String> {
    let output = Command::new("ffmpeg").arg("-version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    (output.status.success() && words.first() == Some(&"ffmpeg")).then(|| words.join(" "))
}

fn display() -> Finding {
    let named = |variable| std::env::var(variable).ok().filter(|value: &String| !value.is_empty());
    if !cfg!(all(unix, not(target_os = "macos"))) {
        return There("the system's own".into());
    }
    match named("WAYLAND_DISPLAY").or_else(|| named("DISPLAY")) {
        Some(display) => There(format!("{display}: `run` can open a window")),
        None => {
            Missing("no display (neither DISPLAY nor WAYLAND_DISPLAY is set): `render` works without".into())
        }
    }
}

fn data(common: &Common) -> Finding {
    match DataDir::find(common.data.as_deref()) {
        Ok(data) => There(format!("{}: filters and assets", data.root().display())),
        Err(error) => Missing(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_hardware_is_told_what_that_means() {
        assert!(matches!(&adapters(&[])[..], [Missing(text)] if text.contains("mesa-vulkan-drivers")));
        let mut adapter = AdapterInfo {
            name: "llvmpipe".into(),
            backend: "vulkan".into(),
            driver: "Mesa".into(),
            software: true,
            discrete: false,
            reason: String::new(),
        };
        assert!(matches!(&adapters(&[adapter.clone()])[..], [There(_), Missing(_)]));
        adapter.software = false;
        assert!(matches!(&adapters(&[adapter])[..], [There(_)]));
    }
}
