//! The inspection for a person.

use std::fmt::Write as _;

use crate::inspection::{Inspection, kind, local_port, public_ports};

pub(crate) fn render(inspection: &Inspection) -> String {
    let mut text = format!("service {}\n", inspection.definition.name);
    for configured in inspection.roles() {
        let role = configured.role;
        let instances =
            configured.instances.map_or(String::new(), |count| format!(", instances: {count}"));
        let _ = writeln!(text, "\n{} {}, {}{instances}", role.kind, role.name, role.vm_size);
        let mut rows = vec![["ENDPOINT", "KIND", "PROTOCOL", "PUBLIC", "LOCAL"].map(String::from)];
        rows.extend(role.endpoints.iter().map(|endpoint| {
            [
                endpoint.name.clone(),
                kind(endpoint).to_owned(),
                endpoint.protocol.to_string(),
                public_ports(endpoint),
                local_port(endpoint),
            ]
        }));
        text += &table(&rows);
        let mut rows = vec![["SETTING", "VALUE"].map(String::from)];
        rows.extend(
            configured
                .settings
                .iter()
                .map(|setting| [setting.name.to_owned(), inspection.value(setting).to_owned()]),
        );
        text += &table(&rows);
    }
    text += &diagnostics(inspection);
    text
}

fn diagnostics(inspection: &Inspection) -> String {
    let mut text = String::from("\n");
    for diagnostic in &inspection.diagnostics {
        let place = inspection.path(diagnostic).display();
        let _ = writeln!(text, "{place}:{diagnostic}");
    }
    text += match (inspection.diagnostics.is_empty(), inspection.is_valid()) {
        (true, _) => "no diagnostics\n",
        (false, true) => "valid\n",
        (false, false) => "not valid\n",
    };
    text
}

/// The rows below their heading, in columns as wide as need be. A heading
/// alone is not worth a line.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    if rows.len() < 2 {
        return String::new();
    }
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths);
        let cells: Vec<_> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
    text
}
