//! Stops in the middle of a file.

use std::ops::ControlFlow;
use std::time::Duration;

use super::fixture::{Fixture, LARGE, names, noise};

#[test]
fn keeps_the_original_and_removes_the_partial_on_a_stop() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut calls = 0;
    let mut spool = fixture.open(Duration::ZERO);
    spool
        .process_inbox(&mut || {
            calls += 1;
            if calls < 5 {
                return ControlFlow::Continue(());
            }
            assert_eq!(names(&fixture.done()), [".spool-worker.partial"]);
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(calls, 5, "no work after the stop");
    fixture.assert_files(&[("a", &noise(LARGE))], &[]);
}

#[test]
fn keeps_original_and_result_on_a_stop_while_comparing() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    fixture.add_result("a.gz", &noise(LARGE));
    let mut calls = 0;
    let mut spool = fixture.open(Duration::ZERO);
    spool
        .process_inbox(&mut || {
            calls += 1;
            if calls < 5 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
    fixture.assert_files(&[("a", &noise(LARGE))], &[("a.gz", &noise(LARGE))]);
}
