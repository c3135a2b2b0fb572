//! The requests of users to a run: stop, restart, make busy, scale.

use std::future::ready;

use futures_util::future::BoxFuture;
use heartbeat_definition::suggest;

use super::fleet::{Answer, Asked, InstanceView, Phase, Request};
use super::plan::{checked, known};
use super::rolling::{roll, stop};
use super::supervisor::{Member, Supervisor, counted};
use super::watch::Change;

// === impl Supervisor ===

impl Supervisor {
    /// Begins what is asked for, and answers when it is done. Returns whether the run is to end.
    pub(super) fn handle(&mut self, asked: Asked) -> bool {
        let Asked { request, answer } = asked;
        self.forget_leavers();
        if request == Request::Stop(Vec::new()) {
            // The user may have gone, here and below.
            let _ = answer.send(Ok(format!("stopping {}", counted(self.members.len()))));
            return true;
        }
        let begun = self.begin(request);
        self.work.spawn(async move {
            let done = match begun {
                Ok(work) => work.await,
                Err(refused) => Err(refused),
            };
            let _ = answer.send(done);
        });
        false
    }

    /// Begins what is asked for, and returns the rest of the work.
    fn begin(&mut self, request: Request) -> Result<BoxFuture<'static, Answer>, String> {
        match request {
            Request::Stop(names) => {
                let members = self.named(&names)?;
                Ok(Box::pin(stop(self.fleet.clone(), members)))
            }
            Request::Restart(names) => {
                let members = self.named(&names)?;
                Ok(Box::pin(roll(self.fleet.clone(), members)))
            }
            Request::SetBusy { instance, busy } => {
                for member in self.named(std::slice::from_ref(&instance))? {
                    self.fleet.update(&member.id, |view| view.busy = busy);
                }
                let state = if busy { "out of" } else { "in" };
                Ok(Box::pin(ready(Ok(format!("{instance} is {state} rotation")))))
            }
            Request::Scale { role, instances } => {
                let done = self.scale(&role, instances)?;
                Ok(Box::pin(ready(Ok(done))))
            }
        }
    }

    /// Restarts what `--watch` has found to be changed, role by role at once, instance by instance.
    pub(super) fn apply(&mut self, change: Change) {
        for role in change.roles {
            let members = self.present().filter(|it| it.plan.role == role);
            let is_stopped = |it: &&Member| {
                let all = self.fleet.snapshot();
                all.iter().any(|view| *view.id == *it.id && view.phase == Phase::Stopped)
            };
            let members: Vec<_> = members.filter(|it| !is_stopped(it)).cloned().collect();
            let (fleet, logs) = (self.fleet.clone(), self.logs.clone());
            self.work.spawn(async move {
                if let Err(error) = roll(fleet, members).await {
                    logs.say(error);
                }
            });
        }
    }

    /// Sets the number of instances of a role.
    fn scale(&mut self, role: &str, instances: u32) -> Answer {
        let names: Vec<_> = self.plan.roles.iter().map(|it| &*it.role.name).collect();
        known(role, &names).map_err(|error| error.to_string())?;
        checked(role, instances).map_err(|error| error.to_string())?;
        let role = self.plan.role(role).ok_or("no such role")?.clone();
        let name = role.role.name.clone();
        if role.program.as_os_str().is_empty() {
            return Err(format!("role `{name}` was not built: run again without --scale {name}=0"));
        }
        let is_back =
            |it: &&Member| it.is_leaving && it.plan.role == name && it.plan.number < instances;
        if let Some(member) = self.members.iter().find(is_back) {
            return Err(format!("{} is still stopping: try again when it has stopped", member.id));
        }
        let (mut notes, mut added) = (Vec::new(), Vec::new());
        for number in 0..instances {
            if !self.members.iter().any(|it| it.plan.role == name && it.plan.number == number) {
                let plan = role.instance(number, &mut notes).map_err(|error| error.to_string())?;
                added.push(plan);
            }
        }
        for member in &mut self.members {
            if member.plan.role == name && member.plan.number >= instances {
                member.is_leaving = true;
                member.desired.send_modify(|desired| desired.runs = false);
            }
        }
        self.start(added);
        self.refresh();
        self.remove_leavers();
        for note in notes {
            self.logs.say(note);
        }
        let count = counted(usize::try_from(instances).unwrap_or_default());
        let mut done = format!("{name}: {count}");
        if role.role.endpoints.iter().any(heartbeat_definition::Endpoint::is_internal) {
            done += "; workers that look for its instances see that after `heartbeat restart`";
        }
        self.logs.say(format!("scaled {done}"));
        Ok(done)
    }

    /// Takes instances that are leaving away as soon as they have stopped.
    fn remove_leavers(&self) {
        for member in self.members.iter().filter(|it| it.is_leaving) {
            let (fleet, id) = (self.fleet.clone(), member.id.clone());
            tokio::spawn(async move {
                let is_there = |it: &InstanceView| *it.id == *id && !it.is_at_rest();
                fleet.wait_until(|all| !all.iter().any(|it| is_there(it))).await;
                fleet.remove(&id);
            });
        }
    }

    fn forget_leavers(&mut self) {
        let all = self.fleet.snapshot();
        let is_known = |member: &Member| all.iter().any(|it| *it.id == *member.id);
        self.members.retain(|member| !member.is_leaving || is_known(member));
    }

    /// Returns the instances that names of instances and roles mean.
    fn named(&self, names: &[String]) -> Result<Vec<Member>, String> {
        let mut members: Vec<Member> = Vec::new();
        for name in names {
            let is_meant = |it: &&Member| *it.id == **name || it.plan.role == *name;
            let meant: Vec<_> = self.present().filter(is_meant).cloned().collect();
            if meant.is_empty() {
                return Err(self.unknown(name));
            }
            let is_new = |it: &Member| !members.iter().any(|known| known.id == it.id);
            let new: Vec<_> = meant.into_iter().filter(is_new).collect();
            members.extend(new);
        }
        Ok(members)
    }

    fn unknown(&self, name: &str) -> String {
        let roles = self.plan.roles.iter().map(|it| &*it.role.name);
        let near = suggest(name, self.present().map(|it| &*it.id).chain(roles));
        let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        format!("no instance or role `{name}`{near}")
    }
}
