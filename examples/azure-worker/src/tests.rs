//! The worker without a process and a port, in paused time.

use std::fs;
use std::time::Duration;

use heartbeat_runtime::WorkerRole;
use tokio::time::sleep;

use crate::Invoices;

#[tokio::test(start_paused = true)]
async fn bills_what_is_in_its_storage() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("7.invoice"), "3 apples").unwrap();
    let definition = include_bytes!("../ServiceDefinition.csdef");
    let host = Invoices::host("Invoices", "1.0.0").definition(definition).heartbeat("Heartbeat");
    let host = host.test().local_resource("Spool", folder.path()).setting("PollSeconds", "5");
    let exit_code = host.setting("LedgerConnectionString", "").run(async |worker| {
        assert!(worker.ready().await);
        // Before the next look at the folder, and after it.
        sleep(Duration::from_secs(1)).await;
        fs::write(folder.path().join("8.invoice"), "2 pears").unwrap();
        sleep(Duration::from_secs(5)).await;
        worker.stop();
    });
    assert_eq!(exit_code.await.unwrap(), 0);
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["7.billed", "8.billed"]);
}
