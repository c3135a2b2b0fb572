//! The tables, brought up to date by the first worker that starts.

use tokio_postgres::{Client, Config, Error};

use crate::session::{Session, SessionError, explain, is_lost};

/// The steps from an empty database on, in order. A step that has been released never changes.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/1_payments.sql")];

/// The key of the advisory lock: any number that no other program of the database uses.
const LOCK: i64 = 7_290_415;

/// Brings the tables up to date. If the server is lost meanwhile, begins again: a migration is there
/// whole or not at all, even if the answer to its commit was lost.
pub(crate) async fn migrate(database: &Config) -> Result<(), SessionError> {
    loop {
        let mut session = Session::reach(database).await;
        match apply(&mut session.client).await {
            Err(error) if is_lost(&error) => {
                tracing::warn!("cannot migrate yet: {}", explain(&error));
            }
            ended => return Ok(ended?),
        }
    }
}

async fn apply(client: &mut Client) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("set local statement_timeout = 0").await?;
    // Instances that start together take turns, and the second one finds nothing left to do.
    transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let table = "create table if not exists migrations (version integer primary key)";
    transaction.batch_execute(table).await?;
    let last = "select coalesce(max(version), 0) from migrations";
    let last: i32 = transaction.query_one(last, &[]).await?.try_get(0)?;
    for (version, migration) in (1..).zip(MIGRATIONS).filter(|&(version, _)| version > last) {
        tracing::info!("migrating to version {version}");
        transaction.batch_execute(migration).await?;
        transaction.execute("insert into migrations values ($1)", &[&version]).await?;
    }
    transaction.commit().await
}
