//! The instances of the role `Pool`, as their clients see them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heartbeat_runtime::{Check, CheckBuilder, CheckError, Error, RoleEnvironment, RoleInstance};
use serde::{Deserialize, Serialize};

use crate::exchange::exchange;

/// Time for an instance to ship an order, with all orders in its queue before it.
const SHIP_WITHIN: Duration = Duration::from_secs(5);
/// Time for an instance to report.
const REPORT_WITHIN: Duration = Duration::from_secs(1);
/// Minimum number of attempts, since one name may stand for several instances.
const MIN_ATTEMPTS: usize = 3;

/// The instances of the role `Pool`. A clone shares their turn.
#[derive(Clone, Debug)]
pub struct Pool {
    role: RoleEnvironment,
    next: Arc<AtomicUsize>,
}

/// The report of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Orders that it has shipped.
    pub shipped: u64,
    /// Orders in its queue.
    pub waiting: i64,
}

/// The error of an order that no instance has shipped.
#[derive(Debug, thiserror::Error)]
#[error("no instance has shipped the order: {}", .0.join("; "))]
pub struct ShipError(Vec<String>);

impl Pool {
    /// Returns the pool of the service that `role` belongs to.
    #[must_use]
    pub fn new(role: &RoleEnvironment) -> Self {
        Self { role: role.clone(), next: Arc::default() }
    }

    /// Has an order shipped: by the instance whose turn it is, or by another one if that one is lost,
    /// full, or takes too long. An instance that dies while it ships may have shipped the order too.
    ///
    /// # Errors
    ///
    /// There is no instance, or none has shipped the order; the error has the reason of each.
    pub async fn ship(&self, order: &str) -> Result<String, ShipError> {
        let instances = self.role.instances("Pool");
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % instances.len().max(1);
        let attempts = instances.iter().cycle().skip(turn).take(instances.len().max(MIN_ATTEMPTS));
        let mut errors = Vec::new();
        for instance in attempts {
            match ask(instance, "/orders", Some(order), SHIP_WITHIN).await {
                Ok(answer) => return Ok(answer),
                Err(error) => errors.push(format!("{}: {error}", instance.id())),
            }
        }
        if errors.is_empty() {
            errors.push("HEARTBEAT_INSTANCES_POOL_WORK names none".to_owned());
        }
        Err(ShipError(errors))
    }

    /// Returns the report of each instance, or the reason why there is none, behind its id.
    pub async fn reports(&self) -> Vec<(String, Result<Report, Error>)> {
        let mut reports = Vec::new();
        for instance in self.role.instances("Pool") {
            let report = report(&instance).await;
            reports.push((instance.id().to_owned(), report));
        }
        reports
    }

    /// Checks twice a second that an instance answers, so that a front is ready soon after the pool.
    ///
    /// # Errors
    ///
    /// As [`CheckBuilder::register`].
    pub fn watch(&self, check: CheckBuilder) -> Result<Check, CheckError> {
        let pool = self.clone();
        check.every(Duration::from_millis(500)).register(move || {
            let pool = pool.clone();
            async move { pool.check().await }
        })
    }

    async fn check(&self) -> Result<(), Error> {
        for instance in self.role.instances("Pool") {
            if report(&instance).await.is_ok() {
                return Ok(());
            }
        }
        Err("no instance answers".into())
    }
}

async fn report(instance: &RoleInstance) -> Result<Report, Error> {
    let text = ask(instance, "/report", None, REPORT_WITHIN).await?;
    Ok(serde_json::from_str(&text)?)
}

async fn ask(
    instance: &RoleInstance,
    path: &str,
    posted: Option<&str>,
    within: Duration,
) -> Result<String, Error> {
    let work = instance.endpoint("Work").ok_or("it has no endpoint `Work`")?;
    Ok(exchange(work.address(), path, posted, within).await?)
}
