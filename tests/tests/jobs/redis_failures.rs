//! A minute in which workers and the server die, stop and freeze at random moments, over 10,000 orders.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use heartbeat_tests::redis_server::{RedisServer, connect};
use heartbeat_tests::{Signal, Worker};

use super::random::{millis, seeded};
use super::redis_worker::{ask, order, pause, shipped, terminate, wait_until, worker};

const ORDERS: u32 = 10_000;
/// Number of orders that are added at once.
const BATCH: u32 = 25;
const MINUTE: Duration = Duration::from_secs(60);
/// Time for one order: short enough for all that wait after an outage, long enough to be hit.
const SHIPPING: Duration = Duration::from_millis(10);

/// The server, and until when it is away or frozen.
struct Server {
    redis: RedisServer,
    outage: Option<(Outage, Instant)>,
}

#[derive(Clone, Copy)]
enum Outage {
    Killed,
    Frozen,
}

/// Three workers, of which the place stays when the process changes.
struct Workers {
    places: Vec<Place>,
    /// Those that were killed, or told to stop.
    ended: Vec<(Worker, Signal)>,
}

struct Place {
    worker: Worker,
    suspended_until: Option<Instant>,
}

impl Server {
    /// Ends an outage that is over.
    fn mend(&mut self, now: Instant) {
        match self.outage.take_if(|(_, until)| *until <= now) {
            Some((Outage::Killed, _)) => self.redis.restart(),
            Some((Outage::Frozen, _)) => self.redis.thaw(),
            None => {}
        }
    }

    /// Begins an outage. A frozen server may also die.
    fn harm(&mut self, random: &mut Rng, now: Instant) {
        let outage = if random.u64(..2) == 0 { Outage::Killed } else { Outage::Frozen };
        match (self.outage, outage) {
            (None, Outage::Frozen) => self.redis.freeze(),
            (None | Some((Outage::Frozen, _)), Outage::Killed) => self.redis.kill(),
            _ => return,
        }
        // Sometimes for longer than a worker waits for an answer.
        let longest = if random.u64(..5) == 0 { 6_000 } else { 1_000 };
        self.outage = Some((outage, now + millis(random, 50, longest)));
    }
}

impl Workers {
    fn start(server: &RedisServer) -> Self {
        let place = |number| Place { worker: spawn(server, number), suspended_until: None };
        Self { places: (0..3).map(place).collect(), ended: Vec::new() }
    }

    /// Continues those whose suspension is over.
    fn mend(&mut self, now: Instant) {
        for place in &mut self.places {
            if place.suspended_until.take_if(|until| *until <= now).is_some() {
                place.worker.signal(Signal::CONT);
            }
        }
    }

    /// Kills, stops or suspends one.
    fn harm(&mut self, random: &mut Rng, now: Instant, server: &RedisServer) {
        let number = random.u64(..3);
        let place = self.places.get_mut(usize::try_from(number).unwrap()).unwrap();
        let signal = match random.u64(..3) {
            0 => Signal::KILL,
            1 => Signal::TERM,
            _ => {
                place.worker.signal(Signal::STOP);
                // Mostly for longer than another worker waits until it claims.
                place.suspended_until = Some(now + millis(random, 50, 3_000));
                return;
            }
        };
        place.worker.signal(signal);
        if place.suspended_until.take().is_some() {
            place.worker.signal(Signal::CONT);
        }
        let next = spawn(server, number);
        self.ended.push((std::mem::replace(&mut place.worker, next), signal));
    }

    /// Ends all, and returns the items that they have ever shipped.
    fn end(mut self) -> Vec<String> {
        let mut items = Vec::new();
        for (mut worker, signal) in self.ended {
            let code = worker.wait().code();
            let expected = if signal == Signal::TERM { Some(0) } else { None };
            assert_eq!(code, expected, "{signal:?}: {:#?}", worker.log());
            items.extend(shipped(&worker));
        }
        for place in &mut self.places {
            wait_until("all is well", || place.worker.get("/health").status == 200);
            assert_eq!(terminate(&mut place.worker), Some(0), "{:#?}", place.worker.log());
            items.extend(shipped(&place.worker));
        }
        items
    }
}

fn spawn(server: &RedisServer, number: u64) -> Worker {
    Worker::spawn(&mut worker(server, &format!("worker-{number}"), SHIPPING))
}

/// Adds all orders in the course of a minute. Those that the server does not accept are sent again.
fn produce(url: &str) {
    let start = Instant::now();
    let mut accepted = 0;
    while accepted < ORDERS {
        pause(Duration::from_millis(50));
        let Ok(mut connection) = connect(url) else { continue };
        while accepted < ORDERS {
            let due = (accepted + BATCH).min(ORDERS);
            pause((MINUTE * due / ORDERS).mul_f64(0.9).saturating_sub(start.elapsed()));
            let mut add = redis::pipe();
            for number in accepted..due {
                add.cmd("XADD").arg("orders").arg("*").arg("item").arg(number);
            }
            if add.exec(&mut connection).is_err() {
                break;
            }
            accepted = due;
        }
    }
}

#[test]
fn every_order_is_shipped_whatever_is_killed() {
    let Some(redis) = RedisServer::start() else { return };
    let mut random = seeded();
    let mut workers = Workers::start(&redis);
    let url = redis.url();
    let producer = thread::spawn(move || produce(&url));
    let mut server = Server { redis, outage: None };
    let start = Instant::now();
    let mut harms = [0, 0];
    while start.elapsed() < MINUTE {
        pause(millis(&mut random, 50, 800));
        let now = Instant::now();
        server.mend(now);
        workers.mend(now);
        if random.u64(..3) == 0 {
            server.harm(&mut random, now);
            harms[0] += 1;
        } else {
            workers.harm(&mut random, now, &server.redis);
            harms[1] += 1;
        }
    }
    let later = Instant::now() + MINUTE;
    server.mend(later);
    workers.mend(later);
    producer.join().unwrap();
    let mut connection = server.redis.connect().unwrap();
    order(&mut connection, "last");
    wait_until("nothing is left", || ask::<usize>(&mut connection, "XLEN orders") == 0);

    let items = workers.end();
    let distinct: BTreeSet<String> = items.iter().cloned().collect();
    println!("{harms:?} harms to server and workers, {} shipped", items.len());
    let expected: BTreeSet<String> =
        (0..ORDERS).map(|number| number.to_string()).chain(["last".to_owned()]).collect();
    let lost: Vec<_> = expected.difference(&distinct).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert_eq!(ask::<usize>(&mut connection, "EXISTS orders:failed"), 0);
}
