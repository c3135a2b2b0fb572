//! A worker for tests of the status page, which has something of each kind to show. Each line on stdin,
//! such as `stall` or `beat`, changes what it shows; at a stop it waits for the line `end`.

use std::future::ready;
use std::io::stdin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use heartbeat_runtime::{
    Check, Error, Heartbeat, Restart, RoleEnvironment, Task, WorkerRole, worker_role,
};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{interval, sleep};

const OFTEN: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(3600);
/// A name, or a text, that must never become markup.
const HOSTILE: &str = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>";

struct Orders {
    lines: UnboundedReceiver<String>,
    /// The mail server is there.
    has_mail: Arc<AtomicBool>,
    checks: Vec<Check>,
    heartbeats: Vec<Heartbeat>,
}

#[worker_role(heartbeat = "Heartbeat", definition = "Shown.csdef", role = "Orders")]
impl WorkerRole for Orders {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let has_mail = Arc::new(AtomicBool::new(true));
        role.fact("queue", json!({ "shard": 3, "depth": 120 }))?;
        role.public_fact("region", "north")?;
        let database = role.check("database").every(OFTEN).register(async || {
            sleep(Duration::from_millis(4)).await;
            Ok(())
        })?;
        let asked = Arc::clone(&has_mail);
        let mail = role.check("mail").every(OFTEN).warn_only().register(move || {
            let is_there = asked.load(Ordering::Relaxed);
            ready(if is_there { Ok(()) } else { Err("connection refused".into()) })
        })?;
        role.task("consumer").times(3).restart(Restart::Ignore).spawn(consume)?;
        let restart = Restart::OnFailure { at_most: 5, within: LONG };
        let has_failed = Arc::default();
        role.task("importer")
            .restart(restart)
            .spawn(async |task| import(task, has_failed).await)?;
        let heartbeats = rest(role)?;
        let lines = lines_of_stdin();
        Ok(Self { lines, has_mail, checks: vec![database, mail], heartbeats })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let (mut beats, mut stalls) = (interval(OFTEN), false);
        while !role.is_stopping() {
            tokio::select! {
                () = role.stopping() => {}
                _ = beats.tick(), if !stalls => role.beat(),
                Some(line) = self.lines.recv() => {
                    match line.as_str() {
                        "stall" => stalls = true,
                        "beat" => stalls = false,
                        "lose mail" => self.has_mail.store(false, Ordering::Relaxed),
                        "find mail" => self.has_mail.store(true, Ordering::Relaxed),
                        "busy" => role.set_busy(true),
                        "free" => role.set_busy(false),
                        "flap" => flap(role).await,
                        "panic" => panic_in_a_thread(),
                        "be hostile" => self.be_hostile(role)?,
                        "flood" => self.checks.push(flood(role)?),
                        other => return Err(format!("unknown line `{other}`").into()),
                    }
                    eprintln!("{line}: done");
                }
            }
        }
        Ok(())
    }

    async fn on_stop(mut self, _role: &RoleEnvironment) -> Result<(), Error> {
        eprintln!("in on_stop");
        while self.lines.recv().await.is_some_and(|line| line != "end") {}
        Ok(())
    }
}

impl Orders {
    fn be_hostile(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        role.fact(HOSTILE, HOSTILE)?;
        self.heartbeats.push(role.heartbeat(HOSTILE).stall_after(LONG).register()?);
        let check = role.check(&format!("check {HOSTILE}")).warn_only();
        self.checks.push(check.register(async || Err(HOSTILE.into()))?);
        role.task(&format!("task {HOSTILE}")).spawn(consume)?;
        Ok(())
    }
}

async fn consume(task: Task) -> Result<(), Error> {
    while task.until_stopping(sleep(OFTEN)).await.is_some() {
        task.beat();
    }
    Ok(())
}

/// Fails at the first attempt.
async fn import(task: Task, has_failed: Arc<AtomicBool>) -> Result<(), Error> {
    if !has_failed.swap(true, Ordering::Relaxed) {
        return Err("the file is locked".into());
    }
    consume(task).await
}

/// Registers heartbeats that owe no beat: one is idle, one is under an allowance.
fn rest(role: &RoleEnvironment) -> Result<Vec<Heartbeat>, Error> {
    let idle = role.heartbeat("watcher").register()?;
    std::mem::forget(idle.idle());
    let allowed = role.heartbeat("nightly export").register()?;
    std::mem::forget(allowed.allow(LONG));
    Ok(vec![idle, allowed])
}

fn lines_of_stdin() -> UnboundedReceiver<String> {
    let (send, lines) = unbounded_channel();
    thread::spawn(move || stdin().lines().map_while(Result::ok).try_for_each(|l| send.send(l)));
    lines
}

#[expect(clippy::panic, reason = "a panic under test")]
fn panic_in_a_thread() {
    let _panicked = thread::spawn(|| panic!("a wrong turn")).join();
}

/// Changes the verdict every millisecond, for three seconds.
async fn flap(role: &RoleEnvironment) {
    let mut milliseconds = interval(Duration::from_millis(1));
    for turn in 0..3000 {
        milliseconds.tick().await;
        role.beat();
        role.set_busy(turn % 2 == 0);
    }
}

/// Makes each event larger than what the system keeps for a client that does not read.
fn flood(role: &RoleEnvironment) -> Result<Check, Error> {
    let long = "x".repeat(1024 * 1024);
    let check = role.check("flood").warn_only();
    Ok(check.register(move || ready(Err(long.clone().into())))?)
}
