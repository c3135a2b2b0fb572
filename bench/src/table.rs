//! A printed table of measurements: a column for each contender.

use std::{fmt, iter};

use crate::stats::{Ratio, median};

/// The measurements of one contender.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// A number for each round.
    Rounds(Vec<f64>),
    Text(String),
}

/// One kind of measurement, of all contenders in their order.
struct Row {
    name: &'static str,
    unit: &'static str,
    cells: Vec<Cell>,
}

#[derive(Default)]
pub(crate) struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Row>,
}

/// Returns a cell for each contender, from a number of each of its rounds.
pub(crate) fn cells<T>(rounds: &[Vec<T>], number: impl Fn(&T) -> f64) -> Vec<Cell> {
    rounds.iter().map(|rounds| Cell::Rounds(rounds.iter().map(&number).collect())).collect()
}

/// Returns a cell for each contender, from a text of its last round.
pub(crate) fn last_texts<T>(rounds: &[Vec<T>], text: impl Fn(&T) -> String) -> Vec<Cell> {
    rounds.iter().map(|all| Cell::Text(all.last().map(&text).unwrap_or_default())).collect()
}

// === impl Cell ===

impl Cell {
    /// Not measured: a dash.
    pub(crate) fn none() -> Self {
        Self::Text("-".to_owned())
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn rounds(&self) -> &[f64] {
        match self {
            Self::Rounds(rounds) => rounds,
            Self::Text(_) => &[],
        }
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn set_columns(&mut self, columns: Vec<&'static str>) {
        self.columns = columns;
    }

    pub(crate) fn add(&mut self, name: &'static str, unit: &'static str, cells: Vec<Cell>) {
        let missing = iter::repeat_with(Cell::none);
        let cells = cells.into_iter().chain(missing).take(self.columns.len()).collect();
        self.rows.push(Row { name, unit, cells });
    }

    /// Adds a number of this project alone.
    pub(crate) fn add_own(&mut self, name: &'static str, unit: &'static str, number: f64) {
        self.add(name, unit, vec![Cell::Rounds(vec![number])]);
    }
}

impl fmt::Display for Table {
    /// Formats each number after its ratio to the second column.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(formatter, "| measurement | {} |", self.columns.join(" | "))?;
        writeln!(formatter, "| --- |{}", " --- |".repeat(self.columns.len()))?;
        for row in &self.rows {
            let base = row.cells.get(1).map(Cell::rounds).unwrap_or_default();
            write!(formatter, "| {} |", row.name)?;
            for (index, cell) in row.cells.iter().enumerate() {
                if let Some(ratio) = Ratio::between(cell.rounds(), base) {
                    let text = ratio.to_string();
                    let (median, spread) = text.split_once(' ').unwrap_or((&text, ""));
                    let has_spread = index != 1 && cell.rounds().len() > 1;
                    let spread = if has_spread { format!(" {spread}") } else { String::new() };
                    write!(formatter, " **{median}**{spread}")?;
                }
                write!(formatter, " {} |", row.text(cell).trim_end())?;
            }
            writeln!(formatter)?;
        }
        writeln!(formatter)
    }
}

// === impl Row ===

impl Row {
    fn text(&self, cell: &Cell) -> String {
        match cell {
            Cell::Text(text) => text.clone(),
            Cell::Rounds(rounds) => match median(rounds.iter().copied()) {
                Some(number) if number.is_finite() => {
                    format!("{} {}", significant(number), self.unit)
                }
                Some(_) => "no response in 1 s".to_owned(),
                None => "-".to_owned(),
            },
        }
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
    use super::{Cell, Table};

    #[test]
    fn prints_each_number_after_its_ratio_to_the_second_column() {
        let mut table = Table::default();
        table.set_columns(vec!["own", "by hand", "third"]);
        let rounds = |rounds: &[f64]| Cell::Rounds(rounds.to_vec());
        let own = rounds(&[1.0, 1.5, 4.0]);
        table.add("time", "ms", vec![own, rounds(&[1.0, 2.0, 2.0]), rounds(&[120.0])]);
        let lost = rounds(&[f64::INFINITY, f64::INFINITY, 1.0]);
        table.add("latency", "ms", vec![rounds(&[0.02]), lost]);
        table.add("answer", "", vec![Cell::text("503"), Cell::text("refused")]);
        table.add_own("memory", "MiB", 3.0);
        let expected = "\
| measurement | own | by hand | third |
| --- | --- | --- | --- |
| time | **1.00×** (0.75–2.00) 1.50 ms | **1.00×** 2 ms | **120.00×** 120 ms |
| latency | 0.0200 ms | no response in 1 s | - |
| answer | 503 | refused | - |
| memory | 3 MiB | - | - |

";
        assert_eq!(table.to_string(), expected);
    }
}
