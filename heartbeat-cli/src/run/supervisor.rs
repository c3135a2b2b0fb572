//! The supervisor: the instances of a run, from the first start to the last stop.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::elapsed::Elapsed;
use super::exec::Guard;
use super::fleet::{Asked, EndpointView, Fleet, InstanceView, Phase};
use super::health::Health;
use super::instance::{Desired, Instance};
use super::logs::Logs;
use super::plan::{InstancePlan, Plan, RolePlan};
use super::process::Spec;
use super::public_ports::PublicPort;
use super::signals::Signals;
use super::variables::variables;
use super::watch::Change;

/// The instances of a run.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) plan: Plan,
    pub(super) public: Vec<PublicPort>,
    pub(super) fleet: Fleet,
    pub(super) logs: Logs,
    pub(super) guard: Guard,
    pub(super) members: Vec<Member>,
    pub(super) tasks: JoinSet<()>,
    /// Requests that are under way.
    pub(super) work: JoinSet<()>,
}

/// An instance that the supervisor keeps.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) plan: InstancePlan,
    pub(super) id: Arc<str>,
    pub(super) desired: Arc<watch::Sender<Desired>>,
    /// It is taken away when it has stopped.
    pub(super) is_leaving: bool,
}

/// The requests to a run from the outside.
#[derive(Debug)]
pub(super) struct Inputs {
    pub(super) requests: mpsc::UnboundedReceiver<Asked>,
    pub(super) signals: Signals,
    /// The changes that `--watch` finds; `None` without it.
    pub(super) changes: Option<mpsc::UnboundedReceiver<Change>>,
}

// === impl Supervisor ===

impl Supervisor {
    pub(super) fn new(
        plan: Plan,
        public: Vec<PublicPort>,
        fleet: Fleet,
        logs: Logs,
        guard: Guard,
    ) -> Self {
        let (members, tasks, work) = (Vec::new(), JoinSet::new(), JoinSet::new());
        Self { plan, public, fleet, logs, guard, members, tasks, work }
    }

    /// Starts instances.
    pub(super) fn start(&mut self, instances: Vec<InstancePlan>) {
        let mut plans: Vec<_> = self.present().map(|member| member.plan.clone()).collect();
        plans.extend(instances.iter().cloned());
        for instance in instances {
            let Some(role) = self.plan.role(&instance.role) else { continue };
            let spec = Arc::new(self.spec(role, &instance, &plans));
            self.fleet.add(self.view(role, &instance, &spec));
            let desired = Desired { runs: true, restarts: 0, is_forced: false, spec };
            let (desired, wanted) = watch::channel(desired);
            let id: Arc<str> = instance.id().into();
            self.tasks.spawn(
                Instance {
                    id: Arc::clone(&id),
                    desired: wanted,
                    fleet: self.fleet.clone(),
                    logs: self.logs.clone(),
                    guard: self.guard.clone(),
                    output: None,
                }
                .run(),
            );
            let desired = Arc::new(desired);
            self.members.push(Member { plan: instance, id, desired, is_leaving: false });
        }
    }

    /// Gives each instance the variables that name the others, for its next process.
    pub(super) fn refresh(&self) {
        let plans: Vec<_> = self.present().map(|member| member.plan.clone()).collect();
        for member in self.present() {
            let Some(role) = self.plan.role(&member.plan.role) else { continue };
            let spec = self.spec(role, &member.plan, &plans);
            member.desired.send_modify(|desired| desired.spec = Arc::new(spec));
        }
    }

    /// Returns the instances that are to stay.
    pub(super) fn present(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| !member.is_leaving)
    }

    /// Runs until all instances have ended or a stop is requested, and stops what is left.
    pub(super) async fn run(mut self, mut inputs: Inputs) -> ExitCode {
        let began = Instant::now();
        let mut is_greeted = false;
        let watches = inputs.changes.is_some();
        loop {
            let (fleet, mut logs) = (self.fleet.clone(), self.logs.clone());
            tokio::select! {
                Some(asked) = inputs.requests.recv() => {
                    if self.handle(asked) {
                        self.logs.say("stop requested");
                        break;
                    }
                }
                signal = inputs.signals.next() => {
                    self.logs.say(signal);
                    break;
                }
                () = logs.closed() => break,
                () = fleet.wait_until(has_ended), if !watches => {
                    self.logs.say("all instances have ended");
                    break;
                }
                () = fleet.wait_until(|all| all.iter().all(|it| it.is_ready())), if !is_greeted => {
                    is_greeted = true;
                    let (count, after) = (self.members.len(), Elapsed(began.elapsed()));
                    self.logs.say(format!("{} ready after {after}", counted(count)));
                }
                Some(change) = next_change(&mut inputs.changes) => self.apply(change),
                Some(_) = self.work.join_next() => {}
            }
        }
        self.stop(inputs.signals).await
    }

    fn spec(&self, role: &RolePlan, instance: &InstancePlan, all: &[InstancePlan]) -> Spec {
        let health = role.health.as_ref().and_then(|name| role.role.endpoint(name));
        Spec {
            program: role.program.clone(),
            arguments: role.arguments.clone(),
            folder: self.plan.folder.clone(),
            variables: variables(&self.plan, role, instance, all),
            health: health.and_then(|endpoint| instance.address(role, endpoint)),
            stop_within: role.stop_within,
        }
    }

    fn view(&self, role: &RolePlan, instance: &InstancePlan, spec: &Spec) -> InstanceView {
        let endpoint = |(endpoint, address): (&heartbeat_definition::Endpoint, &_)| EndpointView {
            name: endpoint.name.clone(),
            protocol: endpoint.protocol.to_string(),
            address: *address,
            public: self.public_address(&endpoint.name, instance),
        };
        InstanceView {
            role: role.role.name.clone(),
            id: instance.id(),
            pid: None,
            phase: Phase::Waiting,
            starts: 0,
            restarts: 0,
            last_exit: None,
            ended_well: false,
            started: None,
            endpoints: role.role.endpoints.iter().zip(&instance.addresses).map(endpoint).collect(),
            version: None,
            tells_health: spec.health.is_some(),
            health: Health::default(),
            busy: false,
            was_red: false,
        }
    }

    fn public_address(&self, endpoint: &str, of: &InstancePlan) -> Option<std::net::SocketAddr> {
        let is_of = |it: &&PublicPort| {
            it.role == of.role
                && it.endpoint == endpoint
                && it.instance.is_none_or(|n| n == of.number)
        };
        let public = self.public.iter().find(is_of)?;
        Some((std::net::Ipv4Addr::LOCALHOST, public.port).into())
    }
}

/// Returns a number of instances in words.
pub(super) fn counted(instances: usize) -> String {
    match instances {
        1 => "1 instance".to_owned(),
        more => format!("{more} instances"),
    }
}

/// Tells whether all instances have ended. A fleet that was scaled to none can be scaled again.
fn has_ended(all: &[Arc<InstanceView>]) -> bool {
    !all.is_empty() && all.iter().all(|it| it.phase == Phase::Ended)
}

async fn next_change(changes: &mut Option<mpsc::UnboundedReceiver<Change>>) -> Option<Change> {
    match changes {
        Some(changes) => changes.recv().await,
        None => std::future::pending().await,
    }
}
