//! The jobs.

use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, SettingError};
use jiff::Timestamp;
use tokio::task::spawn_blocking;
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;

use crate::schedule::CronSchedule;
use crate::{primes, session};

/// Time in which old runs are deleted: a single statement, which cannot beat.
const PRUNE_WITHIN: Duration = Duration::from_secs(600);

/// A job, and its schedule.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) name: &'static str,
    pub(crate) schedule: CronSchedule,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Report { numbers: u64 },
    Prune,
}

/// Returns the jobs of an instance.
pub(crate) fn jobs(role: &RoleEnvironment) -> Result<Vec<Job>, SettingError> {
    let report = Work::Report { numbers: role.setting_as("ReportNumbers")? };
    Ok(vec![
        Job { name: "report", schedule: role.setting_as("ReportSchedule")?, work: report },
        Job { name: "prune", schedule: role.setting_as("PruneSchedule")?, work: Work::Prune },
    ])
}

// === impl Job ===

impl Job {
    /// Runs the job. Dropping the future ends its work.
    pub(crate) async fn run(
        &self,
        role: &RoleEnvironment,
        database: &Config,
        due: Timestamp,
    ) -> Result<String, Error> {
        match self.work {
            Work::Report { numbers } => report(role, due, numbers).await,
            Work::Prune => prune(role, database).await,
        }
    }
}

/// Counts the primes among the numbers from the due time on, so that a run that is done again has the same
/// result. It beats while it works.
async fn report(role: &RoleEnvironment, due: Timestamp, numbers: u64) -> Result<String, Error> {
    let begin = u64::try_from(due.as_second())?;
    let cancelled = CancellationToken::new();
    let _guard = cancelled.clone().drop_guard();
    let role = role.clone();
    // rayon keeps the thread that waits for it: it must be none of the runtime's.
    let work = spawn_blocking(move || {
        primes::count(&(begin..begin + numbers), || {
            role.beat();
            !cancelled.is_cancelled()
        })
    });
    let primes = work.await?.ok_or("cancelled")?;
    Ok(format!("{primes} primes"))
}

/// Deletes old runs. The lock is held in another connection meanwhile.
async fn prune(role: &RoleEnvironment, database: &Config) -> Result<String, Error> {
    let _allowance = role.allow(PRUNE_WITHIN);
    let runs = session::prune(database).await?;
    Ok(format!("{runs} old runs deleted"))
}
