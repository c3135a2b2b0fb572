//! Alerts about the processes of the workers.

use std::time::Duration;

use super::Alert;
use super::example::{Example, instances, series};

pub(super) fn restarts(of: &str, job: &str) -> Alert {
    Alert {
        name: "HeartbeatRestarts",
        expr: format!("changes(process_start_time_seconds{{{of}}}[15m]) > 3"),
        severity: "critical",
        wait: Duration::ZERO,
        summary: "{{ $labels.instance }} is restarted again and again",
        description: "More than three times in a quarter of an hour: its log ends with the exit code, \
                      and what that means.",
        example: instances(
            job,
            "process_start_time_seconds",
            None,
            "100x3 160x3 220x3 280x3 340x60",
            "100x3 160x3 220x60",
            240,
        ),
    }
}

pub(super) fn task_restarts(of: &str, job: &str) -> Alert {
    Alert {
        name: "HeartbeatTaskRestarts",
        expr: format!("increase(heartbeat_task_restarts_total{{{of}}}[15m]) > 3"),
        severity: "warning",
        wait: Duration::ZERO,
        summary: "Task `{{ $labels.task }}` of {{ $labels.instance }} is restarted again and again",
        description: "More than three times in a quarter of an hour: the log has its errors.",
        example: instances(
            job,
            "heartbeat_task_restarts_total",
            Some(("task", "consumer-0")),
            "0x4 2x8 5x80",
            "0x40 1x40",
            225,
        ),
    }
}

pub(super) fn down(of: &str, job: &str) -> Alert {
    Alert {
        name: "HeartbeatDown",
        expr: format!("up{{{of}}} == 0"),
        severity: "warning",
        wait: Duration::from_secs(120),
        summary: "{{ $labels.instance }} does not answer",
        description: "Its process has ended, its machine is unreachable, or its metrics are not \
                      open to Prometheus.",
        example: instances(job, "up", None, "1x4 0x80", "1x80", 75),
    }
}

pub(super) fn missing(jobs: &[String]) -> Alert {
    let absent = jobs.iter().map(|job| format!("absent(up{{job=\"{job}\"}})"));
    Alert {
        name: "HeartbeatMissing",
        expr: absent.collect::<Vec<_>>().join(" or "),
        severity: "critical",
        wait: Duration::from_secs(300),
        summary: "There is no instance of {{ $labels.job }}",
        description: "None is deployed, or Prometheus does not find them.",
        example: Example {
            firing: jobs.iter().map(|job| vec![("job", job.clone())]).collect(),
            series: vec![(series("up", "other", "Role_IN_0", None), "1x80")],
            begins_after: Duration::ZERO,
        },
    }
}
