//! A worker for tests: a module whose state goes from one function to the next, on one thread.

use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat", definition = "Shapes.csdef", worker_threads = 1)]
mod phases {
    use std::rc::Rc;

    use heartbeat_runtime::{Error, RoleEnvironment};

    pub(super) async fn on_start(role: &RoleEnvironment) -> Result<Vec<Rc<str>>, Error> {
        Ok(vec![Rc::from(role.name())])
    }

    pub(super) async fn run(seen: &mut Vec<Rc<str>>, role: &RoleEnvironment) -> Result<(), Error> {
        seen.push(Rc::from("run"));
        role.stopping().await;
        Ok(())
    }

    pub(super) async fn on_stop(seen: Vec<Rc<str>>, _role: &RoleEnvironment) -> Result<(), Error> {
        eprintln!("seen: {}", seen.join(", "));
        Ok(())
    }
}
