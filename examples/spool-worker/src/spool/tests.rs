//! Tests on a real file system, with folders prepared in every relevant state.

mod fixture;
mod killed;
mod name_taken;
mod opening;
mod refused;
mod stopping;
mod unsettled;

use std::fs;

use fixture::{Fixture, LARGE, gunzip, names, noise};

#[test]
fn compresses_a_file_and_removes_it_from_the_inbox() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fixture.process_inbox();
    fixture.assert_files(&[], &[("a.gz", b"hello")]);
}

#[test]
fn preserves_every_byte_of_a_large_file() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    fixture.process_inbox();
    fixture.assert_files(&[], &[("a.gz", &noise(LARGE))]);
}

#[test]
fn compresses_an_empty_file() {
    let fixture = Fixture::new();
    fixture.deliver("empty", b"");
    fixture.process_inbox();
    fixture.assert_files(&[], &[("empty.gz", b"")]);
}

/// Linux allows any bytes in a name; other systems may not.
#[cfg(target_os = "linux")]
#[test]
fn keeps_a_name_that_is_not_unicode() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let fixture = Fixture::new();
    let name = OsStr::from_bytes(b"a\xff\n\x1b");
    fs::write(fixture.inbox().join(name), b"hello").unwrap();
    fixture.process_inbox();
    let result = OsStr::from_bytes(b"a\xff\n\x1b.gz");
    assert_eq!(names(&fixture.inbox()), [""; 0]);
    assert_eq!(names(&fixture.done()), [result]);
    assert_eq!(gunzip(&fixture.done().join(result)), b"hello");
}

#[cfg(unix)]
#[test]
fn keeps_the_permissions_of_the_original() {
    use std::os::unix::fs::PermissionsExt;

    for mode in [0o600, 0o644, 0o440, 0o4711] {
        let fixture = Fixture::new();
        fixture.deliver("a", b"hello");
        let path = fixture.inbox().join("a");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        fixture.process_inbox();
        let metadata = fs::metadata(fixture.done().join("a.gz")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, mode & 0o777);
    }
}
