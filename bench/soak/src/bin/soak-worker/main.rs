//! The worker of the soak: does what the orders on its stdin say, and tells on stderr when it has begun.

mod faults;
mod orders;

use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::{Duration, SystemTime};

use heartbeat_runtime::{Check, Error, Restart, RoleEnvironment, Task, WorkerRole, worker_role};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use self::faults::{Blockade, deadlock, deadlock_of_tasks, starve};
use self::orders::{Lateness, Order, Orders, began};

/// Time between two beats of a loop that works.
const OFTEN: Duration = Duration::from_millis(50);
/// The deadline of every heartbeat; the soak knows it too.
const STALL_AFTER: Duration = Duration::from_secs(3);
/// Period and time limit of every check; the soak knows them too.
const EVERY: Duration = Duration::from_millis(500);
const TIMEOUT: Duration = Duration::from_secs(2);

struct SoakWorker {
    orders: UnboundedReceiver<Order>,
    sabotage: Sabotage,
    _checks: [Check; 2],
}

/// The mistake that the soak must find: none, faults that do not happen, or beats that come too late.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sabotage {
    No,
    Deaf,
    Hasty,
}

#[worker_role(heartbeat = "Heartbeat", stall_after = "3s", stop_within = "3s", worker_threads = 2)]
impl WorkerRole for SoakWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let sabotage = match role.setting("Sabotage")? {
            "deaf" => Sabotage::Deaf,
            "hasty" => Sabotage::Hasty,
            _ => Sabotage::No,
        };
        let Orders { run, consumer, flaky, side } = Orders::read();
        let (broker, check) = (role.setting("Broker")?.to_owned(), role.check("broker"));
        let broker = check.every(EVERY).timeout(TIMEOUT).register(move || ping(broker.clone()))?;
        let state = Arc::new(AtomicU8::new(0));
        let blockade = Arc::new(Blockade::default());
        tokio::spawn(side_orders(side, sabotage, Arc::clone(&state), Arc::clone(&blockade)));
        let check = role.check("side").every(EVERY).timeout(TIMEOUT);
        let side = check
            .register(move || faults::side_check(Arc::clone(&state), Arc::clone(&blockade)))?;
        let task = role.task("consumer").stall_after(STALL_AFTER);
        let consumer = Arc::new(tokio::sync::Mutex::new(consumer));
        task.spawn(move |task| consume(task, Arc::clone(&consumer), sabotage))?;
        let again = Restart::OnFailure { at_most: 10_000, within: Duration::from_secs(3600) };
        let flaky = Arc::new(tokio::sync::Mutex::new(flaky));
        let task = role.task("flaky").stall_after(STALL_AFTER).restart(again);
        task.spawn(move |task| consume(task, Arc::clone(&flaky), sabotage))?;
        Ok(Self { orders: run, sabotage, _checks: [broker, side] })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let pause = if self.sabotage == Sabotage::Hasty { 2 * STALL_AFTER } else { OFTEN };
        let mut late = Lateness::new("run", STALL_AFTER);
        while !role.is_stopping() {
            role.beat();
            late.beat();
            let order = tokio::select! {
                order = self.orders.recv() => order,
                () = sleep(pause) => None,
                () = role.stopping() => None,
            };
            if let Some(order) = order {
                role.beat();
                obey(role, &order, self.sabotage).await?;
                late = Lateness::new("run", STALL_AFTER);
            }
        }
        Ok(())
    }
}

/// Does what an order to `run` says.
async fn obey(role: &RoleEnvironment, order: &Order, sabotage: Sabotage) -> Result<(), Error> {
    let time = order.time;
    match order.what.as_str() {
        "idle" => {
            let _idle = role.idle();
            began(order);
            role.until_stopping(sleep(time)).await;
        }
        "long" => {
            let _allowance = role.allow(time + Duration::from_secs(1));
            began(order);
            role.until_stopping(sleep(time)).await;
        }
        "beat-early" => {
            // It ends before the next beat, which is due later because of this one.
            let _allowance = role.allow(STALL_AFTER / 3);
            role.beat();
            began(order);
            role.until_stopping(sleep(STALL_AFTER * 5 / 6)).await;
        }
        "clock" => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
            eprintln!("soak: began run clock {}", now.as_secs());
        }
        _ if sabotage == Sabotage::Deaf => began(order),
        _ => return fault(role, order).await,
    }
    Ok(())
}

/// Does what an order to `run` says that makes it dead or starved.
async fn fault(role: &RoleEnvironment, order: &Order) -> Result<(), Error> {
    let time = order.time;
    match order.what.as_str() {
        "overlong" | "wait-and-overlong" => {
            if order.what.starts_with("wait") {
                let _idle = role.idle();
                sleep(OFTEN).await;
            }
            let _allowance = role.allow(time);
            began(order);
            std::future::pending::<()>().await;
        }
        "dead" => {
            began(order);
            std::future::pending::<()>().await;
        }
        "blocked" => {
            began(order);
            Blockade::default().block();
        }
        "blocked-for" => {
            began(order);
            Blockade::default().block_for(time);
        }
        "deadlock" => deadlock(|| began(order)),
        "deadlock-of-tasks" => deadlock_of_tasks(|| began(order)).await,
        "starve" => {
            let _idle = role.idle();
            starve(|| began(order));
            role.stopping().await;
        }
        "dropped" => {
            drop(role.heartbeat("dropped").stall_after(STALL_AFTER).register()?);
            began(order);
        }
        "fail" => {
            began(order);
            return Err("ordered to fail".into());
        }
        other => return Err(format!("unknown order `{other}`").into()),
    }
    Ok(())
}

/// Consumes nothing, and beats meanwhile, until an order says otherwise.
async fn consume(
    task: Task,
    orders: Arc<tokio::sync::Mutex<UnboundedReceiver<Order>>>,
    sabotage: Sabotage,
) -> Result<(), Error> {
    let mut orders = orders.lock().await;
    let mut late = Lateness::new(task.name(), STALL_AFTER);
    while !task.is_stopping() {
        task.beat();
        late.beat();
        let order = tokio::select! {
            order = orders.recv() => order,
            () = sleep(OFTEN) => None,
            () = task.stopping() => None,
        };
        let Some(order) = order else { continue };
        task.beat();
        began(&order);
        match order.what.as_str() {
            "rest" => {
                let _idle = task.idle();
                task.stopping().await;
            }
            _ if sabotage == Sabotage::Deaf => {}
            "panic" => panic_as_ordered(),
            "fail" => return Err("ordered to fail".into()),
            "dead" => std::future::pending().await,
            _ => Blockade::default().block(),
        }
    }
    Ok(())
}

#[expect(clippy::panic, reason = "a panic is what the order asks for")]
fn panic_as_ordered() {
    panic!("ordered to panic");
}

/// Makes the check `side` hang or pass.
async fn side_orders(
    mut orders: UnboundedReceiver<Order>,
    sabotage: Sabotage,
    state: Arc<AtomicU8>,
    blockade: Arc<Blockade>,
) {
    while let Some(order) = orders.recv().await {
        if sabotage != Sabotage::Deaf {
            faults::set_side_check(&state, &blockade, &order.what);
        }
        began(&order);
    }
}

/// Pings the broker.
async fn ping(broker: String) -> Result<(), Error> {
    let _late = Lateness::new("check", TIMEOUT);
    let mut stream = UnixStream::connect(&broker).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await?;
    if &answer == b"+PONG\r\n" { Ok(()) } else { Err("the broker does not answer PONG".into()) }
}
