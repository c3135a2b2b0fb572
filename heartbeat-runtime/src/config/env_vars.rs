//! Environment variables. Nothing else reads them but the library that takes the sockets of systemd.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) use heartbeat_definition::variable_name;
use thiserror::Error;

/// The environment variables of a process.
#[derive(Default)]
pub(crate) struct EnvVars {
    values: HashMap<OsString, OsString>,
}

/// The error of a variable that is not text.
#[derive(Debug, Error)]
#[error("{name} is not Unicode text: set it again")]
pub(crate) struct EnvVarError {
    name: String,
}

impl EnvVars {
    pub(crate) fn from_env() -> Self {
        Self { values: std::env::vars_os().collect() }
    }

    #[cfg(feature = "test-util")]
    pub(crate) fn set(&mut self, name: &str, value: &std::ffi::OsStr) {
        self.values.insert(name.into(), value.into());
    }

    /// Returns the value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Result<Option<String>, EnvVarError> {
        Ok(self.text(name)?.filter(|value| !value.is_empty()))
    }

    /// Returns the value of a variable that is set, even to nothing.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, EnvVarError> {
        let Some(value) = self.values.get(name.as_ref() as &std::ffi::OsStr) else {
            return Ok(None);
        };
        match value.to_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(EnvVarError { name: name.to_owned() }),
        }
    }

    /// Returns the names of the variables that are set and not empty.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let set = self.values.iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, _)| name.to_string_lossy().into_owned())
    }

    /// Returns the path in a variable that is set and not empty.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.values.get(name.as_ref() as &std::ffi::OsStr)?;
        (!value.is_empty()).then(|| value.into())
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for EnvVars {
    fn from(values: [(&str, &str); N]) -> Self {
        let values = values.map(|(name, value)| (name.into(), value.into())).into();
        Self { values }
    }
}
