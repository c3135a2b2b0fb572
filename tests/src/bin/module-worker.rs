//! A worker for tests: a module whose functions share a state that is not `Send`.

use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat", definition = "Shapes.csdef", worker_threads = 1)]
mod phases {
    use std::rc::Rc;

    use heartbeat_runtime::{Error, RoleEnvironment};

    pub(super) async fn on_start(role: &RoleEnvironment) -> Result<Vec<Rc<str>>, Error> {
        Ok(vec![Rc::from(role.name())])
    }

    pub(super) async fn run(names: &mut Vec<Rc<str>>, role: &RoleEnvironment) -> Result<(), Error> {
        names.push(Rc::from("run"));
        role.stopping().await;
        Ok(())
    }

    pub(super) async fn on_stop(names: Vec<Rc<str>>, _role: &RoleEnvironment) -> Result<(), Error> {
        eprintln!("stopped: {}", names.join(", "));
        Ok(())
    }
}
