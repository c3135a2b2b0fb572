use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::render;
use crate::facts::Visibility;
use crate::report::{Format, InstanceInfo, ReportSource};
use crate::vitals::{Event, ProbeKind, Reason, State, Status, Vitals};

fn source() -> ReportSource {
    let info = InstanceInfo {
        role: "Orders",
        version: "\"1.4.2\"",
        instance: "orders-0".to_owned(),
        started_at: UNIX_EPOCH + Duration::from_secs(86_400),
    };
    let vitals = Vitals::new(Duration::from_secs(30), false);
    ReportSource::new(info, Vec::new(), Arc::new(vitals))
}

fn public(format: Format, source: &ReportSource) -> String {
    render(format, source, false, ProbeKind::Health, &source.vitals.verdict())
}

fn detailed(format: Format, source: &ReportSource) -> Value {
    let body = render(format, source, true, ProbeKind::Health, &source.vitals.verdict());
    serde_json::from_str(&body).unwrap()
}

#[test]
fn lists_reasons_only_if_the_probe_does_not_pass() {
    let source = source();
    assert_eq!(
        public(Format::Json, &source),
        r#"{"version":"\"1.4.2\"","status":"fail","state":"starting","reasons":["starting"]}"#
    );
    assert_eq!(
        public(Format::HealthJson, &source),
        r#"{"status":"fail","version":"\"1.4.2\"","output":"starting"}"#
    );
    assert_eq!(public(Format::Text, &source), "fail starting\n");
    source.vitals.apply(Event::Started);
    assert_eq!(
        public(Format::Json, &source),
        r#"{"version":"\"1.4.2\"","status":"pass","state":"running"}"#
    );
    assert_eq!(public(Format::HealthJson, &source), r#"{"status":"pass","version":"\"1.4.2\""}"#);
    assert_eq!(public(Format::Text, &source), "pass\n");
}

#[tokio::test(start_paused = true)]
async fn adds_the_details() {
    let source = source();
    source.vitals.fail("run failed: the disk is full".to_owned());
    let body = detailed(Format::Json, &source);
    assert_eq!(body["role"], "Orders");
    assert_eq!(body["instance"], "orders-0");
    assert_eq!(body["start_time"], 86_400);
    assert_eq!(body["failure"], "run failed: the disk is full");
    let heartbeat = json!({
        "name": "run", "state": "unarmed", "age": 0.0, "deadline": 30.0, "stalls": 0
    });
    assert_eq!(body["heartbeats"], json!([heartbeat]));
    source.vitals.apply(Event::Started);
    let body = detailed(Format::Json, &source);
    let change = json!({
        "at": 0.0, "from": "starting", "to": "pass", "status": "pass", "lasted": 0.0
    });
    assert_eq!(body["history"], json!([change]));
    let body = detailed(Format::HealthJson, &source);
    assert_eq!(body["checks"]["run:age"][0]["status"], "pass");
    assert_eq!(body["serviceId"], "orders-0");
}

#[test]
fn shows_public_facts_to_everybody_and_the_others_in_the_details() {
    let source = source();
    source.vitals.apply(Event::Started);
    let before = public(Format::Json, &source);
    source.facts.tell("shard", &3, Visibility::Details).unwrap();
    assert_eq!(public(Format::Json, &source), before);
    assert_eq!(detailed(Format::Json, &source)["facts"], json!({ "shard": 3 }));
    source.facts.tell("region", &"north", Visibility::Public).unwrap();
    let version = r#"{"version":"\"1.4.2\"","#;
    assert_eq!(
        public(Format::Json, &source),
        format!(r#"{version}"status":"pass","state":"running","facts":{{"region":"north"}}}}"#)
    );
    let facts = detailed(Format::Json, &source)["facts"].clone();
    assert_eq!(facts, json!({ "region": "north", "shard": 3 }));
}

#[test]
fn every_form_uses_the_same_codes() {
    for state in State::ALL {
        assert_eq!(json!(state), state.as_str());
    }
    for status in [Status::Pass, Status::Warn, Status::Fail] {
        assert_eq!(json!(status), status.as_str());
    }
    for reason in [
        Reason::Faulted,
        Reason::Stalled,
        Reason::Starved,
        Reason::Starting,
        Reason::Stopping,
        Reason::Busy,
        Reason::CheckFailed,
        Reason::TaskFailed,
    ] {
        assert_eq!(json!(reason), reason.as_str());
    }
}
