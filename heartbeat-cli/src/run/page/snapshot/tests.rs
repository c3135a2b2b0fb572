use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Snapshot, Standing, Tone};
use crate::run::fleet::{Fleet, InstanceView, Phase};
use crate::run::health::Health;

/// Returns an instance of a worker that answers with a report.
pub(in crate::run::page) fn view(id: &str, phase: Phase, report: Option<Value>) -> InstanceView {
    let says = |name: &str| report.as_ref().and_then(|it| it[name].as_bool());
    let (ready, live) = (says("ready").unwrap_or(false), says("live").unwrap_or(true));
    let (answers, seen) = (report.is_some(), report.is_some().then(Instant::now));
    InstanceView {
        role: "Orders".to_owned(),
        id: id.to_owned(),
        pid: Some(812),
        phase,
        starts: 1,
        restarts: 0,
        last_exit: None,
        ended_well: false,
        started: None,
        endpoints: Vec::new(),
        version: None,
        tells_health: true,
        health: Health { report, ready, live, answers, seen },
        busy: false,
        was_red: false,
    }
}

fn standing(view: &InstanceView) -> (Tone, String) {
    let Standing { tone, word } = Standing::of(view);
    (tone, word)
}

#[test]
fn a_report_says_how_an_instance_is() {
    let pass = json!({ "live": true, "ready": true, "status": "pass" });
    let fails = |live: bool, reasons: Value| json!({ "live": live, "ready": false, "status": "fail", "reasons": reasons });
    for (report, tone, word) in [
        (pass.clone(), Tone::Pass, "ready"),
        (
            json!({ "live": true, "ready": true, "status": "warn", "reasons": ["check_failed"] }),
            Tone::Warn,
            "warning",
        ),
        (fails(false, json!(["stalled", "busy"])), Tone::Fail, "stalled"),
        (fails(true, json!(["check_failed"])), Tone::Fail, "check failed"),
        (fails(true, json!(["busy"])), Tone::Rest, "busy"),
        (fails(true, json!(["starting"])), Tone::Rest, "starting"),
        (fails(true, json!(["busy", "check_failed"])), Tone::Fail, "busy"),
    ] {
        let view = view("Orders_IN_0", Phase::Running, Some(report.clone()));
        assert_eq!(standing(&view), (tone, word.to_owned()), "{report}");
    }
    let busy = InstanceView { busy: true, ..view("Orders_IN_0", Phase::Running, Some(pass)) };
    assert_eq!(standing(&busy), (Tone::Rest, "busy".to_owned()));
}

#[test]
fn no_answer_is_not_red() {
    let mut silent = view("Orders_IN_0", Phase::Running, None);
    assert_eq!(standing(&silent), (Tone::None, "no answer".to_owned()));
    silent.health.report = Some(json!({ "live": true, "ready": true, "status": "pass" }));
    assert_eq!(standing(&silent), (Tone::None, "no answer".to_owned()));
    silent.tells_health = false;
    assert_eq!(standing(&silent), (Tone::Pass, "running".to_owned()));
}

#[test]
fn a_phase_says_how_an_instance_without_a_process_is() {
    let soon = Instant::now() + Duration::from_secs(8);
    for (phase, ended_well, tone, word) in [
        (Phase::Waiting, false, Tone::Rest, "waiting"),
        (Phase::Starting, false, Tone::Rest, "starting"),
        (Phase::Stopping, false, Tone::Rest, "stopping"),
        (Phase::Restarting { at: soon }, false, Tone::Fail, "restarting"),
        (Phase::Stopped, false, Tone::Rest, "stopped"),
        (Phase::Ended, true, Tone::Rest, "finished"),
        (Phase::Ended, false, Tone::Fail, "failed"),
    ] {
        let view = InstanceView { ended_well, ..view("Orders_IN_0", phase, None) };
        assert_eq!(standing(&view), (tone, word.to_owned()));
    }
}

#[test]
fn a_start_after_a_crash_is_still_in_trouble() {
    let again = InstanceView { restarts: 3, ..view("Orders_IN_0", Phase::Starting, None) };
    assert_eq!(standing(&again), (Tone::Fail, "starting".to_owned()));
    let asked_for = InstanceView { ended_well: true, ..again };
    assert_eq!(standing(&asked_for), (Tone::Rest, "starting".to_owned()));
}

#[test]
fn a_stop_that_health_asks_for_is_trouble() {
    let red = InstanceView { was_red: true, ..view("Orders_IN_0", Phase::Stopping, None) };
    assert_eq!(standing(&red), (Tone::Fail, "stopping".to_owned()));
}

#[test]
fn the_tones_are_told_apart_by_name() {
    let fleet = Fleet::new("Shop").0;
    fleet.add(view(
        "Orders_IN_0",
        Phase::Running,
        Some(json!({ "status": "pass", "ready": true })),
    ));
    let snapshot: Value = serde_json::from_str(&Snapshot::take(&fleet).to_json()).unwrap();
    assert_eq!(snapshot["service"], "Shop");
    let instance = &snapshot["instances"][0];
    for (field, expected) in [
        ("id", json!("Orders_IN_0")),
        ("tone", json!("pass")),
        ("word", json!("ready")),
        ("answers", json!(true)),
        ("phase", json!("running")),
        ("report", json!({ "status": "pass", "ready": true })),
    ] {
        assert_eq!(instance[field], expected, "{field}");
    }
}
