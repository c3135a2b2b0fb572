//! Results whose name is already taken.

use std::fs;
use std::time::Duration;

use super::fixture::{Fixture, LARGE, at_fifth_chunk, gunzip, gzip, names, noise};

#[test]
fn numbers_another_file_of_the_same_name() {
    for other in [&b"other"[..], b"", b"hello, and more", b"hell"] {
        let fixture = Fixture::new();
        fixture.deliver("a", b"hello");
        fixture.add_result("a.gz", other);
        fixture.process_inbox();
        fixture.assert_files(&[], &[("a.1.gz", b"hello"), ("a.gz", other)]);
    }
}

#[test]
fn compares_large_files_to_the_last_byte() {
    let fixture = Fixture::new();
    let mut other = noise(LARGE);
    *other.last_mut().unwrap() ^= 1;
    fixture.deliver("a", &noise(LARGE));
    fixture.add_result("a.gz", &other);
    fixture.process_inbox();
    fixture.assert_files(&[], &[("a.1.gz", &noise(LARGE)), ("a.gz", &other)]);
}

#[test]
fn keeps_a_damaged_result() {
    let intact = gzip(&noise(1000));
    let mut wrong_checksum = intact.clone();
    let checksum = wrong_checksum.len() - 8;
    wrong_checksum[checksum] ^= 1;
    for damaged in
        [&b""[..], b"no gzip", &intact[..5], &intact[..intact.len() - 1], &wrong_checksum]
    {
        let fixture = Fixture::new();
        fixture.deliver("a", &noise(1000));
        fs::write(fixture.done().join("a.gz"), damaged).unwrap();
        fixture.process_inbox();
        assert!(names(&fixture.inbox()).is_empty());
        assert_eq!(names(&fixture.done()), ["a.1.gz", "a.gz"]);
        assert_eq!(fs::read(fixture.done().join("a.gz")).unwrap(), damaged);
        assert_eq!(gunzip(&fixture.done().join("a.1.gz")), noise(1000));
    }
}

#[test]
fn does_not_accept_an_empty_result_for_an_empty_file() {
    let fixture = Fixture::new();
    fixture.deliver("empty", b"");
    fs::write(fixture.done().join("empty.gz"), b"").unwrap();
    fixture.process_inbox();
    assert_eq!(names(&fixture.done()), ["empty.1.gz", "empty.gz"]);
    assert_eq!(gunzip(&fixture.done().join("empty.1.gz")), b"");
}

#[test]
fn keeps_a_folder_with_the_name_of_the_result() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fs::create_dir(fixture.done().join("a.gz")).unwrap();
    fixture.process_inbox();
    assert_eq!(names(&fixture.done()), ["a.1.gz", "a.gz"]);
    assert_eq!(gunzip(&fixture.done().join("a.1.gz")), b"hello");
}

#[test]
fn does_not_replace_a_result_created_meanwhile() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut spool = fixture.open(Duration::ZERO);
    let mut progress = at_fifth_chunk(|| fixture.add_result("a.gz", b"other"));
    spool.process_inbox(&mut progress).unwrap();
    fixture.assert_files(&[], &[("a.1.gz", &noise(LARGE)), ("a.gz", b"other")]);
}

#[cfg(unix)]
#[test]
fn keeps_a_dangling_link_with_the_name_of_the_result() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    std::os::unix::fs::symlink("nowhere", fixture.done().join("a.gz")).unwrap();
    fixture.process_inbox();
    assert_eq!(names(&fixture.done()), ["a.1.gz", "a.gz"]);
    assert!(!fixture.done().join("nowhere").exists());
}
