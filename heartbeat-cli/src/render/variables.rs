//! The environment variables of a worker: its settings, and those that the definition itself gives.

use heartbeat_definition::{
    ConfiguredRole, ConfiguredSetting, Role, RoleValue, is_secret_name, is_secret_value,
    variable_name,
};

use super::deployment::RoleKeys;
use super::names::{label, unique};
use super::storage::Storage;

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkerSetting {
    /// The declared name.
    pub(crate) declared: String,
    /// The name as a DNS label.
    pub(crate) name: String,
    /// The variable with its value; with `_FILE` behind it, that of a file with the value.
    pub(crate) variable: String,
    /// The configured value; never that of a secret.
    pub(crate) value: Option<String>,
    /// Its name or its value looks like that of a secret, it is encrypted, or `heartbeat.toml` lists
    /// it.
    pub(crate) is_secret: bool,
}

/// A variable that the definition gives to the role's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkerVariable {
    pub(crate) name: String,
    pub(crate) value: VariableValue,
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VariableValue {
    Text(String),
    /// The instance's id.
    InstanceId,
}

/// Returns the declared settings of a role. Those of plug-ins go with the plug-ins.
pub(super) fn settings(configured: &ConfiguredRole<'_>, keys: &RoleKeys) -> Vec<WorkerSetting> {
    let mut settings: Vec<WorkerSetting> = Vec::new();
    let is_declared = |name: &str| configured.role.setting(name).is_some();
    for setting in configured.settings.iter().filter(|setting| is_declared(setting.name)) {
        let listed = keys.secrets.iter().any(|secret| secret.get_ref() == setting.name);
        let is_secret = listed
            || is_secret_name(setting.name)
            || setting.value.is_some_and(|value| is_secret_value(value) || is_encrypted(value));
        let is_taken = |name: &str| settings.iter().any(|setting| setting.name == name);
        settings.push(WorkerSetting {
            declared: setting.name.to_owned(),
            name: unique(&label(setting.name, "setting", 60), 60, is_taken),
            variable: variable_name("HEARTBEAT_SETTING_", setting.name),
            value: setting.value.filter(|_| !is_secret).map(str::to_owned),
            is_secret,
        });
    }
    settings
}

/// Returns the variables of a role's process, as far as their values are known before it runs.
pub(super) fn variables(
    role: &Role,
    settings: &[ConfiguredSetting<'_>],
    storages: &[Storage<'_>],
) -> Vec<WorkerVariable> {
    let variables = role.runtime.environment.iter().filter_map(|variable| {
        let value = match (&variable.value, &variable.role_instance_value) {
            (Some(value), _) => VariableValue::Text(value.clone()),
            (None, Some(path)) => instance_value(role, settings, storages, path.value.as_ref()?)?,
            (None, None) => return None,
        };
        let is_plain = !matches!(&value, VariableValue::Text(text)
            if is_secret_name(&variable.name) || is_secret_value(text) || is_encrypted(text));
        (is_plain && is_settable(&variable.name))
            .then(|| WorkerVariable { name: variable.name.clone(), value })
    });
    variables.collect()
}

/// Returns the value that a path selects in every instance. The worker itself reads the variables of
/// addresses and ports, so they keep their declared values.
fn instance_value(
    role: &Role,
    settings: &[ConfiguredSetting<'_>],
    storages: &[Storage<'_>],
    value: &RoleValue,
) -> Option<VariableValue> {
    let storage = |name: &String| storages.iter().find(|storage| storage.declared.name == *name);
    Some(VariableValue::Text(match value {
        RoleValue::InstanceId => return Some(VariableValue::InstanceId),
        RoleValue::Emulated => "false".to_owned(),
        RoleValue::RoleName => role.name.clone(),
        RoleValue::Setting(name) => {
            let setting = settings.iter().find(|setting| setting.name == name)?;
            if is_secret_name(name) {
                return None;
            }
            setting.value?.to_owned()
        }
        RoleValue::LocalResourceSize(name) => storage(name)?.declared.size_in_mb.to_string(),
        RoleValue::LocalResourcePath(name) => storage(name)?.folder.clone(),
        RoleValue::EndpointProtocol(name) => role.endpoint(name)?.protocol.to_string(),
        RoleValue::EndpointPublicPort(_)
        | RoleValue::EndpointAddress(_)
        | RoleValue::EndpointPort(_)
        | RoleValue::DeploymentId
        | RoleValue::UpdateDomain
        | RoleValue::FaultDomain => return None,
    }))
}

/// Returns whether every engine lets a variable have that name.
pub(super) fn is_settable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| matches!(c, ' '..='~') && c != '=')
}

/// Returns whether a value is an encrypted message, as the platform's tools write them: base64 of a
/// DER sequence.
fn is_encrypted(value: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '\n');
    value.len() > 100 && value.starts_with("MII") && value.chars().all(is_base64)
}
