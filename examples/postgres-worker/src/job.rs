//! The table of jobs.

use tokio_postgres::{Error, Transaction};

/// A job that this transaction has locked: no other worker takes it until the transaction ends.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: i64,
    pub(crate) account: String,
    pub(crate) amount: i64,
    /// Number of failed attempts.
    pub(crate) attempts: i32,
}

impl Job {
    /// Locks the job that has been due for longest, past those that others have locked.
    pub(crate) async fn take(transaction: &Transaction<'_>) -> Result<Option<Self>, Error> {
        let due = "select id, account, amount, attempts from jobs where not failed and run_at <= now() \
                   order by run_at, id limit 1 for update skip locked";
        let Some(row) = transaction.query_opt(due, &[]).await? else { return Ok(None) };
        Ok(Some(Self {
            id: row.try_get(0)?,
            account: row.try_get(1)?,
            amount: row.try_get(2)?,
            attempts: row.try_get(3)?,
        }))
    }

    /// Removes the job, in the transaction of its effect.
    pub(crate) async fn remove(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        transaction.execute("delete from jobs where id = $1", &[&self.id]).await?;
        Ok(())
    }

    /// Records a failed attempt. The next one is a second later, then 2, 4, 8, … up to an hour; after
    /// `max_attempts` there is none.
    pub(crate) async fn postpone(
        &self,
        transaction: &Transaction<'_>,
        reason: &str,
        max_attempts: i32,
    ) -> Result<(), Error> {
        let failed = self.attempts + 1 >= max_attempts;
        let postpone = "update jobs set attempts = attempts + 1, last_error = $2, failed = $3, \
             run_at = clock_timestamp() + interval '1 second' * least(2.0 ^ attempts, 3600) \
             where id = $1";
        transaction.execute(postpone, &[&self.id, &reason, &failed]).await?;
        Ok(())
    }
}
