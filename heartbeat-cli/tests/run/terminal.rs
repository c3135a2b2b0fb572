//! A terminal, of any width.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::project::Project;

/// Runs a command on a terminal, and returns what it shows.
fn on_terminal(command: &mut Command, columns: u16) -> String {
    let control = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&control).unwrap();
    unlockpt(&control).unwrap();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&control, size).unwrap();
    let name = ptsname(&control, Vec::new()).unwrap();
    let terminal = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(terminal.try_clone().unwrap())
        .stderr(terminal)
        .env("TERM", "xterm")
        .spawn()
        .unwrap();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut shown = Vec::new();
    // The end of a terminal is an error.
    let _ = File::from(control).read_to_end(&mut shown);
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let project = Project::of_scripts(&[("Orders", "echo line")]);
    let shown = on_terminal(&mut project.heartbeat(&["run"]), 60);
    assert!(shown.contains("\u{1b}[36mOrders_IN_0 |\u{1b}[0m line"), "{shown:?}");
    let shown = on_terminal(project.heartbeat(&["run"]).env("NO_COLOR", "1"), 60);
    assert!(shown.contains("\nOrders_IN_0 | line"), "{shown:?}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let output = project.output(&["run"]);
    assert!(!output.stdout.contains(&0x1b), "{output:?}");
}

#[test]
fn a_table_fits_a_terminal_of_60_columns() {
    let project = Project::of_scripts(&[
        ("OrdersOfTheNorthernShops", "exit 1"),
        ("Quick", "exec sleep 1000"),
    ]);
    let mut run = project.run(&[]);
    run.wait_for_line("OrdersOfTheNorthernShops_IN_0 exited with 1");
    let shown = on_terminal(project.heartbeat(&["status"]).env("NO_COLOR", "1"), 60);
    assert!(shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
    assert!(shown.contains("Quick_IN_0                     ● ready"), "{shown}");
    let shown = on_terminal(&mut project.heartbeat(&["status"]), 200);
    assert!(shown.contains("LAST EXIT") && shown.contains("\u{1b}[32mQuick_IN_0"), "{shown:?}");
}
