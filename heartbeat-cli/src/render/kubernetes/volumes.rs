//! The volumes of a pod, and their places in the container.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, PersistentVolumeClaim, PersistentVolumeClaimSpec, Volume, VolumeMount,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{certificates, settings};
use crate::render::service::Service;
use crate::render::storage::Storage;
use crate::render::worker::Worker;

/// The size of the folder for temporary files, as nothing declares one.
const TEMPORARY_SIZE: &str = "64Mi";

/// The volumes of a pod.
pub(super) struct Volumes {
    /// Those of the pod itself, which end with it.
    pub(super) of_pod: Vec<Volume>,
    pub(super) mounts: Vec<VolumeMount>,
    /// The claims of storage that must be kept, one for each pod.
    pub(super) claims: Vec<PersistentVolumeClaim>,
}

impl Volumes {
    pub(super) fn new(service: &Service<'_>, worker: &Worker<'_>) -> Self {
        // podman shares volumes of one name between pods, so each has the worker's.
        let named = |name: &str| format!("{}-{name}", worker.name);
        // The root file system is read-only.
        let mut volumes = vec![empty(named("tmp"), TEMPORARY_SIZE.into())];
        let mut mounts = vec![mount(named("tmp"), "/tmp".into())];
        let mut claims = Vec::new();
        for storage in &worker.storages {
            let name = named(&format!("storage-{}", storage.name));
            mounts.push(mount(name.clone(), storage.folder.clone()));
            if storage.declared.clean_on_role_recycle {
                volumes.push(empty(name, size(storage)));
            } else {
                claims.push(claim(service, name, size(storage)));
            }
        }
        let files = settings::volume(worker).into_iter().chain(certificates::volumes(worker));
        for (volume, mount) in files {
            volumes.push(volume);
            mounts.push(mount);
        }
        Self { of_pod: volumes, mounts, claims }
    }
}

fn empty(name: String, size: String) -> Volume {
    let source = EmptyDirVolumeSource { size_limit: Some(Quantity(size)), medium: None };
    Volume { name, empty_dir: Some(source), ..Default::default() }
}

fn mount(name: String, folder: String) -> VolumeMount {
    VolumeMount { name, mount_path: folder, ..Default::default() }
}

fn claim(service: &Service<'_>, name: String, size: String) -> PersistentVolumeClaim {
    let requests = BTreeMap::from([("storage".to_owned(), Quantity(size))]);
    PersistentVolumeClaim {
        metadata: ObjectMeta { name: Some(name), ..Default::default() },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".into()]),
            resources: Some(VolumeResourceRequirements { limits: None, requests: Some(requests) }),
            storage_class_name: service.keys.kubernetes.storage_class.clone(),
            ..Default::default()
        }),
        status: None,
    }
}

fn size(storage: &Storage<'_>) -> String {
    format!("{}Mi", storage.declared.size_in_mb)
}
