//! A reader of Azure service definitions (`.csdef`) and configurations (`.cscfg`).
//!
//! It reads files of any age and for any SDK, as the documentation, the tools of the time or a text
//! editor left them.
//!
//! ```
//! use heartbeat_definition::{Port, Protocol, ServiceDefinition};
//!
//! let file = br#"<?xml version="1.0" encoding="utf-8"?>
//! <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
//!   <WorkerRole name="Orders" vmsize="Small">
//!     <Endpoints>
//!       <InputEndpoint name="Heartbeat" protocol="http" port="80" localPort="3000" />
//!       <InternalEndpoint name="Management" protocol="TCP" />
//!     </Endpoints>
//!   </WorkerRole>
//! </ServiceDefinition>"#;
//!
//! let definition = ServiceDefinition::read(file)?;
//! for role in definition.worker_roles() {
//!     for endpoint in &role.endpoints {
//!         println!("{} {} {}", role.name, endpoint.name, endpoint.protocol);
//!     }
//! }
//! let heartbeat = definition.role("Orders").and_then(|role| role.endpoint("Heartbeat"));
//! let heartbeat = heartbeat.expect("it is declared");
//! assert_eq!(heartbeat.protocol, Protocol::Http);
//! assert_eq!(heartbeat.local_port(), Some(Port::Fixed(3000)));
//! assert_eq!(heartbeat.position.to_string(), "5:28");
//! # Ok::<(), heartbeat_definition::ReadError>(())
//! ```
//!
//! A file is unreadable, with a [`ReadError`], if it is not well-formed XML, has another root
//! element or is in a foreign namespace. In a readable file, a word in the wrong case is read as
//! the right one, and an attribute that cannot be understood is left out of the model or has its
//! default there.
//!
//! [`ServiceDefinition::configure`] combines a definition with a configuration.
//!
//! # Linting
//!
//! With the feature `lint`, `ServiceDefinition::lint` and `ServiceConfiguration::lint` also return
//! diagnostics, each with its place, severity, rule and often a fix. They cover Microsoft's XML
//! schema (SDK 2.4) and the rules that only the packaging tools and the platform enforced.
//! Violations that are met in Microsoft's own documentation or in real files are warnings: an
//! unknown attribute, no namespace, a repeated traffic rule. `ServiceDefinition::cross_check` holds
//! a configuration against a definition. `source_text` gives the text that positions count in, to show
//! a line of it.
//!
//! # Limits
//!
//! At most 1 MiB, 64 levels of elements, 64 attributes on one element and 256 namespace
//! declarations; at most 1,000 diagnostics are kept. Document types and entities other than XML's
//! own are refused, and nothing is fetched. Time is linear in the input, and no input panics.

mod duration;
mod excerpt;
#[cfg(feature = "lint")]
mod lint;
mod model;
mod parse;
mod secrets;
mod select;
mod suggest;
mod variable_name;

/// The README, so that its example is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use duration::parse_duration;
#[cfg(feature = "lint")]
pub use lint::{Authority, Code, Diagnostic, File, Parsed, Severity};
pub use model::configuration::{
    CertificateThumbprint, InstanceCount, RoleConfiguration, ServiceConfiguration, SettingValue,
};
pub use model::configured::{ConfiguredRole, ConfiguredSetting};
pub use model::definition::{ServiceDefinition, TopologyChangeDiscovery};
pub use model::endpoint::{
    Distribution, Endpoint, EndpointKind, InputEndpoint, InstanceInputEndpoint, InternalEndpoint,
    Port, PortRange, Protocol,
};
pub use model::network::{
    AccessControl, AccessRule, Action, DnsServer, EndpointAcl, InstanceAddress, LoadBalancer,
    NetworkConfiguration, NetworkSecurityGroup, PublicIp,
};
pub use model::probe::{LoadBalancerProbe, ProbeProtocol};
pub use model::process::{
    EntryPoint, ExecutionContext, RoleInstanceValue, Runtime, Startup, Task, TaskType, Variable,
};
pub use model::resources::{
    Certificate, Content, Import, LocalStorage, PermissionLevel, Setting, StoreLocation,
};
pub use model::role::{Role, RoleKind};
pub use model::role_module::RoleModule;
pub use model::role_value::RoleValue;
pub use model::site::{Binding, Site, VirtualDirectory};
pub use model::traffic::{FromRole, RoleEndpoint, TrafficRule};
#[cfg(feature = "lint")]
pub use parse::encoding::source_text;
pub use parse::error::ReadError;
pub use parse::file_kind::FileKind;
pub use parse::position::Position;
pub use parse::source::{Attribute, Source};
pub use secrets::{is_secret_name, is_secret_value};
pub use select::{
    Declaration, EndpointFault, EndpointUse, SelectError, SelectReport, UnknownEndpoint,
};
pub use suggest::suggest;
pub use variable_name::variable_name;
