//! Load balancer probes.

use std::mem::take;

use super::string_enum;
use super::values::{int, port};
use crate::Source;
use crate::parse::Node;

/// A custom probe, for the endpoints that refer to it by name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadBalancerProbe {
    /// The name; empty if missing.
    pub name: String,
    /// The protocol; `None` if missing or unknown.
    pub protocol: Option<ProbeProtocol>,
    /// The port; the endpoint's by default.
    pub port: Option<u16>,
    /// The path of an `http` probe.
    pub path: Option<String>,
    /// The interval between probes in seconds, 15 by default.
    pub interval_in_seconds: u32,
    /// The timeout in seconds, 31 by default. An instance that has not answered by then leaves the
    /// rotation.
    pub timeout_in_seconds: u32,
    /// The element that this was read from.
    pub source: Source,
}

string_enum! {
    /// The protocol of a load balancer probe.
    ProbeProtocol {
        /// Passes on exactly 200.
        Http = "http",
        /// Passes when the connection is accepted.
        Tcp = "tcp",
    }
}

impl From<&mut Node> for LoadBalancerProbe {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let seconds = |name, default| {
            let seconds = source.parse(name, int).and_then(|n| u32::try_from(n).ok());
            seconds.unwrap_or(default)
        };
        Self {
            name: source.text("name"),
            protocol: source.parse("protocol", ProbeProtocol::parse),
            port: source.parse("port", port),
            path: source.optional("path"),
            interval_in_seconds: seconds("intervalInSeconds", 15),
            timeout_in_seconds: seconds("timeoutInSeconds", 31),
            source,
        }
    }
}
