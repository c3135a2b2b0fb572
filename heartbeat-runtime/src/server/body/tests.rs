use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::render;
use crate::server::format::Format;
use crate::server::{DetailAccess, HealthState, InstanceInfo};
use crate::vitals::{Event, ProbeKind, Vitals};

fn health_state() -> HealthState {
    let info = InstanceInfo {
        role: "Orders",
        version: "\"1.4.2\"",
        instance: "orders-0".to_owned(),
        started_at: UNIX_EPOCH + Duration::from_secs(86_400),
    };
    HealthState {
        info: Arc::new(info),
        probe_path: None,
        access: DetailAccess::Nobody,
        vitals: Arc::new(Vitals::new(Duration::from_secs(30), false)),
        routes: Arc::default(),
    }
}

fn public(format: Format, health: &HealthState) -> String {
    render(format, health, false, ProbeKind::Health, &health.vitals.verdict())
}

fn detailed(format: Format, health: &HealthState) -> String {
    render(format, health, true, ProbeKind::Health, &health.vitals.verdict())
}

#[test]
fn lists_reasons_only_if_the_probe_does_not_pass() {
    let health = health_state();
    assert_eq!(
        public(Format::Json, &health),
        r#"{"version":"\"1.4.2\"","status":"fail","state":"starting","reasons":["starting"]}"#
    );
    assert_eq!(
        public(Format::HealthJson, &health),
        r#"{"status":"fail","version":"\"1.4.2\"","output":"starting"}"#
    );
    assert_eq!(public(Format::Text, &health), "fail starting\n");
    health.vitals.apply(Event::Started);
    assert_eq!(
        public(Format::Json, &health),
        r#"{"version":"\"1.4.2\"","status":"pass","state":"running"}"#
    );
    assert_eq!(public(Format::HealthJson, &health), r#"{"status":"pass","version":"\"1.4.2\""}"#);
    assert_eq!(public(Format::Text, &health), "pass\n");
}

#[tokio::test(start_paused = true)]
async fn adds_the_details() {
    let health = health_state();
    health.vitals.fail("run failed: the disk is full".to_owned());
    let body: serde_json::Value = serde_json::from_str(&detailed(Format::Json, &health)).unwrap();
    assert_eq!(body["role"], "Orders");
    assert_eq!(body["instance"], "orders-0");
    assert_eq!(body["start_time"], 86_400);
    assert_eq!(body["failure"], "run failed: the disk is full");
    let heartbeat = json!({
        "name": "run", "state": "unarmed", "age": 0.0, "deadline": 30.0, "stalls": 0
    });
    assert_eq!(body["heartbeats"], json!([heartbeat]));
    health.vitals.apply(Event::Started);
    let body: serde_json::Value = serde_json::from_str(&detailed(Format::Json, &health)).unwrap();
    let change = json!({ "at": 0.0, "from": "starting", "to": "pass", "lasted": 0.0 });
    assert_eq!(body["history"], json!([change]));
    let body: serde_json::Value =
        serde_json::from_str(&detailed(Format::HealthJson, &health)).unwrap();
    assert_eq!(body["checks"]["run:age"][0]["status"], "pass");
    assert_eq!(body["serviceId"], "orders-0");
}
