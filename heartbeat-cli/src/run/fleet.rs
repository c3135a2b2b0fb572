//! The fleet: the state of all instances, which the supervisor writes, and the control socket, the page
//! and the load balancers read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, mpsc, oneshot, watch};

pub(crate) use super::view::{EndpointView, InstanceView, Phase};

/// Lines that are kept of each instance, and their bytes.
const TAIL_LINES: usize = 1000;
const TAIL_BYTES: usize = 1 << 20;
/// Lines that a follower may be behind before it loses some.
const FOLLOWED_LINES: usize = 4096;

/// A cheap handle on the state of all instances of one `heartbeat run`.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    service: String,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    lines: broadcast::Sender<LogLine>,
    requests: mpsc::UnboundedSender<Asked>,
}

#[derive(Debug, Default)]
struct State {
    instances: Vec<Member>,
    /// Number of lines so far.
    lines: u64,
}

#[derive(Debug)]
struct Member {
    view: Arc<InstanceView>,
    tail: VecDeque<LogLine>,
    tail_bytes: usize,
}

/// A line that an instance has printed.
#[derive(Clone, Debug)]
pub(crate) struct LogLine {
    /// Its place among the lines of all instances.
    pub(crate) number: u64,
    pub(crate) instance: Arc<str>,
    /// Without the line end; what is not UTF-8 is replaced.
    pub(crate) text: Arc<str>,
}

/// A change of the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Stops instances and whole roles, by name; without a name the whole run.
    Stop(Vec<String>),
    /// Restarts instances, or the instances of roles one by one, by name.
    Restart(Vec<String>),
    /// Takes an instance out of the rotation of the load balancers, or puts it back.
    SetBusy { instance: String, busy: bool },
    /// Sets the number of instances of a role.
    Scale { role: String, instances: u32 },
}

/// A request that awaits its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The work that was done, in words, or the reason why it could not be.
pub(crate) type Answer = Result<String, String>;

// === impl Fleet ===

impl Fleet {
    /// Returns an empty fleet, and its requests.
    pub(crate) fn new(service: &str) -> (Self, mpsc::UnboundedReceiver<Asked>) {
        let (requests, asked) = mpsc::unbounded_channel();
        let shared = Shared {
            service: service.to_owned(),
            state: Mutex::default(),
            changes: watch::Sender::new(0),
            lines: broadcast::Sender::new(FOLLOWED_LINES),
            requests,
        };
        (Self { shared: Arc::new(shared) }, asked)
    }

    /// Returns the name of the service.
    pub(crate) fn service(&self) -> &str {
        &self.shared.service
    }

    /// Returns all instances, in the order of the definition.
    pub(crate) fn snapshot(&self) -> Vec<Arc<InstanceView>> {
        self.state().instances.iter().map(|member| Arc::clone(&member.view)).collect()
    }

    /// Returns a receiver that is marked as changed by each change of an instance.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Returns the last lines of an instance, or of all, in their order, and those that follow.
    pub(crate) fn logs(
        &self,
        instance: Option<&str>,
    ) -> (Vec<LogLine>, broadcast::Receiver<LogLine>) {
        let state = self.state();
        let wanted = |member: &&Member| instance.is_none_or(|id| id == member.view.id);
        let members = state.instances.iter().filter(wanted);
        let mut lines: Vec<_> = members.flat_map(|member| member.tail.iter().cloned()).collect();
        lines.sort_unstable_by_key(|line| line.number);
        // While the state is locked: no line is missed, and none comes twice.
        (lines, self.shared.lines.subscribe())
    }

    /// Sends a request to the supervisor, and waits until it is done.
    pub(crate) async fn request(&self, request: Request) -> Answer {
        let (answer, answered) = oneshot::channel();
        let ended = || "the run has ended".to_owned();
        self.shared.requests.send(Asked { request, answer }).map_err(|_| ended())?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Waits until a condition holds.
    pub(crate) async fn wait_until(&self, holds: impl Fn(&[Arc<InstanceView>]) -> bool) {
        let mut changed = self.changed();
        while !holds(&self.snapshot()) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Adds an instance, behind the others of its role.
    pub(super) fn add(&self, view: InstanceView) {
        let mut state = self.state();
        let same = |member: &Member| member.view.role == view.role;
        let place = state.instances.iter().rposition(same).map_or(state.instances.len(), |i| i + 1);
        state
            .instances
            .insert(place, Member { view: Arc::new(view), tail: VecDeque::new(), tail_bytes: 0 });
        drop(state);
        self.tell();
    }

    /// Removes an instance.
    pub(super) fn remove(&self, id: &str) {
        self.state().instances.retain(|member| member.view.id != id);
        self.tell();
    }

    /// Changes an instance.
    pub(super) fn update(&self, id: &str, change: impl FnOnce(&mut InstanceView)) {
        if let Some(member) = self.state().instances.iter_mut().find(|it| it.view.id == id) {
            change(Arc::make_mut(&mut member.view));
        }
        self.tell();
    }

    /// Adds lines of an instance.
    pub(super) fn add_lines(&self, id: &Arc<str>, texts: impl IntoIterator<Item = Arc<str>>) {
        let mut state = self.state();
        let State { instances, lines } = &mut *state;
        let Some(member) = instances.iter_mut().find(|member| *member.view.id == **id) else {
            return;
        };
        for text in texts {
            let line = LogLine { number: *lines, instance: Arc::clone(id), text };
            *lines += 1;
            member.tail_bytes += line.text.len();
            member.tail.push_back(line.clone());
            while member.tail.len() > TAIL_LINES || member.tail_bytes > TAIL_BYTES {
                let Some(oldest) = member.tail.pop_front() else { break };
                member.tail_bytes -= oldest.text.len();
            }
            // Nobody may follow.
            let _ = self.shared.lines.send(line);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.shared.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}
