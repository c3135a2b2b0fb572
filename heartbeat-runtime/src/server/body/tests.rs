use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::{Format, render};
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

fn health(form: Format, site: &Site) -> String {
    render(form, site, false, Question::Health, &site.vitals.verdict())
}

fn trusted(form: Format, site: &Site) -> String {
    render(form, site, true, Question::Health, &site.vitals.verdict())
}

#[test]
fn reasons_are_given_only_where_the_answer_is_not_a_plain_yes() {
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
async fn those_who_are_trusted_see_more() {
    let site = site();
    site.vitals.fail("run failed: the disk is full".to_owned());
    let body: serde_json::Value = serde_json::from_str(&trusted(Format::Json, &site)).unwrap();
    assert_eq!(body["role"], "Orders");
    assert_eq!(body["instance"], "orders-0");
    assert_eq!(body["start_time"], 86_400);
    assert_eq!(body["failure"], "run failed: the disk is full");
    let lane = json!({
        "name": "run", "state": "unarmed", "age": 0.0, "deadline": 30.0, "stalls": 0
    });
    assert_eq!(body["heartbeats"], json!([lane]));
    site.vitals.apply(Event::Started);
    let body: serde_json::Value = serde_json::from_str(&trusted(Format::Json, &site)).unwrap();
    let change = json!({ "at": 0.0, "from": "starting", "to": "pass", "lasted": 0.0 });
    assert_eq!(body["history"], json!([change]));
    let body: serde_json::Value =
        serde_json::from_str(&trusted(Format::HealthJson, &site)).unwrap();
    assert_eq!(body["checks"]["run:age"][0]["status"], "pass");
    assert_eq!(body["serviceId"], "orders-0");
}

#[test]
fn the_form_is_the_one_that_is_preferred() {
    for (accept, form) in [
        ("", Format::Json),
        ("*/*", Format::Json),
        ("text/plain", Format::Text),
        ("application/health+json", Format::HealthJson),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Json),
        ("application/json;q=0.2, text/plain;q=0.9", Format::Text),
        ("text/plain;q=0, application/health+json;q=0.1", Format::HealthJson),
        ("text/plain; q=0.5,\tapplication/json", Format::Json),
        ("image/png, ;;;q=, text/plain;q=x", Format::Json),
    ] {
        assert_eq!(Format::negotiate(accept), form, "{accept}");
    }
}
