//! Reads Azure service definitions (`.csdef`) and configurations (`.cscfg`),
//! and says what is wrong with them and where.
//!
//! The files may be ten years old and written for any SDK: all that the
//! documentation, the tools of the time or a text editor made of them is read.
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
//! let parsed = ServiceDefinition::lint(file)?;
//!
//! // The model is there, whatever is wrong with the file.
//! for role in parsed.model.worker_roles() {
//!     for endpoint in &role.endpoints {
//!         println!("{} {} {}", role.name, endpoint.name, endpoint.protocol);
//!     }
//! }
//! let heartbeat = parsed.model.role("Orders").and_then(|role| role.endpoint("Heartbeat"));
//! let heartbeat = heartbeat.expect("it is declared");
//! assert_eq!(heartbeat.protocol, Protocol::Http);
//! assert_eq!(heartbeat.local_port(), Some(Port::Fixed(3000)));
//! assert_eq!(heartbeat.position.to_string(), "5:28");
//!
//! // And so is all that is wrong.
//! let diagnostics: Vec<String> = parsed.violations().map(ToString::to_string).collect();
//! assert_eq!(diagnostics, [
//!     "6:53: error[invalid-value]: `TCP` is no `protocol` of `InternalEndpoint`; \
//!      expected one of `http`, `tcp`, `udp`, `any`: write `tcp`",
//! ]);
//! # Ok::<(), heartbeat_definition::ReadError>(())
//! ```
//!
//! # Two readings of one parse
//!
//! - **Strict**: [`Parsed::violations`] gives every breach of Microsoft's XML
//!   schema (SDK 2.4) and of the rules that only the packaging tools and the
//!   platform enforced, all at once.
//! - **Lenient**: [`Parsed::model`] and [`Parsed::warnings`]. What
//!   Microsoft's own documentation or files in use get wrong (an unknown
//!   attribute, no namespace, a doubled traffic rule …) is a warning. Words in
//!   the wrong case are read as what they mean. What cannot be understood is
//!   absent from the model, or at its default, and [`Parsed::errors`] tells.
//!
//! A file that no model can be made of is a [`ReadError`]: ill-formed XML,
//! another root element, a foreign namespace.
//!
//! [`ServiceDefinition::configure`] puts a configuration to a definition.
//!
//! # Limits
//!
//! At most 1 MiB, 64 levels of elements, 64 attributes on one element and 256
//! namespace declarations; at most 1,000 diagnostics are kept. No document type,
//! no entities but XML's own, nothing is fetched. Time is linear in the input,
//! and no input panics.

mod duration;
mod excerpt;
#[cfg(feature = "lint")]
mod lint;
mod model;
mod parse;
mod select;
mod suggest;

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
pub use parse::error::ReadError;
pub use parse::position::Position;
pub use parse::source::{Attribute, Source};
pub use select::{
    Declaration, EndpointFault, EndpointUse, SelectError, SelectReport, UnknownEndpoint,
};
pub use suggest::suggest;
