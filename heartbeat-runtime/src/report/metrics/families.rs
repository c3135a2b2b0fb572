//! The metrics of the runtime, with names by the rules of Prometheus
//! (prometheus.io/docs/practices/naming).

use std::fmt;
use std::time::UNIX_EPOCH;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;

use super::writer::{Labels, MetricWriter};
use crate::report::snapshot::Report;
use crate::vitals::{
    CheckReport, HeartbeatReport, HeartbeatState, ProbeKind, State, TaskPhase, TaskReport,
};

/// The metrics of the runtime at one scrape.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) report: Report,
    /// The number of the worker's collectors that gave nothing.
    pub(super) failed_collectors: usize,
}

impl Collector for Families {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = MetricWriter { encoder };
        self.instance(&mut writer)?;
        self.heartbeats(&mut writer)?;
        self.checks(&mut writer)?;
        self.tasks(&mut writer)?;
        self.certificates(&mut writer)?;
        let (counts, sum) = &self.report.lags;
        writer.lags("heartbeat_canary_lag", counts, sum.as_secs_f64())?;
        self.process(&mut writer)
    }
}

impl Families {
    fn instance(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        let info = &self.report.info;
        let labels = [
            ("role", info.role.to_owned()),
            ("version", info.version.to_owned()),
            ("instance_id", info.instance.clone()),
        ];
        to.info("heartbeat_build", "The worker", &labels)?;
        let is = |state| i64::from(self.report.verdict.state == state);
        let states = State::ALL.map(|state| ([("state", state.as_str())], is(state))).into();
        to.gauges("heartbeat_state", "1 for the current state of the instance", None, states)?;
        for (name, help, kind) in [
            ("heartbeat_live", "1 if live passes", ProbeKind::Live),
            ("heartbeat_ready", "1 if ready passes", ProbeKind::Ready),
            ("heartbeat_started", "1 after on_start succeeded", ProbeKind::Startup),
        ] {
            to.gauge(name, help, None, &i64::from(self.report.verdict.passes(kind)))?;
        }
        let transitions = "Changes of the verdict";
        to.counter("heartbeat_transitions", transitions, None, &self.report.history.1)?;
        let uptime = "Time since the start, without the time in which the process was suspended";
        to.gauge(
            "heartbeat_uptime",
            uptime,
            Some(&Unit::Seconds),
            &self.report.uptime.as_secs_f64(),
        )?;
        let panics = "Panics of tasks and threads that the worker has spawned";
        to.counter("heartbeat_task_panics", panics, None, &self.report.panics.0)?;
        let failed = "Collectors of the worker that gave nothing for this scrape";
        let count = i64::try_from(self.failed_collectors).unwrap_or(i64::MAX);
        to.gauge("heartbeat_failed_collectors", failed, None, &count)
    }

    fn heartbeats(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        fn each<V>(
            heartbeats: &[HeartbeatReport],
            value: impl Fn(&HeartbeatReport) -> V,
        ) -> Vec<(Labels<'_>, V)> {
            heartbeats
                .iter()
                .map(|heartbeat| ([("heartbeat", heartbeat.name.as_str())], value(heartbeat)))
                .collect()
        }
        let (heartbeats, seconds) = (&self.report.heartbeats, Some(&Unit::Seconds));
        let age = "Time since the heartbeat was last seen alive";
        let ages = each(heartbeats, |heartbeat| heartbeat.age.as_secs_f64());
        to.gauges("heartbeat_age", age, seconds, ages)?;
        let deadline = "Time that may pass without a beat";
        let deadlines = each(heartbeats, |heartbeat| heartbeat.deadline.as_secs_f64());
        to.gauges("heartbeat_deadline", deadline, seconds, deadlines)?;
        let stalled =
            each(heartbeats, |heartbeat| i64::from(heartbeat.state == HeartbeatState::Stalled));
        to.gauges("heartbeat_stalled", "1 while the heartbeat is stalled", None, stalled)?;
        let stalls = each(heartbeats, |heartbeat| heartbeat.stalls);
        to.counters("heartbeat_stalls", "Stalls of the heartbeat", None, stalls)
    }

    fn checks(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        fn each<V>(
            checks: &[CheckReport],
            value: impl Fn(&CheckReport) -> V,
        ) -> Vec<(Labels<'_>, V)> {
            checks.iter().map(|check| ([("check", check.name.as_str())], value(check))).collect()
        }
        let (checks, seconds) = (&self.report.checks, Some(&Unit::Seconds));
        let passing = each(checks, |check| i64::from(check.passes));
        to.gauges(
            "heartbeat_check_passing",
            "1 if the last result of the check is good and recent",
            None,
            passing,
        )?;
        let took = each(checks, |check| check.took.as_secs_f64());
        to.gauges("heartbeat_check_duration", "Duration of the last check", seconds, took)?;
        let age = each(checks, |check| check.age.as_secs_f64());
        to.gauges("heartbeat_check_age", "Time since the last result of the check", seconds, age)
    }

    fn tasks(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        fn each<V>(tasks: &[TaskReport], value: impl Fn(&TaskReport) -> V) -> Vec<(Labels<'_>, V)> {
            tasks.iter().map(|task| ([("task", task.name.as_str())], value(task))).collect()
        }
        let tasks = &self.report.tasks;
        let up = each(tasks, |task| i64::from(task.phase == TaskPhase::Running));
        to.gauges("heartbeat_task_up", "1 while the supervised task runs", None, up)?;
        let restarts = each(tasks, |task| task.restarts);
        to.counters("heartbeat_task_restarts", "Restarts of the supervised task", None, restarts)
    }

    fn certificates(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        let certificates = &self.report.certificates;
        if certificates.is_empty() {
            return Ok(());
        }
        let ends = certificates.iter().map(|certificate| {
            let not_after = certificate.not_after.duration_since(UNIX_EPOCH).unwrap_or_default();
            ([("certificate", certificate.name.as_str())], not_after.as_secs_f64())
        });
        let help = "End of the certificate since 1970";
        let name = "heartbeat_certificate_not_after_timestamp";
        to.gauges(name, help, Some(&Unit::Seconds), ends.collect())
    }

    fn process(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        let seconds = Some(&Unit::Seconds);
        let start = "Start of the process since 1970";
        to.gauge(
            "process_start_time",
            start,
            seconds,
            &self.report.info.start_time().as_secs_f64(),
        )?;
        let Some(stats) = &self.report.process else { return Ok(()) };
        let cpu = "User and system CPU time";
        to.counter("process_cpu", cpu, seconds, &stats.cpu.as_secs_f64())?;
        let memory = i64::try_from(stats.resident_bytes).unwrap_or(i64::MAX);
        to.gauge("process_resident_memory", "Resident memory", Some(&Unit::Bytes), &memory)
    }
}
