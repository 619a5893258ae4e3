//! A filter as one file, `.antifaz`: the zip archive of its folder. It may come from anybody, so nothing that it says
//! of itself is believed: neither sizes nor paths.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read, Write},
};

use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, read::ZipFile, write::SimpleFileOptions};

use super::{
    FilterError, Package,
    manifest::MANIFEST,
    package::{MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, is_left_out},
};

/// How the names of such files end.
pub const EXTENSION: &str = "antifaz";
/// The record at the end of every archive, and its length without a comment.
const END: (&[u8], usize) = (b"PK\x05\x06", 22);
/// What some archivers add for themselves.
const FOREIGN: &str = "__MACOSX/";
/// Bytes of a path, at most.
const MAX_PATH: usize = 200;

impl Package {
    /// Reads a packed filter; `shown` is the file's name for people. The filter is called as the folder in it; where
    /// its files lie in none, as the file.
    ///
    /// # Errors
    /// The bytes are no archive or are damaged, unpack to more than a filter may be, or hold links, doubled names or
    /// paths that leave the package.
    pub fn from_archive(shown: &str, bytes: &[u8]) -> Result<Self, FilterError> {
        let failed = |message: String| FilterError::Asset { file: shown.to_owned(), message };
        let files = unpack(bytes).map_err(failed)?;
        let folder = folder(&files);
        let name = folder.clone().unwrap_or_else(|| stem(shown).to_owned());
        let inside = folder.map_or_else(String::new, |folder| format!("{folder}/"));
        let files = files.into_iter().filter_map(|(path, bytes)| {
            let path = path.strip_prefix(&inside)?;
            (!is_left_out(path)).then(|| (path.to_owned(), bytes))
        });
        Ok(Self::of(name, shown.to_owned(), files.collect()))
    }

    /// The package as one file: the same bytes for the same files, whenever and wherever it is made.
    ///
    /// # Errors
    /// It is too large for an archive.
    pub fn to_archive(&self) -> Result<Vec<u8>, FilterError> {
        let failed = |error: String| FilterError::Asset {
            file: self.name().to_owned(),
            message: format!("it can't be packed: {error}"),
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for path in self.paths() {
            let inside = format!("{}/{path}", self.name());
            archive.start_file(inside, options).map_err(|error| failed(error.to_string()))?;
            let bytes = self.file(path).unwrap_or_default();
            archive.write_all(bytes).map_err(|error| failed(error.to_string()))?;
        }
        Ok(archive.finish().map_err(|error| failed(error.to_string()))?.into_inner())
    }
}

fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("it is not a packed filter that can be read: {error}"))?;
    if archive.len() > MAX_FILES {
        return Err(format!("it holds {} files, a filter has at most {MAX_FILES}", archive.len()));
    }
    // The reader keeps the last of two files that are called the same.
    if listed(bytes) != Some(archive.len()) {
        return Err("it holds two files of one name".into());
    }
    let (mut files, mut names, mut left) = (BTreeMap::new(), BTreeSet::new(), MAX_BYTES);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| format!("file {}: {error}", index + 1))?;
        let name = entry.name().map_err(|error| format!("file {}: {error}", index + 1))?.into_owned();
        let path = checked(&entry, &name)?;
        if entry.is_dir() || name.starts_with(FOREIGN) {
            continue;
        }
        // What differs in case alone is one file on some systems.
        if !names.insert(path.to_lowercase()) {
            return Err(format!("it holds `{path}` twice"));
        }
        let bytes = read(entry, path, left)?;
        left -= bytes.len() as u64;
        files.insert(path.to_owned(), bytes);
    }
    Ok(files)
}

/// The path of an entry, if it is a plain one that stays within the package.
fn checked<'n, R: Read>(entry: &ZipFile<'_, R>, name: &'n str) -> Result<&'n str, String> {
    let path = name.trim_end_matches('/');
    let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    if !path.split('/').all(plain) || path.chars().any(char::is_control) {
        return Err(format!("{name:?} is a path that leaves the filter"));
    }
    if path.len() > MAX_PATH {
        return Err(format!("it holds a path of {} bytes, at most {MAX_PATH} are allowed", path.len()));
    }
    if entry.is_symlink() {
        return Err(format!("`{path}` is a link; a filter brings its files along"));
    }
    if entry.encrypted() {
        return Err(format!("`{path}` is encrypted"));
    }
    Ok(path)
}

/// The bytes of an entry, of which `left` may be read; what it says of its size may be wrong.
fn read<R: Read>(entry: ZipFile<'_, R>, path: &str, left: u64) -> Result<Vec<u8>, String> {
    let most = MAX_FILE_BYTES.min(left);
    let too_large = || match left < MAX_FILE_BYTES {
        true => format!("it unpacks to more than {} MiB", MAX_BYTES >> 20),
        false => format!("`{path}` unpacks to more than {} MiB", MAX_FILE_BYTES >> 20),
    };
    if entry.size() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    entry.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("`{path}` is damaged: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

/// How many files the end of the archive says there are.
fn listed(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.len().saturating_sub(END.1 + usize::from(u16::MAX));
    let at = tail + bytes[tail..].windows(END.0.len()).rposition(|window| window == END.0)?;
    let count = bytes.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]])))
}

/// The one folder that all files lie in, where the manifest is in it.
fn folder(files: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    if files.contains_key(MANIFEST) {
        return None;
    }
    let (folder, _) = files.keys().next()?.split_once('/')?;
    let inside = format!("{folder}/");
    files.keys().all(|path| path.starts_with(&inside)).then(|| folder.to_owned())
}

/// The name of a file without folders and ending.
fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            archive.start_file(*path, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn refusal(bytes: &[u8]) -> String {
        let error = Package::from_archive("dir/neon.antifaz", bytes).unwrap_err().to_string();
        assert!(error.starts_with("dir/neon.antifaz: "), "{error}");
        error
    }

    #[test]
    fn what_was_packed_is_there_again() {
        let package = Package::new("neon", [(MANIFEST, "a"), ("b/c.wgsl", "d")]);
        let packed = package.to_archive().unwrap();
        assert_eq!(packed, package.to_archive().unwrap());
        let again = Package::from_archive("other.antifaz", &packed).unwrap();
        assert_eq!(again.name(), "neon");
        assert_eq!(again.paths().collect::<Vec<_>>(), ["b/c.wgsl", MANIFEST]);
        assert_eq!(again.file("b/c.wgsl"), Some(&b"d"[..]));
        assert_eq!(again.shown("b/c.wgsl"), "other.antifaz/b/c.wgsl");
    }

    #[test]
    fn archives_of_other_tools_are_understood() {
        let flat = Package::from_archive("x/neon.antifaz", &zip(&[(MANIFEST, b"a"), ("case/b.png", b"")]));
        let flat = flat.unwrap();
        assert_eq!((flat.name(), flat.paths().collect::<Vec<_>>()), ("neon", vec![MANIFEST]));
        let mac = zip(&[("glow/filter.toml", b"a"), ("__MACOSX/glow/._filter.toml", b"b"), ("glow/.x", b"")]);
        let mac = Package::from_archive("neon.antifaz", &mac).unwrap();
        assert_eq!((mac.name(), mac.paths().collect::<Vec<_>>()), ("glow", vec![MANIFEST]));
    }

    #[test]
    fn paths_that_leave_the_package_are_refused() {
        for path in ["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "C:/x", "a\\..\\b", "a\nb"] {
            assert!(refusal(&zip(&[(path, b"x")])).contains("leaves the filter"), "{path:?}");
        }
        assert!(refusal(&zip(&[(&"a/".repeat(200), b""), ("b", b"")])).contains("a path of"));
    }

    #[test]
    fn links_doubles_and_crowds_are_refused() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.add_symlink("a.png", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        assert!(refusal(&archive.finish().unwrap().into_inner()).contains("is a link"));
        assert!(refusal(&zip(&[("a.png", b"1"), ("A.PNG", b"2")])).contains("twice"));
        let mut doubled = zip(&[("aa", b"1"), ("ab", b"2")]);
        let places: Vec<usize> = (0..doubled.len() - 1).filter(|at| &doubled[*at..at + 2] == b"ab").collect();
        places.into_iter().for_each(|at| doubled[at + 1] = b'a');
        assert!(refusal(&doubled).contains("two files of one name"));
        let names: Vec<String> = (0..=MAX_FILES).map(|number| number.to_string()).collect();
        let crowd: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert!(refusal(&zip(&crowd)).contains("files, a filter has at most"));
    }

    #[test]
    fn bombs_are_not_unpacked_whatever_size_they_claim() {
        let large = vec![0; MAX_FILE_BYTES as usize + 1];
        let bomb = zip(&[("a", &large)]);
        assert!(bomb.len() < 1 << 20);
        assert!(refusal(&bomb).contains("`a` unpacks to more than 64 MiB"));
        // The same with a small size claimed, in the entry's own header and in the list.
        let mut liar = bomb;
        let size = (MAX_FILE_BYTES as u32 + 1).to_le_bytes();
        let places: Vec<usize> = (0..liar.len() - 4).filter(|at| liar[*at..at + 4] == size).collect();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| liar[at..at + 4].copy_from_slice(&9u32.to_le_bytes()));
        assert!(Package::from_archive("x", &liar).is_err());
        let third = &large[..MAX_BYTES as usize / 3 + 1];
        assert!(refusal(&zip(&[("a", third), ("b", third), ("c", third)])).contains("more than 128 MiB"));
    }

    #[test]
    fn damaged_archives_are_errors() {
        let good = zip(&[(MANIFEST, &[7; 500]), ("a.wgsl", &[9; 300])]);
        for end in 0..good.len() {
            refusal(&good[..end]);
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x5a;
            // Some bytes don't matter; none may panic.
            let _ = Package::from_archive("x.antifaz", &bad);
        }
        refusal(b"");
        refusal(b"no archive at all");
    }
}
