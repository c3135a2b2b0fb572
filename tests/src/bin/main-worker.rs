//! A worker for tests: one function, on a runtime of one thread.

use std::rc::Rc;

use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(
    heartbeat = "Heartbeat",
    definition = "Shapes.csdef",
    flavor = "current_thread",
    stall_after = "1h",
    stop_within = "20s",
    drain = "1ms"
)]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    let name = Rc::new(role.name().to_owned());
    role.stopping().await;
    eprintln!("stopped: {name}");
    Ok(())
}
