//! The three probes of a worker.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ExecAction, HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::render::deployment::ProbeBy;
use crate::render::endpoint::WorkerEndpoint;
use crate::render::worker::Worker;

/// Seconds that a worker has to stop if it is killed for its health. One that hangs does not use
/// them, and a frozen one cannot.
const KILL_WITHIN: i64 = 10;
/// Failed liveness probes in a row that are a reason to kill.
const LIVENESS_FAILURES: i32 = 3;
/// Seconds between two readiness probes: an instance that is busy has no traffic by then.
const READINESS_PERIOD: i32 = 5;
/// Seconds between two startup probes, none of which is in the log.
const STARTUP_PERIOD: i32 = 2;
/// Rounds a duration up to whole startup periods.
const ALMOST_PERIOD: Duration = Duration::from_millis(1999);

/// The probes of a worker.
pub(super) struct Probes {
    pub(super) startup: Probe,
    pub(super) liveness: Probe,
    pub(super) readiness: Probe,
}

impl Probes {
    /// Returns the probes of a worker whose health endpoint is known.
    pub(super) fn new(worker: &Worker<'_>) -> Option<Self> {
        let heartbeat = worker.heartbeat()?;
        let probe = |kind: Kind, period: i32, failures: i32| Probe {
            period_seconds: Some(period),
            timeout_seconds: Some(period.min(5)),
            failure_threshold: Some(failures),
            ..kind.ask(worker, heartbeat)
        };
        // The first probe comes at once: a start has the periods between the failures.
        let periods = whole_seconds(worker.timing().start_within + ALMOST_PERIOD) / STARTUP_PERIOD;
        let failures = periods.saturating_add(1);
        let startup = probe(Kind::Startup, STARTUP_PERIOD, failures);
        let liveness = probe(Kind::Live, liveness_period(worker), LIVENESS_FAILURES);
        let kill_within = Some(kill_within(worker));
        Some(Self {
            startup: Probe { termination_grace_period_seconds: kill_within, ..startup },
            liveness: Probe { termination_grace_period_seconds: kill_within, ..liveness },
            // The worker has judged already: one answer is enough.
            readiness: probe(Kind::Ready, READINESS_PERIOD, 1),
        })
    }
}

/// Returns the seconds that a worker has to stop if it is killed for its health.
pub(super) fn kill_within(worker: &Worker<'_>) -> i64 {
    KILL_WITHIN.min(i64::try_from(worker.timing().grace().as_secs()).unwrap_or(KILL_WITHIN))
}

/// Returns the seconds between two liveness probes: so many that a worker is killed, at the latest,
/// one more `stall_after` after it has stalled.
fn liveness_period(worker: &Worker<'_>) -> i32 {
    (whole_seconds(worker.timing().stall_after) / LIVENESS_FAILURES).clamp(1, 10)
}

fn whole_seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

#[derive(Clone, Copy)]
enum Kind {
    Startup,
    Live,
    Ready,
}

impl Kind {
    /// Returns a probe without its times.
    fn ask(self, worker: &Worker<'_>, heartbeat: &WorkerEndpoint<'_>) -> Probe {
        let (path, argument) = match self {
            Self::Startup => ("/startupz", "startup"),
            Self::Live => ("/livez", "live"),
            Self::Ready => ("/readyz", "ready"),
        };
        match worker.probe_by() {
            ProbeBy::Http => Probe {
                http_get: Some(HTTPGetAction {
                    path: Some(path.into()),
                    port: IntOrString::String(heartbeat.name.clone()),
                    scheme: worker.is_tls(heartbeat).then(|| "HTTPS".into()),
                    ..Default::default()
                }),
                ..Default::default()
            },
            ProbeBy::Exec => Probe {
                exec: Some(ExecAction {
                    command: Some(vec![worker.program(), format!("--heartbeat-probe={argument}")]),
                }),
                ..Default::default()
            },
        }
    }
}
