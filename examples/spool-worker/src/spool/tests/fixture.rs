//! Folders to work in, and ways to fill and to compare them.

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

use crate::progress::Left;
use crate::spool::Spool;

/// More than a few chunks.
pub(super) const LARGE: usize = 1_000_000;

/// Names and contents, in the order of the names.
type Files<'a> = &'a [(&'a str, &'a [u8])];

/// An inbox and a folder of results that vanish with the test.
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

    pub(super) fn result(&self, name: &str, content: &[u8]) {
        fs::write(self.done().join(name), gzip(content)).unwrap();
    }

    pub(super) fn open(&self, settle: Duration) -> Spool {
        Spool::open(&self.inbox(), &self.done(), settle).unwrap()
    }

    /// What a worker does that is started and finds everything settled.
    pub(super) fn pass(&self) {
        self.open(Duration::ZERO).pass(&mut go_on).unwrap();
    }

    /// These files and no others, hidden ones included.
    #[track_caller]
    pub(super) fn expect(&self, inbox: Files<'_>, done: Files<'_>) {
        let read = |path: &Path| fs::read(path).unwrap();
        assert_files(&self.inbox(), inbox, read);
        assert_files(&self.done(), done, gunzip);
    }

    /// Stays, is named with the reason, and does not keep others from being taken.
    #[track_caller]
    pub(super) fn expect_refused(&self, name: &str, reason: &str) {
        let mut spool = self.open(Duration::ZERO);
        match spool.take(name.as_ref(), &mut go_on) {
            Err(Left::Refused(error)) => {
                let error = error.to_string();
                assert!(error.contains(name) && error.contains(reason), "{error}");
            }
            outcome => panic!("{outcome:?}"),
        }
        self.deliver("before", b"1");
        self.deliver("later", b"2");
        spool.pass(&mut go_on).unwrap();
        assert_eq!(names(&self.inbox()), [name]);
        assert_eq!(names(&self.done()), ["before.gz", "later.gz"]);
    }
}

#[track_caller]
fn assert_files(folder: &Path, expected: Files<'_>, read: impl Fn(&Path) -> Vec<u8>) {
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

/// Goes on, and at the fifth chunk does `event`: in the middle of a `LARGE` file.
pub(super) fn midway(mut event: impl FnMut()) -> impl FnMut() -> ControlFlow<()> {
    let mut calls = 0;
    move || {
        calls += 1;
        if calls == 5 {
            event();
        }
        ControlFlow::Continue(())
    }
}

pub(super) fn go_on() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// One member only, unlike the code under test: what follows it would be a second half.
pub(super) fn gunzip(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let mut decoder = GzDecoder::new(File::open(path).unwrap());
    decoder.read_to_end(&mut content).unwrap();
    content
}

/// The same at each call, and hard to compress.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(step).collect()
}
