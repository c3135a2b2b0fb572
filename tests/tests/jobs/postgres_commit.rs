//! Commits that are lost on the way to the server, and answers that are lost on the way back.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use heartbeat_tests::Worker;

use super::postgres::{PAID, Payments, command, terminate};

/// Number of commits after which the relay is reliable.
const RELIABLE_AFTER: usize = 30;

/// The fate of a commit.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Lost,
    AnswerLost,
    Passed,
}

/// Starts a relay to a server that breaks a connection at two of three commits: before it has passed the
/// commit on, or after the server has answered it. Returns its address.
fn lossy_relay(server: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = server.to_owned();
    let commits = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&server).unwrap();
            let commits = Arc::clone(&commits);
            thread::spawn(move || {
                relay(&client, &server, &commits);
                let _ = client.shutdown(Shutdown::Both);
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    address
}

/// Passes requests and answers on, until a commit is lost or either side closes.
fn relay(client: &TcpStream, server: &TcpStream, commits: &AtomicUsize) {
    let ([mut from, mut from_server], [mut to, mut to_client]) =
        ([client, server], [server, client]);
    let loses_answer = AtomicBool::new(false);
    thread::scope(|scope| {
        let answers = scope.spawn(|| {
            let mut piece = [0; 16 * 1024];
            while let Ok(length @ 1..) = from_server.read(&mut piece) {
                let is_lost = loses_answer.load(Ordering::Acquire);
                if is_lost || to_client.write_all(&piece[..length]).is_err() {
                    break;
                }
            }
            let _ = client.shutdown(Shutdown::Both);
        });
        let mut piece = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            let request = &piece[..length];
            let fate = fate(request, commits);
            loses_answer.store(fate == Fate::AnswerLost, Ordering::Release);
            if fate == Fate::Lost || to.write_all(request).is_err() {
                break;
            }
        }
        // An answer that is to be lost comes before the end.
        if loses_answer.load(Ordering::Acquire) {
            answers.join().unwrap();
        }
        let _ = server.shutdown(Shutdown::Both);
    });
}

fn fate(request: &[u8], commits: &AtomicUsize) -> Fate {
    if !request.windows(6).any(|word| word == b"COMMIT") {
        return Fate::Passed;
    }
    match commits.fetch_add(1, Ordering::Relaxed) {
        RELIABLE_AFTER.. => Fate::Passed,
        number => [Fate::Lost, Fate::AnswerLost, Fate::Passed][number % 3],
    }
}

#[test]
fn a_commit_or_its_answer_that_is_lost_costs_no_payment_and_repeats_none() {
    let Some((payments, worker)) = Payments::start(&[]) else { return };
    terminate(worker);
    payments.add_jobs(20, "ann");
    let relay = lossy_relay(payments.server.address());
    let database = format!("postgres://postgres@{relay}/postgres");
    let mut worker = Worker::spawn(&mut command(&database));
    payments.wait_until_no_job_is_left();
    assert_eq!(payments.server.query(PAID), "20|20");
    worker.wait_until_logged("cannot migrate yet: ");
    worker.wait_until_logged("consumer-0 has lost the database: ");
    terminate(worker);
}
