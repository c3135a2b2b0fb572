//! The table of `heartbeat status`.

use std::fmt::Write as _;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Style};

use super::protocol::{InstanceStatus, Status};
use crate::run::elapsed::Elapsed;

/// A column: its heading, its cells, and the order in which columns are left out where the terminal is
/// too narrow: the highest first, 0 never.
struct Column {
    heading: &'static str,
    cell: fn(&InstanceStatus) -> String,
    left_out: u8,
}

const COLUMNS: [Column; 8] = [
    Column { heading: "INSTANCE", cell: |it| it.id.clone(), left_out: 0 },
    Column { heading: "STATE", cell: |it| format!("{} {}", mark(it), state(it)), left_out: 0 },
    Column { heading: "WHY", cell: why, left_out: 1 },
    Column { heading: "UPTIME", cell: |it| seconds(it.uptime_seconds), left_out: 4 },
    Column { heading: "RESTARTS", cell: |it| it.restarts.to_string(), left_out: 3 },
    Column {
        heading: "LAST EXIT",
        cell: |it| it.last_exit.clone().unwrap_or_default(),
        left_out: 2,
    },
    Column {
        heading: "PID",
        cell: |it| it.pid.map(|pid| pid.to_string()).unwrap_or_default(),
        left_out: 5,
    },
    Column { heading: "VERSION", cell: |it| it.version.clone().unwrap_or_default(), left_out: 6 },
];

/// Renders the instances in a width, if there is one.
pub(super) fn render(status: &Status, width: Option<usize>, has_colors: bool) -> String {
    let rows: Vec<Vec<String>> = status
        .instances
        .iter()
        .map(|it| COLUMNS.iter().map(|column| (column.cell)(it)).collect())
        .collect();
    let widths: Vec<usize> = COLUMNS
        .iter()
        .enumerate()
        .map(|(number, column)| {
            let cells = rows.iter().filter_map(|row| row.get(number));
            let longest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            // A column without a cell is left out.
            if longest == 0 { 0 } else { longest.max(column.heading.len()) }
        })
        .collect();
    let shown = shown(&widths, width);
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths).zip(&shown).filter(|(_, shown)| **shown);
        let cells: Vec<_> = cells.map(|((cell, width), _)| format!("{cell:width$}")).collect();
        let line = cells.join("  ").trim_end().to_owned();
        // A name may be longer than the terminal is wide.
        line.chars().take(width.unwrap_or(usize::MAX)).collect::<String>()
    };
    let mut text = line(&mut COLUMNS.iter().map(|column| column.heading)) + "\n";
    for (row, instance) in rows.iter().zip(&status.instances) {
        let style = if has_colors { style(instance) } else { Style::new() };
        let line = line(&mut row.iter().map(String::as_str));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
    text
}

/// Returns which columns are shown in a width.
fn shown(widths: &[usize], width: Option<usize>) -> Vec<bool> {
    let mut shown: Vec<_> = widths.iter().map(|width| *width > 0).collect();
    let mut order: Vec<_> = COLUMNS.iter().map(|column| column.left_out).enumerate().collect();
    order.retain(|(_, left_out)| *left_out > 0);
    order.sort_by_key(|(_, left_out)| std::cmp::Reverse(*left_out));
    for (number, _) in order {
        let total: usize = widths.iter().zip(&shown).filter(|it| *it.1).map(|it| it.0 + 2).sum();
        if total.saturating_sub(2) > width.unwrap_or(usize::MAX)
            && let Some(shown) = shown.get_mut(number)
        {
            *shown = false;
        }
    }
    shown
}

/// Returns a shape that tells without colour.
fn mark(it: &InstanceStatus) -> char {
    match (it.well, &*it.phase) {
        (true, "stopped" | "ended") => '-',
        (true, _) => '●',
        (false, "waiting" | "starting" | "stopping" | "restarting") => '◐',
        (false, _) => '○',
    }
}

fn state(it: &InstanceStatus) -> &str {
    match &*it.phase {
        "running" if it.busy => "busy",
        "running" if it.live == Some(false) => "red",
        "running" if it.ready => "ready",
        "running" if it.live.is_none() => "no answer",
        "running" => "not ready",
        phase => phase,
    }
}

fn why(it: &InstanceStatus) -> String {
    match it.restart_in_seconds {
        Some(left) => format!("in {}", seconds(Some(left))),
        None if it.ready => String::new(),
        None => it.reasons.join(", "),
    }
}

fn style(it: &InstanceStatus) -> Style {
    match mark(it) {
        '●' => AnsiColor::Green.on_default(),
        '◐' => AnsiColor::Yellow.on_default(),
        '○' => AnsiColor::Red.on_default(),
        _ => Style::new(),
    }
}

fn seconds(seconds: Option<f64>) -> String {
    let duration = seconds.and_then(|it| Duration::try_from_secs_f64(it).ok());
    duration.map(|it| Elapsed(it).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{InstanceStatus, Status, render};

    fn status() -> Status {
        let instance = |id: &str, phase: &str, ready, live, exit: Option<&str>| InstanceStatus {
            role: "Orders".to_owned(),
            id: id.to_owned(),
            phase: phase.to_owned(),
            ready,
            live,
            well: ready,
            busy: false,
            reasons: if ready { Vec::new() } else { vec!["stalled".to_owned()] },
            version: Some("1.4.2".to_owned()),
            pid: Some(812),
            uptime_seconds: Some(41.0),
            restarts: 2,
            restart_in_seconds: (phase == "restarting").then_some(0.4),
            last_exit: exit.map(str::to_owned),
            seen_seconds_ago: Some(0.1),
            endpoints: Vec::new(),
        };
        let instances = vec![
            instance("Orders_IN_0", "running", true, Some(true), None),
            instance("Orders_IN_1", "running", false, Some(false), Some("70, a panic")),
            instance("Orders_IN_2", "restarting", false, None, Some("killed by SIGKILL")),
        ];
        Status { service: "Shop".to_owned(), pid: 1, instances }
    }

    #[test]
    fn fits_any_width() {
        expect![[r"
            INSTANCE     STATE         WHY        UPTIME  RESTARTS  LAST EXIT          PID  VERSION
            Orders_IN_0  ● ready                  41 s    2                            812  1.4.2
            Orders_IN_1  ○ red         stalled    41 s    2         70, a panic        812  1.4.2
            Orders_IN_2  ◐ restarting  in 400 ms  41 s    2         killed by SIGKILL  812  1.4.2
        "]]
        .assert_eq(&render(&status(), None, false));
        expect![[r"
            INSTANCE     STATE         WHY        LAST EXIT
            Orders_IN_0  ● ready
            Orders_IN_1  ○ red         stalled    70, a panic
            Orders_IN_2  ◐ restarting  in 400 ms  killed by SIGKILL
        "]]
        .assert_eq(&render(&status(), Some(60), false));
        for width in 1..100 {
            let table = render(&status(), Some(width), false);
            assert!(table.lines().all(|line| line.chars().count() <= width), "{table}");
        }
    }

    #[test]
    fn colours_say_no_more_than_shapes() {
        let table = render(&status(), None, true);
        assert!(table.contains("\u{1b}[31mOrders_IN_1  ○ red"), "{table}");
    }
}
