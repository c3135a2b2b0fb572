//! Alerts about the verdict of the workers.

use std::time::Duration;

use super::Alert;
use super::example::{Example, instances, series};

pub(super) fn stalled(of: &str, job: &str) -> Alert {
    Alert {
        name: "HeartbeatStalled",
        expr: format!("heartbeat_stalled{{{of}}} == 1"),
        severity: "critical",
        // Its own deadline has passed already.
        wait: Duration::ZERO,
        summary: "`{{ $labels.heartbeat }}` of {{ $labels.instance }} is stalled",
        description: "It missed its deadline: live fails, and the worker is about to be restarted.",
        example: instances(
            job,
            "heartbeat_stalled",
            Some(("heartbeat", "run")),
            "0x4 1x80",
            "0x80",
            75,
        ),
    }
}

pub(super) fn starved(of: &str, job: &str) -> Alert {
    Alert {
        name: "HeartbeatStarved",
        expr: format!("increase(heartbeat_canary_lag_seconds_count{{{of}}}[1m]) == 0"),
        severity: "critical",
        wait: Duration::ZERO,
        summary: "The runtime of {{ $labels.instance }} runs no tasks",
        description: "For a minute not even an empty task has run: blocking code holds every thread.",
        example: instances(
            job,
            "heartbeat_canary_lag_seconds_count",
            None,
            "0+15x4 60x80",
            "0+15x80",
            135,
        ),
    }
}

pub(super) fn not_ready(of: &str, job: &str, start_within: Duration) -> Alert {
    Alert {
        name: "HeartbeatNotReady",
        expr: format!("heartbeat_ready{{{of}}} == 0"),
        severity: "warning",
        // A start may take that long.
        wait: whole_minutes(start_within.max(Duration::from_secs(300))),
        summary: "{{ $labels.instance }} is not ready",
        description: "It has been starting, stopping, busy, stalled, or without a dependency for longer \
                      than a start takes: /health of the instance has the reasons.",
        example: instances(job, "heartbeat_ready", None, "1x4 0x2000", "1x2000", 75),
    }
}

pub(super) fn none_ready(of: &str, job: &str) -> Alert {
    Alert {
        name: "HeartbeatNoneReady",
        expr: format!("sum by (job) (heartbeat_ready{{{of}}}) == 0"),
        severity: "critical",
        wait: Duration::from_secs(120),
        summary: "No instance of {{ $labels.job }} is ready",
        description: "Nobody does its work.",
        example: Example {
            firing: vec![vec![("job", job.to_owned())]],
            series: vec![
                (series("heartbeat_ready", job, "Role_IN_0", None), "0x80"),
                (series("heartbeat_ready", job, "Role_IN_1", None), "1x4 0x80"),
            ],
            begins_after: Duration::from_secs(75),
        },
    }
}

pub(super) fn check_failing(of: &str, job: &str) -> Alert {
    Alert {
        name: "HeartbeatCheckFailing",
        expr: format!("heartbeat_check_passing{{{of}}} == 0"),
        severity: "warning",
        wait: Duration::from_secs(300),
        summary: "Check `{{ $labels.check }}` of {{ $labels.instance }} fails",
        description: "A dependency does not answer: /health of the instance has its message.",
        example: instances(
            job,
            "heartbeat_check_passing",
            Some(("check", "redis")),
            "1x4 0x80",
            "1x80",
            75,
        ),
    }
}

/// Rounds up to minutes, in which rules have their times.
fn whole_minutes(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs().div_ceil(60) * 60)
}
