//! The worker is to stop in the middle of a file.

use std::ops::ControlFlow;
use std::time::Duration;

use super::fixture::{Fixture, LARGE, names, noise};

#[test]
fn a_stop_in_the_middle_leaves_the_original_and_no_partial() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    let mut calls = 0;
    let mut spool = fixture.open(Duration::ZERO);
    spool
        .pass(&mut || {
            calls += 1;
            if calls < 5 {
                return ControlFlow::Continue(());
            }
            assert_eq!(names(&fixture.done()), [".spool-worker.partial"]);
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(calls, 5, "nothing more is done once the worker stops");
    fixture.expect(&[("a", &noise(LARGE))], &[]);
}

#[test]
fn a_stop_while_comparing_leaves_both() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    fixture.result("a.gz", &noise(LARGE));
    let mut calls = 0;
    let mut spool = fixture.open(Duration::ZERO);
    spool
        .pass(&mut || {
            calls += 1;
            if calls < 5 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
    fixture.expect(&[("a", &noise(LARGE))], &[("a.gz", &noise(LARGE))]);
}
