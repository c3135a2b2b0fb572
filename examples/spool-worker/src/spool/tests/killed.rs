//! Every state in which a killed worker may leave the folders.

use std::fs;

use super::fixture::{Fixture, LARGE, names, noise};

// Killed while compressing.

#[test]
fn a_partial_left_behind_is_swept_up_at_the_start() {
    let fixture = Fixture::new();
    fs::write(fixture.done().join(".spool-worker.partial"), b"half").unwrap();
    fixture.pass();
    fixture.expect(&[], &[]);
}

#[test]
fn a_partial_left_behind_does_not_hinder_its_original() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fs::write(fixture.done().join(".spool-worker.partial"), b"half").unwrap();
    fixture.pass();
    fixture.expect(&[], &[("a.gz", b"hello")]);
}

#[test]
fn hidden_files_of_others_are_not_swept_up() {
    let fixture = Fixture::new();
    fs::write(fixture.done().join(".other.partial"), b"half").unwrap();
    fixture.pass();
    assert_eq!(names(&fixture.done()), [".other.partial"]);
}

// Killed between the two names of the result.

#[test]
fn a_result_that_still_has_its_hidden_name_keeps_the_final_one() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fixture.result("a.gz", b"hello");
    let partial = fixture.done().join(".spool-worker.partial");
    fs::hard_link(fixture.done().join("a.gz"), partial).unwrap();
    fixture.pass();
    fixture.expect(&[], &[("a.gz", b"hello")]);
}

// Killed before the original was removed.

#[test]
fn an_original_that_is_done_already_is_only_removed() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    fixture.result("a.gz", &noise(LARGE));
    let before = fs::metadata(fixture.done().join("a.gz")).unwrap();
    fixture.pass();
    fixture.expect(&[], &[("a.gz", &noise(LARGE))]);
    let after = fs::metadata(fixture.done().join("a.gz")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[test]
fn an_original_that_is_done_under_a_number_is_not_done_again() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"third");
    fixture.result("a.gz", b"first");
    fixture.result("a.1.gz", b"second");
    fixture.result("a.2.gz", b"third");
    fixture.pass();
    let done: [(&str, &[u8]); 3] =
        [("a.1.gz", b"second"), ("a.2.gz", b"third"), ("a.gz", b"first")];
    fixture.expect(&[], &done);
}
