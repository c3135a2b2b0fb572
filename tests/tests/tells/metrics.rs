//! The metrics of a worker and of its libraries, as read by the tools of Prometheus.

use heartbeat_tests::prometheus::{
    OPENMETRICS, PROMETHEUS_TEXT, Prometheus, parse_openmetrics, promtool, scrape, serve_text,
};
use heartbeat_tests::{Worker, skip};

use super::{command, telling_worker};

/// Queries, and their values.
const VALUES: [(&str, &str); 11] = [
    ("jobs_done_total", "3"),
    ("jobs_waiting", "7"),
    ("job_seconds_count", "1"),
    ("job_seconds_bucket{le=\"1.0\"}", "1"),
    ("mails_sent_total{to=\"a \\\"b\\\" # {\\n\"}", "2"),
    ("traces_sent_total", "5"),
    ("spool_files", "9"),
    ("pool_hits_total{pool=\"main\"}", "11"),
    ("pool_size", "1.5"),
    ("pool_wait_seconds_sum", "0.02"),
    ("heartbeat_failed_collectors", "0"),
];

#[test]
fn promtool_has_no_complaint_about_the_metrics_of_a_worker() {
    let worker = telling_worker("always", "");
    let (head, text) = scrape(&worker, "*/*");
    assert!(head.contains(&format!("content-type: {PROMETHEUS_TEXT}")), "{head}");
    let Some(complaints) = promtool(&text) else { return skip("promtool is not installed") };
    assert_eq!(complaints, "", "{text}");
    let of_runtime = text.rfind("# HELP process_").unwrap();
    for name in ["jobs_done_total", "mails_sent_total", "spool_files", "pool_hits_total"] {
        let place = text.find(&format!("# HELP {name} ")).unwrap_or_else(|| panic!("{text}"));
        assert!(place > of_runtime, "{name} comes after the runtime's\n{text}");
    }
}

#[test]
fn a_strict_parser_of_openmetrics_accepts_the_metrics_of_a_worker() {
    let worker = telling_worker("always", "");
    let (_, text) = scrape(&worker, OPENMETRICS);
    let Some(parsed) = parse_openmetrics(&text) else {
        return skip("prometheus_client for Python is not installed");
    };
    let families = parsed.unwrap_or_else(|complaint| panic!("{complaint}\n{text}"));
    for family in [
        "counter jobs_done 1",
        "gauge jobs_waiting 1",
        "histogram job_seconds 6",
        "counter mails_sent 1",
        "counter traces_sent 1",
        "gauge spool_files 1",
        "counter pool_hits 1",
        "gauge pool_size 1",
        "histogram pool_wait_seconds 14",
    ] {
        assert!(families.lines().any(|line| line == family), "no {family} in\n{families}\n{text}");
    }
    assert!(
        text.contains("# {trace_id=\"t 1\"}"),
        "an exemplar, which only this format has\n{text}"
    );
}

/// Prometheus asks for OpenMetrics if it can; a server with the other text alone shows that one too.
#[test]
fn a_real_prometheus_scrapes_both_formats() {
    let worker = telling_worker("always", "");
    let (_, text) = scrape(&worker, "text/plain");
    let copy = serve_text(PROMETHEUS_TEXT, &text);
    for target in [worker.address(), &copy] {
        let Some(prometheus) = Prometheus::start(target) else {
            return skip("prometheus is not installed");
        };
        for (query, expected) in VALUES {
            prometheus.wait_for(query, |value| value == expected);
        }
    }
}

#[test]
fn a_name_that_is_taken_or_malformed_is_an_error_at_registration() {
    let worker = telling_worker("never", "");
    let refusals: Vec<_> =
        worker.log().iter().filter(|line| line.starts_with("cannot register metric")).collect();
    assert_eq!(
        refusals,
        [
            "cannot register metric `jobs_done`: the name `jobs_done` is taken: give it another \
             name",
            "cannot register metric `heartbeat_live`: names that begin with `heartbeat_` belong to \
             the runtime: give it another name",
            "cannot register metric `process_cpu_seconds`: names that begin with `process_` belong \
             to the runtime: give it another name",
            "cannot register metric `a b`: a name has ASCII letters, digits and `_`, and no digit \
             first: give it another name",
        ]
    );
    assert_eq!(worker.get("/metrics").status, 404, "they are details");
}

#[test]
fn a_metric_of_a_library_that_is_refused_is_told_of_once() {
    let worker = telling_worker("always", "");
    let start = "heartbeat: /metrics lacks a metric of a library: ";
    let lines = worker.log().iter().filter_map(|line| line.strip_prefix(start));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "cannot register metric `process_shards`: names that begin with `process_` belong to \
             the runtime: give it another name",
            "cannot register metric `pool_misses`: its label `shard_id` is malformed, reserved, or \
             there twice: give it another name",
        ]
    );
}

#[test]
fn a_second_recorder_is_a_warning() {
    let mut worker = Worker::spawn(command("always", "").arg("--own-recorder"));
    worker.wait_until_logged("heartbeat: ready");
    let warning = "heartbeat: /metrics lacks what libraries report through the `metrics` crate: \
                   the program has installed another recorder";
    assert!(worker.log().iter().any(|line| line == warning), "{:#?}", worker.log());
    let (_, text) = scrape(&worker, "*/*");
    assert!(!text.contains("pool_hits") && text.contains("jobs_done_total 3"), "{text}");
}
