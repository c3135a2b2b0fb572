//! What a role declares, for looking up names in constant time.

use std::collections::HashSet;

use crate::Role;
use crate::excerpt::excerpt;
use crate::model::imports::Imports;

/// The names that a role declares. Names that are empty, because they are
/// missing, and those of imported plug-ins count as declared.
pub(super) struct DeclaredNames<'a> {
    pub(super) role: &'a Role,
    endpoints: HashSet<&'a str>,
    settings: HashSet<&'a str>,
    local_resources: HashSet<&'a str>,
    certificates: HashSet<&'a str>,
    pub(super) imports: Imports<'a>,
}

impl<'a> DeclaredNames<'a> {
    pub(super) fn by(role: &'a Role) -> Self {
        Self {
            role,
            endpoints: role.endpoints.iter().map(|e| &*e.name).collect(),
            settings: role.settings.iter().map(|s| &*s.name).collect(),
            local_resources: role.local_resources.iter().map(|r| &*r.name).collect(),
            certificates: role.certificates.iter().map(|c| &*c.name).collect(),
            imports: Imports::of(role),
        }
    }

    pub(super) fn endpoint(&self, name: &str) -> bool {
        self.endpoints.contains(name) || self.foreign(name)
    }

    pub(super) fn setting(&self, name: &str) -> bool {
        self.settings.contains(name) || self.foreign(name)
    }

    /// Whether the role itself declares the setting.
    pub(super) fn declares_setting(&self, name: &str) -> bool {
        self.settings.contains(name)
    }

    pub(super) fn certificate(&self, name: &str) -> bool {
        self.certificates.contains(name) || self.foreign(name)
    }

    pub(super) fn local_resource(&self, name: &str) -> bool {
        // The platform adds this one with the plug-in.
        let diagnostics = name == "DiagnosticStore" && self.imports.modules.contains("Diagnostics");
        self.local_resources.contains(name) || diagnostics || self.foreign(name)
    }

    fn foreign(&self, name: &str) -> bool {
        name.is_empty() || self.imports.declare(name)
    }

    /// "the role `Orders` has no endpoint `Heartbeet`"
    pub(super) fn lacks(&self, kind: &str, name: &str) -> String {
        let role = excerpt(&self.role.name);
        format!("the role `{role}` has no {kind} `{}`", excerpt(name))
    }
}
