//! Work for all cores, in place of your own.

use std::ops::Range;

use rayon::prelude::*;

/// Numbers between two calls of `progress`: about a millisecond of work, or ten without optimization.
const CHUNK: u64 = 100;

/// Counts the primes among `numbers`, on all cores. Calls `progress` after each chunk, and returns `None`
/// soon after it returns `false`.
pub(crate) fn count(numbers: &Range<u64>, progress: impl Fn() -> bool + Sync) -> Option<usize> {
    let chunks = (numbers.end - numbers.start).div_ceil(CHUNK);
    let primes = |chunk| {
        if !progress() {
            return None;
        }
        let start = numbers.start + chunk * CHUNK;
        let chunk = start..numbers.end.min(start + CHUNK);
        Some(chunk.filter(|number| is_prime(*number)).count())
    };
    (0..chunks).into_par_iter().map(primes).sum()
}

fn is_prime(number: u64) -> bool {
    let mut divisors = (2..).take_while(|divisor| divisor * divisor <= number);
    number > 1 && divisors.all(|divisor| !number.is_multiple_of(divisor))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::{CHUNK, count};

    #[test]
    fn counts_primes() {
        assert_eq!(count(&(0..0), || true), Some(0));
        assert_eq!(count(&(0..30), || true), Some(10));
        assert_eq!(count(&(0..10_007), || true), Some(1229));
        assert_eq!(count(&(1_000_000_000..1_000_001_000), || true), Some(49));
    }

    #[test]
    fn stops_when_it_is_told() {
        let calls = AtomicU32::new(0);
        let primes = count(&(0..10_000 * CHUNK), || calls.fetch_add(1, Ordering::Relaxed) < 3);
        assert_eq!(primes, None);
    }
}
