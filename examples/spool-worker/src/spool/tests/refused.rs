//! What is refused, while the others go on.

use std::fs;
use std::ops::ControlFlow;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::fixture::{Fixture, go_on};
use crate::progress::Left;

#[test]
fn a_folder_is_refused() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.inbox().join("folder")).unwrap();
    fixture.expect_refused("folder", "it is a folder");
}

#[test]
fn a_name_too_long_for_a_result_is_refused_before_any_work() {
    let fixture = Fixture::new();
    let name = "n".repeat(253);
    fixture.deliver(&name, b"hello");
    let mut calls = 0;
    let spool = fixture.open(Duration::ZERO);
    let outcome = spool.take(name.as_ref(), &mut || {
        calls += 1;
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome, Err(Left::Refused(_))), "{outcome:?}");
    assert_eq!(calls, 0);
}

#[test]
fn the_longest_name_that_leaves_room_for_a_result_is_taken() {
    let fixture = Fixture::new();
    let name = "n".repeat(252);
    fixture.deliver(&name, b"hello");
    fixture.pass();
    fixture.expect(&[], &[(&format!("{name}.gz"), b"hello")]);
}

#[test]
fn a_refused_file_is_not_tried_at_each_pass() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.inbox().join("a")).unwrap();
    let mut spool = fixture.open(Duration::ZERO);
    spool.pass(&mut go_on).unwrap();
    fs::remove_dir(fixture.inbox().join("a")).unwrap();
    fixture.deliver("a", b"hello");
    spool.pass(&mut go_on).unwrap();
    fixture.expect(&[("a", b"hello")], &[]);
    spool.refused.expire(Instant::now() + Duration::from_secs(31));
    spool.pass(&mut go_on).unwrap();
    fixture.expect(&[], &[("a.gz", b"hello")]);
}

#[test]
fn an_inbox_that_is_gone_is_an_error() {
    let fixture = Fixture::new();
    let mut spool = fixture.open(Duration::ZERO);
    fs::remove_dir(fixture.inbox()).unwrap();
    let error = spool.pass(&mut go_on).unwrap_err().to_string();
    assert!(error.starts_with("cannot list "), "{error}");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_refused() {
    let fixture = Fixture::new();
    let secret = fixture.root.path().join("secret");
    fs::write(&secret, b"secret").unwrap();
    symlink(&secret, fixture.inbox().join("link")).unwrap();
    fixture.expect_refused("link", "it is a symbolic link");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_does_not_block() {
    let fixture = Fixture::new();
    let path = fixture.inbox().join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap();
    fixture.expect_refused("pipe", "it is a device, a pipe or a socket");
}

/// Root may read everything, so to root it is a file like any other.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    let path = fixture.inbox().join("a");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if rustix::process::geteuid().is_root() {
        fixture.pass();
        fixture.expect(&[], &[("a.gz", b"hello")]);
    } else {
        fixture.expect_refused("a", "Permission denied");
    }
}
