//! The paths of `RoleInstanceValue`.

use std::fmt;

/// A value that the `xpath` of a `RoleInstanceValue` selects.
///
/// There are thirteen paths. White space between their parts and either kind of quotation mark are
/// accepted. Displays as the path in its usual form.
///
/// ```
/// use heartbeat_definition::RoleValue;
///
/// let path = "/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='Heartbeat']/@port";
/// let value = RoleValue::parse(path).unwrap();
/// assert_eq!(value, RoleValue::EndpointPort("Heartbeat".into()));
/// assert_eq!(value.to_string(), path);
/// assert_eq!(RoleValue::parse("/RoleEnvironment/Roles"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoleValue {
    /// `true` in the emulator, else `false`.
    Emulated,
    /// The deployment's id.
    DeploymentId,
    /// The instance's id, such as `Orders_IN_0`.
    InstanceId,
    /// The role's name.
    RoleName,
    /// The instance's upgrade domain.
    UpdateDomain,
    /// The instance's fault domain.
    FaultDomain,
    /// The value of the setting of that name.
    Setting(String),
    /// The path of the local resource of that name.
    LocalResourcePath(String),
    /// The size, in megabytes, of the local resource of that name.
    LocalResourceSize(String),
    /// The protocol of the endpoint of that name.
    EndpointProtocol(String),
    /// The address that the instance's endpoint of that name is bound to.
    EndpointAddress(String),
    /// The port that the instance's endpoint of that name is bound to.
    EndpointPort(String),
    /// The public port of the instance input endpoint of that name.
    EndpointPublicPort(String),
}

const FIXED: [(&str, RoleValue); 6] = [
    ("/RoleEnvironment/Deployment/@emulated", RoleValue::Emulated),
    ("/RoleEnvironment/Deployment/@id", RoleValue::DeploymentId),
    ("/RoleEnvironment/CurrentInstance/@id", RoleValue::InstanceId),
    ("/RoleEnvironment/CurrentInstance/@roleName", RoleValue::RoleName),
    ("/RoleEnvironment/CurrentInstance/@updateDomain", RoleValue::UpdateDomain),
    ("/RoleEnvironment/CurrentInstance/@faultDomain", RoleValue::FaultDomain),
];

type Named = (&'static str, &'static str, fn(String) -> RoleValue);

/// Container and element, attribute, and the selected value.
const NAMED: [Named; 7] = [
    ("ConfigurationSettings/ConfigurationSetting", "value", RoleValue::Setting),
    ("LocalResources/LocalResource", "path", RoleValue::LocalResourcePath),
    ("LocalResources/LocalResource", "sizeInMB", RoleValue::LocalResourceSize),
    ("Endpoints/Endpoint", "protocol", RoleValue::EndpointProtocol),
    ("Endpoints/Endpoint", "address", RoleValue::EndpointAddress),
    ("Endpoints/Endpoint", "port", RoleValue::EndpointPort),
    ("Endpoints/Endpoint", "publicPort", RoleValue::EndpointPublicPort),
];

impl RoleValue {
    /// Parses one of the thirteen paths.
    #[must_use]
    pub fn parse(xpath: &str) -> Option<Self> {
        let xpath = xpath.trim();
        if let Some((_, value)) = FIXED.iter().find(|(path, _)| *path == xpath) {
            return Some(value.clone());
        }
        let rest = xpath.strip_prefix("/RoleEnvironment/CurrentInstance/")?;
        let (element, rest) = rest.split_once('[')?;
        let (predicate, attribute) = rest.rsplit_once(']')?;
        let name = name(predicate)?;
        let attribute = attribute.strip_prefix("/@")?;
        let (_, _, value) =
            NAMED.iter().find(|(path, of, _)| *path == element.trim_end() && *of == attribute)?;
        Some(value(name.to_owned()))
    }

    /// Returns the name in the path, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Setting(name)
            | Self::LocalResourcePath(name)
            | Self::LocalResourceSize(name)
            | Self::EndpointProtocol(name)
            | Self::EndpointAddress(name)
            | Self::EndpointPort(name)
            | Self::EndpointPublicPort(name) => Some(name),
            _ => None,
        }
    }
}

/// Returns the name in `@name='…'`.
fn name(predicate: &str) -> Option<&str> {
    let value = predicate.trim().strip_prefix("@name")?.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let name = value.strip_prefix(quote)?.strip_suffix(quote)?;
    (!name.contains(quote)).then_some(name)
}

impl fmt::Display for RoleValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((path, _)) = FIXED.iter().find(|(_, value)| value == self) {
            return f.write_str(path);
        }
        let name = self.name().unwrap_or_default();
        let same = |(_, _, value): &&Named| value(name.to_owned()) == *self;
        let (path, attribute, _) = NAMED.iter().find(same).ok_or(fmt::Error)?;
        let quote = if name.contains('\'') { '"' } else { '\'' };
        write!(
            f,
            "/RoleEnvironment/CurrentInstance/{path}[@name={quote}{name}{quote}]/@{attribute}"
        )
    }
}
