//! Roles with their values from a configuration.

use std::collections::HashMap;

use super::imports::Imports;
use crate::{Role, RoleConfiguration, ServiceConfiguration, ServiceDefinition};

/// A role with its values from a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfiguredRole<'a> {
    /// The role.
    pub role: &'a Role,
    /// Its part of the configuration, if there is one.
    pub configuration: Option<&'a RoleConfiguration>,
    /// The number of instances; `None` if the configuration has none, or a negative one.
    pub instances: Option<u32>,
    /// The declared settings in their order, then the settings of imported plug-ins to which the
    /// configuration gives a value.
    pub settings: Vec<ConfiguredSetting<'a>>,
}

/// A setting with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfiguredSetting<'a> {
    /// The name.
    pub name: &'a str,
    /// The value; `None` if the configuration gives none.
    pub value: Option<&'a str>,
}

impl ServiceDefinition {
    /// Combines the roles of this definition, in its order, with a configuration.
    ///
    /// ```
    /// use heartbeat_definition::{ServiceConfiguration, ServiceDefinition};
    ///
    /// let definition = ServiceDefinition::read(br#"
    ///     <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
    ///       <WorkerRole name="Orders">
    ///         <ConfigurationSettings><Setting name="QueueUrl" /></ConfigurationSettings>
    ///       </WorkerRole>
    ///     </ServiceDefinition>"#)?;
    /// let configuration = ServiceConfiguration::read(br#"
    ///     <ServiceConfiguration serviceName="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
    ///       <Role name="Orders">
    ///         <Instances count="2" />
    ///         <ConfigurationSettings><Setting name="QueueUrl" value="amqp://queue" /></ConfigurationSettings>
    ///       </Role>
    ///     </ServiceConfiguration>"#)?;
    ///
    /// let roles = definition.configure(&configuration);
    /// assert_eq!(roles[0].instances, Some(2));
    /// assert_eq!(roles[0].settings[0].value, Some("amqp://queue"));
    /// # Ok::<(), heartbeat_definition::ReadError>(())
    /// ```
    #[must_use]
    pub fn configure<'a>(
        &'a self,
        configuration: &'a ServiceConfiguration,
    ) -> Vec<ConfiguredRole<'a>> {
        // Of two roles of one name, the first counts.
        let configured = configuration.roles.iter().rev();
        let configured: HashMap<_, _> = configured.map(|role| (&*role.name, role)).collect();
        let roles = self.roles.iter();
        roles.map(|role| ConfiguredRole::new(role, configured.get(&*role.name).copied())).collect()
    }
}

impl<'a> ConfiguredRole<'a> {
    /// Combines a role with its part of a configuration. Their names are not compared.
    #[must_use]
    pub fn new(role: &'a Role, configuration: Option<&'a RoleConfiguration>) -> Self {
        let instances = configuration.and_then(|c| c.instances.as_ref());
        let given = configuration.map(|c| &*c.settings).unwrap_or_default();
        let values = given.iter().rev().map(|s| (&*s.name, s.value.as_deref()));
        let values: HashMap<_, _> = values.collect();
        let declared = role.settings.iter().map(|setting| ConfiguredSetting {
            name: &setting.name,
            value: values.get(&*setting.name).copied().flatten(),
        });
        let plugins = Imports::of(role);
        let imported = given.iter().filter(|setting| plugins.declare(&setting.name));
        let imported = imported.filter_map(|setting| {
            let value = Some(setting.value.as_deref()?);
            Some(ConfiguredSetting { name: &setting.name, value })
        });
        Self {
            role,
            configuration,
            instances: instances.and_then(|instances| instances.count.try_into().ok()),
            settings: declared.chain(imported).collect(),
        }
    }
}
