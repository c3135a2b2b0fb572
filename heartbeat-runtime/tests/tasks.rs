//! Supervised tasks in paused time, on the host for tests: policies, pools, stops, and the log.

#![cfg(feature = "test-util")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::cell::Cell;
use std::future::pending;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use heartbeat_runtime::test_util::TestWorker;
use heartbeat_runtime::{Error, Host, Restart, RoleEnvironment, TaskError};
use tokio::time::{Instant, sleep};
use tracing_subscriber::fmt::format::debug_fn;

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints><InternalEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Precedes the field `task` of a line.
const SEPARATOR: char = '|';

/// The end of a worker: its exit code, its log, and whether `on_stop` was called.
struct Ended {
    code: u8,
    log: Vec<String>,
    /// The field `task` of each line, or nothing.
    fields: Vec<String>,
    cleaned_up: bool,
}

/// Runs a worker with that `on_start`, whose `run` waits for its tasks and for a stop, beside a test.
async fn worker(
    on_start: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
    test: impl AsyncFnOnce(&TestWorker),
) -> Ended {
    let (mut reader, writer) = io::pipe().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_level(false)
        .with_target(false)
        .with_ansi(false)
        .fmt_fields(debug_fn(|writer, field, value| match field.name() {
            "message" => write!(writer, "{value:?}"),
            name @ "task" => write!(writer, "{SEPARATOR}{name}={value:?}"),
            _ => Ok(()),
        }))
        .with_writer(Arc::new(writer))
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let cleaned_up = Rc::new(Cell::new(false));
    let on_stop = Rc::clone(&cleaned_up);
    let host = Host::new(
        "W",
        "1.0.0",
        on_start,
        async |(): &mut (), role: &RoleEnvironment| {
            role.tasks().await;
            let _idle = role.idle();
            role.stopping().await;
            Ok(())
        },
        async move |(): (), _: &RoleEnvironment| {
            on_stop.set(true);
            Ok(())
        },
    );
    let host = host.definition(DEFINITION).heartbeat("Heartbeat").stall_after(30 * SECOND);
    let code = host.test().run(test).await.unwrap();
    drop(logging);
    let mut written = String::new();
    reader.read_to_string(&mut written).unwrap();
    let lines = written.lines().map(|line| line.split_once(SEPARATOR).unwrap_or((line, "")));
    let (log, fields) = lines.map(|(text, field)| (text.to_owned(), field.to_owned())).unzip();
    Ended { code, log, fields, cleaned_up: cleaned_up.get() }
}

async fn until_ended(worker: &TestWorker) {
    worker.ended().await;
}

async fn nothing(_: &TestWorker) {}

/// Asserts that lines of the log begin with `expected`, in this order.
#[track_caller]
fn assert_in_order(log: &[String], expected: &[&str]) {
    let mut rest = log.iter();
    for line in expected {
        let is_in_place = rest.any(|logged| logged.starts_with(line));
        assert!(is_in_place, "{line} is not in its place in {log:#?}");
    }
}

fn restart(at_most: u32, within: Duration) -> Restart {
    Restart::OnFailure { at_most, within }
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_the_worker_by_default() {
    let error = worker(
        async |role| Ok(role.task("t").spawn(async |_| Err("bad\nluck".into()))?),
        until_ended,
    );
    let ended = error.await;
    assert_eq!((ended.code, ended.cleaned_up), (1, true));
    assert_in_order(&ended.log, &["task `t` failed: bad\\nluck: stopping, within 25 s"]);

    let ended = worker(
        async |role| Ok(role.task("t").spawn(async |_| panic!("a wrong turn"))?),
        until_ended,
    );
    let ended = ended.await;
    assert_eq!((ended.code, ended.cleaned_up), (70, true));
    let line = ended.log.iter().find(|line| line.starts_with("task `t` panicked at "));
    let end = ": a wrong turn: stopping, within 25 s";
    assert!(line.is_some_and(|line| line.ends_with(end)), "{:#?}", ended.log);
    let told = ended.log.iter().filter(|line| line.contains(": a wrong turn"));
    assert_eq!(told.count(), 1, "{:#?}", ended.log);
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_waits_and_runs_again_while_the_worker_stays_ready() {
    let (runs, started) = (Arc::new(Mutex::new(Vec::new())), Instant::now());
    let noted = Arc::clone(&runs);
    let ended = worker(
        async move |role| {
            role.task("t").restart(restart(3, MINUTE)).spawn(async move |task| {
                let run = {
                    let mut runs = noted.lock().unwrap();
                    runs.push(started.elapsed());
                    runs.len()
                };
                match run {
                    1 => Err("first".into()),
                    2 => panic!("second"),
                    _ => {
                        task.stopping().await;
                        Ok(())
                    }
                }
            })?;
            Ok(())
        },
        async |worker| {
            assert!(worker.ready().await);
            sleep(Duration::from_millis(50)).await;
            let response = worker.probe("/health").await;
            assert_eq!(response.status, 200);
            let reasons = r#""status":"warn","state":"running","reasons":["task_failed"]"#;
            assert!(response.body.contains(reasons), "{}", response.body);
            sleep(2 * SECOND).await;
            let body = worker.probe("/health").await.body;
            assert!(body.contains(r#""status":"pass""#), "{body}");
        },
    );
    let ended = ended.await;
    assert_eq!(ended.code, 0);
    let runs = runs.lock().unwrap();
    let [first, second, third] = runs[..] else { panic!("{runs:?}") };
    // Each delay has up to a quarter of jitter on top.
    assert!((99..=127).contains(&(second.as_millis() - first.as_millis())), "{runs:?}");
    assert!((199..=252).contains(&(third.as_millis() - second.as_millis())), "{runs:?}");
    let lines = [
        "task `t` failed: first: restarting in 1",
        "task `t` restarted, after 1",
        "task `t` panicked at ",
        "task `t` restarted, after 2",
    ];
    assert_in_order(&ended.log, &lines);
    assert!(ended.log.iter().any(|line| line.ends_with(" ms (status warn)")), "{:#?}", ended.log);
    for (line, field) in ended.log.iter().zip(&ended.fields) {
        let expected = if line.starts_with("task ") { "task=\"t\"" } else { "" };
        assert_eq!(field, expected, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_failure_too_many_stops_the_worker() {
    for (failure, code) in [("error", 1), ("panic", 70)] {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let ended = worker(
            async move |role| {
                role.task("t").restart(restart(2, MINUTE)).spawn(async move |_| {
                    counted.fetch_add(1, Ordering::Relaxed);
                    if failure == "panic" { panic!("down") } else { Err("down".into()) }
                })?;
                Ok(())
            },
            until_ended,
        );
        let ended = ended.await;
        assert_eq!((ended.code, runs.load(Ordering::Relaxed)), (code, 3));
        let end = ": down: more than 2 failures within 60 s: stopping, within 25 s";
        assert!(ended.log.iter().any(|line| line.ends_with(end)), "{:#?}", ended.log);
    }
}

#[tokio::test(start_paused = true)]
async fn an_ignored_failure_is_a_warning() {
    let ended = worker(
        async |role| {
            role.task("t").restart(Restart::Ignore).spawn(async |_| Err("bad".into()))?;
            Ok(())
        },
        async |worker| {
            sleep(MINUTE).await;
            let body = worker.probe("/health").await.body;
            assert!(body.contains(r#""status":"pass""#), "{body}");
            let again = worker.role().task("t").spawn(async |_| Ok(()));
            assert_eq!(again, Ok(()), "its name is free");
        },
    );
    let ended = ended.await;
    assert_eq!(ended.code, 0);
    assert_in_order(&ended.log, &["task `t` failed: bad: ignored, the worker goes on"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_free_once_its_task_has_ended() {
    let ended = worker(
        async |_| Ok(()),
        async |worker| {
            assert!(worker.ready().await);
            let spawn = || {
                worker.role().task("t").spawn(async |_| {
                    sleep(SECOND).await;
                    Ok(())
                })
            };
            for _ in 0..3 {
                spawn().unwrap();
                let taken = "cannot spawn task `t`: a task or heartbeat has that name: give it \
                             another name";
                assert_eq!(spawn().unwrap_err().to_string(), taken);
                let heartbeat = worker.role().heartbeat("t").register().unwrap_err().to_string();
                assert!(heartbeat.contains("taken"), "{heartbeat}");
                worker.role().tasks().await;
                // Its heartbeat has finished with it.
                sleep(MINUTE).await;
                assert_eq!(worker.probe("/health").await.status, 200);
            }
        },
    );
    assert_eq!(ended.await.code, 0);
}

#[tokio::test(start_paused = true)]
async fn a_pool_has_a_number_for_each_task_and_is_spawned_whole_or_not_at_all() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&names);
    let ended = worker(
        async move |role| {
            let pool = |noted: Arc<Mutex<Vec<String>>>| {
                role.task("consumer").times(4).spawn(async move |task| {
                    noted.lock().unwrap().push(task.name().to_owned());
                    task.stopping().await;
                    Ok(())
                })
            };
            let other = role.heartbeat("consumer-2").register()?;
            let error = pool(Arc::clone(&noted)).unwrap_err().to_string();
            assert!(error.starts_with("cannot spawn task `consumer-2`: "), "{error}");
            other.finish();
            Ok(pool(noted)?)
        },
        async |worker| {
            worker.ready().await;
        },
    );
    assert_eq!(ended.await.code, 0);
    let mut names = names.lock().unwrap();
    names.sort_unstable();
    assert_eq!(*names, ["consumer-0", "consumer-1", "consumer-2", "consumer-3"]);
}

#[tokio::test(start_paused = true)]
async fn each_wrong_call_is_refused_with_the_way_out() {
    let ended = worker(
        async |role| {
            let spawn = |name: &str| role.task(name).spawn(async |_| Ok(()));
            let error = |result: Result<(), TaskError>| result.unwrap_err().to_string();
            assert_eq!(
                error(spawn("run")),
                "cannot spawn task `run`: the name `run` is reserved: give it another name"
            );
            let short = role.task("t").stall_after(Duration::from_millis(9));
            assert_eq!(
                error(short.spawn(async |_| Ok(()))),
                "cannot spawn task `t`: a deadline of 9ms is too short: set it to 10ms or more"
            );
            assert_eq!(
                error(role.task("t").times(0).spawn(async |_| Ok(()))),
                "cannot spawn task `t`: a pool of 0 tasks: call `times` with 1 or more"
            );
            Ok(())
        },
        async |worker| {
            let local = worker.role().task("t").spawn_local(async |_| Ok(()));
            let error = local.unwrap_err().to_string();
            assert!(error.contains("it is local, but this is not the main thread"), "{error}");
            // It left nothing behind.
            worker.role().task("t").spawn(async |_| Ok(())).unwrap();
        },
    );
    assert_eq!(ended.await.code, 0);
}

/// A hang is a stall, which a restart does not heal: only the worker's supervisor does.
#[tokio::test(start_paused = true)]
async fn a_task_that_hangs_is_stalled_and_not_restarted() {
    let ended = worker(
        async |role| {
            let task = role.task("t").stall_after(8 * SECOND).restart(restart(9, MINUTE));
            task.spawn(async |task| {
                task.beat();
                pending().await
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
            sleep(7 * SECOND).await;
            assert_eq!(worker.probe("/livez").await.status, 200);
            sleep(3 * SECOND).await;
            let response = worker.probe("/livez").await;
            assert_eq!(response.status, 503);
            assert!(response.body.contains(r#""reasons":["stalled"]"#), "{}", response.body);
            sleep(MINUTE).await;
        },
    );
    let ended = ended.await;
    assert_eq!((ended.code, ended.cleaned_up), (75, true));
    let lines =
        ["stalled: no beat from `t` for 8", "tasks did not stop within 20 s: aborted; `t` last"];
    assert_in_order(&ended.log, &lines);
}

/// A guard that outlives its run must not hide a hang of the next one.
#[tokio::test(start_paused = true)]
async fn a_restarted_task_has_a_new_heartbeat() {
    let kept = Arc::new(Mutex::new(None));
    let ended = worker(
        async move |role| {
            let task = role.task("t").stall_after(8 * SECOND).restart(restart(9, MINUTE));
            task.spawn(async move |task| {
                if kept.lock().unwrap().is_none() {
                    *kept.lock().unwrap() = Some((task.idle(), task));
                    return Err("once".into());
                }
                pending().await
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
            sleep(10 * SECOND).await;
            assert_eq!(worker.probe("/livez").await.status, 503);
        },
    );
    assert_eq!(ended.await.code, 75);
}

#[tokio::test(start_paused = true)]
async fn all_tasks_hear_of_a_stop_at_once_and_end_before_on_stop() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&ends);
    let (stopped, start) = (Arc::new(Mutex::new(None)), Instant::now());
    let at = Arc::clone(&stopped);
    let ended = worker(
        async move |role| {
            role.task("t").times(8).spawn(async move |task| {
                let hears = task.until_stopping(pending::<()>()).await;
                assert!(hears.is_none() && task.is_stopping());
                noted.lock().unwrap().push(start.elapsed());
                // The last steps of each take a while.
                sleep(10 * SECOND).await;
                Ok(())
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
            sleep(SECOND).await;
            *at.lock().unwrap() = Some(start.elapsed());
            worker.stop();
            worker.ended().await;
            assert_eq!((start.elapsed()).as_secs(), 11);
        },
    );
    let ended = ended.await;
    assert_eq!((ended.code, ended.cleaned_up), (0, true));
    let (ends, stopped) = (ends.lock().unwrap(), stopped.lock().unwrap());
    assert_eq!(ends.len(), 8);
    assert!(ends.iter().all(|end| Some(*end) == *stopped), "{ends:?}, {stopped:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_aborts_and_names_what_does_not_end() {
    let start = Instant::now();
    let ended = worker(
        async |role| {
            role.task("deaf").spawn(async |task| {
                task.beat();
                pending().await
            })?;
            role.task("waiting").spawn(async |task| {
                let _idle = task.idle();
                pending().await
            })?;
            role.task("well").spawn(async |task| {
                task.stopping().await;
                Ok(())
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
            sleep(3 * SECOND).await;
        },
    );
    let ended = ended.await;
    assert_eq!((ended.code, ended.cleaned_up), (75, true));
    let lines = [
        "run did not stop within 20 s: dropped; ",
        "tasks did not stop within 20 s: aborted; `deaf` last beat 2",
    ];
    assert_in_order(&ended.log, &lines);
    let named = ended.log.iter().find(|line| line.starts_with("tasks did not stop")).unwrap();
    assert!(named.ends_with(" s ago; `waiting` is idle"), "{named}");
    assert_eq!(start.elapsed().as_secs(), 23, "aborted tasks end at once");
}

#[tokio::test(start_paused = true)]
async fn a_task_may_spawn_others_during_a_stop_but_not_for_ever() {
    fn spawn(role: &RoleEnvironment, number: usize) -> Result<(), Error> {
        let next = role.clone();
        role.task(&number.to_string()).spawn(async move |task| {
            task.stopping().await;
            sleep(SECOND).await;
            spawn(&next, number + 1)
        })?;
        Ok(())
    }
    let ended = worker(async |role| spawn(role, 0), nothing).await;
    assert_eq!((ended.code, ended.cleaned_up), (75, true));
    assert_in_order(&ended.log, &["tasks did not stop within 20 s: aborted; `"]);

    let ended = worker(
        async |_| Ok(()),
        async |worker| {
            worker.ready().await;
            worker.stop();
            worker.ended().await;
            let late = worker.role().task("late").spawn(async |_| Ok(())).unwrap_err();
            let line = "cannot spawn task `late`: the worker has stopped waiting for tasks";
            assert_eq!(late.to_string(), line);
        },
    );
    assert_eq!(ended.await.code, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failure_during_a_stop_decides_the_exit_code_unless_it_would_be_restarted() {
    for (restart, code, line) in [
        (Restart::Never, 1, "task `t` failed: late"),
        (restart(1, MINUTE), 0, "task `t` failed: late: not restarted, as the worker is stopping"),
        (restart(0, MINUTE), 1, "task `t` failed: late: more than 0 failures within 60 s"),
        (Restart::Ignore, 0, "task `t` failed: late: ignored, the worker goes on"),
    ] {
        let ended = worker(
            async move |role| {
                role.task("t").restart(restart).spawn(async |task| {
                    task.stopping().await;
                    Err("late".into())
                })?;
                Ok(())
            },
            async |worker| {
                worker.ready().await;
            },
        );
        let ended = ended.await;
        assert_eq!(ended.code, code, "{restart:?}: {:#?}", ended.log);
        assert!(ended.log.iter().any(|logged| logged == line), "{restart:?}: {:#?}", ended.log);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_a_restart() {
    let start = Instant::now();
    let ended = worker(
        async |role| {
            let task = role.task("t").restart(restart(u32::MAX, Duration::MAX));
            Ok(task.spawn(async |_| Err("down".into()))?)
        },
        async |worker| {
            worker.ready().await;
            sleep(10 * MINUTE).await;
        },
    );
    assert_eq!(ended.await.code, 0);
    assert_eq!(start.elapsed(), 10 * MINUTE);
}

/// Panics when it is dropped.
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_drop_is_a_failure_and_told_after_an_abort() {
    let ended = worker(
        async |role| {
            role.task("t").spawn(async |_| {
                let _bomb = PanicsInDrop;
                Ok(())
            })?;
            Ok(())
        },
        until_ended,
    );
    let ended = ended.await;
    assert_eq!(ended.code, 70);
    let end = ": in drop: stopping, within 25 s";
    assert!(ended.log.iter().any(|line| line.ends_with(end)), "{:#?}", ended.log);

    let ended = worker(
        async |role| {
            role.task("t").spawn(async |_| {
                let _bomb = PanicsInDrop;
                pending().await
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
        },
    );
    let ended = ended.await;
    assert_eq!((ended.code, ended.cleaned_up), (75, true));
    let lines = ["tasks did not stop within 20 s: aborted; `t` has not", "task `t` panicked at "];
    assert_in_order(&ended.log, &lines);
    let end = ": in drop, when it was aborted";
    assert!(ended.log.iter().any(|line| line.ends_with(end)), "{:#?}", ended.log);
}

/// A panic in the call that makes the future, or in the clone of what it captures, is the task's own.
#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_poll_is_a_failure() {
    let ended = worker(
        async |role| {
            role.task("t")
                .spawn(|_| -> std::future::Ready<Result<(), Error>> { panic!("at the call") })?;
            Ok(())
        },
        until_ended,
    );
    let ended = ended.await;
    assert_eq!(ended.code, 70);
    let end = ": at the call: stopping, within 25 s";
    assert!(ended.log.iter().any(|line| line.ends_with(end)), "{:#?}", ended.log);
}

#[tokio::test(start_paused = true)]
async fn run_is_idle_while_it_waits_for_tasks() {
    let ended = worker(
        async |role| {
            role.task("t").spawn(async |task| {
                while task.until_stopping(sleep(SECOND)).await.is_some() {
                    task.beat();
                }
                Ok(())
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
            // `run` has a deadline of 30 seconds from its start.
            sleep(10 * MINUTE).await;
            assert_eq!(worker.probe("/health").await.status, 200);
        },
    );
    assert_eq!(ended.await.code, 0);
}

#[tokio::test(start_paused = true)]
async fn a_local_task_need_not_be_send_and_may_spawn_others() {
    let shared = Rc::new(Cell::new(0));
    let counted = Rc::clone(&shared);
    let ended = worker(
        async move |role| {
            let inner = role.clone();
            role.task("outer").restart(restart(1, MINUTE)).spawn_local(async move |_| {
                counted.set(counted.get() + 1);
                if counted.get() == 1 {
                    return Err("once".into());
                }
                let counted = Rc::clone(&counted);
                inner.task("inner").spawn_local(async move |task| {
                    task.stopping().await;
                    counted.set(counted.get() + 10);
                    Ok(())
                })?;
                Ok(())
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
            sleep(SECOND).await;
        },
    );
    let ended = ended.await;
    assert_eq!((ended.code, shared.get()), (0, 12), "{:#?}", ended.log);
    assert_in_order(
        &ended.log,
        &["task `outer` failed: once: restarting", "task `outer` restarted"],
    );
}

#[tokio::test(start_paused = true)]
async fn a_local_task_that_does_not_end_is_aborted() {
    let ended = worker(
        async |role| Ok(role.task("t").spawn_local(async |_| pending().await)?),
        async |worker| {
            worker.ready().await;
        },
    );
    let ended = ended.await;
    assert_eq!((ended.code, ended.cleaned_up), (75, true));
    assert_in_order(
        &ended.log,
        &["tasks did not stop within 20 s: aborted; `t` has not beaten in 2"],
    );
}

/// Local tasks beside it do not put `run` into a `LocalSet`, where `block_in_place` panics.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "user code may call it on this runtime")]
async fn run_may_block_in_place_beside_local_tasks() {
    let host = Host::from_run("W", "1.0.0", async |role: &RoleEnvironment| {
        role.task("t").spawn_local(async |task| {
            task.stopping().await;
            Ok(())
        })?;
        tokio::task::yield_now().await;
        tokio::task::block_in_place(|| ());
        Ok(())
    });
    let code = host.definition(DEFINITION).heartbeat("Heartbeat").test().run(nothing);
    assert_eq!(code.await.unwrap(), 0);
}

#[tokio::test]
async fn a_blocking_task_is_restarted_and_stopped_as_others_are() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let ended = worker(
        async move |role| {
            role.task("t").restart(restart(2, MINUTE)).spawn_blocking(move |task| match counted
                .fetch_add(1, Ordering::Relaxed)
            {
                0 => Err("first".into()),
                1 => panic!("second"),
                _ => {
                    while !task.is_stopping() {
                        task.beat();
                        std::thread::yield_now();
                    }
                    Ok(())
                }
            })?;
            Ok(())
        },
        async |worker| {
            worker.ready().await;
            while runs.load(Ordering::Relaxed) < 3 {
                sleep(Duration::from_millis(5)).await;
            }
        },
    );
    let ended = ended.await;
    assert_eq!(ended.code, 0, "{:#?}", ended.log);
    let lines = [
        "task `t` failed: first: restarting in ",
        "task `t` restarted, after ",
        "task `t` panicked at ",
        "task `t` restarted, after ",
    ];
    assert_in_order(&ended.log, &lines);
    let told = ended.log.iter().filter(|line| line.contains(": second"));
    assert_eq!(told.count(), 1, "{:#?}", ended.log);
}

/// A panic of a future that a task awaits is told first, since it is the cause.
#[tokio::test(start_paused = true)]
async fn a_panic_beside_a_task_is_told_before_the_failure_that_it_causes() {
    let ended = worker(
        async |role| {
            role.task("t").spawn(async |_| Ok(tokio::spawn(async { panic!("beside") }).await?))?;
            Ok(())
        },
        until_ended,
    );
    let ended = ended.await;
    assert_eq!(ended.code, 1);
    assert_in_order(&ended.log, &["a task panicked at ", "task `t` failed: task "]);
}

/// Threads of the runtime race for names, ends, restarts and scans: no task is ever taken for stalled,
/// and none is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_short_tasks_leave_nothing_behind() {
    let host = Host::from_run("W", "1.0.0", async |role: &RoleEnvironment| {
        let restart = restart(1, Duration::ZERO);
        for number in 0..2000_u32 {
            let failures = AtomicUsize::new(usize::from(number.is_multiple_of(500)));
            let failures = Arc::new(failures);
            let name = (number % 400).to_string();
            let spawned = role.task(&name).restart(restart).spawn(async move |task| {
                task.beat();
                drop(task.idle());
                tokio::task::yield_now().await;
                let fails = failures.swap(0, Ordering::Relaxed) > 0;
                if fails { Err("once".into()) } else { Ok(()) }
            });
            if spawned.is_err() {
                // The earlier one of its name is still there.
                tokio::task::yield_now().await;
            }
        }
        role.tasks().await;
        role.stopping().await;
        Ok(())
    });
    let host = host.definition(DEFINITION).heartbeat("Heartbeat").test().details(true);
    let code = host.run(async |worker| {
        worker.role().tasks().await;
        let body = worker.probe("/health").await.body;
        for expected in [r#""tasks":[]"#, r#""status":"pass""#, r#""heartbeats":[{"name":"run","#] {
            assert!(body.contains(expected), "no {expected}: {body}");
        }
        assert!(!body.contains("stalled"), "{body}");
    });
    assert_eq!(code.await.unwrap(), 0);
}

#[test]
fn an_environment_without_a_runtime_spawns_nothing() {
    let host = Host::from_run("W", "1.0.0", async |_: &RoleEnvironment| Ok(()));
    let role = host.definition(DEFINITION).heartbeat("Heartbeat").test().environment().unwrap();
    let error = role.task("t").spawn(async |_| Ok(())).unwrap_err();
    assert_eq!(error.to_string(), "cannot spawn task `t`: no runtime of a worker runs");
}

/// A failing task of `on_start` leaves nothing to run, as any stop then does.
#[tokio::test(start_paused = true)]
async fn a_task_that_fails_during_on_start_stops_the_worker_before_run() {
    let ended = worker(
        async |role| {
            role.task("t").spawn(async |_| Err("early".into()))?;
            sleep(SECOND).await;
            Ok(())
        },
        async |worker| assert!(!worker.ready().await),
    );
    let ended = ended.await;
    assert_eq!((ended.code, ended.cleaned_up), (1, true));
    assert!(!ended.log.iter().any(|line| line.starts_with("ready")), "{:#?}", ended.log);
}

/// The other tasks of a worker whose `run` panics hear of it, and are waited for.
#[tokio::test(start_paused = true)]
async fn tasks_are_waited_for_after_a_panic_of_run() {
    let ends = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ends);
    let host = Host::from_run("W", "1.0.0", async move |role: &RoleEnvironment| {
        role.task("t").spawn(async move |task| {
            task.stopping().await;
            sleep(SECOND).await;
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })?;
        tokio::task::yield_now().await;
        panic!("a wrong turn")
    });
    let code = host.definition(DEFINITION).heartbeat("Heartbeat").test().run(until_ended);
    assert_eq!(code.await.unwrap(), 70);
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}

/// A configuration error says that no restart helps, whatever the tasks of `on_start` do after it.
#[tokio::test(start_paused = true)]
async fn a_task_does_not_hide_that_the_configuration_is_wrong() {
    for (is_deaf, is_panic, code) in [(false, false, 78), (true, false, 78), (false, true, 70)] {
        let ended = worker(
            async move |role| {
                role.task("t").spawn(async move |task| {
                    task.stopping().await;
                    if is_deaf {
                        pending::<()>().await;
                    }
                    if is_panic { panic!("down") } else { Err("down".into()) }
                })?;
                tokio::task::yield_now().await;
                role.setting("Nope")?;
                Ok(())
            },
            until_ended,
        );
        let ended = ended.await;
        assert_eq!((ended.code, ended.cleaned_up), (code, false), "{:#?}", ended.log);
    }
}

/// Ten thousand tasks, in a pool and one by one: each costs the same, however many there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_tasks_begin_and_end_in_time() {
    const MANY: usize = 10_000;
    let host = Host::from_run("W", "1.0.0", async |role: &RoleEnvironment| {
        let consume = async |task: heartbeat_runtime::Task| {
            task.beat();
            task.stopping().await;
            Ok(())
        };
        role.task("pool").times(MANY).spawn(consume)?;
        for number in 0..MANY {
            role.task(&number.to_string()).spawn(consume)?;
        }
        role.request_stop();
        role.tasks().await;
        Ok(())
    });
    let start = std::time::Instant::now();
    let code = host.definition(DEFINITION).heartbeat("Heartbeat").test().run(until_ended);
    assert_eq!(code.await.unwrap(), 0, "a stop that takes too long has another code");
    assert!(start.elapsed() < 15 * SECOND, "{:?}", start.elapsed());
}

/// A state that panics when it is dropped leaves no place for local tasks behind.
#[test]
fn no_local_task_is_spawned_after_a_worker_that_panicked_in_drop() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let host = || {
        let host = Host::without_stop(
            "W",
            "1.0.0",
            async |_: &RoleEnvironment| Ok(PanicsInDrop),
            async |_: &mut PanicsInDrop, _: &RoleEnvironment| panic!("a wrong turn"),
        );
        host.definition(DEFINITION).heartbeat("Heartbeat").test()
    };
    let worker = std::panic::AssertUnwindSafe(|| runtime.block_on(host().run(until_ended)));
    std::panic::catch_unwind(worker).unwrap_err();
    let _in_runtime = runtime.enter();
    let role = host().environment().unwrap();
    let error = role.task("t").spawn_local(async |_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("it is local, but this is not the main thread"), "{error}");
}

/// Each captured value is dropped with its task, even one that holds the environment, and whatever the end.
#[tokio::test]
async fn a_task_that_holds_the_environment_leaves_nothing_behind() {
    let held = Arc::new(());
    let captured = Arc::clone(&held);
    let ended = worker(
        async move |role| {
            let task = |name: &str| role.task(name).restart(Restart::Ignore);
            let capture = || (role.clone(), Arc::clone(&captured));
            for number in 0..100 {
                let values = capture();
                task(&format!("ok-{number}")).spawn(async move |_| {
                    let _values = values;
                    Ok(())
                })?;
                let values = capture();
                task(&format!("error-{number}")).spawn(async move |_| {
                    let _values = values;
                    Err("down".into())
                })?;
                let values = capture();
                task(&format!("blocking-{number}")).spawn_blocking(move |_| {
                    let _values = values;
                    panic!("down")
                })?;
                let values = capture();
                task(&format!("local-{number}")).spawn_local(async move |task| {
                    let _values = values;
                    task.stopping().await;
                    Ok(())
                })?;
            }
            Ok(())
        },
        async |worker| {
            worker.ready().await;
        },
    );
    let ended = ended.await;
    assert_eq!(ended.code, 0);
    assert_eq!(Arc::strong_count(&held), 1);
}

/// The name of a task cannot forge a line of the log, a label, or a member of the details.
#[tokio::test(start_paused = true)]
async fn a_hostile_name_stays_one() {
    let name = "a\n# \"}, {\u{1b}[31m\\";
    let ended = worker(
        async move |role| {
            let restart = restart(1, MINUTE);
            role.task(name).restart(restart).spawn(async |_| Err("down".into()))?;
            Ok(())
        },
        until_ended,
    );
    let ended = ended.await;
    assert_eq!(ended.code, 1);
    assert!(ended.log.iter().all(|line| !line.starts_with('#')), "{:#?}", ended.log);
    assert!(ended.log.iter().any(|line| line.contains("task `a\\n# \"")), "{:#?}", ended.log);
}
