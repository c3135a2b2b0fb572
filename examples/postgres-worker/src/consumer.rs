//! A consumer: takes jobs and does them, one after the other, on a connection of its own.

use std::time::{Duration, Instant};

use heartbeat_runtime::prometheus_client::metrics::{counter::Counter, histogram::Histogram};
use heartbeat_runtime::{Error, RoleEnvironment, Task};
use tokio::time::timeout;
use tokio_postgres::Config;

use crate::job::Job;
use crate::payment::{PaymentError, pay};
use crate::session::{ANSWER_WITHIN, Session, SessionError, answer_within};

/// Time between two looks at the table, for what no notification tells: retries that become due, and jobs
/// that came while the consumer was not connected.
const POLL: Duration = Duration::from_secs(1);

/// Time for a job. With [`ANSWER_WITHIN`] it is less than a stop allows, and than the deadline of a beat.
const JOB_WITHIN: Duration = Duration::from_secs(10);

/// A consumer, before it is connected. Clones share the metrics.
#[derive(Clone)]
pub(crate) struct Consumer {
    database: Config,
    payment_takes: Duration,
    max_attempts: i32,
    done: Counter,
    failures: Counter,
    seconds: Histogram,
}

impl Consumer {
    pub(crate) fn new(role: &RoleEnvironment, database: &Config) -> Result<Self, Error> {
        let metrics = role.metrics();
        let buckets = [0.001, 0.01, 0.1, 1.0, 10.0];
        Ok(Self {
            database: database.clone(),
            payment_takes: Duration::from_millis(role.setting_as("PaymentMilliseconds")?),
            max_attempts: role.setting_as("MaxAttempts")?,
            done: metrics.counter("jobs_done", "Jobs that were done")?,
            failures: metrics.counter("job_failures", "Attempts that failed")?,
            seconds: metrics.histogram(
                "job_seconds",
                "Time of an attempt, with commit",
                buckets,
            )?,
        })
    }

    /// Works until a stop, on one connection after the other. An error that a new connection would not
    /// mend fails the task.
    pub(crate) async fn consume(self, task: Task) -> Result<(), Error> {
        while let Some(mut session) = self.connect(&task).await {
            match self.work_until_stopping(&task, &mut session).await {
                Err(error) if error.is_lost() => {
                    tracing::warn!("{} has lost the database: {error}", task.name());
                }
                ended => return Ok(ended?),
            }
        }
        Ok(())
    }

    /// Waits for the server; meanwhile no beat is due, since a restart would not help. The check fails.
    async fn connect(&self, task: &Task) -> Option<Session> {
        let _idle = task.idle();
        task.until_stopping(Session::reach(&self.database)).await
    }

    async fn work_until_stopping(
        &self,
        task: &Task,
        session: &mut Session,
    ) -> Result<(), SessionError> {
        answer_within(ANSWER_WITHIN, async {
            Ok(session.client.batch_execute("listen jobs").await?)
        })
        .await?;
        while !task.is_stopping() {
            let work = self.work(session);
            // A stop does not interrupt it: the job in hand is committed.
            let found = answer_within(JOB_WITHIN + ANSWER_WITHIN, work).await?;
            task.beat();
            if !found {
                let _idle = task.idle();
                let _ = task.until_stopping(timeout(POLL, session.notified())).await;
            }
        }
        Ok(())
    }

    /// Does a job, if one is due, and tells whether there was one.
    ///
    /// Everything is in one transaction, so that a job and its effect change together. If the answer to
    /// the commit is lost, both have happened or neither has, and nobody needs to know: the next
    /// transaction finds the job, or does not.
    async fn work(&self, session: &mut Session) -> Result<bool, SessionError> {
        let began = Instant::now();
        let mut transaction = session.client.transaction().await?;
        let Some(job) = Job::take(&transaction).await? else { return Ok(false) };
        let attempt = transaction.savepoint("attempt").await?;
        let paid = timeout(JOB_WITHIN, pay(&attempt, &job, self.payment_takes)).await;
        let failure = match paid.unwrap_or(Err(PaymentError::TooSlow(JOB_WITHIN))) {
            Ok(()) => None,
            Err(error) => match error.lost() {
                Ok(lost) => return Err(lost.into()),
                Err(failure) => Some(failure.to_string()),
            },
        };
        if let Some(reason) = &failure {
            // The lock on the job stays: no other worker takes it before the failure is recorded.
            attempt.rollback().await?;
            job.postpone(&transaction, reason, self.max_attempts).await?;
        } else {
            attempt.commit().await?;
            job.remove(&transaction).await?;
        }
        transaction.commit().await?;
        self.tell(&job, failure.as_deref(), began.elapsed());
        Ok(true)
    }

    fn tell(&self, job: &Job, failure: Option<&str>, took: Duration) {
        self.seconds.observe(took.as_secs_f64());
        let (id, attempt) = (job.id, job.attempts + 1);
        if let Some(reason) = failure {
            self.failures.inc();
            tracing::warn!("job {id}, attempt {attempt} of {}: {reason}", self.max_attempts);
        } else {
            self.done.inc();
            tracing::info!("job {id} is done");
        }
    }
}
