//! The job: put your own here.

use std::time::Duration;

use crate::queue::Fields;

/// An order, as a producer writes it: `XADD orders * item '3 apples'`.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) item: String,
}

/// The error of an order that is not shipped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("it has no field `item` with text")]
    NoItem,
    #[error("it takes more than {0:?}")]
    TooSlow(Duration),
    #[error("each time its consumer died, or lost the server")]
    Unfinished,
}

impl Order {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, OrderError> {
        let item = fields.iter().find(|(name, _)| name == b"item").map(|(_, value)| value);
        let item = item.and_then(|item| String::from_utf8(item.clone()).ok());
        item.map(|item| Self { item }).ok_or(OrderError::NoItem)
    }

    /// Ships the order. It may be called again for an order that was shipped, if the worker or the server dies
    /// before that is acknowledged: what it does must bear that.
    pub(crate) async fn ship(&self, takes: Duration) -> Result<(), OrderError> {
        tokio::time::sleep(takes).await;
        Ok(())
    }
}
