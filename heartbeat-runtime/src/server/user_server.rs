//! The server of user code's routes, in the worker's runtime: for connections to an endpoint of its
//! own, and for requests that a health endpoint forwards.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};

use super::accept::is_connection_error;
use super::exchanges::{LAST_REQUEST_WITHIN, TICK};
use super::user_connection::UserConnection;
use super::user_routes::ForwardedRequest;
use crate::endpoint::{EndpointListener, Stream, descriptor_limit};
use crate::tls::Acceptor;

/// Maximum connections per endpoint; further ones wait in the queue of the socket.
const LIMIT: usize = 1024;
/// Descriptors that are left to health, which has 64 connections on each of two endpoints.
const RESERVED: usize = 128;
/// Pause after a failed accept.
const BACK_OFF: Duration = Duration::from_millis(100);

/// The server of an endpoint.
pub(super) struct UserServer {
    pub(super) listener: EndpointListener,
    pub(super) requests: mpsc::Receiver<ForwardedRequest>,
    pub(super) router: Router,
    pub(super) descriptors: Arc<Semaphore>,
    pub(super) tls: Option<Arc<Acceptor>>,
}

/// The permits of one connection: of its endpoint, and of the descriptors of all.
type Slot = Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>;

/// Returns the descriptors that the connections of all endpoints may have: they leave some to health,
/// or half of all.
pub(super) fn shared_descriptors() -> Arc<Semaphore> {
    let limit = descriptor_limit();
    let shared = limit - RESERVED.min(limit / 2);
    Arc::new(Semaphore::new(shared.min(Semaphore::MAX_PERMITS)))
}

impl UserServer {
    /// Serves until `drained`, then completes the requests under way. Dropping the future aborts them.
    pub(super) async fn serve(self, drained: impl Future<Output = ()>) {
        let Self { listener, mut requests, router, descriptors, tls } = self;
        // Makes a route of each handler here, instead of for each request.
        let router = router.with_state(());
        let mut tasks = JoinSet::new();
        let ticks = watch::Sender::new(());
        let slots = [Arc::new(Semaphore::new(LIMIT)), descriptors];
        let serve_one = |(stream, peer, slot): (Stream, Option<SocketAddr>, Slot)| {
            let connection = UserConnection { stream, peer, tls: tls.clone() };
            let served = connection.serve(router.clone(), ticks.subscribe());
            async move {
                served.await;
                drop(slot);
            }
        };
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drained = pin!(drained);
        let mut forwarded_at = None;
        loop {
            tokio::select! {
                biased;
                () = drained.as_mut() => break,
                _ = tick.tick() => ticks.send_replace(()),
                Some(_) = tasks.join_next() => {}
                Some(request) = requests.recv() => {
                    forwarded_at = Some(Instant::now());
                    tasks.spawn(request.answer(router.clone(), false));
                }
                accepted = accept(&listener, &slots) => {
                    tasks.spawn(serve_one(accepted));
                }
            }
        }
        // Clients of a health endpoint learn by the response to their next request.
        let until = forwarded_at.map(|forwarded_at| forwarded_at + LAST_REQUEST_WITHIN);
        while let Some(until) = until
            && let Ok(Some(request)) = timeout_at(until, requests.recv()).await
        {
            tasks.spawn(request.answer(router.clone(), true));
        }
        requests.close();
        while let Ok(request) = requests.try_recv() {
            tasks.spawn(request.answer(router.clone(), true));
        }
        // Clients in the queue of the socket are served too, unless it outlives this process.
        while !listener.is_handed_over()
            && let Ok(accepted) = timeout(Duration::ZERO, accept(&listener, &slots)).await
        {
            tasks.spawn(serve_one(accepted));
        }
        drop(listener);
        drop(ticks);
        while tasks.join_next().await.is_some() {}
    }
}

/// Accepts the next connection, when there is a slot for it.
async fn accept(
    listener: &EndpointListener,
    slots: &[Arc<Semaphore>; 2],
) -> (Stream, Option<SocketAddr>, Slot) {
    let [own, shared] = slots;
    // The semaphores are never closed.
    let own = Arc::clone(own).acquire_owned().await.ok();
    let slot = own.zip(Arc::clone(shared).acquire_owned().await.ok());
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) if is_connection_error(&error) => {}
            Err(_) => sleep(BACK_OFF).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use heartbeat_definition::ServiceDefinition;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::endpoint::{Address, AddressSource, BoundListener, Endpoint, SocketActivation};

    const DEFINITION: &[u8] = br#"<ServiceDefinition name="S">
        <WorkerRole name="W"><Endpoints>
            <InputEndpoint name="Api" protocol="http" port="80" />
        </Endpoints></WorkerRole></ServiceDefinition>"#;

    /// Binds a free port.
    fn bind() -> (EndpointListener, std::net::SocketAddr) {
        let definition = ServiceDefinition::read(DEFINITION).unwrap();
        let declared = &definition.roles[0].endpoints[0];
        let address = ("127.0.0.1:0".parse().unwrap(), AddressSource::Variable);
        let endpoint = Endpoint::new(&definition, declared, String::new(), address);
        let mut sockets = SocketActivation::from_env().unwrap();
        let listeners = BoundListener::listen(&endpoint, &mut sockets).unwrap();
        let Address::Tcp(address) = *endpoint.address() else { panic!("{endpoint:?}") };
        (EndpointListener::new(listeners).unwrap(), address)
    }

    /// A runtime that was blocked until the end of the drain has not accepted these clients.
    #[tokio::test]
    async fn serves_the_clients_in_the_queue_at_the_end_of_the_drain() {
        let (listener, address) = bind();
        let mut clients = Vec::new();
        for _ in 0..3 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            clients.push(client);
        }
        let router = Router::new().route("/", get(async || "served"));
        let (_, requests) = mpsc::channel(1);
        let descriptors = shared_descriptors();
        let server = UserServer { listener, requests, router, descriptors, tls: None };
        server.serve(async {}).await;
        for mut client in clients {
            let mut response = String::new();
            client.read_to_string(&mut response).await.unwrap();
            assert!(response.ends_with("\r\n\r\nserved"), "{response:?}");
        }
        assert!(TcpStream::connect(address).await.is_err(), "it still listens");
    }
}
