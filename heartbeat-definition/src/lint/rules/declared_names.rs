//! The names that a role declares, for lookups in constant time.

use std::collections::HashSet;

use crate::Role;
use crate::excerpt::excerpt;
use crate::model::imports::Imports;

/// The names that a role declares. Empty names, which are missing, and the names of imported
/// plug-ins count as declared.
pub(super) struct DeclaredNames<'a> {
    pub(super) role: &'a Role,
    endpoints: HashSet<&'a str>,
    settings: HashSet<&'a str>,
    local_resources: HashSet<&'a str>,
    certificates: HashSet<&'a str>,
    pub(super) imports: Imports<'a>,
}

impl<'a> DeclaredNames<'a> {
    pub(super) fn of(role: &'a Role) -> Self {
        Self {
            role,
            endpoints: role.endpoints.iter().map(|e| &*e.name).collect(),
            settings: role.settings.iter().map(|s| &*s.name).collect(),
            local_resources: role.local_resources.iter().map(|r| &*r.name).collect(),
            certificates: role.certificates.iter().map(|c| &*c.name).collect(),
            imports: Imports::of(role),
        }
    }

    pub(super) fn has_endpoint(&self, name: &str) -> bool {
        self.endpoints.contains(name) || self.is_foreign(name)
    }

    pub(super) fn has_setting(&self, name: &str) -> bool {
        self.settings.contains(name) || self.is_foreign(name)
    }

    /// Returns whether the role itself declares the setting.
    pub(super) fn declares_setting(&self, name: &str) -> bool {
        self.settings.contains(name)
    }

    pub(super) fn has_certificate(&self, name: &str) -> bool {
        self.certificates.contains(name) || self.is_foreign(name)
    }

    pub(super) fn has_local_resource(&self, name: &str) -> bool {
        // The platform adds this resource with the plug-in.
        let diagnostics = name == "DiagnosticStore" && self.imports.modules.contains("Diagnostics");
        self.local_resources.contains(name) || diagnostics || self.is_foreign(name)
    }

    fn is_foreign(&self, name: &str) -> bool {
        name.is_empty() || self.imports.declare(name)
    }

    /// Returns a message such as "the role `Orders` has no endpoint `Heartbeet`".
    pub(super) fn missing(&self, kind: &str, name: &str) -> String {
        let role = excerpt(&self.role.name);
        format!("the role `{role}` has no {kind} `{}`", excerpt(name))
    }
}
