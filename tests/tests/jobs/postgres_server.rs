//! The private server, which the tests of jobs kill and freeze.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use heartbeat_tests::postgres_server::PostgresServer;

#[test]
fn a_killed_server_has_its_data_when_it_is_back() {
    let Some(mut server) = PostgresServer::start() else { return };
    server.query("create table kept as select 7 as number");
    server.kill();
    TcpStream::connect(server.address()).unwrap_err();
    server.restart();
    assert_eq!(server.query("select number from kept"), "7");
}

#[test]
fn a_frozen_server_answers_when_it_goes_on() {
    let Some(server) = PostgresServer::start() else { return };
    server.freeze();
    TcpStream::connect(server.address()).unwrap();
    thread::scope(|scope| {
        let answer = scope.spawn(|| server.query("select 7"));
        thread::park_timeout(Duration::from_millis(500));
        assert!(!answer.is_finished());
        server.thaw();
        assert_eq!(answer.join().unwrap(), "7");
    });
}
