//! The environment variables: read here and nowhere else.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// The variables of the process, as they were when it started.
#[derive(Default)]
pub(crate) struct Variables {
    are_of_process: bool,
    values: HashMap<OsString, OsString>,
}

/// Why a variable cannot be used.
#[derive(Debug)]
pub(crate) struct VariableError {
    name: String,
}

impl Variables {
    pub(crate) fn of_process() -> Self {
        Self { are_of_process: true, values: std::env::vars_os().collect() }
    }

    /// Whether they are those of the process, and not those that a test has made up.
    pub(crate) fn are_of_process(&self) -> bool {
        self.are_of_process
    }

    #[cfg(feature = "test-util")]
    pub(crate) fn set(&mut self, name: &str, value: &std::ffi::OsStr) {
        self.values.insert(name.into(), value.into());
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Result<Option<String>, VariableError> {
        Ok(self.text(name)?.filter(|value| !value.is_empty()))
    }

    /// The value of a variable that is set, be it empty.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, VariableError> {
        let Some(value) = self.values.get(name.as_ref() as &std::ffi::OsStr) else {
            return Ok(None);
        };
        match value.to_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(VariableError { name: name.to_owned() }),
        }
    }

    /// The path that a variable names, where it is set and not empty.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.values.get(name.as_ref() as &std::ffi::OsStr)?;
        (!value.is_empty()).then(|| value.into())
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(values: [(&str, &str); N]) -> Self {
        let values = values.map(|(name, value)| (name.into(), value.into())).into();
        Self { are_of_process: true, values }
    }
}

/// `prefix`, then the declared name in upper case with `_` for what is not alphanumeric.
pub(crate) fn variable_name(prefix: &str, declared: &str) -> String {
    let name = declared.chars().flat_map(char::to_uppercase);
    prefix.chars().chain(name.map(|c| if c.is_alphanumeric() { c } else { '_' })).collect()
}

impl fmt::Display for VariableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not Unicode text: set it anew", self.name)
    }
}

impl std::error::Error for VariableError {}

#[cfg(test)]
mod tests {
    use super::variable_name;

    #[test]
    fn a_name_becomes_a_variable() {
        assert_eq!(variable_name("P_", "Heartbeat"), "P_HEARTBEAT");
        assert_eq!(variable_name("P_", "My.Plug-In Setting1"), "P_MY_PLUG_IN_SETTING1");
    }
}
