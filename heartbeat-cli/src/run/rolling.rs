//! Stops and restarts of some instances of a run.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::fleet::{Answer, Fleet, InstanceView, Phase};
use super::supervisor::Member;

/// Time in which a restarted instance must be ready before the next one is restarted.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Time in which a client that has just been given to an instance sends its first request.
const LEAVES_WITHIN: Duration = Duration::from_millis(100);

/// Stops instances at once.
pub(super) async fn stop(fleet: Fleet, members: Vec<Member>) -> Answer {
    leave(&fleet, &members).await;
    for member in &members {
        member.desired.send_modify(|desired| desired.runs = false);
    }
    // Another request may start it again before it has stopped.
    let is_started = |member: &Member| member.desired.borrow().runs;
    let is_done = |member: &Member, all: &[Arc<InstanceView>]| {
        is_started(member) || all.iter().all(|it| *it.id != *member.id || it.is_at_rest())
    };
    fleet.wait_until(|all| members.iter().all(|member| is_done(member, all))).await;
    let started: Vec<_> = members.iter().filter(|it| is_started(it)).cloned().collect();
    if started.is_empty() {
        Ok(format!("stopped {}", names(&members)))
    } else {
        Err(format!("another request has started {} again", names(&started)))
    }
}

/// Restarts instances one by one; the next one when the last is ready.
pub(super) async fn roll(fleet: Fleet, members: Vec<Member>) -> Answer {
    for member in &members {
        let view = || fleet.snapshot().into_iter().find(|it| *it.id == *member.id);
        let Some(before) = view().map(|it| it.starts) else { continue };
        leave(&fleet, std::slice::from_ref(member)).await;
        member.desired.send_modify(|desired| {
            desired.runs = true;
            desired.restarts += 1;
        });
        let has_settled = |it: &InstanceView| {
            let is_down = it.is_at_rest() || matches!(it.phase, Phase::Restarting { .. });
            it.starts > before && (it.is_ready() || is_down)
        };
        let settled = fleet.wait_until(|all| {
            all.iter().find(|it| *it.id == *member.id).is_none_or(|it| has_settled(it))
        });
        let settled = timeout(READY_WITHIN + stop_within(member), settled).await;
        let is_ready = view().is_none_or(|it| it.is_ready());
        if settled.is_err() || !is_ready {
            let id = &member.id;
            let last = view().and_then(|it| it.last_exit.clone()).filter(|_| settled.is_ok());
            let why = last.map(|last| format!(" (last exit: {last})")).unwrap_or_default();
            return Err(format!(
                "{id} is not ready after its restart{why}; those behind it go on as they were: see \
                 `heartbeat logs {id}`"
            ));
        }
    }
    Ok(format!("restarted {}", names(&members)))
}

/// Takes instances out of the rotation of the load balancers, before they are told to stop.
async fn leave(fleet: &Fleet, members: &[Member]) {
    let all = fleet.snapshot();
    let is_shared = |it: &InstanceView| it.endpoints.iter().any(|it| it.public.is_some());
    let leaves = |it: &InstanceView| it.phase == Phase::Running && is_shared(it);
    let leave =
        members.iter().filter(|it| all.iter().any(|view| *view.id == *it.id && leaves(view)));
    let leave: Vec<_> = leave.collect();
    for member in &leave {
        fleet.update(&member.id, |view| view.phase = Phase::Stopping);
    }
    if !leave.is_empty() {
        sleep(LEAVES_WITHIN).await;
    }
}

fn stop_within(member: &Member) -> Duration {
    member.desired.borrow().spec.stop_within
}

fn names(members: &[Member]) -> String {
    members.iter().map(|member| &*member.id).collect::<Vec<_>>().join(", ")
}
