//! A service definition together with a configuration.

use std::collections::HashMap;

use crate::lint::rules::{self, Declared};
use crate::{Finding, Role, RoleConfiguration, ServiceConfiguration, ServiceDefinition};

/// What a definition and a configuration say together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ConfiguredService<'a> {
    /// The roles of the definition, in its order.
    pub roles: Vec<ConfiguredRole<'a>>,
    /// Where the two do not fit, beyond the findings of each: what is missing
    /// from one, or is only in the other.
    pub findings: Vec<Finding>,
}

/// A role with what the configuration gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredRole<'a> {
    /// The role.
    pub role: &'a Role,
    /// Its configuration; `None` when there is none.
    pub configuration: Option<&'a RoleConfiguration>,
    /// How many instances run; `None` when that is not told.
    pub instances: Option<u32>,
    /// The declared settings in their order, then those of imported plug-ins
    /// that the configuration gives a value.
    pub settings: Vec<ConfiguredSetting<'a>>,
}

/// A setting with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfiguredSetting<'a> {
    /// The name.
    pub name: &'a str,
    /// The value; `None` when the configuration has none.
    pub value: Option<&'a str>,
}

impl ConfiguredService<'_> {
    /// The role of that name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&ConfiguredRole<'_>> {
        self.roles.iter().find(|configured| configured.role.name == name)
    }
}

impl ServiceDefinition {
    /// Puts a configuration to this definition: instance counts, values, and
    /// what is missing or too much.
    ///
    /// ```
    /// use heartbeat_definition::{ServiceConfiguration, ServiceDefinition};
    ///
    /// let definition = ServiceDefinition::read(br#"
    ///     <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
    ///       <WorkerRole name="Orders">
    ///         <ConfigurationSettings><Setting name="QueueUrl" /></ConfigurationSettings>
    ///       </WorkerRole>
    ///     </ServiceDefinition>"#)?.model;
    /// let configuration = ServiceConfiguration::read(br#"
    ///     <ServiceConfiguration serviceName="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
    ///       <Role name="Orders">
    ///         <Instances count="2" />
    ///         <ConfigurationSettings><Setting name="QueueURL" value="amqp://queue" /></ConfigurationSettings>
    ///       </Role>
    ///     </ServiceConfiguration>"#)?.model;
    ///
    /// let service = definition.configure(&configuration);
    /// assert_eq!(service.roles[0].instances, Some(2));
    /// let findings: Vec<String> = service.findings.iter().map(ToString::to_string).collect();
    /// assert_eq!(findings, [
    ///     "3:19: error[missing-setting]: the role `Orders` has no value for the setting `QueueUrl`: add <Setting name=\"QueueUrl\" value=\"…\" />",
    ///     "5:47: error[unknown-setting]: the role `Orders` has no setting `QueueURL`: did you mean `QueueUrl`?",
    /// ]);
    /// # Ok::<(), heartbeat_definition::ReadError>(())
    /// ```
    pub fn configure<'a>(
        &'a self,
        configuration: &'a ServiceConfiguration,
    ) -> ConfiguredService<'a> {
        // Of two by the same name, which is a finding, the first counts.
        let given = configuration.roles.iter().rev();
        let given: HashMap<_, _> = given.map(|r| (&*r.name, r)).collect();
        let roles = self.roles.iter();
        let roles = roles.map(|role| ConfiguredRole::new(role, given.get(&*role.name).copied()));
        ConfiguredService { roles: roles.collect(), findings: rules::fit(self, configuration) }
    }
}

impl<'a> ConfiguredRole<'a> {
    /// A role with its part of a configuration, whatever the names of the two.
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
        let plugins = Declared::by(role);
        let imported = given.iter().filter(|setting| plugins.imports(&setting.name));
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
