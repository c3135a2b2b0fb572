//! Random delays, which spread the calls of many instances.

use std::hash::{BuildHasher, RandomState};

/// Returns a random number from 0 to 1.
pub(crate) fn jitter() -> f64 {
    let random = RandomState::new().hash_one(()) >> 32;
    f64::from(u32::try_from(random).unwrap_or_default()) / f64::from(u32::MAX)
}
