//! What a role declares, for looking up names in constant time.

use std::collections::HashSet;

use crate::Role;
use crate::lint::diagnostic::excerpt;

/// The names that a role declares. Names that are empty, because they are
/// missing, and those of imported plug-ins count as declared.
pub(crate) struct Declared<'a> {
    pub(crate) role: &'a Role,
    endpoints: HashSet<&'a str>,
    settings: HashSet<&'a str>,
    local_resources: HashSet<&'a str>,
    certificates: HashSet<&'a str>,
    imports: HashSet<&'a str>,
}

impl<'a> Declared<'a> {
    pub(crate) fn by(role: &'a Role) -> Self {
        Self {
            role,
            endpoints: role.endpoints.iter().map(|e| &*e.name).collect(),
            settings: role.settings.iter().map(|s| &*s.name).collect(),
            local_resources: role.local_resources.iter().map(|r| &*r.name).collect(),
            certificates: role.certificates.iter().map(|c| &*c.name).collect(),
            imports: role.imports.iter().map(|i| &*i.module_name).collect(),
        }
    }

    pub(crate) fn endpoint(&self, name: &str) -> bool {
        self.endpoints.contains(name) || self.foreign(name)
    }

    pub(crate) fn setting(&self, name: &str) -> bool {
        self.settings.contains(name) || self.foreign(name)
    }

    /// Whether the role itself declares the setting.
    pub(crate) fn declares_setting(&self, name: &str) -> bool {
        self.settings.contains(name)
    }

    pub(crate) fn imports_module(&self, module: &str) -> bool {
        self.imports.contains(module)
    }

    pub(crate) fn certificate(&self, name: &str) -> bool {
        self.certificates.contains(name) || self.foreign(name)
    }

    pub(crate) fn local_resource(&self, name: &str) -> bool {
        // The platform adds this one with the plug-in.
        let diagnostics = name == "DiagnosticStore" && self.imports.contains("Diagnostics");
        self.local_resources.contains(name) || diagnostics || self.foreign(name)
    }

    fn foreign(&self, name: &str) -> bool {
        name.is_empty() || self.imports(name)
    }

    /// Whether `name` begins as the names of an imported plug-in do.
    pub(crate) fn imports(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix("Microsoft.WindowsAzure.Plugins.") else {
            return false;
        };
        let mut dots = rest.match_indices('.').take(8);
        dots.any(|(end, _)| rest.get(..end).is_some_and(|module| self.imports.contains(module)))
    }

    /// "the role `Orders` has no endpoint `Heartbeet`"
    pub(crate) fn lacks(&self, kind: &str, name: &str) -> String {
        let role = excerpt(&self.role.name);
        format!("the role `{role}` has no {kind} `{}`", excerpt(name))
    }
}
