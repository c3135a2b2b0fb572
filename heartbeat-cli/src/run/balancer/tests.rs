mod restarts;

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::Balancer;

const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A load balancer that serves.
struct Serving {
    address: SocketAddr,
    instances: watch::Sender<Vec<SocketAddr>>,
    served: JoinHandle<()>,
}

impl Serving {
    async fn start(instances: &[SocketAddr]) -> Self {
        let balancer = Balancer::bind(LOOPBACK).await.unwrap();
        let address = balancer.address().unwrap();
        let instances = watch::Sender::new(instances.to_vec());
        let served = tokio::spawn(balancer.serve(instances.subscribe()));
        Self { address, instances, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a question, and returns the answer.
    async fn ask(&self, question: &str) -> String {
        let mut client = self.connect().await;
        client.write_all(question.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        read_all(&mut client).await
    }
}

/// Starts an instance that reads a question to its end, and then answers with its name and the question.
async fn instance(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut client, _)) = listener.accept().await {
            connections.spawn(async move {
                let question = read_all(&mut client).await;
                client.write_all(format!("{name}: {question}").as_bytes()).await.unwrap();
            });
        }
    });
    address
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

/// Returns an address at which nobody listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn instances_take_turns_and_the_end_of_a_half_is_passed_on() {
    let serving = Serving::start(&[instance("a").await, instance("b").await]).await;
    for expected in ["a: 1", "b: 2", "a: 3", "b: 4"] {
        let (_, question) = expected.split_once(' ').unwrap();
        assert_eq!(serving.ask(question).await, expected);
    }
}

#[tokio::test]
async fn an_instance_that_refuses_is_passed_over() {
    let serving = Serving::start(&[nobody().await, instance("b").await]).await;
    for _ in 0..2 {
        assert_eq!(serving.ask("1").await, "b: 1");
    }
}

#[tokio::test]
async fn an_instance_that_leaves_keeps_its_connections() {
    let serving = Serving::start(&[instance("a").await]).await;
    let mut client = serving.connect().await;
    client.write_all(b"1").await.unwrap();
    // A later client has its answer from the same instance: so the first has arrived there.
    assert_eq!(serving.ask("2").await, "a: 2");
    serving.instances.send_replace(vec![instance("b").await]);
    assert_eq!(serving.ask("3").await, "b: 3");
    client.write_all(b"4").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(read_all(&mut client).await, "a: 14");
}

#[tokio::test]
async fn a_client_waits_for_an_instance() {
    let serving = Serving::start(&[]).await;
    let address = instance("a").await;
    let (answer, ()) = tokio::join!(serving.ask("1"), async {
        serving.instances.send_replace(vec![address]);
    });
    assert_eq!(answer, "a: 1");
}

#[tokio::test(start_paused = true)]
async fn a_client_without_an_instance_is_closed() {
    for instances in [vec![], vec![nobody().await]] {
        let serving = Serving::start(&instances).await;
        assert_eq!(read_all(&mut serving.connect().await).await, "");
    }
}

#[tokio::test]
async fn serving_ends_with_the_last_connection() {
    let Serving { address, instances, served } = Serving::start(&[instance("a").await]).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"1").await.unwrap();
    let serving = Serving { address, instances, served };
    assert_eq!(serving.ask("2").await, "a: 2");
    drop(serving.instances);
    client.shutdown().await.unwrap();
    assert_eq!(read_all(&mut client).await, "a: 1");
    serving.served.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
