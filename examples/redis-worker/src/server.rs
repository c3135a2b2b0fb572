//! The Redis server, and connections to it that notice when it is frozen.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisError, cmd};

/// The stream of orders. Only this group reads it, since each order is deleted once it is shipped.
pub(crate) const STREAM: &str = "orders";
/// The stream of orders that were set aside.
pub(crate) const FAILED: &str = "orders:failed";
/// The consumer group that all instances share.
pub(crate) const GROUP: &str = "shipping";

/// Time that Redis may wait for an order before it answers that there is none.
pub(crate) const BLOCK: Duration = Duration::from_secs(1);
/// Time for any answer. Longer than `BLOCK`, or waiting for an order would look like a frozen server.
const RESPOND_WITHIN: Duration = Duration::from_secs(3);
/// Time to connect. A frozen server still accepts connections, but does not greet.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The server with the stream.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    client: Client,
}

/// The error of an operation on a stream.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} `{STREAM}`: {cause}")]
pub(crate) struct StreamError {
    operation: &'static str,
    cause: RedisError,
}

impl Server {
    /// Takes the address as it is; a server that is away now is no error.
    pub(crate) fn new(address: ConnectionInfo) -> Result<Self, RedisError> {
        Ok(Self { client: Client::open(address)? })
    }

    /// Connects, and creates the stream and its group if they are missing, as they are at first and after a
    /// loss of data.
    pub(crate) async fn connect(&self) -> Result<MultiplexedConnection, StreamError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(RESPOND_WITHIN));
        let connected = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let mut connection = connected.map_err(failed("connect to the server of"))?;
        let mut create = cmd("XGROUP");
        // From the first order on, not from now on: orders may have come before the group.
        create.arg("CREATE").arg(STREAM).arg(GROUP).arg("0").arg("MKSTREAM");
        match create.exec_async(&mut connection).await {
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(connection),
            created => created.map(|()| connection).map_err(failed("create the group of")),
        }
    }
}

/// Wraps an error of Redis: `read.await.map_err(failed("read from"))`.
pub(crate) fn failed(operation: &'static str) -> impl FnOnce(RedisError) -> StreamError {
    move |cause| StreamError { operation, cause }
}
