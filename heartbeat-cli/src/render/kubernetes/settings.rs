//! Settings: plain ones in a `ConfigMap`, as variables; secrets in a Secret, as files.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapEnvSource, EnvFromSource, EnvVar, Secret, SecretVolumeSource, Volume,
    VolumeMount,
};

use super::metadata;
use crate::render::service::Service;
use crate::render::variables::WorkerSetting;
use crate::render::worker::Worker;

const FOLDER: &str = "/etc/heartbeat/secrets";

/// Returns the `ConfigMap` of the plain settings, if there are any.
pub(super) fn config_map(service: &Service<'_>, worker: &Worker<'_>) -> Option<ConfigMap> {
    let data = plain(worker);
    (!data.is_empty()).then(|| ConfigMap {
        metadata: metadata(service, worker, name(worker)),
        data: Some(data),
        ..Default::default()
    })
}

/// Returns the plain settings by their variables.
fn plain(worker: &Worker<'_>) -> BTreeMap<String, String> {
    let settings = worker.settings.iter().filter(|setting| !setting.is_secret);
    // Kubernetes allows no other letters in keys.
    let settings = settings.filter(|setting| setting.variable.is_ascii());
    settings.filter_map(|s| Some((s.variable.clone(), s.value.clone()?))).collect()
}

/// Returns the source of the variables of the plain settings.
pub(super) fn variables(worker: &Worker<'_>) -> Option<Vec<EnvFromSource>> {
    let source = ConfigMapEnvSource { name: name(worker), optional: None };
    (!plain(worker).is_empty())
        .then(|| vec![EnvFromSource { config_map_ref: Some(source), ..Default::default() }])
}

/// Returns a number that changes with the plain settings: FNV-1a, which needs no key.
pub(super) fn checksum(worker: &Worker<'_>) -> Option<String> {
    let data = plain(worker);
    let text = data.iter().flat_map(|(name, value)| [name.as_str(), "\0", value, "\0"]);
    let hash = text.flat_map(str::bytes).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (!data.is_empty()).then(|| format!("{hash:016x}"))
}

/// Returns the Secret, with a key for each secret and no values, if there are any.
pub(super) fn secret(service: &Service<'_>, worker: &Worker<'_>) -> Option<Secret> {
    let keys: BTreeMap<_, _> = secrets(worker).map(|s| (s.name.clone(), String::new())).collect();
    (!keys.is_empty()).then(|| Secret {
        metadata: metadata(service, worker, secret_name(worker)),
        string_data: Some(keys),
        ..Default::default()
    })
}

/// Returns the variables that name the files of the secrets.
pub(super) fn file_variables(worker: &Worker<'_>) -> impl Iterator<Item = EnvVar> {
    secrets(worker).map(|setting| EnvVar {
        name: format!("{}_FILE", setting.variable),
        value: Some(format!("{FOLDER}/{}", setting.name)),
        value_from: None,
    })
}

/// Returns the volume with the files of the secrets, and its place.
pub(super) fn volume(worker: &Worker<'_>) -> Option<(Volume, VolumeMount)> {
    secrets(worker).next()?;
    let source = SecretVolumeSource {
        secret_name: Some(secret_name(worker)),
        // For the group of the worker alone.
        default_mode: Some(0o440),
        ..Default::default()
    };
    let volume = Volume { name: "secrets".into(), secret: Some(source), ..Default::default() };
    let mount = VolumeMount {
        name: "secrets".into(),
        mount_path: FOLDER.into(),
        read_only: Some(true),
        ..Default::default()
    };
    Some((volume, mount))
}

fn secrets<'a>(worker: &'a Worker<'_>) -> impl Iterator<Item = &'a WorkerSetting> {
    worker.settings.iter().filter(|setting| setting.is_secret && setting.variable.is_ascii())
}

fn name(worker: &Worker<'_>) -> String {
    format!("{}-settings", worker.name)
}

fn secret_name(worker: &Worker<'_>) -> String {
    format!("{}-secrets", worker.name)
}
