//! Refused files, which do not hold up others.

use std::fs;
use std::ops::ControlFlow;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::fixture::{Fixture, proceed};
use crate::progress::Skipped;

#[test]
fn refuses_a_folder() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.inbox().join("folder")).unwrap();
    fixture.assert_refused("folder", "it is a folder");
}

#[test]
fn refuses_a_name_too_long_for_a_result_before_any_work() {
    let fixture = Fixture::new();
    let name = "n".repeat(253);
    fixture.deliver(&name, b"hello");
    let mut calls = 0;
    let spool = fixture.open(Duration::ZERO);
    let outcome = spool.process_file(name.as_ref(), &mut || {
        calls += 1;
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome, Err(Skipped::Refused(_))), "{outcome:?}");
    assert_eq!(calls, 0);
}

#[test]
fn accepts_the_longest_name_that_leaves_room_for_a_result() {
    let fixture = Fixture::new();
    let name = "n".repeat(252);
    fixture.deliver(&name, b"hello");
    fixture.process_inbox();
    fixture.assert_files(&[], &[(&format!("{name}.gz"), b"hello")]);
}

#[test]
fn does_not_retry_a_refused_file_at_each_scan() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.inbox().join("a")).unwrap();
    let mut spool = fixture.open(Duration::ZERO);
    spool.process_inbox(&mut proceed).unwrap();
    fs::remove_dir(fixture.inbox().join("a")).unwrap();
    fixture.deliver("a", b"hello");
    spool.process_inbox(&mut proceed).unwrap();
    fixture.assert_files(&[("a", b"hello")], &[]);
    spool.refused.expire(Instant::now() + Duration::from_secs(31));
    spool.process_inbox(&mut proceed).unwrap();
    fixture.assert_files(&[], &[("a.gz", b"hello")]);
}

#[test]
fn fails_if_the_inbox_is_gone() {
    let fixture = Fixture::new();
    let mut spool = fixture.open(Duration::ZERO);
    fs::remove_dir(fixture.inbox()).unwrap();
    let error = spool.process_inbox(&mut proceed).unwrap_err().to_string();
    assert!(error.starts_with("cannot list "), "{error}");
}

#[cfg(unix)]
#[test]
fn refuses_a_symbolic_link() {
    let fixture = Fixture::new();
    let secret = fixture.root.path().join("secret");
    fs::write(&secret, b"secret").unwrap();
    symlink(&secret, fixture.inbox().join("link")).unwrap();
    fixture.assert_refused("link", "it is a symbolic link");
}

#[cfg(unix)]
#[test]
fn refuses_a_pipe_without_blocking() {
    let fixture = Fixture::new();
    let path = fixture.inbox().join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap();
    fixture.assert_refused("pipe", "it is a device, a pipe or a socket");
}

/// Root can read any file.
#[cfg(unix)]
#[test]
fn refuses_an_unreadable_file() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    let path = fixture.inbox().join("a");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if rustix::process::geteuid().is_root() {
        fixture.process_inbox();
        fixture.assert_files(&[], &[("a.gz", b"hello")]);
    } else {
        fixture.assert_refused("a", "Permission denied");
    }
}
