//! A worker for tests: its setting `Mode`, such as `idle` or `block all`, decides how it beats. It
//! prints a line when it has reached that mode.

use std::future::pending;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use heartbeat_tests::blocking_task::echo_beside_blocking_task;
use tokio::time::sleep;

const OFTEN: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(3600);

struct VitalWorker;

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for VitalWorker {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        // Arms the heartbeat of `run`.
        role.beat();
        match role.setting("Mode")? {
            "beat" => return beat(role).await,
            "idle" => idle(role, "idle").await,
            "long job" => {
                let _allowance = role.allow(LONG);
                eprintln!("in a long job");
                role.stopping().await;
            }
            "overlong job" => {
                let _allowance = role.allow(Duration::from_secs(2));
                eprintln!("in a job of two seconds");
                block_for(LONG);
            }
            "deadlock" => deadlock(),
            "blocked thread" => {
                let heartbeat = role.heartbeat("thread").register()?;
                thread::spawn(move || {
                    heartbeat.beat();
                    eprintln!("blocked");
                    block_for(LONG);
                    heartbeat.finish();
                });
                return beat(role).await;
            }
            "hanging check" => {
                let check = role.check("peer").every(OFTEN).timeout(5 * OFTEN);
                let _check = check.register(async || pending().await)?;
                idle(role, "checking").await;
            }
            "blocking check" => {
                let check = role.check("peer").every(OFTEN).timeout(5 * OFTEN);
                let _check = check.register(async || {
                    block_for(LONG);
                    Ok(())
                })?;
                idle(role, "checking").await;
            }
            "check" => {
                let _check = role.check("peer").every(OFTEN).register(async || Ok(()))?;
                let _named = role.heartbeat("a \"named\" one\n").stall_after(LONG).register()?;
                idle(role, "checking").await;
            }
            "blocking task" => {
                eprintln!("echo at {}", echo_beside_blocking_task().await?);
                idle(role, "idle").await;
            }
            "block all" => block_all(role).await?,
            other => return Err(format!("unknown mode `{other}`").into()),
        }
        Ok(())
    }
}

async fn beat(role: &RoleEnvironment) -> Result<(), Error> {
    eprintln!("beating");
    while role.until_stopping(sleep(OFTEN)).await.is_some() {
        role.beat();
    }
    Ok(())
}

async fn idle(role: &RoleEnvironment, line: &str) {
    let _idle = role.idle();
    eprintln!("{line}");
    role.stopping().await;
}

/// Takes two locks in opposite orders, on two threads.
fn deadlock() {
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let both_hold_one = Arc::new(Barrier::new(2));
    let (other_locks, other_holds_one) = (Arc::clone(&locks), Arc::clone(&both_hold_one));
    thread::spawn(move || {
        let _second = other_locks.1.lock();
        other_holds_one.wait();
        let _first = other_locks.0.lock();
    });
    let _first = locks.0.lock();
    both_hold_one.wait();
    eprintln!("deadlocked");
    let _second = locks.1.lock();
}

/// Blocks every thread of the runtime until Enter is pressed, while `run` is idle.
async fn block_all(role: &RoleEnvironment) -> Result<(), Error> {
    let _idle = role.idle();
    let threads = tokio::runtime::Handle::current().metrics().num_workers();
    let all_blocked = Arc::new(Barrier::new(threads + 1));
    let released = Arc::new(Barrier::new(threads + 1));
    for _ in 0..threads {
        let (all_blocked, released) = (Arc::clone(&all_blocked), Arc::clone(&released));
        tokio::spawn(async move {
            all_blocked.wait();
            released.wait();
        });
    }
    all_blocked.wait();
    eprintln!("all blocked");
    std::io::stdin().read_line(&mut String::new())?;
    released.wait();
    eprintln!("released");
    role.stopping().await;
    Ok(())
}

fn block_for(time: Duration) {
    let (_send, receiver) = channel::<()>();
    while receiver.recv_timeout(time) != Err(RecvTimeoutError::Timeout) {}
}
