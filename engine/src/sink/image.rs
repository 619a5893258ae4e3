//! PNG: one still, or a folder of them.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Duration,
};

use ::image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use super::{
    SinkError,
    encode::Encode,
    partial::{Partial, numbered},
};

/// One PNG. A second picture is an error.
pub(super) struct Still {
    partial: Partial,
    file: File,
    size: [u32; 2],
    count: u64,
}

impl Still {
    pub(super) fn create(path: &Path, size: [u32; 2]) -> Result<Self, SinkError> {
        let (partial, file) = Partial::file(path)?;
        Ok(Self { partial, file, size, count: 0 })
    }
}

impl Encode for Still {
    fn encode(&mut self, rgba: &[u8], _: Duration) -> Result<(), SinkError> {
        self.count += 1;
        if self.count > 1 {
            let what = "a PNG holds one picture, and there are more: write an .mp4 or .avi, or a folder";
            return Err(SinkError::unfit(self.partial.path(), what));
        }
        write_png(&self.file, rgba, self.size, self.partial.path())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        if self.count == 0 {
            return Err(SinkError::unfit(self.partial.path(), "there was no picture to write"));
        }
        self.partial.commit()
    }
}

/// `00000.png`, `00001.png`, ... in a folder.
pub(super) struct Folder {
    partial: Partial,
    size: [u32; 2],
    count: u64,
}

impl Folder {
    pub(super) fn create(path: &Path, size: [u32; 2]) -> Result<Self, SinkError> {
        Ok(Self { partial: Partial::folder(path)?, size, count: 0 })
    }
}

impl Encode for Folder {
    fn encode(&mut self, rgba: &[u8], _: Duration) -> Result<(), SinkError> {
        let name = numbered(self.count);
        self.count += 1;
        let file = File::create(self.partial.temporary().join(&name));
        let path = self.partial.path().join(name);
        let file = file.map_err(|error| SinkError::unwritable(&path, error))?;
        write_png(&file, rgba, self.size, &path)
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        if self.count == 0 {
            return Err(SinkError::unfit(self.partial.path(), "there was no picture to write"));
        }
        self.partial.commit_numbered(self.count)
    }
}

fn write_png(file: &File, rgba: &[u8], size: [u32; 2], path: &Path) -> Result<(), SinkError> {
    let rgb = drop_alpha(rgba);
    let mut writer = BufWriter::new(file);
    PngEncoder::new_with_quality(&mut writer, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&rgb, size[0], size[1], ExtendedColorType::Rgb8)
        .map_err(|error| match error {
            ::image::ImageError::IoError(error) => SinkError::unwritable(path, error),
            error => SinkError::unfit(path, error),
        })?;
    writer.flush().map_err(|error| SinkError::unwritable(path, error))
}

/// Pictures are premultiplied: without their alpha they lie over black.
pub(super) fn drop_alpha(rgba: &[u8]) -> Vec<u8> {
    rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}
