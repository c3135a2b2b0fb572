//! The values of keys, as far as no target could use them otherwise.

use std::time::Duration;

use heartbeat_definition::parse_duration;
use serde::{Deserialize, Deserializer, de};

use crate::render::quantity::quantity;

/// The shortest duration: what a worker allows for `stall_after`.
const SHORTEST: Duration = Duration::from_millis(10);
/// The longest duration: a year, which every target can write.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// The least memory, in bytes, with which a program can start.
const LEAST_MEMORY: f64 = 1024.0 * 1024.0;
/// The most memory, in bytes, that a quantity of Kubernetes can have.
const MOST_MEMORY: f64 = 9.0e18;

/// Reads a duration that is not too short to keep.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let (written, duration) = read_duration(from)?;
    if duration < SHORTEST {
        return Err(de::Error::custom(format_args!(
            "`{written}` is too short: write 10ms or more"
        )));
    }
    Ok(Some(duration))
}

/// Reads a duration.
pub(super) fn duration_or_zero<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    read_duration(from).map(|(_, duration)| Some(duration))
}

fn read_duration<'de, D: Deserializer<'de>>(from: D) -> Result<(String, Duration), D::Error> {
    let written = String::deserialize(from)?;
    match parse_duration(&written) {
        Some(duration) if duration <= LONGEST => Ok((written, duration)),
        Some(_) => Err(de::Error::custom(format_args!(
            "`{written}` is longer than a year: write 8760h or less"
        ))),
        None => Err(de::Error::custom(format_args!(
            "`{written}` is no duration: write a whole number and its unit, such as 250ms, 30s, 2m or 1h"
        ))),
    }
}

/// Reads the text of a quantity, if it is one.
pub(super) fn quantity_text<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    read_quantity(from).map(|(written, _)| Some(written))
}

/// Reads the text of a size of memory, if a program can start with it.
pub(super) fn memory<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let (written, bytes) = read_quantity(from)?;
    if (LEAST_MEMORY..=MOST_MEMORY).contains(&bytes) {
        return Ok(Some(written));
    }
    // `m` is a thousandth, and no unit is a byte.
    Err(de::Error::custom(format_args!(
        "no worker runs with `{written}` of memory: write it in mebibytes or gibibytes, such as 64Mi or 1Gi"
    )))
}

fn read_quantity<'de, D: Deserializer<'de>>(from: D) -> Result<(String, f64), D::Error> {
    let written = String::deserialize(from)?;
    let Some(value) = quantity(&written) else {
        return Err(de::Error::custom(format_args!(
            "`{written}` is no quantity: write a number and its unit, such as 100m, 2, 64Mi or 1Gi"
        )));
    };
    Ok((written, value))
}

/// Reads a word, such as the name of an image or a path.
pub(super) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let written = String::deserialize(from)?;
    if written.is_empty() || written.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(de::Error::custom(format_args!(
            "{written:?} is no name: leave the key out, or write a name without spaces"
        )));
    }
    Ok(Some(written))
}

/// Reads the name of a registry, which is no URL.
pub(super) fn registry<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let written = word(from)?;
    match written.as_deref().and_then(|written| written.split_once("://")) {
        Some((scheme, rest)) => Err(de::Error::custom(format_args!(
            "images have no `{scheme}://` in their names: write `{rest}`"
        ))),
        None => Ok(written),
    }
}

/// Reads the name of a namespace: a DNS label.
pub(super) fn namespace<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let written = String::deserialize(from)?;
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = (1..64).contains(&written.len())
        && written.chars().all(is_letter)
        && !written.starts_with('-')
        && !written.ends_with('-');
    if !is_label {
        return Err(de::Error::custom(format_args!(
            "{written:?} is no namespace: write up to 63 lower-case letters, digits and hyphens"
        )));
    }
    Ok(Some(written))
}
