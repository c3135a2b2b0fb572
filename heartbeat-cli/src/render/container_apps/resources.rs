//! CPU and memory, which come in pairs.

use serde::Serialize;

use crate::render::deployment::RoleKeys;
use crate::render::quantity::quantity;

/// A quarter of a core, with half a GiB of memory, is the smallest pair, and 16 of them the largest.
const MAX_QUARTERS: u32 = 16;

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Resources {
    cpu: f64,
    memory: String,
}

impl Resources {
    /// Returns the smallest pair that has as much as `heartbeat.toml` says.
    pub(super) fn new(keys: &RoleKeys) -> Self {
        let quarters = (1..=MAX_QUARTERS).find(|quarters| has_enough(*quarters, keys));
        let (cpu, bytes) = pair(quarters.unwrap_or(MAX_QUARTERS));
        Self { cpu, memory: format!("{}Gi", bytes / GIBIBYTE) }
    }
}

/// Returns whether `heartbeat.toml` says more than the largest pair has.
pub(super) fn is_too_much(keys: &RoleKeys) -> bool {
    !has_enough(MAX_QUARTERS, keys)
}

fn has_enough(quarters: u32, keys: &RoleKeys) -> bool {
    let wanted = |key: &Option<String>| key.as_deref().and_then(quantity).unwrap_or_default();
    let (cores, bytes) = pair(quarters);
    cores >= wanted(&keys.cpu) && bytes >= wanted(&keys.memory)
}

const GIBIBYTE: f64 = 1024.0 * 1024.0 * 1024.0;

fn pair(quarters: u32) -> (f64, f64) {
    (f64::from(quarters) / 4.0, f64::from(quarters) / 2.0 * GIBIBYTE)
}

#[cfg(test)]
mod tests {
    use super::{Resources, RoleKeys};

    #[test]
    fn the_smallest_pair_that_is_enough_is_chosen() {
        for (cpu, memory, expected) in [
            (None, None, (0.25, "0.5Gi")),
            (Some("100m"), Some("64Mi"), (0.25, "0.5Gi")),
            (Some("0.5"), Some("64Mi"), (0.5, "1Gi")),
            (Some("1"), Some("3Gi"), (1.5, "3Gi")),
            (Some("100"), None, (4.0, "8Gi")),
        ] {
            let (cpu, memory) = (cpu.map(str::to_owned), memory.map(str::to_owned));
            let resources = Resources::new(&RoleKeys { cpu, memory, ..RoleKeys::default() });
            assert_eq!((resources.cpu, resources.memory.as_str()), expected);
        }
    }
}
