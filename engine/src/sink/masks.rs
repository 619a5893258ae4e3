//! A folder of single-channel pictures: `00000.png`, `00001.png`, ...

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use ::image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use super::{
    SinkError,
    partial::{Partial, numbered},
};

/// Stores masks as 8-bit grey PNG files, each of its own size. Until [`Masks::finish`] nothing stands under the
/// final name.
#[derive(Debug)]
pub struct Masks {
    partial: Partial,
    count: u64,
    bytes: Vec<u8>,
}

impl Masks {
    /// A folder at `path`.
    ///
    /// # Errors
    /// When it can't be made there.
    pub fn create(path: &Path) -> Result<Self, SinkError> {
        Ok(Self { partial: Partial::folder(path)?, count: 0, bytes: Vec::new() })
    }

    /// Stores the next mask: `alpha` row by row, 0 (black) to 1 (white).
    ///
    /// # Errors
    /// When it does not have that size, or can't be stored.
    pub fn write(&mut self, alpha: &[f32], size: [u32; 2]) -> Result<(), SinkError> {
        let name = numbered(self.count);
        let path = self.partial.path().join(&name);
        if alpha.len() as u64 != u64::from(size[0]) * u64::from(size[1]) {
            return Err(SinkError::unfit(
                &path,
                format!("{} values are no mask of {size:?} pixels", alpha.len()),
            ));
        }
        self.bytes.clear();
        self.bytes.extend(alpha.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8));
        let file = File::create(self.partial.temporary().join(name));
        let mut writer = BufWriter::new(file.map_err(|error| SinkError::unwritable(&path, error))?);
        PngEncoder::new_with_quality(&mut writer, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&self.bytes, size[0], size[1], ExtendedColorType::L8)
            .map_err(|error| match error {
                ::image::ImageError::IoError(error) => SinkError::unwritable(&path, error),
                error => SinkError::unfit(&path, error),
            })?;
        writer.flush().map_err(|error| SinkError::unwritable(&path, error))?;
        self.count += 1;
        Ok(())
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// When it can't be named so.
    pub fn finish(mut self) -> Result<(), SinkError> {
        self.partial.commit_numbered(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_of_any_size_stand_in_the_folder_after_finish_only() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("masks");
        let mut masks = Masks::create(&folder).unwrap();
        masks.write(&[0.0, 0.5, 1.0, 2.0, -1.0, f32::NAN], [3, 2]).unwrap();
        masks.write(&[1.0], [1, 1]).unwrap();
        assert!(masks.write(&[1.0], [2, 1]).is_err());
        assert!(!folder.exists());
        masks.finish().unwrap();
        let first = ::image::open(folder.join("00000.png")).unwrap();
        assert_eq!(first.as_luma8().unwrap().as_raw(), &[0, 128, 255, 255, 0, 0]);
        assert_eq!(::image::open(folder.join("00001.png")).unwrap().as_luma8().unwrap().dimensions(), (1, 1));
    }

    #[test]
    fn the_rest_of_an_older_run_goes_and_other_files_stay() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("masks");
        std::fs::create_dir(&folder).unwrap();
        for name in ["00000.png", "00001.png", "00002.png", "00004.png", "notes.txt"] {
            std::fs::write(folder.join(name), "older").unwrap();
        }
        let mut masks = Masks::create(&folder).unwrap();
        masks.write(&[1.0], [1, 1]).unwrap();
        masks.finish().unwrap();
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(names, ["00000.png", "00004.png", "notes.txt"]);
        assert!(::image::open(folder.join("00000.png")).is_ok(), "the first is not replaced");
    }

    #[test]
    fn a_dropped_folder_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        Masks::create(&place.path().join("masks")).unwrap().write(&[1.0], [1, 1]).unwrap();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
