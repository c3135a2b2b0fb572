//! Quantities of processor time and memory, as Kubernetes writes them.

/// Reads a quantity, such as `100m`, `2` or `64Mi`.
pub(crate) fn quantity(written: &str) -> Option<f64> {
    let end = written.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(written.len());
    let (number, unit) = written.split_at(end);
    let factor = match unit {
        "" => 1.0,
        "m" => 0.001,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::quantity;

    #[test]
    fn units_are_decimal_or_binary() {
        for (written, expected) in [
            ("2", Some(2.0)),
            ("0.5", Some(0.5)),
            ("250m", Some(0.25)),
            ("64Mi", Some(67_108_864.0)),
            ("1G", Some(1e9)),
            ("64 MB", None),
            ("", None),
            ("Mi", None),
            ("1.2.3", None),
        ] {
            assert_eq!(quantity(written), expected, "{written}");
        }
    }
}
