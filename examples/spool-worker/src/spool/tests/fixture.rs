//! Temporary folders, with functions to fill and compare them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::progress::Skipped;
use crate::spool::Spool;

/// More than a few chunks.
pub(super) const LARGE: usize = 1_000_000;

/// Names and contents, in the order of the names.
type Files<'a> = &'a [(&'a str, &'a [u8])];

/// A temporary inbox and a folder of results.
pub(super) struct Fixture {
    pub(super) root: TempDir,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("inbox")).unwrap();
        fs::create_dir(root.path().join("done")).unwrap();
        Self { root }
    }

    pub(super) fn inbox(&self) -> PathBuf {
        self.root.path().join("inbox")
    }

    pub(super) fn done(&self) -> PathBuf {
        self.root.path().join("done")
    }

    pub(super) fn deliver(&self, name: &str, content: &[u8]) {
        fs::write(self.inbox().join(name), content).unwrap();
    }

    pub(super) fn add_result(&self, name: &str, content: &[u8]) {
        fs::write(self.done().join(name), gzip(content)).unwrap();
    }

    pub(super) fn open(&self, settle: Duration) -> Spool {
        Spool::open(&self.inbox(), &self.done(), settle).unwrap()
    }

    /// Starts a spool and processes the inbox once, with every file settled.
    pub(super) fn process_inbox(&self) {
        self.open(Duration::ZERO).process_inbox(&mut proceed).unwrap();
    }

    /// Asserts that the folders hold exactly these files, hidden ones included.
    #[track_caller]
    pub(super) fn assert_files(&self, inbox: Files<'_>, done: Files<'_>) {
        let read = |path: &Path| fs::read(path).unwrap();
        assert_folder(&self.inbox(), inbox, read);
        assert_folder(&self.done(), done, gunzip);
    }

    /// Asserts that the file is refused for `reason`, stays, and does not hold up others.
    #[track_caller]
    pub(super) fn assert_refused(&self, name: &str, reason: &str) {
        let mut spool = self.open(Duration::ZERO);
        match spool.process_file(name.as_ref(), &mut proceed) {
            Err(Skipped::Refused(error)) => {
                let error = error.to_string();
                assert!(error.contains(name) && error.contains(reason), "{error}");
            }
            outcome => panic!("{outcome:?}"),
        }
        self.deliver("before", b"1");
        self.deliver("later", b"2");
        spool.process_inbox(&mut proceed).unwrap();
        assert_eq!(names(&self.inbox()), [name]);
        assert_eq!(names(&self.done()), ["before.gz", "later.gz"]);
    }
}

#[track_caller]
fn assert_folder(folder: &Path, expected: Files<'_>, read: impl Fn(&Path) -> Vec<u8>) {
    let expected_names: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(folder), expected_names);
    for (name, content) in expected {
        assert!(read(&folder.join(name)) == *content, "{name} differs");
    }
}

pub(super) fn names(folder: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

pub(super) fn append(path: &Path) -> File {
    OpenOptions::new().append(true).open(path).unwrap()
}

/// A callback that runs `event` at the fifth chunk, in the middle of a `LARGE` file.
pub(super) fn at_fifth_chunk(mut event: impl FnMut()) -> impl FnMut() -> ControlFlow<()> {
    let mut calls = 0;
    move || {
        calls += 1;
        if calls == 5 {
            event();
        }
        ControlFlow::Continue(())
    }
}

pub(super) fn proceed() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Reads one gzip member only, unlike the code under test: a second would be half of the file.
pub(super) fn gunzip(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let mut decoder = GzDecoder::new(File::open(path).unwrap());
    decoder.read_to_end(&mut content).unwrap();
    content
}

/// Bytes that are hard to compress, the same at each call.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(step).collect()
}
