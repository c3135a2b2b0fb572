//! The name of the result is taken already.

use std::fs;
use std::time::Duration;

use super::fixture::{Fixture, LARGE, gunzip, gzip, midway, names, noise};

#[test]
fn another_file_of_the_same_name_gets_a_number() {
    for other in [&b"other"[..], b"", b"hello, and more", b"hell"] {
        let fixture = Fixture::new();
        fixture.deliver("a", b"hello");
        fixture.result("a.gz", other);
        fixture.pass();
        fixture.expect(&[], &[("a.1.gz", b"hello"), ("a.gz", other)]);
    }
}

#[test]
fn a_large_file_that_differs_in_its_last_byte_is_another_file() {
    let fixture = Fixture::new();
    let mut other = noise(LARGE);
    *other.last_mut().unwrap() ^= 1;
    fixture.deliver("a", &noise(LARGE));
    fixture.result("a.gz", &other);
    fixture.pass();
    fixture.expect(&[], &[("a.1.gz", &noise(LARGE)), ("a.gz", &other)]);
}

#[test]
fn what_is_no_sound_result_is_left_as_it_is() {
    let sound = gzip(&noise(1000));
    let mut wrong_checksum = sound.clone();
    let checksum = wrong_checksum.len() - 8;
    wrong_checksum[checksum] ^= 1;
    for unsound in [&b""[..], b"no gzip", &sound[..5], &sound[..sound.len() - 1], &wrong_checksum] {
        let fixture = Fixture::new();
        fixture.deliver("a", &noise(1000));
        fs::write(fixture.done().join("a.gz"), unsound).unwrap();
        fixture.pass();
        assert!(names(&fixture.inbox()).is_empty());
        assert_eq!(names(&fixture.done()), ["a.1.gz", "a.gz"]);
        assert_eq!(fs::read(fixture.done().join("a.gz")).unwrap(), unsound);
        assert_eq!(gunzip(&fixture.done().join("a.1.gz")), noise(1000));
    }
}

#[test]
fn an_empty_result_does_not_stand_for_an_empty_file() {
    let fixture = Fixture::new();
    fixture.deliver("empty", b"");
    fs::write(fixture.done().join("empty.gz"), b"").unwrap();
    fixture.pass();
    assert_eq!(names(&fixture.done()), ["empty.1.gz", "empty.gz"]);
    assert_eq!(gunzip(&fixture.done().join("empty.1.gz")), b"");
}

#[test]
fn a_folder_that_has_the_name_of_the_result_is_left_as_it_is() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fs::create_dir(fixture.done().join("a.gz")).unwrap();
    fixture.pass();
    assert_eq!(names(&fixture.done()), ["a.1.gz", "a.gz"]);
    assert_eq!(gunzip(&fixture.done().join("a.1.gz")), b"hello");
}

#[test]
fn a_result_that_appears_meanwhile_is_not_replaced() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut spool = fixture.open(Duration::ZERO);
    let mut progress = midway(|| fixture.result("a.gz", b"other"));
    spool.pass(&mut progress).unwrap();
    fixture.expect(&[], &[("a.1.gz", &noise(LARGE)), ("a.gz", b"other")]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_and_has_the_name_of_the_result_stays() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    std::os::unix::fs::symlink("nowhere", fixture.done().join("a.gz")).unwrap();
    fixture.pass();
    assert_eq!(names(&fixture.done()), ["a.1.gz", "a.gz"]);
    assert!(!fixture.done().join("nowhere").exists());
}
