//! The state of an instance, as others see it.

use std::fmt;
use std::net::SocketAddr;
use std::time::SystemTime;

use tokio::time::Instant;

use super::health::Health;

/// The state of an instance.
#[expect(clippy::struct_excessive_bools, reason = "each is the answer to one question")]
#[derive(Clone, Debug)]
pub(crate) struct InstanceView {
    pub(crate) role: String,
    pub(crate) id: String,
    /// The process, while there is one.
    pub(crate) pid: Option<u32>,
    pub(crate) phase: Phase,
    /// Number of processes so far.
    pub(crate) starts: u64,
    /// Number of restarts that nobody asked for.
    pub(crate) restarts: u32,
    /// The end of the last process in words: `70, a panic`.
    pub(crate) last_exit: Option<String>,
    /// The last process ended as it should.
    pub(crate) ended_well: bool,
    /// The start of the process that runs.
    pub(crate) started: Option<SystemTime>,
    pub(crate) endpoints: Vec<EndpointView>,
    /// The version that the worker tells.
    pub(crate) version: Option<String>,
    /// Its health can be asked; else it is only watched as a process.
    pub(crate) tells_health: bool,
    pub(crate) health: Health,
    /// Taken out of the load balancers' rotation.
    pub(crate) busy: bool,
    /// The process was not live, and so is stopped; the next one is not ready yet.
    pub(crate) was_red: bool,
}

/// An endpoint of an instance.
#[derive(Clone, Debug)]
pub(crate) struct EndpointView {
    pub(crate) name: String,
    pub(crate) protocol: String,
    pub(crate) address: SocketAddr,
    /// The address of the load balancer in front of it.
    pub(crate) public: Option<SocketAddr>,
}

/// The phase of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Has no process yet.
    Waiting,
    /// The process runs, and has not been ready yet.
    Starting,
    Running,
    Stopping,
    /// Is to be restarted at this time.
    Restarting {
        at: Instant,
    },
    /// Stopped on request.
    Stopped,
    /// Ended in a way that no restart mends, or that needs none.
    Ended,
}

// === impl InstanceView ===

impl InstanceView {
    /// Tells whether load balancers may send connections to it.
    pub(crate) fn is_in_rotation(&self) -> bool {
        self.is_ready() && !self.busy
    }

    /// Tells whether it does its work, as far as can be seen.
    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Running && (self.health.ready || !self.tells_health)
    }

    /// Tells whether it has no process, and gets none unless somebody asks for one.
    pub(crate) fn is_at_rest(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Stopped | Phase::Ended)
    }
}

// === impl Phase ===

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Restarting { .. } => "restarting",
            Self::Stopped => "stopped",
            Self::Ended => "ended",
        })
    }
}
