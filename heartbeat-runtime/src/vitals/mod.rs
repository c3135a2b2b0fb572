//! The vital signs of an instance, and the verdict drawn from them. No I/O and no HTTP.

mod canary;
mod certificates;
mod check;
mod check_record;
mod checks;
mod clock;
mod flags;
mod heartbeat;
mod heartbeats;
mod history;
mod jitter;
mod lifecycle;
pub(crate) mod panics;
mod record;
mod registry;
mod scan;
mod signs;
mod starvation;
mod task_record;
mod task_state;
mod tasks;
mod verdict;
mod wake;

/// The atomics of the flags; a test replaces them with those of a model checker.
mod atomic {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
}

pub(crate) use self::canary::{BUCKETS, Canary};
pub(crate) use self::certificates::CertificateReport;
pub use self::check::{Check, CheckBuilder, CheckError};
pub(crate) use self::check_record::CheckReport;
pub(crate) use self::heartbeat::SHORTEST;
pub use self::heartbeat::{Allowance, Heartbeat, HeartbeatBuilder, HeartbeatError, Idle};
pub(crate) use self::heartbeats::RUN;
pub(crate) use self::history::Transition;
pub(crate) use self::jitter::jitter;
pub(crate) use self::lifecycle::{Event, Phase, State};
pub(crate) use self::record::{HeartbeatRecord, HeartbeatReport, HeartbeatState};
pub(crate) use self::scan::ScanReport;
pub(crate) use self::signs::Vitals;
pub(crate) use self::task_record::{TaskRecord, TaskReport};
pub(crate) use self::task_state::TaskPhase;
pub use self::verdict::{ProbeKind, ProbeKindError};
pub(crate) use self::verdict::{Reason, Status, Verdict};
pub(crate) use self::wake::WakeSignal;
