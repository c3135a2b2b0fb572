//! The protocol of a heartbeat's flags, in every order in which a worker's thread and the heart
//! thread can meet.

#![expect(clippy::expect_used, reason = "in a test, that is how to fail")]

#[path = "../src/vitals/flags.rs"]
mod flags;

/// What the flags are made of here.
mod atomic {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
}

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use flags::{FlagSnapshot, HeartbeatFlags};

/// Whatever the looks before it have cleared, a beat is seen by one that comes no later than the
/// first after it.
#[test]
fn a_beat_is_seen_by_a_look_during_it_or_by_the_next_one() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        // An earlier beat that no look has cleared, so that the one below may be left out.
        flags.beat();
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.beat()
        });
        let during = [flags.scan(), flags.scan()];
        worker.join().unwrap();
        let after = flags.scan();
        assert!(during[0].beaten, "the earlier beat");
        // The later one was left out only where no look had cleared the earlier one yet, and then
        // that look has come during it.
        let seen = during[0].beaten || during[1].beaten || after.beaten;
        assert!(seen && !flags.scan().beaten, "and none is seen for ever");
    });
}

/// A worker that beats after a look, as far as it can know, is alive at the next.
#[test]
fn a_beat_after_a_look_is_not_lost() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        let looked = Arc::new(AtomicBool::new(false));
        flags.beat();
        let worker = thread::spawn({
            let (flags, looked) = (Arc::clone(&flags), Arc::clone(&looked));
            move || {
                let after = looked.load(Ordering::Acquire);
                flags.beat();
                after
            }
        });
        assert!(flags.scan().beaten);
        looked.store(true, Ordering::Release);
        let was_after = worker.join().unwrap();
        let seen = flags.scan().beaten;
        assert!(seen || !was_after, "a beat was left out though the one before it was cleared");
    });
}

/// Whoever peeks meanwhile takes nothing from the look.
#[test]
fn a_beat_that_was_peeked_at_is_seen_by_the_next_look() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        let peeking = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.peek().beaten
        });
        flags.beat();
        assert!(flags.scan().beaten);
        peeking.join().unwrap();
        assert!(!flags.peek().beaten);
    });
}

/// Each look finds the guard, or its end, or comes after one that did: the deadline begins no
/// earlier than the look during which the guard has ended. And the end is found once.
fn assert_never_in_between(looks: [FlagSnapshot; 3], has_guard: impl Fn(&FlagSnapshot) -> bool) {
    let end = looks.iter().position(|seen| seen.restarted).expect("the end is found");
    let without = looks.iter().position(|seen| !has_guard(seen)).expect("it has ended");
    assert!(end <= without, "{looks:?}");
    assert_eq!(looks.iter().filter(|seen| seen.restarted).count(), 1, "{looks:?}");
}

#[test]
fn no_look_finds_a_lane_between_idle_and_its_end() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        flags.enter_idle();
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.leave_idle()
        });
        let during = [flags.scan(), flags.scan()];
        worker.join().unwrap();
        assert_never_in_between([during[0], during[1], flags.scan()], |seen| seen.idle);
    });
}

#[test]
fn no_look_finds_a_lane_between_an_allowance_and_its_end() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        flags.allow_until(7, false);
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.allow_until(0, true)
        });
        let during = [flags.scan(), flags.scan()];
        worker.join().unwrap();
        let looks = [during[0], during[1], flags.scan()];
        assert_never_in_between(looks, |seen| seen.allowed_until > 0);
    });
}

/// The end of one guard is no end of the other's.
#[test]
fn guards_of_two_threads_nest() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        flags.enter_idle();
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || {
                flags.enter_idle();
                flags.leave_idle();
            }
        });
        assert!(flags.scan().idle);
        assert!(flags.scan().idle);
        worker.join().unwrap();
        assert!(flags.scan().idle);
        flags.leave_idle();
        assert!(!flags.scan().idle);
    });
}
