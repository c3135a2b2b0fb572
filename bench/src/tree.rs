//! A running supervisor with all that it has started, as `/proc` shows them.

use std::error::Error;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::process::TIMEOUT;

/// A supervisor; killed on drop, with all that it has started.
pub(crate) struct Tree(pub(crate) Child);

/// A process of a tree.
struct Member {
    id: i32,
    program: PathBuf,
    /// Clock ticks since the start of the system, so that another process with the same id is not taken
    /// for it.
    started: u64,
}

/// Resources that some processes use.
#[derive(Clone, Copy, Default)]
pub(crate) struct TreeUsage {
    pub(crate) cpu_seconds: f64,
    /// A page that several processes share counts in parts.
    pub(crate) memory_mib: f64,
}

/// The stop of a supervisor.
pub(crate) struct Stop {
    pub(crate) took: Duration,
    /// Number of processes that outlived it.
    pub(crate) left: usize,
}

// === impl Tree ===

impl Tree {
    pub(crate) fn start(mut command: Command) -> Result<Self, Box<dyn Error>> {
        let child =
            command.process_group(0).spawn().map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Self(child))
    }

    /// Returns what all its processes use but those of a program.
    pub(crate) fn usage_without(&self, program: &Path) -> Result<TreeUsage, Box<dyn Error>> {
        let mut usage = TreeUsage::default();
        for member in self.members()?.iter().filter(|member| member.program != program) {
            member.add_to(&mut usage)?;
        }
        Ok(usage)
    }

    /// Stops the supervisor as Ctrl-C does, with all that is in its process group.
    pub(crate) fn stop(mut self) -> Result<Stop, Box<dyn Error>> {
        let members = self.members()?;
        let id = Pid::from_raw(i32::try_from(self.0.id())?).ok_or("a supervisor without an id")?;
        let start = Instant::now();
        kill_process_group(id, Signal::INT)?;
        while self.0.try_wait()?.is_none() {
            if start.elapsed() > TIMEOUT {
                return Err(format!("it did not stop within {TIMEOUT:?}").into());
            }
            thread::sleep(Duration::from_micros(500));
        }
        let took = start.elapsed();
        let left: Vec<_> = members.iter().filter(|member| member.is_alive()).collect();
        for member in &left {
            member.kill();
        }
        Ok(Stop { took, left: left.len() })
    }

    fn members(&self) -> Result<Vec<Member>, Box<dyn Error>> {
        let mut all = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.parse().ok());
            // Processes may end meanwhile.
            all.extend(id.and_then(Member::with_parent));
        }
        let mut members = Vec::new();
        let mut ids = vec![i32::try_from(self.0.id())?];
        while let Some(id) = ids.pop() {
            ids.extend(all.iter().filter(|(parent, _)| *parent == id).map(|(_, child)| child.id));
            if let Some(at) = all.iter().position(|(_, member)| member.id == id) {
                members.push(all.swap_remove(at).1);
            }
        }
        Ok(members)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let members = self.members().unwrap_or_default();
        // Fails if it has already exited.
        let _ = self.0.kill();
        let _ = self.0.wait();
        for member in members {
            member.kill();
        }
    }
}

// === impl Member ===

impl Member {
    /// Returns a process that runs, after its parent.
    fn with_parent(id: i32) -> Option<(i32, Self)> {
        let (parent, started) = parent_and_start(id)?;
        let program = fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default();
        Some((parent, Self { id, program, started }))
    }

    fn is_alive(&self) -> bool {
        parent_and_start(self.id).is_some_and(|(_, started)| started == self.started)
    }

    fn kill(&self) {
        if let Some(id) = Pid::from_raw(self.id).filter(|_| self.is_alive()) {
            let _ = kill_process(id, Signal::KILL);
        }
    }

    fn add_to(&self, usage: &mut TreeUsage) -> Result<(), Box<dyn Error>> {
        let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.id))?;
        let line = memory.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        usage.memory_mib += kib / 1024.0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.id))? {
            let scheduled = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanoseconds: f64 = scheduled.split(' ').next().unwrap_or_default().parse()?;
            usage.cpu_seconds += nanoseconds / 1e9;
        }
        Ok(())
    }
}

/// Returns the parent of a process that runs, and its start.
fn parent_and_start(id: i32) -> Option<(i32, u64)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before them may contain anything.
    let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let is_zombie = *fields.first()? == "Z";
    let parent_and_start = (fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?);
    (!is_zombie).then_some(parent_and_start)
}
