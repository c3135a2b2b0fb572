//! `/metrics`: the details for Prometheus, with names by its rules
//! (prometheus.io/docs/practices/naming).

use std::fmt::{self, Write};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::json;
use super::process_stats::ProcessStats;
use super::state::HealthState;
use crate::vitals::{
    BUCKETS, CheckReport, HeartbeatReport, HeartbeatState, ProbeKind, State, Verdict,
};

/// The two text formats of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetricsFormat {
    OpenMetrics,
    /// The format before OpenMetrics, which every scraper reads.
    PrometheusText,
}

/// The collector of one scrape.
#[derive(Debug)]
struct HealthCollector {
    info: [(&'static str, String); 3],
    verdict: Verdict,
    transitions: u64,
    uptime: Duration,
    start_time: Duration,
    heartbeats: Vec<HeartbeatReport>,
    checks: Vec<CheckReport>,
    lags: (Vec<u64>, Duration),
    panics: u64,
    stats: Option<ProcessStats>,
}

impl MetricsFormat {
    /// Chooses OpenMetrics if the `Accept` header names it.
    pub(super) fn negotiate(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::PrometheusText
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

pub(super) fn render(format: MetricsFormat, health: &HealthState) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(HealthCollector::of(health)));
    let mut written = String::new();
    // Writing to a string cannot fail.
    let _ = text::encode(&mut written, &registry);
    match format {
        MetricsFormat::OpenMetrics => written,
        MetricsFormat::PrometheusText => to_prometheus_text(&written),
    }
}

impl HealthCollector {
    fn of(health: &HealthState) -> Self {
        let vitals = &health.vitals;
        let info = &health.info;
        Self {
            info: [
                ("role", info.role.to_owned()),
                ("version", info.version.to_owned()),
                ("instance_id", info.instance.clone()),
            ],
            verdict: vitals.verdict(),
            transitions: vitals.transitions().1,
            uptime: vitals.clock().now(),
            start_time: json::start_time(health),
            heartbeats: vitals.heartbeat_reports(),
            checks: vitals.check_reports(),
            lags: vitals.starvation().lags().report(),
            panics: vitals.panics().report().0,
            stats: ProcessStats::read(),
        }
    }

    fn instance(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        to.info("heartbeat_build", "The worker", &self.info)?;
        let is = |state| i64::from(self.verdict.state == state);
        let states = State::ALL.map(|state| ([("state", state.as_str())], is(state))).into();
        to.gauges("heartbeat_state", "1 for the current state of the instance", None, states)?;
        for (name, help, kind) in [
            ("heartbeat_live", "1 if live passes", ProbeKind::Live),
            ("heartbeat_ready", "1 if ready passes", ProbeKind::Ready),
            ("heartbeat_started", "1 after on_start succeeded", ProbeKind::Startup),
        ] {
            to.gauge(name, help, None, &i64::from(self.verdict.passes(kind)))?;
        }
        let transitions = "Changes of the verdict";
        to.counter("heartbeat_transitions", transitions, None, &self.transitions)?;
        let uptime = "Time since the start, without the time in which the process was suspended";
        to.gauge("heartbeat_uptime", uptime, Some(&Unit::Seconds), &self.uptime.as_secs_f64())?;
        let panics = "Panics of tasks and threads that the worker has spawned";
        to.counter("heartbeat_task_panics", panics, None, &self.panics)
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
        let (heartbeats, seconds) = (&self.heartbeats, Some(&Unit::Seconds));
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
        let (checks, seconds) = (&self.checks, Some(&Unit::Seconds));
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

    fn process(&self, to: &mut MetricWriter<'_>) -> fmt::Result {
        let seconds = Some(&Unit::Seconds);
        let start = "Start of the process since 1970";
        to.gauge("process_start_time", start, seconds, &self.start_time.as_secs_f64())?;
        let Some(stats) = &self.stats else { return Ok(()) };
        let cpu = "User and system CPU time";
        to.counter("process_cpu", cpu, seconds, &stats.cpu.as_secs_f64())?;
        let memory = i64::try_from(stats.resident_bytes).unwrap_or(i64::MAX);
        to.gauge("process_resident_memory", "Resident memory", Some(&Unit::Bytes), &memory)
    }
}

impl Collector for HealthCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = MetricWriter { encoder };
        self.instance(&mut writer)?;
        self.heartbeats(&mut writer)?;
        self.checks(&mut writer)?;
        let (counts, sum) = &self.lags;
        writer.lags("heartbeat_canary_lag", counts, sum.as_secs_f64())?;
        self.process(&mut writer)
    }
}

/// A writer of metric families.
struct MetricWriter<'a> {
    encoder: DescriptorEncoder<'a>,
}

type Labels<'a> = [(&'a str, &'a str); 1];

impl MetricWriter<'_> {
    fn info(&mut self, name: &str, help: &str, labels: &[(&str, String); 3]) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Info)?;
        family.encode_info(labels)
    }

    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        value: &impl EncodeGaugeValue,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        family.encode_gauge(value)
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        values: Vec<(Labels<'_>, impl EncodeGaugeValue)>,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        for (labels, value) in values {
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    fn counter(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        value: &impl EncodeCounterValue,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, unit, MetricType::Counter)?;
        family.encode_counter::<NoLabelSet, _, u64>(value, None)
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        values: Vec<(Labels<'_>, impl EncodeCounterValue)>,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, unit, MetricType::Counter)?;
        for (labels, value) in values {
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }

    /// Writes the lag histogram; the last of `counts` is above all bounds.
    fn lags(&mut self, name: &str, counts: &[u64], sum: f64) -> fmt::Result {
        let help = "Time that the worker's runtime took to run an empty task";
        let kind = MetricType::Histogram;
        let mut family = self.encoder.encode_descriptor(name, help, Some(&Unit::Seconds), kind)?;
        let bounds = BUCKETS.iter().map(|milliseconds| Duration::from_millis(*milliseconds));
        let bounds = bounds.map(|bound| bound.as_secs_f64()).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(counts.iter().copied()).collect();
        family.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }
}

/// Converts OpenMetrics to the format before it: families named as their samples, no units, no end.
fn to_prometheus_text(openmetrics: &str) -> String {
    let suffixes: Vec<(&str, &str)> = openmetrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .filter_map(|(name, kind)| match kind {
            "counter" => Some((name, "_total")),
            "info" => Some((name, "_info")),
            _ => None,
        })
        .collect();
    let suffix = |name: &str| {
        suffixes.iter().find(|(other, _)| *other == name).map_or("", |(_, suffix)| *suffix)
    };
    let mut written = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(keyword), Some(name), Some(rest)) => {
                let rest = if rest == "info" { "gauge" } else { rest };
                let _ = write!(written, "# {keyword} {name}{} {rest}", suffix(name));
            }
            _ => written.push_str(line),
        }
        written.push('\n');
    }
    written
}
