//! The place that is probed.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use heartbeat_definition::{
    Endpoint, EndpointUse, Port, Protocol, Role, ServiceDefinition, suggest,
};

use crate::project::Project;

/// The address of a health endpoint, and the path if it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) address: Address,
    pub(super) path: Option<String>,
}

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Tcp {
        host: String,
        port: u16,
    },
    /// TLS, whose certificate is not verified.
    #[cfg(feature = "tls")]
    Tls {
        host: String,
        port: u16,
    },
    Unix(PathBuf),
}

/// The error of a text that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TargetError {
    #[cfg(not(feature = "tls"))]
    #[error("this command speaks no TLS: install heartbeat-cli with `--features tls`")]
    Tls,
    #[error("write a port, host:port, http(s)://host:port/path, unix:/path or the name of a role")]
    NotAnAddress,
}

/// The error of a role without an address.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoleError {
    #[error("the definition has no role `{0}`: {1}")]
    Unknown(String, String),
    #[error(
        "role `{0}` declares no endpoint that is surely the one of its health: give its address"
    )]
    NoHealth(String),
    #[error(
        "endpoint `{1}` of role `{0}` has any free port: give the one that the worker's log shows"
    )]
    AnyPort(String, String),
}

// === impl Target ===

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if let Some(rest) = text.strip_prefix("https://") {
            return Self::over_tls(rest);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let address = Address::Unix(path.into());
            return if path.is_empty() {
                Err(TargetError::NotAnAddress)
            } else {
                Ok(address.into())
            };
        }
        let (rest, is_url) =
            text.strip_prefix("http://").map_or((text, false), |rest| (rest, true));
        let (authority, path) = match rest.find('/') {
            Some(at) => (rest.split_at(at).0, Some(rest.split_at(at).1.to_owned())),
            None => (rest, None),
        };
        let is_port = !authority.is_empty() && authority.bytes().all(|byte| byte.is_ascii_digit());
        let (host, port) = match authority.rsplit_once(':') {
            _ if is_port && !is_url => ("localhost", authority),
            // A colon in brackets is part of the address.
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ if is_url => (authority, "80"),
            _ => return Err(TargetError::NotAnAddress),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        match port.parse() {
            Ok(port) if !host.is_empty() => {
                Ok(Self { address: Address::Tcp { host: host.to_owned(), port }, path })
            }
            _ => Err(TargetError::NotAnAddress),
        }
    }
}

impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Self { address, path: None }
    }
}

impl Target {
    /// Parses a URL behind its scheme `https`.
    #[cfg(feature = "tls")]
    fn over_tls(rest: &str) -> Result<Self, TargetError> {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        let port = if has_port { "" } else { ":443" };
        let mut target: Self = format!("http://{authority}{port}{path}").parse()?;
        target.address = target.address.over_tls();
        Ok(target)
    }

    #[cfg(not(feature = "tls"))]
    fn over_tls(_: &str) -> Result<Self, TargetError> {
        Err(TargetError::Tls)
    }

    /// Returns where a role has its health, on this machine.
    pub(super) fn of_role(project: &Project, name: &str) -> Result<Self, RoleError> {
        let definition = &project.definition;
        let names = || definition.roles.iter().map(|role| role.name.as_str());
        let Some(role) = definition.roles.iter().find(|it| it.name.eq_ignore_ascii_case(name))
        else {
            let help = suggest(name, names()).map_or_else(
                || format!("it has {}", names().collect::<Vec<_>>().join(", ")),
                |nearest| format!("did you mean `{nearest}`?"),
            );
            return Err(RoleError::Unknown(name.to_owned(), help));
        };
        let Some(endpoint) = heartbeat(definition, role) else {
            return Err(RoleError::NoHealth(role.name.clone()));
        };
        let Some(Port::Fixed(port)) = endpoint.local_port() else {
            return Err(RoleError::AnyPort(role.name.clone(), endpoint.name.clone()));
        };
        let address = Address::Tcp { host: "localhost".to_owned(), port };
        let is_https = endpoint.protocol == Protocol::Https;
        Ok(if is_https { address.over_tls().into() } else { address.into() })
    }
}

/// Returns the endpoint of a role's health: `Heartbeat`, else the only possible one.
fn heartbeat<'a>(definition: &ServiceDefinition, role: &'a Role) -> Option<&'a Endpoint> {
    let names = role.endpoints.iter().map(|endpoint| endpoint.name.as_str());
    let usable: Vec<_> = names
        .filter_map(|name| definition.endpoint_for(EndpointUse::Heartbeat, role, name).ok())
        .collect();
    let usual = usable.iter().find(|endpoint| endpoint.name.eq_ignore_ascii_case("Heartbeat"));
    let only = if let [only] = &*usable { Some(only) } else { None };
    usual.or(only).copied()
}

// === impl Address ===

impl Address {
    /// Returns the same address over TLS, if this command speaks it.
    #[cfg(feature = "tls")]
    fn over_tls(self) -> Self {
        match self {
            Self::Tcp { host, port } => Self::Tls { host, port },
            other => other,
        }
    }

    #[cfg(not(feature = "tls"))]
    fn over_tls(self) -> Self {
        self
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "http://{}", authority(host, *port)),
            #[cfg(feature = "tls")]
            Self::Tls { host, port } => write!(f, "https://{}", authority(host, *port)),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Returns a host and a port as a URL has them.
pub(super) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::{Address, Target, TargetError};

    #[test]
    fn parses_each_form() {
        for (text, address, path) in [
            ("3000", "http://localhost:3000", None),
            ("3000/livez", "http://localhost:3000", Some("/livez")),
            ("localhost:3000", "http://localhost:3000", None),
            ("10.0.0.1:80/a/b?c", "http://10.0.0.1:80", Some("/a/b?c")),
            ("[::1]:3000", "http://[::1]:3000", None),
            ("http://orders", "http://orders:80", None),
            ("http://3000", "http://3000:80", None),
            ("http://[::1]/", "http://[::1]:80", Some("/")),
            ("http://orders:81/livez", "http://orders:81", Some("/livez")),
            ("unix:/run/a:3", "unix:/run/a:3", None),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!((&*target.address.to_string(), target.path.as_deref()), (address, path));
        }
        for text in
            ["", "Orders", "65536", "localhost:", ":3000", "a:b", "unix:", "http://", "/livez"]
        {
            assert_eq!(text.parse::<Target>(), Err(TargetError::NotAnAddress), "{text}");
        }
        #[cfg(feature = "tls")]
        for (text, address, path) in [
            ("https://orders", "https://orders:443", None),
            ("https://[::1]/livez", "https://[::1]:443", Some("/livez")),
            ("https://orders:81/", "https://orders:81", Some("/")),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!((&*target.address.to_string(), target.path.as_deref()), (address, path));
        }
        #[cfg(not(feature = "tls"))]
        assert_eq!("https://a".parse::<Target>(), Err(TargetError::Tls));
        let unix: Target = "unix:relative".parse().unwrap();
        assert_eq!(unix.address, Address::Unix("relative".into()));
    }
}
