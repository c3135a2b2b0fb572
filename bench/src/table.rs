//! The printed tables: measurements and bounds.

use std::{fmt, iter};

/// One measurement of one contender.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Number(f64),
    Text(String),
}

/// One measurement of all contenders, in their order.
struct Row {
    name: &'static str,
    unit: &'static str,
    cells: Vec<Cell>,
}

/// A limit that a measurement must keep.
pub(crate) struct Bound {
    pub(crate) name: &'static str,
    pub(crate) required: &'static str,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

#[derive(Default)]
pub(crate) struct Table {
    contenders: Vec<&'static str>,
    rows: Vec<Row>,
    bounds: Vec<Bound>,
    /// Rows and contenders that are missing, each with the reason.
    skipped: Vec<String>,
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

// === impl Cell ===

impl Cell {
    /// A number, or a dash without one.
    pub(crate) fn from_option(number: Option<f64>) -> Self {
        number.map_or_else(|| Self::Text("-".to_owned()), Self::Number)
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn set_columns(&mut self, contenders: Vec<&'static str>) {
        self.contenders = contenders;
    }

    pub(crate) fn add_numbers(&mut self, name: &'static str, unit: &'static str, all: &[f64]) {
        self.add_cells(name, unit, all.iter().copied().map(Cell::Number).collect());
    }

    pub(crate) fn add_row(&mut self, name: &'static str, cells: Vec<Cell>) {
        self.add_cells(name, "", cells);
    }

    pub(crate) fn add_cells(&mut self, name: &'static str, unit: &'static str, cells: Vec<Cell>) {
        self.rows.push(Row { name, unit, cells });
    }

    /// Adds a row of this project alone.
    pub(crate) fn add_own(&mut self, name: &'static str, unit: &'static str, number: f64) {
        self.add_first(name, unit, &[number]);
    }

    /// Adds a row of the first columns.
    pub(crate) fn add_first(&mut self, name: &'static str, unit: &'static str, numbers: &[f64]) {
        let numbers = numbers.iter().copied().map(Some).chain(iter::repeat(None));
        let cells = numbers.map(Cell::from_option).take(self.contenders.len()).collect();
        self.add_cells(name, unit, cells);
    }

    pub(crate) fn add_skipped(&mut self, name: &str, reason: &str) {
        self.skipped.push(format!("{name}: {reason}"));
    }

    pub(crate) fn add_bound(&mut self, bound: Bound) {
        self.bounds.push(bound);
    }

    pub(crate) fn all_met(&self) -> bool {
        self.bounds.iter().all(|bound| bound.met)
    }
}

impl fmt::Display for Table {
    /// Formats each number after its ratio to the second column.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| measurement | {} |", self.contenders.join(" | "))?;
        writeln!(formatter, "| --- |{}", " --- |".repeat(self.contenders.len()))?;
        for row in &self.rows {
            let base = row.cells.get(1).and_then(Cell::number).filter(|base| *base > 0.0);
            write!(formatter, "| {} |", row.name)?;
            for cell in &row.cells {
                let text = match cell {
                    Cell::Number(number) => format!("{} {}", significant(*number), row.unit),
                    Cell::Text(text) => text.clone(),
                };
                if let Some((number, base)) = cell.number().zip(base) {
                    write!(formatter, " **{:.2}×**", number / base)?;
                }
                write!(formatter, " {} |", text.trim_end())?;
            }
            writeln!(formatter)?;
        }
        writeln!(formatter, "\n| bound | required | measured | |\n| --- | --- | --- | --- |")?;
        for Bound { name, required, measured, met } in &self.bounds {
            let met = if *met { "met" } else { "**missed**" };
            writeln!(formatter, "| {name} | {required} | {measured} | {met} |")?;
        }
        for skipped in &self.skipped {
            writeln!(formatter, "\nSkipped: {skipped}.")?;
        }
        Ok(())
    }
}

/// Formats three significant digits; whole numbers in full.
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
    fn takes_quantiles_from_the_values() {
        assert_eq!(median([3, 1, 2]), Some(2));
        assert_eq!(median([4, 1, 2, 3]), Some(2));
        assert_eq!(median::<f64>([]), None);
        assert_eq!(quantile(0..1000, 0.999), Some(998));
        assert_eq!(quantile(0..1000, 1.0), Some(999));
    }

    #[test]
    fn prints_each_number_after_its_ratio_to_the_second_column() {
        let mut table = Table::default();
        table.set_columns(vec!["own", "by hand"]);
        table.add_numbers("time", "ms", &[1.5, 120.0]);
        table.add_row("answer", vec![Cell::text("503"), Cell::text("refused")]);
        table.add_cells("memory", "MiB", vec![Cell::Number(0.02), Cell::from_option(None)]);
        let bound =
            |name, met| Bound { name, required: "1 ms", measured: "1.50 ms".to_owned(), met };
        table.add_bound(bound("one", true));
        assert!(table.all_met());
        table.add_bound(bound("other", false));
        assert!(!table.all_met());
        table.add_skipped("third", "not here");
        let expected = "\
| measurement | own | by hand |
| --- | --- | --- |
| time | **0.01×** 1.50 ms | **1.00×** 120 ms |
| answer | 503 | refused |
| memory | 0.0200 MiB | - |

| bound | required | measured | |
| --- | --- | --- | --- |
| one | 1 ms | 1.50 ms | met |
| other | 1 ms | 1.50 ms | **missed** |

Skipped: third: not here.
";
        assert_eq!(table.to_string(), expected);
    }
}
