//! The injections: what is done to a worker, and what follows by the deadlines that it declares.

use std::time::Duration;

/// The deadline of every heartbeat of the worker.
pub(crate) const STALL_AFTER: Duration = Duration::from_secs(3);
/// The time in which the worker stops.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(3);
/// The period and the time limit of a check.
pub(crate) const CHECK: Duration = Duration::from_millis(500 + 2_000);
/// The time within which a worker whose runtime is starved is live.
const STARVED_AFTER: Duration = Duration::from_secs(60);

/// A kind of injection.
#[derive(Debug)]
pub(crate) struct Injection {
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    pub(crate) effect: Effect,
    /// The longest time that it takes.
    pub(crate) longest: Duration,
}

/// The action of an injection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Orders to the worker: to whom, and what. The last one is the injection, and gets a time.
    Orders(&'static [&'static str]),
    Suspend,
    StepClock,
    /// The worker runs only when nothing else wants a core.
    LowerPriority,
    KillBroker,
    SuspendBroker,
    Terminate,
}

/// The effect of an injection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// Nothing: the worker is live and ready.
    None,
    /// Neither live nor ready, until it is killed.
    Dead(Due),
    /// Neither live nor ready, and well again at the end of the order's time.
    Heals(Due),
    /// Live but not ready, until it is undone.
    Unready,
    /// A stop, with that exit code.
    Stops(i32),
}

/// When a verdict must turn red, after the fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) earliest: Duration,
    pub(crate) latest: Duration,
    /// Ready may be red at once: checks cannot run either.
    pub(crate) unready_first: bool,
    pub(crate) reason: &'static str,
}

const SECOND: Duration = Duration::from_secs(1);

/// A missed deadline; a scan comes up to an eighth of it later.
const STALLED: Due = stalled(STALL_AFTER, STALL_AFTER);

const fn stalled(earliest: Duration, latest: Duration) -> Due {
    let latest = latest.saturating_add(Duration::from_millis(375));
    Due { earliest, latest, unready_first: false, reason: "stalled" }
}

const STARVED: Due = Due {
    // A canary may be on its way already, or the next is due in a second.
    earliest: STARVED_AFTER.saturating_sub(SECOND),
    latest: STARVED_AFTER.saturating_add(Duration::from_millis(1_200)),
    unready_first: true,
    reason: "starved",
};

/// Tasks that may have beaten some time before, and checks that do not run.
const BLOCKED: Due = Due { unready_first: true, ..stalled(SECOND, STALL_AFTER) };

/// A failing check, whose next run may only just have begun.
pub(crate) const UNREADY: Due = Due {
    earliest: Duration::ZERO,
    latest: CHECK.saturating_add(Duration::from_millis(100)),
    unready_first: true,
    reason: "check_failed",
};

/// The time that an order of an overlong step declares.
pub(crate) const OVERLONG: Duration = Duration::from_secs(2);

const OVERLONG_STEP: Due = stalled(OVERLONG, OVERLONG);

/// All injections.
pub(crate) static ALL: [Injection; 28] = [
    orders("idle queue", &["run idle"], Effect::None),
    orders("long declared step", &["run long"], Effect::None),
    orders("beat in a short declared step", &["run beat-early"], Effect::None),
    orders("task that panics and is restarted", &["flaky panic"], Effect::None),
    orders("task that fails and is restarted", &["flaky fail"], Effect::None),
    of("suspended process", Action::Suspend, Effect::None),
    of("clock step", Action::StepClock, Effect::None),
    of("lowest priority", Action::LowerPriority, Effect::None),
    of("killed broker", Action::KillBroker, Effect::Unready),
    of("suspended broker", Action::SuspendBroker, Effect::Unready),
    orders("hung check", &["side hang"], Effect::Unready),
    orders("check that blocks its thread", &["side block"], Effect::Unready),
    orders("dead loop", &["run dead"], Effect::Dead(STALLED)),
    orders("blocked loop", &["run blocked"], Effect::Dead(STALLED)),
    orders("loop blocked for a time", &["run blocked-for"], Effect::Heals(STALLED)),
    orders("deadlock of two threads", &["run deadlock"], Effect::Dead(STALLED)),
    orders("deadlock of two tasks", &["run deadlock-of-tasks"], Effect::Dead(STALLED)),
    orders("overlong declared step", &["run overlong"], Effect::Dead(OVERLONG_STEP)),
    orders(
        "overlong declared step after a wait",
        &["run wait-and-overlong"],
        Effect::Dead(OVERLONG_STEP),
    ),
    orders(
        "dropped heartbeat",
        &["run dropped"],
        Effect::Dead(stalled(Duration::ZERO, Duration::ZERO)),
    ),
    Injection {
        longest: Duration::from_secs(80),
        ..orders(
            "blocked runtime while all is idle",
            &["consumer rest", "flaky rest", "run starve"],
            Effect::Dead(STARVED),
        )
    },
    orders("blocked runtime", &["run starve"], Effect::Dead(BLOCKED)),
    orders("dead task", &["consumer dead"], Effect::Dead(STALLED)),
    orders("task that blocks its thread", &["consumer blocked"], Effect::Dead(STALLED)),
    orders("task that panics", &["consumer panic"], Effect::Stops(70)),
    orders("task that fails", &["consumer fail"], Effect::Stops(1)),
    orders("failed run", &["run fail"], Effect::Stops(1)),
    of("SIGTERM", Action::Terminate, Effect::Stops(0)),
];

const fn of(name: &'static str, action: Action, effect: Effect) -> Injection {
    Injection { name, action, effect, longest: Duration::from_secs(15) }
}

const fn orders(name: &'static str, orders: &'static [&'static str], effect: Effect) -> Injection {
    of(name, Action::Orders(orders), effect)
}
