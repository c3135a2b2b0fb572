//! The sources of a setting's value: a variable, a file that a variable names, or the service
//! configuration.

use std::fmt;
use std::path::PathBuf;

use heartbeat_definition::Position;

use super::env_vars::{EnvVars, variable_name};
use super::setting_file;
use crate::error::Error;

/// The source of a setting's value.
pub(super) enum SettingSource {
    Variable(String),
    File { variable: String, path: PathBuf },
    Configuration { path: PathBuf, position: Position },
}

/// Returns the variable that gives the value of a setting.
pub(super) fn value_variable(setting: &str) -> String {
    variable_name("HEARTBEAT_SETTING_", setting)
}

/// Returns the variable that names a file with the value, beside the variable of the value.
pub(super) fn file_variable(value_variable: &str) -> String {
    format!("{value_variable}_FILE")
}

impl SettingSource {
    /// Returns the value of a setting in the variables of its own, and its source.
    ///
    /// With two settings `Cert` and `Cert_File`, a variable could be the file of the first or the
    /// value of the second: `is_value_variable` tells that it is the value.
    pub(super) fn from_variables(
        setting: &str,
        variables: &EnvVars,
        is_value_variable: impl FnOnce(&str) -> bool,
    ) -> Result<Option<(String, Self)>, Error> {
        let variable = value_variable(setting);
        let file = file_variable(&variable);
        let path = variables.path(&file).filter(|_| !is_value_variable(&file));
        match (variables.text(&variable)?, path) {
            (Some(value), Some(_)) if !value.is_empty() => {
                Err(format!("{variable} and {file} are both set: unset one of them").into())
            }
            (_, Some(path)) => {
                let value = setting_file::read(&file, &path)?;
                Ok(Some((value, Self::File { variable: file, path })))
            }
            (Some(value), None) => Ok(Some((value, Self::Variable(variable)))),
            (None, None) => Ok(None),
        }
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::File { variable, path } => write!(f, "{} ({variable})", path.display()),
            Self::Configuration { path, position } => write!(f, "{}:{position}", path.display()),
        }
    }
}
