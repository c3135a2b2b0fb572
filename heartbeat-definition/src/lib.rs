//! Reads Azure service definitions (`.csdef`) and service configurations (`.cscfg`).
//!
//! ```
//! use heartbeat_definition::{Protocol, ServiceDefinition};
//!
//! let definition = ServiceDefinition::read(br#"
//!     <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
//!       <WorkerRole name="Orders">
//!         <Endpoints>
//!           <InputEndpoint name="Heartbeat" protocol="http" port="80" localPort="3000" />
//!         </Endpoints>
//!       </WorkerRole>
//!     </ServiceDefinition>"#)?.model;
//!
//! let orders = definition.role("Orders").ok_or("no such role")?;
//! let heartbeat = orders.endpoint("Heartbeat").ok_or("no such endpoint")?;
//! assert_eq!(heartbeat.protocol, Protocol::Http);
//! assert_eq!(heartbeat.instance_port().to_string(), "3000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod configuration;
mod definition;
mod duration;
mod endpoint;
mod read;
mod selection;
mod suggest;

pub use configuration::{RoleConfiguration, ServiceConfiguration, SettingValue};
pub use definition::{
    LoadBalancerProbe, LocalResource, Role, RoleKind, ServiceDefinition, Setting,
};
pub use duration::parse_duration;
pub use endpoint::{Endpoint, EndpointKind, Port, Protocol};
pub use read::{Position, ReadError, Reading};
pub use selection::SelectionError;
pub use suggest::nearest;
