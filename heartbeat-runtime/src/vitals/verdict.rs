//! The verdict: a pure function of a snapshot.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::canary::Starvation;
use super::lifecycle::{Lifecycle, State};
use crate::log::Fields;

/// The kinds of probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeKind {
    /// Health: the worker is live and ready.
    Health,
    /// Live: the worker should go on running.
    Live,
    /// Ready: the worker accepts work.
    Ready,
    /// Startup: `on_start` succeeded.
    Startup,
}

/// The error of a text that is not a kind of probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write health, live, ready or startup")]
#[non_exhaustive]
pub struct ProbeKindError;

impl ProbeKind {
    const ALL: [Self; 4] = [Self::Health, Self::Live, Self::Ready, Self::Startup];

    fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Live => "live",
            Self::Ready => "ready",
            Self::Startup => "startup",
        }
    }

    /// Returns the path that serves the probe.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Health => "/healthz",
            Self::Live => "/livez",
            Self::Ready => "/readyz",
            Self::Startup => "/startupz",
        }
    }
}

impl fmt::Display for ProbeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProbeKind {
    type Err = ProbeKindError;

    fn from_str(text: &str) -> Result<Self, ProbeKindError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(ProbeKindError)
    }
}

/// The reasons for a status that is not pass, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Faulted,
    Stalled,
    Starved,
    Starting,
    Stopping,
    Busy,
    CheckFailed,
    TaskFailed,
    CertificateExpiring,
}

/// The status, as in the health check response format for HTTP APIs
/// (draft-inadarei-api-health-check).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pass,
    Warn,
    Fail,
}

/// The summary of the last results of all checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum CheckSummary {
    #[default]
    Pass,
    /// A check that is not critical fails.
    Warn,
    /// A critical check fails.
    Fail,
}

/// The vital signs at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) lifecycle: Lifecycle,
    /// A heartbeat is stalled.
    pub(crate) stalled: bool,
    pub(crate) starvation: Starvation,
    pub(crate) checks: CheckSummary,
    /// A task has failed, and waits to be restarted.
    pub(crate) task_restarting: bool,
    /// A certificate ends within 14 days, or has ended.
    pub(crate) certificate_expiring: bool,
}

/// The verdict on an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is the answer to one question")]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) live: bool,
    pub(crate) ready: bool,
    pub(crate) started: bool,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) warned: bool,
}

impl Verdict {
    pub(crate) fn of(snapshot: Snapshot) -> Self {
        let Snapshot { lifecycle: Lifecycle { state, started, .. }, checks, .. } = snapshot;
        // During a stop no beat is due, and the last scan may be older.
        let stalled = snapshot.stalled && !state.is_ending();
        let task_restarting = snapshot.task_restarting && !state.is_ending();
        let starvation = if state.is_ending() { Starvation::No } else { snapshot.starvation };
        let live = state != State::Faulted && !stalled && starvation != Starvation::Fail;
        let reasons = [
            (state == State::Faulted, Reason::Faulted),
            (stalled, Reason::Stalled),
            (starvation != Starvation::No, Reason::Starved),
            (state == State::Starting, Reason::Starting),
            (matches!(state, State::Stopping | State::Stopped), Reason::Stopping),
            (state == State::Busy, Reason::Busy),
            (checks != CheckSummary::Pass, Reason::CheckFailed),
            (task_restarting, Reason::TaskFailed),
            (snapshot.certificate_expiring, Reason::CertificateExpiring),
        ];
        Self {
            state,
            live,
            ready: live && state == State::Running && checks != CheckSummary::Fail,
            started,
            reasons: reasons.into_iter().filter_map(|(holds, why)| holds.then_some(why)).collect(),
            warned: starvation == Starvation::Warn
                || checks != CheckSummary::Pass
                || task_restarting
                || snapshot.certificate_expiring,
        }
    }

    /// Returns the fields of a log line that leads to this verdict, or that belongs to it.
    pub(crate) fn fields(&self) -> Fields {
        let reasons: Vec<_> = self.reasons.iter().map(|reason| reason.as_str()).collect();
        Fields::new(self.state.as_str(), &reasons)
    }

    /// Tells whether a probe passes.
    pub(crate) fn passes(&self, kind: ProbeKind) -> bool {
        match kind {
            ProbeKind::Health => self.live && self.ready,
            ProbeKind::Live => self.live,
            ProbeKind::Ready => self.ready,
            ProbeKind::Startup => self.started,
        }
    }

    /// Returns the status of a probe; one that passes may carry a warning.
    pub(crate) fn status(&self, kind: ProbeKind) -> Status {
        match (self.passes(kind), self.warned) {
            (false, _) => Status::Fail,
            (true, true) => Status::Warn,
            (true, false) => Status::Pass,
        }
    }
}

/// The verdict on an instance that has just begun to start.
impl Default for Verdict {
    fn default() -> Self {
        Self::of(Snapshot::default())
    }
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Faulted => "faulted",
            Self::Stalled => "stalled",
            Self::Starved => "starved",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Busy => "busy",
            Self::CheckFailed => "check_failed",
            Self::TaskFailed => "task_failed",
            Self::CertificateExpiring => "certificate_expiring",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status(ProbeKind::Health).as_str())?;
        let mut before = " (";
        for reason in &self.reasons {
            write!(f, "{before}{}", reason.as_str())?;
            before = " ";
        }
        f.write_str(if self.reasons.is_empty() { "" } else { ")" })
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckSummary, ProbeKind, Reason, Snapshot, Starvation, Status, Verdict};
    use crate::vitals::lifecycle::{Lifecycle, State};

    fn snapshot(state: State) -> Snapshot {
        let started = state != State::Starting;
        let lifecycle = Lifecycle { state, started, ..Lifecycle::default() };
        Snapshot { lifecycle, ..Snapshot::default() }
    }

    /// A snapshot, the probes that pass, the reasons, and the status of health.
    type Row<'a> = (Snapshot, &'a [ProbeKind], &'a [Reason], Status);

    #[test]
    fn each_state_and_sign_decides_each_probe() {
        use ProbeKind::{Health, Live, Ready, Startup};
        use Reason as R;
        let ready = snapshot(State::Running);
        let stopping = snapshot(State::Stopping);
        let unstarted = Lifecycle { started: false, ..stopping.lifecycle };
        let table: [Row<'_>; 18] = [
            (snapshot(State::Starting), &[Live], &[R::Starting], Status::Fail),
            (ready, &[Health, Live, Ready, Startup], &[], Status::Pass),
            (snapshot(State::Busy), &[Live, Startup], &[R::Busy], Status::Fail),
            (stopping, &[Live, Startup], &[R::Stopping], Status::Fail),
            (Snapshot { lifecycle: unstarted, ..stopping }, &[Live], &[R::Stopping], Status::Fail),
            (snapshot(State::Stopped), &[Live, Startup], &[R::Stopping], Status::Fail),
            (snapshot(State::Faulted), &[Startup], &[R::Faulted], Status::Fail),
            (Snapshot { stalled: true, ..ready }, &[Startup], &[R::Stalled], Status::Fail),
            (
                Snapshot { stalled: true, ..snapshot(State::Starting) },
                &[],
                &[R::Stalled, R::Starting],
                Status::Fail,
            ),
            (
                Snapshot { stalled: true, ..snapshot(State::Busy) },
                &[Startup],
                &[R::Stalled, R::Busy],
                Status::Fail,
            ),
            (
                Snapshot { stalled: true, ..stopping },
                &[Live, Startup],
                &[R::Stopping],
                Status::Fail,
            ),
            (
                Snapshot { starvation: Starvation::Warn, ..ready },
                &[Health, Live, Ready, Startup],
                &[R::Starved],
                Status::Warn,
            ),
            (
                Snapshot { starvation: Starvation::Fail, ..ready },
                &[Startup],
                &[R::Starved],
                Status::Fail,
            ),
            (
                Snapshot { starvation: Starvation::Fail, ..stopping },
                &[Live, Startup],
                &[R::Stopping],
                Status::Fail,
            ),
            (
                Snapshot { checks: CheckSummary::Warn, ..ready },
                &[Health, Live, Ready, Startup],
                &[R::CheckFailed],
                Status::Warn,
            ),
            (
                Snapshot { checks: CheckSummary::Fail, ..ready },
                &[Live, Startup],
                &[R::CheckFailed],
                Status::Fail,
            ),
            (
                Snapshot { checks: CheckSummary::Fail, ..snapshot(State::Starting) },
                &[Live],
                &[R::Starting, R::CheckFailed],
                Status::Fail,
            ),
            (
                Snapshot {
                    stalled: true,
                    starvation: Starvation::Fail,
                    checks: CheckSummary::Fail,
                    task_restarting: true,
                    certificate_expiring: true,
                    ..ready
                },
                &[Startup],
                &[R::Stalled, R::Starved, R::CheckFailed, R::TaskFailed, R::CertificateExpiring],
                Status::Fail,
            ),
        ];
        for (snapshot, passing, reasons, status) in table {
            let verdict = Verdict::of(snapshot);
            let passed: Vec<_> = [Health, Live, Ready, Startup]
                .into_iter()
                .filter(|kind| verdict.passes(*kind))
                .collect();
            assert_eq!(passed, passing, "{verdict:?}");
            assert_eq!(verdict.reasons, reasons, "{verdict:?}");
            assert_eq!(verdict.status(Health), status, "{verdict:?}");
        }
    }

    #[test]
    fn a_task_that_waits_to_be_restarted_is_a_warning_except_in_a_stop() {
        for (state, status, reasons) in [
            (State::Running, Status::Warn, [Reason::TaskFailed]),
            (State::Stopping, Status::Fail, [Reason::Stopping]),
        ] {
            let verdict = Verdict::of(Snapshot { task_restarting: true, ..snapshot(state) });
            assert_eq!(verdict.status(ProbeKind::Health), status);
            assert_eq!(verdict.reasons, reasons);
            assert!(verdict.live);
        }
    }

    #[test]
    fn a_certificate_that_expires_is_a_warning_alone() {
        let expiring = Snapshot { certificate_expiring: true, ..snapshot(State::Running) };
        let verdict = Verdict::of(expiring);
        assert!(verdict.live && verdict.ready);
        assert_eq!(verdict.to_string(), "warn (certificate_expiring)");
    }

    #[test]
    fn a_verdict_is_one_line() {
        let stalled =
            Snapshot { stalled: true, checks: CheckSummary::Warn, ..snapshot(State::Running) };
        assert_eq!(Verdict::of(stalled).to_string(), "fail (stalled check_failed)");
        assert_eq!(Verdict::of(snapshot(State::Running)).to_string(), "pass");
    }
}
