//! The folders of local storages.

use super::addresses::INSTANCE;
use super::unit::Unit;
use super::unit_name;
use crate::render::service::Service;
use crate::render::storage::Storage;
use crate::render::worker::Worker;

/// Returns the folder of a storage, with specifiers: below /var/lib if it is kept, else below /run.
pub(super) fn folder(service: &Service<'_>, worker: &Worker<'_>, storage: &Storage<'_>) -> String {
    let root = if storage.declared.clean_on_role_recycle { "%t" } else { "%S" };
    format!("{root}/{}", subfolder(service, worker, storage))
}

/// Writes the lines that make the folders.
pub(super) fn write(unit: &mut Unit, service: &Service<'_>, worker: &Worker<'_>) {
    let (emptied, kept): (Vec<_>, Vec<_>) =
        worker.storages.iter().partition(|storage| storage.declared.clean_on_role_recycle);
    if !kept.is_empty() {
        unit.comment("Local storages that a recycle must not empty.");
        let folders = kept.iter().map(|storage| subfolder(service, worker, storage));
        unit.set("StateDirectory", folders.collect::<Vec<_>>().join(" "));
        unit.set("StateDirectoryMode", "0700");
    }
    if !emptied.is_empty() {
        unit.comment("Local storages that are empty at each start: in memory, up to their size.");
    }
    for storage in emptied {
        let folder = folder(service, worker, storage);
        // A size of 0 would be no limit.
        let size = storage.declared.size_in_mb.max(1);
        unit.set("TemporaryFileSystem", format_args!("{folder}:size={size}M,mode=0777"));
    }
}

fn subfolder(service: &Service<'_>, worker: &Worker<'_>, storage: &Storage<'_>) -> String {
    format!("{}/{INSTANCE}/{}", unit_name(service, worker), storage.name)
}
