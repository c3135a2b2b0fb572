//! The orders, as one consumer of the group takes and ends them.

use std::convert::Infallible;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{cmd, pipe};

use crate::server::{BLOCK, FAILED, GROUP, STREAM, Server, StreamError, failed};

/// The names and values of an entry, in order. They may be any bytes, so that nothing that a producer
/// writes is an error here.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// An entry of the stream: its id and its fields.
type Entry = (String, Fields);

/// Removes the names of consumers that have had no order for a while, and owe none; one that lives gets its
/// name again with its next order. In a script, as nothing may come between: with a name, Redis would
/// forget the orders that it owes.
const REMOVE_GONE: &str = "
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local name, pending, idle = consumer[2], consumer[4], consumer[6]
  if pending == 0 and idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], name)
  end
end";

/// A consumer of the group, on a connection of its own, as a read that waits blocks all behind it.
pub(crate) struct Queue {
    connection: MultiplexedConnection,
    consumer: String,
    /// Time without a sign of its consumer after which an order is another's.
    claim_after: Duration,
    /// The order from which on the next claim looks.
    cursor: String,
}

/// An order that this consumer owes.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) fields: Fields,
    /// Number of times that it was delivered, to any consumer, this one included.
    pub(crate) tries: u64,
}

impl Queue {
    pub(crate) async fn join(
        server: &Server,
        consumer: String,
        claim_after: Duration,
    ) -> Result<Self, StreamError> {
        let mut connection = server.connect().await?;
        let mut remove = cmd("EVAL");
        remove.arg(REMOVE_GONE).arg(1).arg(STREAM).arg(GROUP).arg(claim_after.as_millis());
        remove.exec_async(&mut connection).await.map_err(failed("remove consumers of"))?;
        Ok(Self { connection, consumer, claim_after, cursor: "0-0".to_owned() })
    }

    /// Takes an order: one that its consumer has left, else a new one. Returns `None` if none comes for a
    /// second. An order that arrives as the future is dropped is claimed later.
    pub(crate) async fn next(&mut self) -> Result<Option<Delivery>, StreamError> {
        match self.claim().await? {
            None => self.read().await,
            claimed => Ok(claimed),
        }
    }

    async fn claim(&mut self) -> Result<Option<Delivery>, StreamError> {
        let mut claim = cmd("XAUTOCLAIM");
        claim.arg(STREAM).arg(GROUP).arg(&self.consumer).arg(self.claim_after.as_millis());
        claim.arg(&self.cursor).arg("COUNT").arg(1);
        let claimed = claim.query_async(&mut self.connection).await;
        let (cursor, mut entries, _deleted): (_, Vec<Entry>, Vec<String>) =
            claimed.map_err(failed("claim from"))?;
        self.cursor = cursor;
        let Some((id, fields)) = entries.pop() else { return Ok(None) };
        let mut pending = cmd("XPENDING");
        pending.arg(STREAM).arg(GROUP).arg(&id).arg(&id).arg(1);
        let pending = pending.query_async(&mut self.connection).await;
        let pending: Vec<(String, String, u64, u64)> = pending.map_err(failed("count tries of"))?;
        let tries = pending.first().map_or(1, |(_id, _consumer, _idle, tries)| *tries);
        Ok(Some(Delivery { id, fields, tries }))
    }

    async fn read(&mut self) -> Result<Option<Delivery>, StreamError> {
        let mut read = cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(&self.consumer).arg("COUNT").arg(1);
        read.arg("BLOCK").arg(BLOCK.as_millis()).arg("STREAMS").arg(STREAM).arg(">");
        let streams = read.query_async(&mut self.connection).await;
        let streams: Option<Vec<(String, Vec<Entry>)>> = streams.map_err(failed("read from"))?;
        let mut entries = streams.into_iter().flatten().flat_map(|(_stream, entries)| entries);
        Ok(entries.next().map(|(id, fields)| Delivery { id, fields, tries: 1 }))
    }

    /// Keeps an order from being claimed, however long it takes, until the future is dropped. Not a beat:
    /// it tells others that this consumer lives, not that the order makes progress.
    pub(crate) async fn keep(&self, delivery: &Delivery) -> Infallible {
        let mut connection = self.connection.clone();
        loop {
            tokio::time::sleep(self.claim_after / 3).await;
            let mut renew = cmd("XCLAIM");
            renew.arg(STREAM).arg(GROUP).arg(&self.consumer).arg(0).arg(&delivery.id);
            // Without a further try.
            renew.arg("JUSTID");
            // If it fails, so does what ends the order.
            let _ = renew.exec_async(&mut connection).await;
        }
    }

    /// Ends an order that is shipped.
    pub(crate) async fn done(&mut self, delivery: &Delivery) -> Result<(), StreamError> {
        let mut end = pipe();
        end.atomic().cmd("XACK").arg(STREAM).arg(GROUP).arg(&delivery.id);
        end.cmd("XDEL").arg(STREAM).arg(&delivery.id);
        end.exec_async(&mut self.connection).await.map_err(failed("acknowledge an order of"))
    }

    /// Moves an order that cannot be shipped to another stream, for a person to look at.
    pub(crate) async fn set_aside(
        &mut self,
        delivery: &Delivery,
        reason: &str,
    ) -> Result<(), StreamError> {
        let mut end = pipe();
        end.atomic().cmd("XADD").arg(FAILED).arg("*").arg(&delivery.fields);
        end.arg("failed:id").arg(&delivery.id).arg("failed:reason").arg(reason);
        end.cmd("XACK").arg(STREAM).arg(GROUP).arg(&delivery.id);
        end.cmd("XDEL").arg(STREAM).arg(&delivery.id);
        end.exec_async(&mut self.connection).await.map_err(failed("set aside an order of"))
    }
}
