//! Load balancer probes.

use std::mem::take;

use super::string_enum;
use super::values::{int, port};
use crate::Source;
use crate::parse::Node;

/// A probe that replaces the platform's own for the endpoints that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadBalancerProbe {
    /// The name; empty when it is missing.
    pub name: String,
    /// How to probe; `None` when it is missing or unknown.
    pub protocol: Option<ProbeProtocol>,
    /// The port to probe; by default that of the endpoint.
    pub port: Option<u16>,
    /// The path to ask for, with `http`.
    pub path: Option<String>,
    /// The time between two probes in seconds, 15 by default.
    pub interval_in_seconds: u32,
    /// When an instance that does not answer is taken out, in seconds, 31 by
    /// default.
    pub timeout_in_seconds: u32,
    /// What was written.
    pub source: Source,
}

string_enum! {
    /// How a load balancer probes.
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
