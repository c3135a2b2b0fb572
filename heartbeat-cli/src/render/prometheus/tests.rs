//! The targets of a scrape, and the times that alerts wait.

use super::{lost, render};
use crate::render::fixture::Fixture;

const ENDPOINTS: &str = r#"<Endpoints>
  <InputEndpoint name="Heartbeat" protocol="http" port="80" />
  <InternalEndpoint name="Management" protocol="http" port="3001" />
</Endpoints>"#;

fn file(fixture: &Fixture, name: &str) -> String {
    let files = render(&fixture.service()).unwrap();
    files.into_iter().find(|file| file.path.to_str() == Some(name)).unwrap().content
}

#[test]
fn instances_are_found_where_they_run() {
    let configured = r#"<Instances count="2" />"#;
    for (keys, expected) in [
        (
            "[prometheus]\nengine = 'systemd'\n[systemd]\nnetwork = 7",
            "  static_configs:
  - labels:
      instance: Front_IN_0
    targets:
    - 127.255.7.0:3001
  - labels:
      instance: Front_IN_1
    targets:
    - 127.255.7.1:3001
",
        ),
        (
            "[prometheus]\nengine = 'compose'",
            "  dns_sd_configs:
  - type: A
    names:
    - front
    port: 3001
",
        ),
        (
            "[kubernetes]\nnamespace = 'shop'",
            "  kubernetes_sd_configs:
  - namespaces:
      names:
      - shop
    role: pod
    selectors:
    - label: app.kubernetes.io/part-of=shop,app.kubernetes.io/name=front
      role: pod
  relabel_configs:
  - action: keep
    regex: management
    source_labels:
    - __meta_kubernetes_pod_container_port_name
",
        ),
    ] {
        let fixture = Fixture::new(ENDPOINTS, configured, keys);
        let text = file(&fixture, "prometheus.yaml");
        assert!(text.contains("- job_name: shop-front\n"), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn an_alert_waits_for_the_slowest_start() {
    let slow = Fixture::new(ENDPOINTS, "", "[roles.Front]\nstart_within = '601s'");
    let text = file(&slow, "alerts.yaml");
    assert!(text.contains("heartbeat_ready{job=\"shop-front\"} == 0\n    for: 11m\n"), "{text}");
}

#[test]
fn a_worker_without_metrics_is_named() {
    let public =
        r#"<Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="80" /></Endpoints>"#;
    let fixture = Fixture::new(public, "", "");
    assert_eq!(render(&fixture.service()).unwrap(), []);
    let losses = lost(&fixture.service());
    assert_eq!(losses[0].what, "role `Front`: no internal endpoint serves its metrics");
    assert!(lost(&Fixture::new(ENDPOINTS, "", "").service()).is_empty());
}
