//! A worker without the attribute: closures as phases, and a state that is not `Send`.

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;

use heartbeat_runtime::{Host, RoleEnvironment};

fn main() -> ExitCode {
    let threads = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let host = Host::new(
        "HandWritten",
        env!("CARGO_PKG_VERSION"),
        async |_: &RoleEnvironment| Ok(Rc::new(Cell::new(0))),
        async |rounds: &mut Rc<Cell<u32>>, role: &RoleEnvironment| {
            let shared = Rc::clone(rounds);
            role.until_stopping(async {
                loop {
                    tokio::task::yield_now().await;
                    shared.set(shared.get() + 1);
                    if shared.get() == 1 {
                        eprintln!("in run");
                    }
                    role.beat();
                }
            })
            .await;
            Ok(())
        },
        async |rounds: Rc<Cell<u32>>, _: &RoleEnvironment| {
            eprintln!("beat in run: {}", rounds.get() > 0);
            Ok(())
        },
    )
    .definition(
        br#"<ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
          <WorkerRole name="HandWritten">
            <Endpoints>
              <InputEndpoint name="Heartbeat" protocol="tcp" port="80" localPort="*" />
              <InternalEndpoint name="Management" protocol="any" />
            </Endpoints>
          </WorkerRole>
        </ServiceDefinition>"#,
    )
    .heartbeat("Heartbeat")
    .management("Management");
    match threads {
        None => host,
        Some(0) => host.current_thread(),
        Some(count) => host.worker_threads(count),
    }
    .start()
    .run()
    .stop()
}
