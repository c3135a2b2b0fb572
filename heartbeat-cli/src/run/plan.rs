//! The plan of a run: roles, numbers of instances, and the addresses of each.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use heartbeat_definition::{Endpoint, Role, RoleKind, suggest};

use super::addresses::{MAX_INSTANCES, assign, networks};
use super::variables::shared_variables;
use crate::project::Project;

/// The roles of a run, and all that their instances have in common.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The folder of the definition, where instances run.
    pub(super) folder: PathBuf,
    pub(super) configuration: Option<PathBuf>,
    pub(super) roles: Vec<RolePlan>,
    /// Lines for the user, such as about roles that are left out.
    pub(super) notes: Vec<String>,
}

/// A role that is run.
#[derive(Clone, Debug)]
pub(super) struct RolePlan {
    pub(super) role: Role,
    /// The values of its settings in the configuration.
    pub(super) settings: HashMap<String, String>,
    /// Number of instances at the start.
    pub(super) instances: u32,
    /// Part of the addresses of its instances.
    network: u8,
    /// Its program, as soon as that is built.
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    /// The endpoint that tells its health.
    pub(super) health: Option<String>,
    /// Time that an instance may take to stop, before it is killed.
    pub(super) stop_within: Duration,
}

/// An instance of a role.
#[derive(Clone, Debug)]
pub(super) struct InstancePlan {
    pub(super) role: String,
    pub(super) number: u32,
    /// The addresses of the role's endpoints, in their order.
    pub(super) addresses: Vec<SocketAddr>,
}

/// The error of a plan that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    #[error("no worker role `{name}` in the definition: {hint}")]
    UnknownRole { name: String, hint: String },
    #[error("{instances} instances of role `{role}`: at most {MAX_INSTANCES} run on one machine")]
    TooMany { role: String, instances: u32 },
    #[error("the definition has no worker role with an instance: nothing to run")]
    Empty,
    #[error(
        "cannot move public port {port} of endpoint `{endpoint}` by {offset}: ports end at 65535: choose a \
         smaller --port-offset"
    )]
    Offset { endpoint: String, port: u16, offset: u16 },
    #[error("cannot find addresses for {instance}: {cause}")]
    Address { instance: String, cause: std::io::Error },
}

// === impl Plan ===

impl Plan {
    /// Plans a project, with other numbers of instances than the configuration has for some roles.
    pub(super) fn new(
        project: &Project,
        folder: PathBuf,
        scale: &[(String, u32)],
    ) -> Result<Self, PlanError> {
        let mut notes = Vec::new();
        let mut roles = Vec::new();
        let names: Vec<_> = project.definition.worker_roles().map(|it| &*it.name).collect();
        for (name, _) in scale {
            known(name, &names)?;
        }
        for configured in project.roles() {
            let role = configured.role;
            if role.kind != RoleKind::Worker {
                notes.push(format!("{} is a web role: not run, only worker roles are", role.name));
                continue;
            }
            let scaled = scale.iter().rev().find(|(name, _)| *name == role.name);
            let instances = scaled.map_or(configured.instances, |(_, count)| Some(*count));
            let instances = checked(&role.name, instances.unwrap_or(1))?;
            if instances == 0 {
                notes.push(format!("{} has no instances", role.name));
            }
            let settings = configured.settings.iter();
            let settings =
                settings.filter_map(|it| Some((it.name.to_owned(), it.value?.to_owned())));
            roles.push(RolePlan {
                role: role.clone(),
                settings: settings.collect(),
                instances,
                network: 0,
                program: PathBuf::new(),
                arguments: Vec::new(),
                health: None,
                stop_within: Duration::ZERO,
            });
        }
        if roles.iter().all(|role| role.instances == 0) {
            return Err(PlanError::Empty);
        }
        notes.extend(shared_variables(&roles));
        let networks = networks(roles.iter().map(|it| &it.role));
        roles.iter_mut().zip(networks).for_each(|(role, network)| role.network = network);
        let configuration = project.configuration_path.as_ref();
        let configuration = configuration.map(|it| std::path::absolute(it).unwrap_or(it.clone()));
        Ok(Self { folder, configuration, roles, notes })
    }

    /// Returns the folder of what is kept between runs.
    pub(super) fn state_folder(&self) -> PathBuf {
        self.folder.join(".heartbeat")
    }

    /// Returns the role of that name.
    pub(super) fn role(&self, name: &str) -> Option<&RolePlan> {
        self.roles.iter().find(|it| it.role.name == name)
    }

    /// Returns the instances at the start. Endpoints that do not get their declared port are noted.
    pub(super) fn instances(&mut self) -> Result<Vec<InstancePlan>, PlanError> {
        let mut instances = Vec::new();
        for role in &self.roles {
            for number in 0..role.instances {
                instances.push(role.instance(number, &mut self.notes)?);
            }
        }
        Ok(instances)
    }
}

// === impl RolePlan ===

impl RolePlan {
    /// Plans an instance.
    pub(super) fn instance(
        &self,
        number: u32,
        notes: &mut Vec<String>,
    ) -> Result<InstancePlan, PlanError> {
        let role = self.role.name.clone();
        let mut replaced = Vec::new();
        let addresses = assign(&self.role.endpoints, self.network, number, &mut replaced);
        let addresses = addresses.map_err(|cause| {
            let instance = instance_id(&role, number);
            PlanError::Address { instance, cause }
        })?;
        let plan = InstancePlan { role, number, addresses };
        for (endpoint, wanted) in replaced {
            let of = |it: &&Endpoint| it.name == endpoint;
            let found = self.role.endpoints.iter().find(of).and_then(|it| plan.address(self, it));
            let instead = found.map(|it| it.port().to_string()).unwrap_or_default();
            notes.push(format!(
                "{}: {wanted} of endpoint {endpoint} cannot be bound: port {instead} instead",
                plan.id()
            ));
        }
        Ok(plan)
    }
}

// === impl InstancePlan ===

impl InstancePlan {
    /// Returns its id, as the platform named instances.
    pub(super) fn id(&self) -> String {
        instance_id(&self.role, self.number)
    }

    /// Returns the address of an endpoint of its role.
    pub(super) fn address(&self, role: &RolePlan, endpoint: &Endpoint) -> Option<SocketAddr> {
        let mut endpoints = role.role.endpoints.iter().zip(&self.addresses);
        endpoints.find(|(it, _)| it.name == endpoint.name).map(|(_, address)| *address)
    }
}

/// Parses `ROLE=NUMBER`.
pub(crate) fn parse_scale(text: &str) -> Result<(String, u32), String> {
    let parsed = text
        .split_once('=')
        .and_then(|(role, count)| Some((role.trim().to_owned(), count.trim().parse().ok()?)));
    parsed
        .filter(|(role, _)| !role.is_empty())
        .ok_or_else(|| "write ROLE=NUMBER, such as Orders=3".to_owned())
}

/// Checks the number of instances of a role.
pub(super) fn checked(role: &str, instances: u32) -> Result<u32, PlanError> {
    if instances > MAX_INSTANCES {
        return Err(PlanError::TooMany { role: role.to_owned(), instances });
    }
    Ok(instances)
}

/// Checks the name of a role.
pub(super) fn known(name: &str, roles: &[&str]) -> Result<(), PlanError> {
    if roles.contains(&name) {
        return Ok(());
    }
    let near = suggest(name, roles.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let hint = near.unwrap_or_else(|| format!("it has {}", roles.join(", ")));
    Err(PlanError::UnknownRole { name: name.to_owned(), hint })
}

pub(super) fn instance_id(role: &str, number: u32) -> String {
    format!("{role}_IN_{number}")
}
