//! What is printed: the table of measures, and the table of bounds.

use std::fmt;

/// What was measured of one peer.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Number(f64),
    Words(String),
}

/// One measure of all peers, in their order.
struct Row {
    measure: &'static str,
    unit: &'static str,
    cells: Vec<Cell>,
}

/// A number that is to be reached.
pub(crate) struct Bound {
    pub(crate) what: &'static str,
    pub(crate) to_reach: &'static str,
    pub(crate) reached: String,
    pub(crate) met: bool,
}

#[derive(Default)]
pub(crate) struct Table {
    peers: Vec<&'static str>,
    rows: Vec<Row>,
    bounds: Vec<Bound>,
    /// Why something is not in the table.
    skipped: Vec<String>,
}

/// The middle one; with an even number of them the lower of the two.
pub(crate) fn median<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    quantile(values, 0.5)
}

/// The smallest value that is not below this share of them.
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

// === impl Cell ===

impl Cell {
    /// A number, where there is one.
    pub(crate) fn of(number: Option<f64>) -> Self {
        number.map_or_else(|| Self::Words("-".to_owned()), Self::Number)
    }

    pub(crate) fn words(words: impl Into<String>) -> Self {
        Self::Words(words.into())
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Words(_) => None,
        }
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn set_columns(&mut self, peers: Vec<&'static str>) {
        self.peers = peers;
    }

    pub(crate) fn numbers(&mut self, measure: &'static str, unit: &'static str, all: &[f64]) {
        self.cells(measure, unit, all.iter().copied().map(Cell::Number).collect());
    }

    pub(crate) fn row(&mut self, measure: &'static str, cells: Vec<Cell>) {
        self.cells(measure, "", cells);
    }

    pub(crate) fn cells(&mut self, measure: &'static str, unit: &'static str, cells: Vec<Cell>) {
        self.rows.push(Row { measure, unit, cells });
    }

    /// Of this project alone.
    pub(crate) fn ours(&mut self, measure: &'static str, unit: &'static str, number: f64) {
        let others = self.peers.iter().skip(1).map(|_| Cell::of(None));
        self.cells(measure, unit, [Cell::Number(number)].into_iter().chain(others).collect());
    }

    pub(crate) fn skip(&mut self, what: &str, why: &str) {
        self.skipped.push(format!("{what}: {why}"));
    }

    pub(crate) fn bound(&mut self, bound: Bound) {
        self.bounds.push(bound);
    }

    pub(crate) fn all_met(&self) -> bool {
        self.bounds.iter().all(|bound| bound.met)
    }
}

impl fmt::Display for Table {
    /// Each as so many times the second of them, and then the number itself.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| measure | {} |", self.peers.join(" | "))?;
        writeln!(formatter, "| --- |{}", " --- |".repeat(self.peers.len()))?;
        for row in &self.rows {
            let base = row.cells.get(1).and_then(Cell::number).filter(|base| *base > 0.0);
            write!(formatter, "| {} |", row.measure)?;
            for cell in &row.cells {
                let told = match cell {
                    Cell::Number(number) => format!("{} {}", significant(*number), row.unit),
                    Cell::Words(words) => words.clone(),
                };
                if let Some((number, base)) = cell.number().zip(base) {
                    write!(formatter, " **{:.2}×**", number / base)?;
                }
                write!(formatter, " {} |", told.trim_end())?;
            }
            writeln!(formatter)?;
        }
        writeln!(formatter, "\n| bound | to reach | reached | |\n| --- | --- | --- | --- |")?;
        for Bound { what, to_reach, reached, met } in &self.bounds {
            let met = if *met { "met" } else { "**missed**" };
            writeln!(formatter, "| {what} | {to_reach} | {reached} | {met} |")?;
        }
        for skipped in &self.skipped {
            writeln!(formatter, "\nSkipped: {skipped}.")?;
        }
        Ok(())
    }
}

/// Three digits that count.
fn significant(number: f64) -> String {
    match number.abs() {
        _ if number.fract() == 0.0 => format!("{number:.0}"),
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 0.1 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Cell, Table, median, quantile};

    #[test]
    fn quantiles_are_among_the_values() {
        assert_eq!(median([3, 1, 2]), Some(2));
        assert_eq!(median([4, 1, 2, 3]), Some(2));
        assert_eq!(median::<f64>([]), None);
        assert_eq!(quantile(0..1000, 0.999), Some(998));
        assert_eq!(quantile(0..1000, 1.0), Some(999));
    }

    #[test]
    fn each_number_is_told_as_so_many_times_the_second() {
        let mut table = Table::default();
        table.set_columns(vec!["ours", "by hand"]);
        table.numbers("time", "ms", &[1.5, 120.0]);
        table.row("answer", vec![Cell::words("503"), Cell::words("refused")]);
        table.cells("memory", "MiB", vec![Cell::Number(0.02), Cell::of(None)]);
        let bound =
            |what, met| Bound { what, to_reach: "1 ms", reached: "1.50 ms".to_owned(), met };
        table.bound(bound("one", true));
        assert!(table.all_met());
        table.bound(bound("other", false));
        assert!(!table.all_met());
        table.skip("third", "not here");
        let expected = "\
| measure | ours | by hand |
| --- | --- | --- |
| time | **0.01×** 1.50 ms | **1.00×** 120 ms |
| answer | 503 | refused |
| memory | 0.0200 MiB | - |

| bound | to reach | reached | |
| --- | --- | --- | --- |
| one | 1 ms | 1.50 ms | met |
| other | 1 ms | 1.50 ms | **missed** |

Skipped: third: not here.
";
        assert_eq!(table.to_string(), expected);
    }
}
