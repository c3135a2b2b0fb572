//! Statistics of rounds, in which contenders take turns so that other load on the machine meets all.

use std::error::Error;

use crate::contender::Contender;

/// A ratio of two contenders: the median of the ratios of each round, and the middle half of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    low: f64,
    high: f64,
}

/// The middle value; of an even number of values, the lower of the two.
pub(crate) fn median<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    quantile(values, 0.5)
}

/// The smallest value that is at least as large as `share` of all values.
pub(crate) fn quantile<T>(values: impl IntoIterator<Item = T>, share: f64) -> Option<T>
where
    T: PartialOrd + Copy,
{
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied()
}

/// Measures the contenders in turn. Returns the rounds of each.
pub(crate) fn take_turns<T>(
    contenders: &[&Contender],
    rounds: usize,
    mut measure: impl FnMut(&Contender) -> Result<T, Box<dyn Error>>,
) -> Result<Vec<Vec<T>>, Box<dyn Error>> {
    let mut measured: Vec<Vec<T>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (contender, measured) in contenders.iter().zip(&mut measured) {
            let round = measure(contender);
            measured.push(round.map_err(|error| format!("{}: {error}", contender.name))?);
        }
    }
    Ok(measured)
}

// === impl Ratio ===

impl Ratio {
    /// Compares the rounds of two contenders. Without a round of both, or with one that did not end, it is
    /// `None`: the other rounds alone would flatter.
    pub(crate) fn between(own: &[f64], other: &[f64]) -> Option<Self> {
        if !own.iter().chain(other).all(|number| number.is_finite()) {
            return None;
        }
        let ratios: Vec<_> = own
            .iter()
            .zip(other)
            .filter(|(_, other)| **other > 0.0)
            .map(|(own, other)| own / other)
            .collect();
        let at = |share| quantile(ratios.iter().copied(), share);
        Some(Self { median: at(0.5)?, low: at(0.25)?, high: at(0.75)? })
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.2}× ({:.2}–{:.2})", self.median, self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ratio, median, quantile};

    #[test]
    fn takes_quantiles_from_the_values() {
        assert_eq!(median([3, 1, 2]), Some(2));
        assert_eq!(median([4, 1, 2, 3]), Some(2));
        assert_eq!(median::<f64>([]), None);
        assert_eq!(quantile(0..1000, 0.999), Some(998));
        assert_eq!(quantile(0..1000, 1.0), Some(999));
    }

    #[test]
    fn compares_rounds_one_by_one() {
        // Each round is slower than the one before: only rounds of the same time compare.
        let ratio = Ratio::between(&[1.0, 3.0, 4.0], &[1.0, 2.0, 3.0]).expect("there are rounds");
        assert_eq!(ratio.to_string(), "1.33× (1.00–1.50)");
        assert_eq!(Ratio::between(&[1.0], &[0.0]), None);
        assert_eq!(Ratio::between(&[f64::INFINITY], &[1.0]), None);
        assert_eq!(Ratio::between(&[], &[1.0]), None);
    }
}
