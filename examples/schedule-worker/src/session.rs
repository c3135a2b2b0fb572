//! The session of an instance in the database: the lock of the leader, the clock, and the record of runs.

use std::error::Error as _;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, Config, Error, NoTls};

use crate::schedule::Due;

/// Time between two looks at the database.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// Time for the database to answer. A leader that waits for longer has lost the lead.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The server ends a session from which it hears nothing for 10 seconds, and so takes the lock from a
/// leader that is frozen or cut off. That is later than the leader itself gives up: `TICK + ANSWER_WITHIN`.
const LEASE: &str =
    "set idle_session_timeout = '10s'; set idle_in_transaction_session_timeout = '10s'";

/// A session in the database. Its lock ends with it, however it ends.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
}

/// The error of a session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("cannot {operation}: {}", reason(.error))]
    Failed { operation: &'static str, error: Error },
    #[error("cannot {operation}: no answer from the database within {ANSWER_WITHIN:?}")]
    TimedOut { operation: &'static str },
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) job: &'a str,
    pub(crate) due: Due,
    pub(crate) instance: &'a str,
    pub(crate) result: &'a str,
}

// === impl Session ===

impl Session {
    /// Connects to the database.
    pub(crate) async fn open(database: &Config) -> Result<Self, SessionError> {
        within("connect to the database", async {
            let client = connect(database).await?;
            client.batch_execute(LEASE).await?;
            Ok(Self { client })
        })
        .await
    }

    /// Takes the lock, unless another session has it. The one that has it is the leader.
    pub(crate) async fn try_lead(&self) -> Result<bool, SessionError> {
        let sql = "select pg_try_advisory_lock(hashtext('schedule-worker'))";
        within("ask for the lock", async { self.client.query_one(sql, &[]).await?.try_get(0) })
            .await
    }

    /// Creates the tables, and enters a new job: it is first due after this moment.
    pub(crate) async fn prepare(&self, jobs: &[&str]) -> Result<(), SessionError> {
        let sql = "insert into schedule.jobs (name, settled) \
                   select unnest($1::text[]), now() on conflict do nothing";
        within("create the tables", async {
            self.client.batch_execute(include_str!("schema.sql")).await?;
            self.client.execute(sql, &[&jobs]).await
        })
        .await?;
        Ok(())
    }

    /// Returns the newest settled due time of a job, and the time. It is the server's, so that all
    /// instances have the same.
    pub(crate) async fn look(&self, job: &str) -> Result<(Timestamp, Timestamp), SessionError> {
        let sql = "select settled, now() from schedule.jobs where name = $1";
        within("look for what is due", async {
            let row = self.client.query_one(sql, &[&job]).await?;
            Ok((row.try_get(0)?, row.try_get(1)?))
        })
        .await
    }

    /// Holds the lock, until it is lost.
    pub(crate) async fn lost(&self) -> SessionError {
        loop {
            sleep(TICK).await;
            let answer = within("hold the lock", self.client.batch_execute("select 1"));
            if let Err(error) = answer.await {
                return error;
            }
        }
    }

    /// Records a run, in the session of the lock: who has lost that can record nothing. Returns `false`
    /// if the due time has a run already.
    pub(crate) async fn record(&mut self, run: &Run<'_>) -> Result<bool, SessionError> {
        let claim = "insert into schedule.runs (job, due, missed, instance, result) \
                     values ($1, $2, $3, $4, $5) on conflict do nothing";
        let settle = "update schedule.jobs set settled = $2 where name = $1 and settled < $2";
        let Run { job, due: Due { time, missed }, instance, result } = run;
        within("record a run", async {
            let transaction = self.client.transaction().await?;
            let claims = transaction.execute(claim, &[job, time, missed, instance, result]).await?;
            // If that is 1, what a job of your own writes to this database belongs here.
            transaction.execute(settle, &[job, time]).await?;
            transaction.commit().await?;
            Ok(claims == 1)
        })
        .await
    }
}

/// Asks the database for an answer, in a connection of its own.
pub(crate) async fn ask(database: &Config) -> Result<(), SessionError> {
    let ask = async { connect(database).await?.batch_execute("select 1").await };
    ask.await.map_err(SessionError::failed("ask the database"))
}

/// Deletes runs of more than 30 days ago, in a connection of its own, and returns their number.
pub(crate) async fn prune(database: &Config) -> Result<u64, SessionError> {
    let sql = "delete from schedule.runs where recorded < now() - interval '30 days'";
    let prune = async { connect(database).await?.execute(sql, &[]).await };
    prune.await.map_err(SessionError::failed("delete old runs"))
}

/// Connects to the database, without TLS.
async fn connect(database: &Config) -> Result<Client, Error> {
    let (client, connection) = database.connect(NoTls).await?;
    // It ends with the client, or with an error that the next use of the client does not have.
    tokio::spawn(async {
        if let Err(error) = connection.await {
            eprintln!("lost a connection to the database: {}", reason(&error));
        }
    });
    Ok(client)
}

/// Bounds the wait for an answer of the database.
async fn within<T>(
    operation: &'static str,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, SessionError> {
    match timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(SessionError::failed(operation)),
        Err(_) => Err(SessionError::TimedOut { operation }),
    }
}

/// Returns the text of an error, and that of its cause.
fn reason(error: &Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

impl SessionError {
    fn failed(operation: &'static str) -> impl FnOnce(Error) -> Self {
        move |error| Self::Failed { operation, error }
    }
}
