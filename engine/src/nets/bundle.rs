//! `.task` bundles: zip archives of models. A member is addressed as `FILE#member`, with or without its extension.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::NetError;

/// A member may unpack to so many times its packed size; nets hardly shrink at all.
const MAX_GROWTH: u64 = 64;

/// Whether `bytes` start like a zip archive. Bundles may begin with a few bytes that align their members.
pub fn is_bundle(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(64)].windows(4).any(|window| window == b"PK\x03\x04")
}

/// Names of the models in a bundle, without their extension.
///
/// # Errors
/// [`NetError::Bundle`].
pub fn members(bytes: &[u8]) -> Result<Vec<String>, NetError> {
    let archive = open(bytes)?;
    let model = |name: &str| name.strip_suffix(".tflite").map(str::to_owned);
    Ok(archive.file_names().filter_map(|name| model(&name.ok()?)).collect())
}

/// The `.tflite` bytes at `bytes`: the file itself, or `member` of a bundle. A bundle with one model needs no name.
///
/// # Errors
/// [`NetError::Member`] where the member is missing, or none is named where there is a choice, or one is named
/// in a file that is no bundle; [`NetError::Bundle`] where the archive can't be read.
pub fn find(bytes: &[u8], member: Option<&str>) -> Result<Vec<u8>, NetError> {
    if !is_bundle(bytes) {
        return match member {
            None => Ok(bytes.to_vec()),
            Some(name) => Err(NetError::Bundle(format!(
                "the file is no zip archive, so it has no member {name:?}: leave out the part after #"
            ))),
        };
    }
    let members = members(bytes)?;
    let name = match (member, members.as_slice()) {
        (Some(name), _) => name.strip_suffix(".tflite").unwrap_or(name),
        (None, [only]) => only.as_str(),
        (None, _) => {
            return Err(NetError::Member { reason: "name a member after #".into(), members });
        }
    };
    if !members.iter().any(|known| known == name) {
        return Err(NetError::Member { reason: format!("there is no member {name:?}"), members });
    }
    read(bytes, &format!("{name}.tflite"))
}

/// Any file of a bundle by its full name.
///
/// # Errors
/// [`NetError::Bundle`] where it is missing or can't be unpacked.
pub fn read(bytes: &[u8], name: &str) -> Result<Vec<u8>, NetError> {
    let mut archive = open(bytes)?;
    let file = archive.by_name(name).map_err(|error| NetError::Bundle(format!("member {name}: {error}")))?;
    let limit = file.compressed_size().min(bytes.len() as u64).saturating_mul(MAX_GROWTH);
    let mut unpacked = Vec::new();
    let length = file
        .take(limit + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| NetError::Bundle(format!("member {name} is damaged: {error}")))?;
    if length as u64 > limit {
        return Err(NetError::Bundle(format!("member {name} unpacks to an absurd size")));
    }
    Ok(unpacked)
}

fn open(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, NetError> {
    ZipArchive::new(Cursor::new(bytes)).map_err(|error| NetError::Bundle(error.to_string()))
}
