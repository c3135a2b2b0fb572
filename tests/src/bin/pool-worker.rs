//! A worker for tests, with supervised tasks and nothing else: its setting `Restart` names their policy,
//! and `Task` what they do, such as `pool` or `block`.

use std::future::pending;
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_runtime::{Error, Restart, RoleEnvironment, Task, TaskBuilder, worker_role};
use tokio::runtime::Handle;
use tokio::time::sleep;

#[worker_role(heartbeat = "Heartbeat", definition = "Pool.csdef", role = "PoolWorker")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    let restart = match role.setting("Restart")? {
        "never" => Restart::Never,
        "on_failure" => Restart::OnFailure { at_most: 3, within: Duration::from_secs(60) },
        "ignore" => Restart::Ignore,
        other => return Err(format!("unknown policy `{other}`").into()),
    };
    let task = |name: &str| role.task(name).restart(restart);
    match role.setting("Task")? {
        "pool" => task("consumer").times(4).spawn(consume)?,
        "hang" => task("t").spawn(async |_| pending().await)?,
        "block" => task("t").spawn(async |_| block())?,
        "block a thread" => task("t").spawn_blocking(|_| block())?,
        "block the main thread" => task("t").spawn_local(async |_| block())?,
        "fail too late" => task("t").spawn_blocking(fail_too_late)?,
        "block in drop" => in_drop(task("t"), block)?,
        "panic in drop" => in_drop(task("t"), panic_on_purpose)?,
        "spawn others" => spawn_others(&role, 0)?,
        other => return Err(format!("unknown task `{other}`").into()),
    }
    role.tasks().await;
    Ok(())
}

/// Consumes: one of the pool panics, one hangs, one errors, and one is well.
async fn consume(task: Task) -> Result<(), Error> {
    eprintln!("{} runs", task.name());
    match task.name() {
        "consumer-0" => panic_on_purpose(),
        "consumer-1" => pending().await,
        "consumer-2" => Err("the order is lost".into()),
        _ => {
            while task.until_stopping(sleep(Duration::from_millis(20))).await.is_some() {
                task.beat();
            }
            eprintln!("{} ends", task.name());
            Ok(())
        }
    }
}

/// Spawns a task that holds a value with that drop when it is aborted.
fn in_drop(task: TaskBuilder, drop: fn() -> Result<(), Error>) -> Result<(), Error> {
    struct InDrop(fn() -> Result<(), Error>);

    impl Drop for InDrop {
        fn drop(&mut self) {
            let _never = (self.0)();
        }
    }

    task.spawn(async move |_| {
        let _held = InDrop(drop);
        pending().await
    })?;
    Ok(())
}

/// Spawns a task that spawns another one during a stop, and so on.
fn spawn_others(role: &RoleEnvironment, number: u32) -> Result<(), Error> {
    let other = role.clone();
    role.task(&format!("t-{number}")).spawn(async move |task| {
        task.stopping().await;
        sleep(Duration::from_millis(20)).await;
        spawn_others(&other, number + 1)
    })?;
    Ok(())
}

/// Blocks this thread for ever.
fn block() -> Result<(), Error> {
    loop {
        thread::park();
    }
}

/// Fails when it has been aborted, but before the end of the stop.
fn fail_too_late(task: Task) -> Result<(), Error> {
    Handle::current().block_on(async move { task.stopping().await });
    let end = Instant::now() + Duration::from_millis(4500);
    while Instant::now() < end {
        thread::park_timeout(Duration::from_millis(5));
    }
    Err("too late".into())
}

#[expect(clippy::panic, reason = "a panic under test")]
fn panic_on_purpose() -> Result<(), Error> {
    panic!("a wrong turn")
}
