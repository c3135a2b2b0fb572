//! Recovery from every state in which a killed worker can leave the folders.

use std::fs;

use super::fixture::{Fixture, LARGE, names, noise};

// Killed while compressing.

#[test]
fn removes_a_stale_partial_at_the_start() {
    let fixture = Fixture::new();
    fs::write(fixture.done().join(".spool-worker.partial"), b"half").unwrap();
    fixture.process_inbox();
    fixture.assert_files(&[], &[]);
}

#[test]
fn compresses_the_original_of_a_stale_partial() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fs::write(fixture.done().join(".spool-worker.partial"), b"half").unwrap();
    fixture.process_inbox();
    fixture.assert_files(&[], &[("a.gz", b"hello")]);
}

#[test]
fn keeps_hidden_files_of_other_programs() {
    let fixture = Fixture::new();
    fs::write(fixture.done().join(".other.partial"), b"half").unwrap();
    fixture.process_inbox();
    assert_eq!(names(&fixture.done()), [".other.partial"]);
}

// Killed while the result had both names.

#[test]
fn keeps_the_final_name_of_a_result_that_has_both_names() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fixture.add_result("a.gz", b"hello");
    let partial = fixture.done().join(".spool-worker.partial");
    fs::hard_link(fixture.done().join("a.gz"), partial).unwrap();
    fixture.process_inbox();
    fixture.assert_files(&[], &[("a.gz", b"hello")]);
}

// Killed before the original was removed.

#[test]
fn only_removes_an_original_that_has_a_result() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    fixture.add_result("a.gz", &noise(LARGE));
    let before = fs::metadata(fixture.done().join("a.gz")).unwrap();
    fixture.process_inbox();
    fixture.assert_files(&[], &[("a.gz", &noise(LARGE))]);
    let after = fs::metadata(fixture.done().join("a.gz")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[test]
fn finds_a_result_with_a_number() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"third");
    fixture.add_result("a.gz", b"first");
    fixture.add_result("a.1.gz", b"second");
    fixture.add_result("a.2.gz", b"third");
    fixture.process_inbox();
    let done: [(&str, &[u8]); 3] =
        [("a.1.gz", b"second"), ("a.2.gz", b"third"), ("a.gz", b"first")];
    fixture.assert_files(&[], &done);
}
