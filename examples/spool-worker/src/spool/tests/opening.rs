//! Checks before the worker starts.

use std::time::Duration;

use super::fixture::Fixture;
use crate::spool::Spool;

#[test]
fn creates_missing_folders() {
    let fixture = Fixture::new();
    let [inbox, done] = ["new/inbox", "new/done"].map(|path| fixture.root.path().join(path));
    Spool::open(&inbox, &done, Duration::ZERO).unwrap();
    assert!(inbox.is_dir() && done.is_dir());
}

#[test]
fn rejects_a_file_in_place_of_a_folder() {
    let fixture = Fixture::new();
    let file = fixture.root.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Spool::open(&fixture.inbox(), &file, Duration::ZERO).unwrap_err();
    assert!(error.to_string().starts_with("cannot create folder"), "{error}");
}

#[test]
fn rejects_the_inbox_as_the_folder_of_results() {
    let fixture = Fixture::new();
    let same = fixture.done().join("..").join("inbox");
    let error = Spool::open(&fixture.inbox(), &same, Duration::ZERO).unwrap_err();
    assert!(error.to_string().contains("it is the inbox too"), "{error}");
}

#[cfg(unix)]
#[test]
fn rejects_a_folder_that_another_worker_uses() {
    let fixture = Fixture::new();
    let other = Fixture::new();
    let first = fixture.open(Duration::ZERO);
    for (inbox, done) in [(fixture.inbox(), other.done()), (other.inbox(), fixture.done())] {
        let error = Spool::open(&inbox, &done, Duration::ZERO).unwrap_err();
        assert!(error.to_string().contains("another worker"), "{error}");
    }
    drop(first);
    fixture.process_inbox();
}
