//! Certificates of roles that end TLS themselves, each from a Secret of its own.

use heartbeat_definition::variable_name;
use k8s_openapi::api::core::v1::{EnvVar, SecretVolumeSource, Volume, VolumeMount};

use crate::render::names::label;
use crate::render::worker::Worker;

/// Returns the variables that name the folders of the certificates.
pub(super) fn variables(worker: &Worker<'_>) -> impl Iterator<Item = EnvVar> {
    worker.certificates().map(|certificate| EnvVar {
        name: variable_name("HEARTBEAT_CERTIFICATE_", certificate),
        value: Some(folder(certificate)),
        value_from: None,
    })
}

/// Returns the volumes, each of a Secret of type `kubernetes.io/tls`, with their places.
pub(super) fn volumes(worker: &Worker<'_>) -> impl Iterator<Item = (Volume, VolumeMount)> {
    worker.certificates().map(|certificate| {
        let name = format!("certificate-{}", label(certificate, "tls", 40));
        let source = SecretVolumeSource {
            // As cert-manager or `kubectl create secret tls` makes it.
            secret_name: Some(name.clone()),
            default_mode: Some(0o440),
            ..Default::default()
        };
        let volume = Volume { name: name.clone(), secret: Some(source), ..Default::default() };
        let mount = VolumeMount {
            name,
            mount_path: folder(certificate),
            read_only: Some(true),
            ..Default::default()
        };
        (volume, mount)
    })
}

fn folder(certificate: &str) -> String {
    format!("/etc/heartbeat/certificates/{}", label(certificate, "tls", 60))
}
