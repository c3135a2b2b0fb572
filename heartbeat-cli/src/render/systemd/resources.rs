//! The limit of memory, from the quantity of `heartbeat.toml`.
//!
//! Processors are not reserved: a share of them would be one of all that the machine runs.

use super::unit::Unit;
use crate::render::quantity::quantity;
use crate::render::worker::Worker;

/// Bytes of a mebibyte, which systemd calls M.
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Writes the limit.
pub(super) fn write(unit: &mut Unit, worker: &Worker<'_>) {
    if let Some(bytes) = worker.keys.memory.as_deref().and_then(quantity) {
        match bytes / MEBIBYTE {
            whole if whole.fract() == 0.0 => unit.set("MemoryMax", format_args!("{whole}M")),
            _ => unit.set("MemoryMax", bytes.ceil()),
        }
    }
}
