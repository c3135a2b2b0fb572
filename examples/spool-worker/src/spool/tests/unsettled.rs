//! Somebody else is still writing.

use std::fs;
use std::io::Write;
use std::time::{Duration, SystemTime};

use super::fixture::{Fixture, LARGE, append, go_on, midway, names, noise};

#[test]
fn a_file_that_grows_while_it_is_compressed_is_taken_when_it_is_whole() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut file = append(&fixture.inbox().join("a"));
    let mut spool = fixture.open(Duration::ZERO);
    let mut progress = midway(|| file.write_all(b"more").unwrap());
    spool.pass(&mut progress).unwrap();
    let whole = [&noise(LARGE), &b"more"[..]].concat();
    fixture.expect(&[("a", &whole)], &[]);
    spool.pass(&mut go_on).unwrap();
    fixture.expect(&[], &[("a.gz", &whole)]);
}

#[test]
fn a_file_that_is_replaced_while_it_is_compressed_is_not_removed() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut spool = fixture.open(Duration::ZERO);
    let mut progress = midway(|| {
        fixture.deliver(".new", b"new");
        fs::rename(fixture.inbox().join(".new"), fixture.inbox().join("a")).unwrap();
    });
    spool.pass(&mut progress).unwrap();
    assert_eq!(names(&fixture.inbox()), ["a"]);
    spool.pass(&mut go_on).unwrap();
    fixture.expect(&[], &[("a.1.gz", b"new"), ("a.gz", &noise(LARGE))]);
}

#[test]
fn a_file_is_taken_when_nobody_has_written_to_it_for_a_while() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    let mut spool = fixture.open(Duration::from_secs(3600));
    spool.pass(&mut go_on).unwrap();
    fixture.expect(&[("a", b"hello")], &[]);
    let long_ago = SystemTime::now() - Duration::from_secs(3601);
    let file = append(&fixture.inbox().join("a"));
    file.set_modified(long_ago).unwrap();
    spool.pass(&mut go_on).unwrap();
    fixture.expect(&[], &[("a.gz", b"hello")]);
}

#[test]
fn a_time_in_the_future_counts_as_long_ago() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    let future = SystemTime::now() + Duration::from_secs(3600);
    let file = append(&fixture.inbox().join("a"));
    file.set_modified(future).unwrap();
    let mut spool = fixture.open(Duration::from_secs(60));
    spool.pass(&mut go_on).unwrap();
    fixture.expect(&[], &[("a.gz", b"hello")]);
}

#[test]
fn a_hidden_file_is_not_taken() {
    let fixture = Fixture::new();
    fixture.deliver(".a", b"hello");
    fixture.pass();
    fixture.expect(&[(".a", b"hello")], &[]);
}
