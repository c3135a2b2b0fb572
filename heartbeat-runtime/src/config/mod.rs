//! Plain data, made before user code runs: environment variables, the one precedence of addresses,
//! settings, local resources and deadlines become an [`InstanceConfig`].

mod deadlines;
mod definition;
mod description;
mod details;
mod endpoints;
mod env_vars;
mod errors;
mod instance;
mod instance_entry;
mod instances;
mod known_variables;
mod local_resources;
mod missing_values;
mod numbers;
#[cfg(unix)]
mod private_folder;
mod regular_file;
mod role_instance;
mod service_configuration;
mod setting_error;
mod setting_file;
mod setting_source;
mod settings;
mod tls_files;
mod unknown_variables;

pub(crate) use heartbeat_definition::is_secret_name;

pub(crate) use self::deadlines::Deadlines;
pub(crate) use self::definition::{place, read_definition, report};
pub(crate) use self::description::Description;
pub(crate) use self::details::DetailsPolicy;
#[cfg(feature = "test-util")]
pub(crate) use self::endpoints::address_variable;
pub(crate) use self::endpoints::resolve as resolve_endpoints;
pub(crate) use self::env_vars::EnvVars;
#[cfg(feature = "test-util")]
pub(crate) use self::env_vars::variable_name;
pub(crate) use self::errors::ConfigErrors;
pub(crate) use self::instance::InstanceConfig;
#[cfg(feature = "test-util")]
pub(crate) use self::instances::instances_variable;
pub(crate) use self::known_variables::known_variables;
pub use self::local_resources::LocalResourceError;
#[cfg(feature = "test-util")]
pub(crate) use self::missing_values::MissingValues;
pub(crate) use self::numbers::check_numbers;
#[cfg(feature = "tls")]
pub(crate) use self::regular_file::read_regular_file;
pub use self::role_instance::{InstanceEndpoint, RoleInstance};
pub(crate) use self::service_configuration::Configuration;
pub use self::setting_error::SettingError;
pub(crate) use self::tls_files::{NamedPath, TlsFiles, plain_http_warning};
