//! Files that are still being written.

use std::fs;
use std::io::Write;
use std::time::{Duration, SystemTime};

use super::fixture::{Fixture, LARGE, append, at_fifth_chunk, names, noise, proceed};

#[test]
fn retries_a_file_that_grows_during_compression() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut file = append(&fixture.inbox().join("a"));
    let mut spool = fixture.open(Duration::ZERO);
    let mut progress = at_fifth_chunk(|| file.write_all(b"more").unwrap());
    spool.process_inbox(&mut progress).unwrap();
    let whole = [&noise(LARGE), &b"more"[..]].concat();
    fixture.assert_files(&[("a", &whole)], &[]);
    spool.process_inbox(&mut proceed).unwrap();
    fixture.assert_files(&[], &[("a.gz", &whole)]);
}

#[test]
fn keeps_a_file_that_replaces_one_during_compression() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut spool = fixture.open(Duration::ZERO);
    let mut progress = at_fifth_chunk(|| {
        fixture.deliver(".new", b"new");
        fs::rename(fixture.inbox().join(".new"), fixture.inbox().join("a")).unwrap();
    });
    spool.process_inbox(&mut progress).unwrap();
    assert_eq!(names(&fixture.inbox()), ["a"]);
    spool.process_inbox(&mut proceed).unwrap();
    fixture.assert_files(&[], &[("a.1.gz", b"new"), ("a.gz", &noise(LARGE))]);
}

#[test]
fn compresses_a_file_once_it_has_settled() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    let mut spool = fixture.open(Duration::from_secs(3600));
    spool.process_inbox(&mut proceed).unwrap();
    fixture.assert_files(&[("a", b"hello")], &[]);
    let long_ago = SystemTime::now() - Duration::from_secs(3601);
    let file = append(&fixture.inbox().join("a"));
    file.set_modified(long_ago).unwrap();
    spool.process_inbox(&mut proceed).unwrap();
    fixture.assert_files(&[], &[("a.gz", b"hello")]);
}

#[test]
fn treats_a_time_in_the_future_as_settled() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    let future = SystemTime::now() + Duration::from_secs(3600);
    let file = append(&fixture.inbox().join("a"));
    file.set_modified(future).unwrap();
    let mut spool = fixture.open(Duration::from_secs(60));
    spool.process_inbox(&mut proceed).unwrap();
    fixture.assert_files(&[], &[("a.gz", b"hello")]);
}

#[test]
fn ignores_a_hidden_file() {
    let fixture = Fixture::new();
    fixture.deliver(".a", b"hello");
    fixture.process_inbox();
    fixture.assert_files(&[(".a", b"hello")], &[]);
}
