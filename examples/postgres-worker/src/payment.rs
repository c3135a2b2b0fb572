//! The work: a payment, which is the effect of a job.

use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::Transaction;

use crate::job::Job;
use crate::session::{explain, is_lost};

/// The error of a payment that was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PaymentError {
    #[error("cannot pay: no account `{0}`")]
    NoAccount(String),
    #[error("cannot pay: it takes more than {0:?}")]
    TooSlow(Duration),
    #[error("cannot pay: {}", explain(.0))]
    Postgres(#[from] tokio_postgres::Error),
}

impl PaymentError {
    /// Returns the error that has ended the connection, if one has: then the attempt does not count.
    pub(crate) fn lost(self) -> Result<tokio_postgres::Error, Self> {
        match self {
            Self::Postgres(error) if is_lost(&error) => Ok(error),
            error => Err(error),
        }
    }
}

/// Pays the amount into the account, within the transaction that removes the job. `takes` stands for the
/// computation of a real job.
pub(crate) async fn pay(
    transaction: &Transaction<'_>,
    job: &Job,
    takes: Duration,
) -> Result<(), PaymentError> {
    sleep(takes).await;
    let pay = "update accounts set balance = balance + $2 where name = $1";
    if transaction.execute(pay, &[&job.account, &job.amount]).await? == 0 {
        return Err(PaymentError::NoAccount(job.account.clone()));
    }
    let enter = "insert into ledger (job, account, amount) values ($1, $2, $3)";
    transaction.execute(enter, &[&job.id, &job.account, &job.amount]).await?;
    Ok(())
}
