//! The flags of a heartbeat and the state of a task, in every interleaving of a worker's thread and the
//! monitor thread.

#![expect(clippy::expect_used, reason = "in a test, that is how to fail")]

#[path = "../src/vitals/flags.rs"]
mod flags;

#[path = "../src/vitals/task_state.rs"]
mod task_state;

/// The atomics of both, replaced by loom's.
mod atomic {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
}

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use flags::{FlagSnapshot, HeartbeatFlags};
use task_state::{TaskPhase, TaskState};

/// Whatever earlier scans cleared, the first scan after a beat, or an earlier one, sees the beat.
#[test]
fn a_scan_during_a_beat_or_the_next_one_sees_it() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        // No scan has cleared this beat, so that the next one may skip its store.
        flags.beat();
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.beat()
        });
        let during = [flags.scan(), flags.scan()];
        worker.join().unwrap();
        let after = flags.scan();
        assert!(during[0].beaten, "the earlier beat");
        // The later beat skipped its store only if no scan had cleared the earlier one, and then
        // that scan came during the beat.
        let seen = during[0].beaten || during[1].beaten || after.beaten;
        assert!(seen && !flags.scan().beaten, "a beat is seen once");
    });
}

/// The next scan sees a beat that happened after a scan.
#[test]
fn a_beat_after_a_scan_is_not_lost() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        let scanned = Arc::new(AtomicBool::new(false));
        flags.beat();
        let worker = thread::spawn({
            let (flags, scanned) = (Arc::clone(&flags), Arc::clone(&scanned));
            move || {
                let after = scanned.load(Ordering::Acquire);
                flags.beat();
                after
            }
        });
        assert!(flags.scan().beaten);
        scanned.store(true, Ordering::Release);
        let was_after = worker.join().unwrap();
        let seen = flags.scan().beaten;
        assert!(seen || !was_after, "a beat skipped its store though the earlier one was cleared");
    });
}

#[test]
fn a_peek_does_not_hide_a_beat_from_the_next_scan() {
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

/// Asserts that each scan sees the guard or its end, or follows one that did, so that the deadline
/// begins no earlier than the scan during which the guard ended; and that one scan sees the end.
fn assert_end_is_seen_once(scans: [FlagSnapshot; 3], has_guard: impl Fn(&FlagSnapshot) -> bool) {
    let end = scans.iter().position(|seen| seen.restarted).expect("a scan sees the end");
    let without = scans.iter().position(|seen| !has_guard(seen)).expect("the guard has ended");
    assert!(end <= without, "{scans:?}");
    assert_eq!(scans.iter().filter(|seen| seen.restarted).count(), 1, "{scans:?}");
}

#[test]
fn no_scan_falls_between_idle_and_its_end() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        flags.enter_idle();
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.leave_idle()
        });
        let during = [flags.scan(), flags.scan()];
        worker.join().unwrap();
        assert_end_is_seen_once([during[0], during[1], flags.scan()], |seen| seen.idle);
    });
}

#[test]
fn no_scan_falls_between_an_allowance_and_its_end() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        flags.allow_until(7, false);
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.allow_until(0, true)
        });
        let during = [flags.scan(), flags.scan()];
        worker.join().unwrap();
        let scans = [during[0], during[1], flags.scan()];
        assert_end_is_seen_once(scans, |seen| seen.allowed_until > 0);
    });
}

/// No scan misses a beat, or the end of a guard, because an allowance begins; one of them sees each.
#[test]
fn a_scan_during_the_begin_of_an_allowance_sees_the_earlier_signs() {
    for is_beat in [true, false] {
        loom::model(move || {
            let flags = Arc::new(HeartbeatFlags::new());
            if is_beat {
                flags.beat();
            } else {
                flags.enter_idle();
                flags.leave_idle();
            }
            let worker = thread::spawn({
                let flags = Arc::clone(&flags);
                move || flags.allow_until(7, false)
            });
            let during = flags.scan();
            worker.join().unwrap();
            let after = flags.scan();
            assert!(during.is_sign() || during.is_sign_before(), "{during:?}");
            assert!(!after.is_sign() && after.allowed_until == 7, "{after:?}");
            flags.beat();
            let under_it = flags.scan();
            assert!(under_it.beaten && !under_it.is_sign_before(), "{under_it:?}");
        });
    }
}

/// The end of one guard does not end the guard of the other thread.
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

/// A scan that still holds a heartbeat whose work is done never takes its handle for a lost one.
#[test]
fn no_scan_finds_a_finished_heartbeat_abandoned() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || {
                flags.finish();
                // The handle is dropped afterwards.
                flags.abandon();
            }
        });
        assert!(!flags.is_abandoned());
        worker.join().unwrap();
        assert!(!flags.is_abandoned());
    });
}

/// The scan that follows the end of a thread sees that its handle is lost, whatever it has beaten.
#[test]
fn a_scan_sees_an_abandoned_heartbeat_even_if_it_has_just_beaten() {
    loom::model(|| {
        let flags = Arc::new(HeartbeatFlags::new());
        let worker = thread::spawn({
            let flags = Arc::clone(&flags);
            move || {
                flags.beat();
                flags.abandon();
            }
        });
        // Abandoned is for ever.
        let during = [flags.is_abandoned(), flags.is_abandoned()];
        assert!(!during[0] || during[1]);
        worker.join().unwrap();
        assert!(flags.is_abandoned() && flags.scan().beaten);
    });
}

/// No reader sees a phase with the number of restarts of another.
#[test]
fn a_phase_comes_with_its_restarts() {
    loom::model(|| {
        let state = Arc::new(TaskState::new());
        let supervisor = thread::spawn({
            let state = Arc::clone(&state);
            move || {
                for phase in [TaskPhase::Restarting, TaskPhase::Running, TaskPhase::Failed] {
                    state.enter(phase);
                }
            }
        });
        let steps = [
            (TaskPhase::Running, 0),
            (TaskPhase::Restarting, 0),
            (TaskPhase::Running, 1),
            (TaskPhase::Failed, 1),
        ];
        let position = || {
            let seen = state.load();
            steps.iter().position(|step| *step == seen).expect("a state that there was")
        };
        assert!(position() <= position(), "no reader sees time run backwards");
        supervisor.join().unwrap();
        assert_eq!(state.load(), (TaskPhase::Failed, 1));
    });
}
