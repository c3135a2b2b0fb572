//! The environment variables that make a process an instance.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use heartbeat_definition::{Endpoint, RoleValue};

use super::plan::{InstancePlan, Plan, RolePlan};

/// Returns the variables of an instance, among all instances of the run.
pub(super) fn variables(
    plan: &Plan,
    role: &RolePlan,
    instance: &InstancePlan,
    all: &[InstancePlan],
) -> BTreeMap<String, OsString> {
    let mut variables = BTreeMap::new();
    // The definition's own, which others overrule.
    for variable in &role.role.runtime.environment {
        let mapped = variable.role_instance_value.as_ref().and_then(|it| it.value.as_ref());
        let value = match mapped {
            Some(mapped) => role_value(plan, role, instance, mapped),
            None => variable.value.clone().map(OsString::from),
        };
        variables.extend(value.map(|value| (variable.name.clone(), value)));
    }
    variables.insert("HEARTBEAT_INSTANCE_ID".to_owned(), instance.id().into());
    // They are on loopback addresses, and this command reads the details.
    variables.insert("HEARTBEAT_DETAILS".to_owned(), "always".into());
    if let Some(configuration) = &plan.configuration {
        variables.insert("HEARTBEAT_CONFIGURATION".to_owned(), configuration.into());
    }
    for (endpoint, address) in role.role.endpoints.iter().zip(&instance.addresses) {
        let name = variable_name("HEARTBEAT_ENDPOINT_", &endpoint.name);
        variables.insert(name, address.to_string().into());
    }
    for storage in &role.role.local_resources {
        let name = variable_name("HEARTBEAT_RESOURCE_", &storage.name);
        variables.insert(name, resource(plan, instance, &storage.name).into());
    }
    for role in &plan.roles {
        variables.extend(peers(role, all));
    }
    variables
}

/// Returns the variables that name the internal endpoints of all instances of a role.
fn peers<'a>(
    role: &'a RolePlan,
    all: &'a [InstancePlan],
) -> impl Iterator<Item = (String, OsString)> + 'a {
    let internal = role.role.endpoints.iter().filter(|endpoint| endpoint.is_internal());
    internal.filter_map(move |endpoint| {
        let instances = all.iter().filter(|it| it.role == role.role.name);
        let entry =
            |it: &InstancePlan| Some(format!("{}={}", it.id(), it.address(role, endpoint)?));
        let entries: Vec<_> = instances.filter_map(entry).collect();
        let name = instances_variable(role, endpoint);
        (!entries.is_empty()).then(|| (name, entries.join(",").into()))
    })
}

/// Returns a line for each internal endpoint whose instances another role's hide.
pub(super) fn shared_variables(roles: &[RolePlan]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for role in roles.iter().filter(|role| role.instances > 0) {
        for endpoint in role.role.endpoints.iter().filter(|endpoint| endpoint.is_internal()) {
            let variable = instances_variable(role, endpoint);
            let name = &*role.role.name;
            if let Some(other) = taken.insert(variable.clone(), name) {
                lines.push(format!(
                    "{other} and {name} have one variable, {variable}: it names the instances of {name} \
                     alone; rename an endpoint or a role"
                ));
            }
        }
    }
    lines
}

fn instances_variable(role: &RolePlan, endpoint: &Endpoint) -> String {
    let name = format!("{}_{}", role.role.name, endpoint.name);
    variable_name("HEARTBEAT_INSTANCES_", &name)
}

/// Returns the value that the definition maps to a variable.
fn role_value(
    plan: &Plan,
    role: &RolePlan,
    instance: &InstancePlan,
    value: &RoleValue,
) -> Option<OsString> {
    let endpoint = |name: &str| -> Option<&Endpoint> { role.role.endpoint(name) };
    let address = |name: &str| instance.address(role, endpoint(name)?);
    let text = match value {
        RoleValue::Emulated => "true".to_owned(),
        RoleValue::DeploymentId => "local".to_owned(),
        RoleValue::InstanceId => instance.id(),
        RoleValue::RoleName => role.role.name.clone(),
        // The platform's defaults: five and two of them.
        RoleValue::UpdateDomain => (instance.number % 5).to_string(),
        RoleValue::FaultDomain => (instance.number % 2).to_string(),
        RoleValue::Setting(name) => role.settings.get(name)?.clone(),
        RoleValue::LocalResourcePath(name) => return Some(resource(plan, instance, name).into()),
        RoleValue::LocalResourceSize(name) => {
            role.role.local_resource(name)?.size_in_mb.to_string()
        }
        RoleValue::EndpointProtocol(name) => endpoint(name)?.protocol.to_string(),
        RoleValue::EndpointAddress(name) => address(name)?.ip().to_string(),
        RoleValue::EndpointPort(name) | RoleValue::EndpointPublicPort(name) => {
            address(name)?.port().to_string()
        }
    };
    Some(text.into())
}

/// Returns the folder of a local storage.
fn resource(plan: &Plan, instance: &InstancePlan, name: &str) -> PathBuf {
    let name = name.replace(['/', '\\', ':'], "_");
    plan.state_folder().join("resources").join(instance.id()).join(name)
}

/// Returns `prefix` and the declared name in upper case, with `_` for each character that is not
/// alphanumeric, as heartbeat-runtime does.
fn variable_name(prefix: &str, declared: &str) -> String {
    let name = declared.chars().flat_map(char::to_uppercase);
    prefix.chars().chain(name.map(|c| if c.is_alphanumeric() { c } else { '_' })).collect()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use heartbeat_definition::{ServiceConfiguration, ServiceDefinition};

    use super::{InstancePlan, Plan, variables};
    use crate::project::Project;

    const DEFINITION: &str = r#"
        <ServiceDefinition name="Shop">
          <WorkerRole name="Orders">
            <ConfigurationSettings><Setting name="Queue"/></ConfigurationSettings>
            <Endpoints>
              <InputEndpoint name="Heart.Beat" protocol="http" port="80" localPort="3000"/>
              <InternalEndpoint name="Work" protocol="tcp" port="*"/>
            </Endpoints>
            <LocalResources><LocalStorage name="Scratch" sizeInMB="5"/></LocalResources>
            <Runtime><Environment>
              <Variable name="PLAIN" value="as it is"/>
              <Variable name="ID"><RoleInstanceValue xpath="/RoleEnvironment/CurrentInstance/@id"/></Variable>
              <Variable name="EMULATED"><RoleInstanceValue xpath="/RoleEnvironment/Deployment/@emulated"/></Variable>
              <Variable name="QUEUE"><RoleInstanceValue
                xpath="/RoleEnvironment/CurrentInstance/ConfigurationSettings/ConfigurationSetting[@name='Queue']/@value"/></Variable>
              <Variable name="PORT"><RoleInstanceValue
                xpath="/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='Heart.Beat']/@port"/></Variable>
              <Variable name="SCRATCH"><RoleInstanceValue
                xpath="/RoleEnvironment/CurrentInstance/LocalResources/LocalResource[@name='Scratch']/@path"/></Variable>
              <Variable name="HEARTBEAT_INSTANCE_ID" value="overruled"/>
            </Environment></Runtime>
          </WorkerRole>
          <WorkerRole name="Idle"><Endpoints>
            <InternalEndpoint name="Work" protocol="tcp" port="*"/>
          </Endpoints></WorkerRole>
        </ServiceDefinition>"#;
    const CONFIGURATION: &str = r#"
        <ServiceConfiguration serviceName="Shop"><Role name="Orders"><Instances count="2"/>
          <ConfigurationSettings><Setting name="Queue" value="amqp://queue"/></ConfigurationSettings>
        </Role></ServiceConfiguration>"#;

    #[test]
    fn an_instance_has_its_variables() {
        let project = Project {
            definition_path: PathBuf::from("/shop/ServiceDefinition.csdef"),
            definition: ServiceDefinition::read(DEFINITION.as_bytes()).unwrap(),
            configuration_path: Some(PathBuf::from("/shop/ServiceConfiguration.cscfg")),
            configuration: Some(ServiceConfiguration::read(CONFIGURATION.as_bytes()).unwrap()),
        };
        let plan =
            Plan::new(&project, Path::new("/shop").to_owned(), &[("Idle".into(), 0)]).unwrap();
        let address = |port| ([127, 0, 0, 1], port).into();
        let instance = |number, heartbeat, work| InstancePlan {
            role: "Orders".to_owned(),
            number,
            addresses: vec![address(heartbeat), address(work)],
        };
        let all = [instance(0, 3000, 1), instance(1, 3001, 2)];
        let variables = variables(&plan, &plan.roles[0], &all[1], &all);
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| format!("{name}={}", value.display())).collect();
        assert_eq!(
            variables,
            [
                "EMULATED=true",
                "HEARTBEAT_CONFIGURATION=/shop/ServiceConfiguration.cscfg",
                "HEARTBEAT_DETAILS=always",
                "HEARTBEAT_ENDPOINT_HEART_BEAT=127.0.0.1:3001",
                "HEARTBEAT_ENDPOINT_WORK=127.0.0.1:2",
                "HEARTBEAT_INSTANCES_ORDERS_WORK=Orders_IN_0=127.0.0.1:1,Orders_IN_1=127.0.0.1:2",
                "HEARTBEAT_INSTANCE_ID=Orders_IN_1",
                "HEARTBEAT_RESOURCE_SCRATCH=/shop/.heartbeat/resources/Orders_IN_1/Scratch",
                "ID=Orders_IN_1",
                "PLAIN=as it is",
                "PORT=3001",
                "QUEUE=amqp://queue",
                "SCRATCH=/shop/.heartbeat/resources/Orders_IN_1/Scratch",
            ]
        );
    }
}
