//! Kubernetes, by its published schema and by the types of k8s-openapi.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use k8s_openapi::Resource;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{everything, python, semantics};

/// Manifests by their files.
pub(crate) type Manifests = BTreeMap<String, Vec<Value>>;

/// Reads and validates files of manifests, in one process.
pub(crate) fn validate(files: &[PathBuf]) -> Option<Manifests> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/render/validate.py");
    let output = Command::new(python()?).arg(script).args(files).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let mut manifests = Manifests::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let file = line["file"].as_str().unwrap().to_owned();
        manifests.entry(file).or_default().push(line["manifest"].take());
    }
    Some(manifests)
}

/// Asserts that the types of k8s-openapi say all that a manifest says.
#[track_caller]
pub(crate) fn assert_round_trips(manifest: &Value) {
    match manifest["kind"].as_str().unwrap() {
        Deployment::KIND => round_trip::<Deployment>(manifest),
        StatefulSet::KIND => round_trip::<StatefulSet>(manifest),
        ConfigMap::KIND => round_trip::<ConfigMap>(manifest),
        Secret::KIND => round_trip::<Secret>(manifest),
        Service::KIND => round_trip::<Service>(manifest),
        NetworkPolicy::KIND => round_trip::<NetworkPolicy>(manifest),
        PodDisruptionBudget::KIND => round_trip::<PodDisruptionBudget>(manifest),
        kind => panic!("a manifest of kind {kind}"),
    }
}

#[track_caller]
fn round_trip<T: DeserializeOwned + Serialize>(manifest: &Value) {
    let typed: T = serde_json::from_value(manifest.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), *manifest);
}

#[test]
fn every_kind_of_manifest_is_valid() {
    let project = everything();
    let files = project.files("kubernetes");
    assert_eq!(files.len(), 3, "a file for each role, and an example of the secrets");
    let paths = files.keys().map(|name| project.path().join("rendered").join(name));
    let Some(manifests) = validate(&paths.collect::<Vec<_>>()) else { return };
    let all: Vec<Value> = manifests.into_values().flatten().collect();
    all.iter().for_each(assert_round_trips);
    semantics::check(&all);
    let kinds: std::collections::BTreeSet<_> =
        all.iter().map(|manifest| manifest["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 7, "{kinds:?}");
}
