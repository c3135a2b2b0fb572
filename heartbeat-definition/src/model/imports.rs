//! Names that imported plug-ins declare.

use std::collections::HashSet;

use crate::Role;

/// The prefix of every name that a plug-in declares; the plug-in's own name follows.
pub(crate) const PREFIX: &str = "Microsoft.WindowsAzure.Plugins.";

/// The plug-ins that a role imports.
pub(crate) struct Imports<'a> {
    pub(crate) modules: HashSet<&'a str>,
}

impl<'a> Imports<'a> {
    pub(crate) fn of(role: &'a Role) -> Self {
        Self { modules: role.imports.iter().map(|import| &*import.module_name).collect() }
    }

    /// Returns whether `name` begins as the names of an imported plug-in do.
    pub(crate) fn declare(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            return false;
        };
        let mut dots = rest.match_indices('.').take(8);
        dots.any(|(end, _)| rest.get(..end).is_some_and(|module| self.modules.contains(module)))
    }
}
