//! Random moments, which can be repeated.

use std::time::Duration;

use fastrand::Rng;

/// The variable that repeats a run: the seed that it has printed.
const SEED: &str = "HEARTBEAT_TEST_SEED";

/// Takes the seed from the variable, or a new one, and prints it.
#[expect(clippy::disallowed_methods, reason = "a variable for tests, not for workers")]
pub(crate) fn seeded() -> Rng {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED}={seed}");
    Rng::with_seed(seed)
}

/// Returns a time of at least `from` and less than `to` milliseconds.
pub(crate) fn millis(random: &mut Rng, from: u64, to: u64) -> Duration {
    Duration::from_millis(random.u64(from..to))
}
