//! The service that is rendered: the worker roles of a definition, with their values from a
//! configuration and from `heartbeat.toml`. Pure; every target reads it alone.

use heartbeat_definition::{
    ConfiguredRole, ServiceConfiguration, ServiceDefinition, suggest, variable_name,
};

use super::deployment::{Deployment, DeploymentError, DeploymentFile, RoleKeys};
use super::names::{label, unique};
use super::worker::Worker;

/// Maximum length of the name of a service or worker: that of a container app. Other targets add
/// suffixes, and allow 63 in all.
const MAX_NAME_LEN: usize = 32;

/// A service, ready to be rendered.
#[derive(Debug)]
pub(crate) struct Service<'a> {
    /// The name as a DNS label.
    pub(crate) name: String,
    pub(crate) definition: &'a ServiceDefinition,
    pub(crate) configuration: Option<&'a ServiceConfiguration>,
    pub(crate) keys: &'a Deployment,
    /// The worker roles, in the order of the definition. Web roles run nowhere but under IIS.
    pub(crate) workers: Vec<Worker<'a>>,
}

impl<'a> Service<'a> {
    /// Combines the files of a service.
    ///
    /// # Errors
    ///
    /// `heartbeat.toml` names a role, an endpoint or a setting that the definition does not declare.
    pub(crate) fn new(
        definition: &'a ServiceDefinition,
        configuration: Option<&'a ServiceConfiguration>,
        file: &'a DeploymentFile,
    ) -> Result<Self, DeploymentError> {
        for name in file.keys.roles.keys() {
            if definition.worker_role(name.get_ref()).is_err() {
                let message = no_role(definition, name.get_ref());
                return Err(file.error(name.span(), message));
            }
        }
        let name = file.keys.name.as_deref().unwrap_or(&definition.name);
        let mut service = Self {
            name: label(name, "service", MAX_NAME_LEN),
            definition,
            configuration,
            keys: &file.keys,
            workers: Vec::new(),
        };
        for role in definition.worker_roles() {
            let configured =
                ConfiguredRole::new(role, configuration.and_then(|c| c.role(&role.name)));
            let is_taken =
                |name: &str| service.workers.iter().any(|worker| clash(&worker.name, name));
            let name = unique(&label(&role.name, "role", MAX_NAME_LEN), MAX_NAME_LEN, is_taken);
            let keys = service.role_keys(&role.name);
            service.workers.push(Worker::new(name, definition, &configured, keys, file)?);
        }
        Ok(service)
    }

    /// Returns what `heartbeat.toml` says about a role.
    fn role_keys(&self, role: &str) -> RoleKeys {
        let mut roles = self.keys.roles.iter();
        let keys = roles.find(|(name, _)| name.get_ref() == role).map(|(_, keys)| keys.clone());
        keys.unwrap_or_default()
    }

    /// Returns the image of a worker.
    pub(crate) fn image(&self, worker: &Worker<'_>) -> String {
        if let Some(image) = &worker.keys.image {
            return image.clone();
        }
        let registry =
            self.keys.registry.as_deref().map(|r| format!("{}/", r.trim_end_matches('/')));
        let version = self.keys.version.as_deref().unwrap_or("latest");
        format!("{}{}:{version}", registry.unwrap_or_default(), worker.name)
    }

    /// Returns the variables that tell every worker where the internal endpoints of all are. All
    /// instances of a worker are behind one `host`.
    pub(crate) fn peers(&self, host: impl Fn(&Worker<'_>) -> String) -> Vec<(String, String)> {
        let mut peers = Vec::new();
        for worker in &self.workers {
            let prefix = variable_name("HEARTBEAT_INSTANCES_", &worker.role.name);
            peers.extend(worker.internal().map(|endpoint| {
                let name = variable_name(&format!("{prefix}_"), &endpoint.declared.name);
                (name, format!("{}:{}", host(worker), endpoint.port))
            }));
        }
        peers
    }
}

/// Returns the message for a role that is no worker role, with the nearest that is one.
fn no_role(definition: &ServiceDefinition, name: &str) -> String {
    let names: Vec<&str> = definition.worker_roles().map(|role| role.name.as_str()).collect();
    let help = match suggest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of `{}`", names.join("`, `")),
    };
    format!("the service definition has no worker role `{name}`: {help}")
}

/// Returns whether two workers would have objects of one name, as those beside a worker have its name
/// and a suffix.
fn clash(a: &str, b: &str) -> bool {
    let is_beside = |of: &str, name: &str| {
        name.strip_prefix(of).is_some_and(|rest| matches!(rest, "" | "-instances" | "-balancer"))
    };
    is_beside(a, b) || is_beside(b, a)
}

#[cfg(test)]
mod tests {
    use super::{DeploymentFile, Service, ServiceDefinition};
    use crate::render::fixture::Fixture;

    #[test]
    fn a_role_that_is_not_declared_is_refused_with_the_nearest() {
        let definition = br#"<ServiceDefinition name="S"><WorkerRole name="Front"/>
            <WorkerRole name="Pool"/></ServiceDefinition>"#;
        let definition = ServiceDefinition::read(definition).unwrap();
        for (name, help) in
            [("Frnt", "did you mean `Front`?"), ("X", "write one of `Front`, `Pool`")]
        {
            let file = DeploymentFile::of_text(&format!("[roles.{name}]")).unwrap();
            let error = Service::new(&definition, None, &file).unwrap_err().to_string();
            assert!(error.ends_with(&format!("has no worker role `{name}`: {help}")), "{error}");
        }
    }

    #[test]
    fn no_two_workers_have_objects_of_one_name() {
        let roles = ["Front", "FrontInstances", "PoolBalancer", "Pool", "FrontPool"]
            .map(|name| format!(r#"<WorkerRole name="{name}"/>"#));
        let fixture = Fixture::of_roles(&roles.concat(), "", "");
        let service = fixture.service();
        let names: Vec<_> = service.workers.iter().map(|worker| worker.name.as_str()).collect();
        assert_eq!(names, ["front", "front-instances-2", "pool-balancer", "pool-2", "front-pool"]);
    }
}
