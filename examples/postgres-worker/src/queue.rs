//! The check on the server, which also tells how much is left to do.

use heartbeat_runtime::prometheus_client::metrics::gauge::Gauge;
use heartbeat_runtime::{Error, RoleEnvironment};
use tokio_postgres::Config;

use crate::session::{Session, SessionError};

/// The queue, as the check sees it.
#[derive(Clone)]
pub(crate) struct Queue {
    role: RoleEnvironment,
    database: Config,
    waiting: Gauge,
    failed: Gauge,
}

impl Queue {
    pub(crate) fn new(role: &RoleEnvironment, database: &Config) -> Result<Self, Error> {
        Ok(Self {
            role: role.clone(),
            database: database.clone(),
            waiting: role.metrics().gauge("jobs_waiting", "Jobs with attempts left")?,
            failed: role.metrics().gauge("jobs_failed", "Jobs with no attempt left")?,
        })
    }

    /// Connects anew and looks at the jobs, as a consumer does; tells their numbers.
    pub(crate) async fn check(self) -> Result<(), Error> {
        let session = Session::connect(&self.database).await?;
        let count = "select count(*) filter (where not failed), count(*) filter (where failed), \
             coalesce(extract(epoch from now() - min(run_at) filter (where not failed)), 0)::float8 \
             from jobs";
        let row = session.client.query_one(count, &[]).await.map_err(SessionError::from)?;
        let (waiting, failed, due): (i64, i64, f64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        self.waiting.set(waiting);
        self.failed.set(failed);
        self.role.fact("waiting", waiting)?;
        self.role.fact("failed", failed)?;
        self.role.fact("lag_seconds", due.max(0.0))?;
        Ok(())
    }
}
