use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::render;
use crate::server::format::Format;
use crate::server::{Identity, Site, Trust};
use crate::vitals::{Event, Question, Vitals};

fn site() -> Site {
    let identity = Identity {
        role: "Orders",
        version: "\"1.4.2\"",
        instance: "orders-0".to_owned(),
        started_at: UNIX_EPOCH + Duration::from_secs(86_400),
    };
    Site {
        identity: Arc::new(identity),
        probe_path: None,
        trust: Trust::Nobody,
        vitals: Arc::new(Vitals::new(Duration::from_secs(30), false)),
    }
}

fn health(format: Format, site: &Site) -> String {
    render(format, site, false, Question::Health, &site.vitals.verdict())
}

fn detailed(format: Format, site: &Site) -> String {
    render(format, site, true, Question::Health, &site.vitals.verdict())
}

#[test]
fn lists_reasons_only_if_the_probe_does_not_pass() {
    let site = site();
    assert_eq!(
        health(Format::Json, &site),
        r#"{"version":"\"1.4.2\"","status":"fail","state":"starting","reasons":["starting"]}"#
    );
    assert_eq!(
        health(Format::HealthJson, &site),
        r#"{"status":"fail","version":"\"1.4.2\"","output":"starting"}"#
    );
    assert_eq!(health(Format::Text, &site), "fail starting\n");
    site.vitals.apply(Event::Started);
    assert_eq!(
        health(Format::Json, &site),
        r#"{"version":"\"1.4.2\"","status":"pass","state":"ready"}"#
    );
    assert_eq!(health(Format::HealthJson, &site), r#"{"status":"pass","version":"\"1.4.2\""}"#);
    assert_eq!(health(Format::Text, &site), "pass\n");
}

#[tokio::test(start_paused = true)]
async fn adds_the_details() {
    let site = site();
    site.vitals.fail("run failed: the disk is full".to_owned());
    let body: serde_json::Value = serde_json::from_str(&detailed(Format::Json, &site)).unwrap();
    assert_eq!(body["role"], "Orders");
    assert_eq!(body["instance"], "orders-0");
    assert_eq!(body["start_time"], 86_400);
    assert_eq!(body["failure"], "run failed: the disk is full");
    let lane = json!({
        "name": "run", "state": "unarmed", "age": 0.0, "deadline": 30.0, "stalls": 0
    });
    assert_eq!(body["heartbeats"], json!([lane]));
    site.vitals.apply(Event::Started);
    let body: serde_json::Value = serde_json::from_str(&detailed(Format::Json, &site)).unwrap();
    let change = json!({ "at": 0.0, "from": "starting", "to": "pass", "lasted": 0.0 });
    assert_eq!(body["history"], json!([change]));
    let body: serde_json::Value =
        serde_json::from_str(&detailed(Format::HealthJson, &site)).unwrap();
    assert_eq!(body["checks"]["run:age"][0]["status"], "pass");
    assert_eq!(body["serviceId"], "orders-0");
}
