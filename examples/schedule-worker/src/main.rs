//! Runs jobs by the clock, each due time once, however many instances there are and whichever of them
//! fails. See `README.md`.

mod jobs;
mod primes;
mod schedule;
mod session;
mod signs;

use std::collections::BTreeMap;
use std::time::Instant;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::time::sleep;
use tokio_postgres::Config;

use jobs::{Job, jobs};
use schedule::Due;
use session::{Run, Session, SessionError, TICK};
use signs::Signs;

struct ScheduleWorker {
    database: Config,
    jobs: Vec<Job>,
    signs: Signs,
}

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for ScheduleWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let mut database: Config = role.setting_as("Database")?;
        // For `pg_stat_activity`.
        database.application_name(role.instance_id());
        let signs = Signs::new(role, &database)?;
        Ok(Self { database, jobs: jobs(role)?, signs })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        loop {
            if let Err(error) = self.take_part(role).await {
                eprintln!("stands by: {error}");
                self.signs.stand_by(Some(error.to_string()));
            }
            // Also a break after an error.
            if !pause(role).await {
                return Ok(());
            }
        }
    }
}

impl ScheduleWorker {
    /// Stands by until the lock is free, then leads. An error means that it may have lost the lock.
    async fn take_part(&self, role: &RoleEnvironment) -> Result<(), SessionError> {
        let session = Session::open(&self.database).await?;
        while !session.try_lead().await? {
            role.beat();
            self.signs.stand_by(None);
            if !pause(role).await {
                return Ok(());
            }
        }
        self.lead(role, session).await
    }

    /// Runs what is due, until a stop is requested; a run in hand is completed.
    async fn lead(&self, role: &RoleEnvironment, mut session: Session) -> Result<(), SessionError> {
        let names: Vec<_> = self.jobs.iter().map(|job| job.name).collect();
        session.prepare(&names).await?;
        eprintln!("leads from now on");
        self.signs.lead();
        loop {
            let mut next = BTreeMap::new();
            for job in &self.jobs {
                role.beat();
                let (settled, now) = session.look(job.name).await?;
                if let Some(due) = job.schedule.due(settled, now)
                    && !role.is_stopping()
                {
                    self.run_job(role, &mut session, job, due).await?;
                }
                next.insert(job.name, job.schedule.next(now).map(|next| next.to_string()));
            }
            self.signs.set_next(&next);
            if !pause(role).await {
                return Ok(());
            }
        }
    }

    /// Runs a job and records that, unless the lock is lost meanwhile: then the next leader does both.
    async fn run_job(
        &self,
        role: &RoleEnvironment,
        session: &mut Session,
        job: &Job,
        due: Due,
    ) -> Result<(), SessionError> {
        eprintln!("{} is due at {}, after {} missed", job.name, due.time, due.missed);
        let begin = Instant::now();
        let outcome = tokio::select! {
            outcome = job.run(role, &self.database, due.time) => outcome,
            error = session.lost() => return Err(error),
        };
        let failed = outcome.is_err();
        let result = outcome.unwrap_or_else(|error| format!("failed: {error}"));
        let run = Run { job: job.name, due, instance: role.instance_id(), result: &result };
        if session.record(&run).await? {
            self.signs.count(failed, due.missed, begin.elapsed());
            eprintln!("{} of {}: {result}", job.name, due.time);
        } else {
            eprintln!("{} of {} is recorded already: not again", job.name, due.time);
        }
        Ok(())
    }
}

/// Waits for the next look at the database; meanwhile no beat is due. Returns `false` when a stop is
/// requested.
async fn pause(role: &RoleEnvironment) -> bool {
    let _idle = role.idle();
    role.until_stopping(sleep(TICK)).await.is_some()
}
