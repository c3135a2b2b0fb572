//! Rules of Kubernetes that its schema does not have.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Checks the manifests of one service.
#[track_caller]
pub(crate) fn check(manifests: &[Value]) {
    let mut names = BTreeSet::new();
    for manifest in manifests {
        let name = text(&manifest["metadata"]["name"]);
        assert!(is_label(name, 63), "{name}");
        assert!(
            names.insert((text(&manifest["kind"]), name)),
            "twice: {} {name}",
            manifest["kind"]
        );
    }
    for manifest in manifests {
        match text(&manifest["kind"]) {
            "Deployment" | "StatefulSet" => check_workload(manifest, &names),
            "ConfigMap" => check_keys(&manifest["data"]),
            "Secret" => check_keys(&manifest["stringData"]),
            "Service" => check_service(manifest, manifests),
            "NetworkPolicy" | "PodDisruptionBudget" => {}
            kind => panic!("a manifest of kind {kind}"),
        }
    }
}

fn check_workload(workload: &Value, names: &BTreeSet<(&str, &str)>) {
    let template = &workload["spec"]["template"];
    let pod = &template["spec"];
    let container = &pod["containers"][0];
    let selector = workload["spec"]["selector"]["matchLabels"].as_object().unwrap();
    for (label, value) in selector {
        assert_eq!(template["metadata"]["labels"][label], *value);
    }
    let ports: Vec<_> = list(&container["ports"]).map(|port| text(&port["name"])).collect();
    assert!(ports.iter().all(|port| is_label(port, 15) && !port.contains("--")), "{ports:?}");
    assert_unique(&ports);
    let numbers: Vec<_> =
        list(&container["ports"]).map(|p| (&p["containerPort"], text(&p["protocol"]))).collect();
    assert!(
        numbers.iter().enumerate().all(|(n, port)| !numbers[..n].contains(port)),
        "{numbers:?}"
    );
    let variables: Vec<_> = list(&container["env"]).map(|env| text(&env["name"])).collect();
    assert_unique(&variables);
    for source in list(&container["envFrom"]) {
        assert!(names.contains(&("ConfigMap", text(&source["configMapRef"]["name"]))));
    }
    check_volumes(workload, container);
    check_probes(pod, container, &ports);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(pod["automountServiceAccountToken"], false);
}

/// Every mount has a volume, and every volume a mount.
fn check_volumes(workload: &Value, container: &Value) {
    let volumes = list(&workload["spec"]["template"]["spec"]["volumes"]);
    let claims = list(&workload["spec"]["volumeClaimTemplates"]).map(|claim| &claim["metadata"]);
    let mut volumes: Vec<_> = volumes.chain(claims).map(|volume| text(&volume["name"])).collect();
    let mut mounts: Vec<_> =
        list(&container["volumeMounts"]).map(|mount| text(&mount["name"])).collect();
    assert!(volumes.iter().all(|name| is_label(name, 63)), "{volumes:?}");
    assert_unique(&volumes);
    volumes.sort_unstable();
    mounts.sort_unstable();
    assert_eq!(volumes, mounts);
    let paths: Vec<_> =
        list(&container["volumeMounts"]).map(|mount| text(&mount["mountPath"])).collect();
    assert_unique(&paths);
}

fn check_probes(pod: &Value, container: &Value, ports: &[&str]) {
    for (name, may_kill) in
        [("startupProbe", true), ("livenessProbe", true), ("readinessProbe", false)]
    {
        let Some(probe) = container.get(name) else { continue };
        // Only readiness may need several successes, and only the others may kill.
        assert!(probe.get("successThreshold").is_none());
        let grace = probe.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
        assert_eq!(grace.is_some(), may_kill, "{name}");
        assert!(grace.unwrap_or(1) <= pod["terminationGracePeriodSeconds"].as_i64().unwrap());
        assert!(probe["timeoutSeconds"].as_i64() <= probe["periodSeconds"].as_i64());
        if let Some(request) = probe.get("httpGet") {
            assert!(ports.contains(&text(&request["port"])));
        }
    }
}

/// A Service selects the pods of one workload, whose ports it names.
fn check_service(service: &Value, manifests: &[Value]) {
    let selector = service["spec"]["selector"].as_object().unwrap();
    let has_labels =
        |labels: &Map<String, Value>| selector.iter().all(|(k, v)| labels.get(k) == Some(v));
    let mut selected = manifests.iter().filter(|manifest| {
        let labels = &manifest["spec"]["template"]["metadata"]["labels"];
        labels.as_object().is_some_and(has_labels)
    });
    let workload = selected.next().unwrap();
    assert!(selected.next().is_none());
    let containers = &workload["spec"]["template"]["spec"]["containers"];
    let ports: Vec<_> = list(&containers[0]["ports"]).map(|port| text(&port["name"])).collect();
    for port in list(&service["spec"]["ports"]) {
        assert!(ports.contains(&text(&port["targetPort"])), "{port}");
    }
    let public: Vec<_> = list(&service["spec"]["ports"])
        .map(|p| format!("{}/{}", p["port"], p["protocol"]))
        .collect();
    assert_unique(&public.iter().map(String::as_str).collect::<Vec<_>>());
}

fn check_keys(data: &Value) {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    for key in data.as_object().unwrap().keys() {
        assert!(key.len() <= 253 && key.chars().all(is_allowed), "{key}");
    }
}

/// Returns whether a name is a DNS label that begins with a letter, as every kind of object may have.
fn is_label(name: &str, max_len: usize) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= max_len
        && name.chars().all(is_allowed)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
}

#[track_caller]
fn assert_unique(names: &[&str]) {
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "{names:?}");
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
