//! Numbers that look random, and can be repeated.

use std::time::Duration;

/// Numbers that look random, by the generator of the name `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    /// Takes the seed from a variable, to repeat a run, or else from the clock, and prints it.
    #[expect(clippy::disallowed_methods, reason = "a variable for tests, not for workers")]
    pub(crate) fn new() -> Self {
        let given = std::env::var("HEARTBEAT_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let clock = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let seed = given.unwrap_or(clock);
        println!("HEARTBEAT_TEST_SEED={seed}");
        Self(seed)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Returns a time between two numbers of milliseconds.
    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}
