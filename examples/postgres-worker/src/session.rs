//! Connections to the database.

use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::error::Severity;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket};

/// Time for the server to answer. The system cannot notice a frozen server: it goes on to acknowledge
/// packets, so that no timeout of TCP ends the wait.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Limits that the server keeps. The second one ends the transaction of a worker that is frozen or
/// unreachable, so that another takes its job; it is more than a job may take.
const LIMITS: &str =
    "set statement_timeout = '5s'; set idle_in_transaction_session_timeout = '20s'";

/// Delay before the second attempt to connect; it doubles.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(2);

/// A connection. Dropping it closes it, whatever it waits for, and the server rolls back.
pub(crate) struct Session {
    pub(crate) client: Client,
    notified: Arc<Notify>,
    driver: AbortHandle,
}

/// The error of a session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("{}", explain(.0))]
    Postgres(#[from] tokio_postgres::Error),
    #[error("the server does not answer within {0:?}")]
    NoAnswer(Duration),
}

// === impl Session ===

impl Session {
    /// Connects once.
    pub(crate) async fn connect(database: &Config) -> Result<Self, SessionError> {
        answer_within(ANSWER_WITHIN, async {
            let (client, connection) = database.connect(NoTls).await?;
            let notified = Arc::new(Notify::new());
            let driver = tokio::spawn(drive(connection, Arc::clone(&notified))).abort_handle();
            let session = Self { client, notified, driver };
            session.client.batch_execute(LIMITS).await?;
            Ok(session)
        })
        .await
    }

    /// Connects, again and again until the server is there. Logs each new reason why it is not.
    pub(crate) async fn reach(database: &Config) -> Self {
        let mut delay = FIRST_DELAY;
        let mut logged = String::new();
        loop {
            match Self::connect(database).await {
                Ok(session) => return session,
                Err(error) => {
                    let reason = error.to_string();
                    if reason != logged {
                        tracing::warn!("cannot connect to the database, trying again: {reason}");
                        logged = reason;
                    }
                }
            }
            sleep(delay).await;
            delay = MAX_DELAY.min(delay * 2);
        }
    }

    /// Waits for a notification, unless one has come since the last wait.
    pub(crate) async fn notified(&self) {
        self.notified.notified().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // By itself it would wait for the answers to what it has sent.
        self.driver.abort();
    }
}

// === impl SessionError ===

impl SessionError {
    /// Tells whether the server or the connection is lost: a new connection may succeed. The other errors
    /// are those of single statements.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Postgres(error) => is_lost(error),
            Self::NoAnswer(_) => true,
        }
    }
}

/// Tells whether an error has ended its connection. What the server says of a statement has not, and
/// leaves the rest of the transaction intact at a savepoint.
pub(crate) fn is_lost(error: &tokio_postgres::Error) -> bool {
    let severity = error.as_db_error().map(tokio_postgres::error::DbError::parsed_severity);
    severity != Some(Some(Severity::Error))
}

/// Returns the text of an error with those of its causes, which it has not itself.
pub(crate) fn explain(error: &tokio_postgres::Error) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Gives up an exchange with the server after a time; the session must then be dropped.
pub(crate) async fn answer_within<T>(
    time: Duration,
    exchange: impl Future<Output = Result<T, SessionError>>,
) -> Result<T, SessionError> {
    timeout(time, exchange).await.unwrap_or(Err(SessionError::NoAnswer(time)))
}

/// Moves bytes between client and server until the connection ends; its client hears why.
async fn drive(
    mut connection: Connection<Socket, tokio_postgres::tls::NoTlsStream>,
    notified: Arc<Notify>,
) {
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(_) = message {
            notified.notify_one();
        }
    }
}
