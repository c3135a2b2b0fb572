//! The local storages of a worker.

use heartbeat_definition::{LocalStorage, Role, variable_name};

use super::names::{label, unique};

/// A local storage.
#[derive(Debug)]
pub(crate) struct Storage<'a> {
    pub(crate) declared: &'a LocalStorage,
    /// The name as a DNS label, unique in the worker.
    pub(crate) name: String,
    /// The variable with its folder.
    pub(crate) variable: String,
    /// The folder in a container, or on a machine of the worker's own.
    pub(crate) folder: String,
}

impl<'a> Storage<'a> {
    pub(super) fn of_role(role: &'a Role) -> Vec<Self> {
        let mut storages: Vec<Self> = Vec::new();
        for declared in &role.local_resources {
            let is_taken = |name: &str| storages.iter().any(|storage| storage.name == name);
            let wanted = label(&declared.name, "storage", 20);
            let name = unique(&wanted, 20, is_taken);
            let variable = variable_name("HEARTBEAT_RESOURCE_", &declared.name);
            let folder = format!("/var/lib/heartbeat/{name}");
            storages.push(Self { declared, name, variable, folder });
        }
        storages
    }
}
