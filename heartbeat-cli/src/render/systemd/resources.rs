//! The limits of memory and processor, from the quantities of `heartbeat.toml`.

use super::unit::Unit;
use crate::render::worker::Worker;

/// Units of a quantity, with their bytes.
const UNITS: [(&str, u64); 9] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("", 1),
];

/// Writes the limits. The processor's share is one only while others want it, as it is elsewhere.
pub(super) fn write(unit: &mut Unit, worker: &Worker<'_>) {
    if let Some(bytes) = worker.keys.memory.as_deref().and_then(bytes) {
        unit.set("MemoryMax", bytes);
    }
    if let Some(weight) = worker.keys.cpu.as_deref().and_then(weight) {
        unit.set("CPUWeight", weight);
    }
}

/// Returns the bytes of a quantity such as `256Mi`, as systemd writes them.
pub(super) fn bytes(quantity: &str) -> Option<String> {
    let (suffix, factor) = UNITS.iter().find(|(suffix, _)| quantity.ends_with(suffix))?;
    let number: u64 = quantity.strip_suffix(suffix)?.parse().ok()?;
    let is_binary = suffix.len() == 2;
    match suffix.chars().next() {
        Some(unit) if is_binary => Some(format!("{number}{unit}")),
        _ => Some(number.checked_mul(*factor)?.to_string()),
    }
}

/// Returns the weight of a quantity such as `500m` or `2`: 100, the default, is one processor.
pub(super) fn weight(quantity: &str) -> Option<u64> {
    let millis = match quantity.strip_suffix('m') {
        Some(millis) => millis.parse::<f64>().ok()?,
        None => quantity.parse::<f64>().ok()? * 1000.0,
    };
    let weight = (millis / 10.0).round().clamp(1.0, 10_000.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 10,000"
    )]
    weight.is_finite().then_some(weight as u64)
}

#[cfg(test)]
mod tests {
    use super::{bytes, weight};

    #[test]
    fn quantities_are_as_in_kubernetes() {
        for (quantity, expected) in [
            ("256Mi", Some("256M")),
            ("1Gi", Some("1G")),
            ("512M", Some("512000000")),
            ("1024", Some("1024")),
            ("much", None),
            ("", None),
        ] {
            assert_eq!(bytes(quantity).as_deref(), expected, "{quantity}");
        }
        for (quantity, expected) in
            [("500m", Some(50)), ("2", Some(200)), ("0.1", Some(10)), ("1m", Some(1)), ("x", None)]
        {
            assert_eq!(weight(quantity), expected, "{quantity}");
        }
    }
}
