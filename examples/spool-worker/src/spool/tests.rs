//! The states of the folders are built by hand, the file system is real.

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
fn a_file_becomes_a_result_and_leaves_the_inbox() {
    let fixture = Fixture::new();
    fixture.deliver("a", b"hello");
    fixture.pass();
    fixture.expect(&[], &[("a.gz", b"hello")]);
}

#[test]
fn a_file_of_many_chunks_comes_back_byte_for_byte() {
    let fixture = Fixture::new();
    fixture.deliver("a", &noise(LARGE));
    fixture.pass();
    fixture.expect(&[], &[("a.gz", &noise(LARGE))]);
}

#[test]
fn an_empty_file_becomes_a_sound_result() {
    let fixture = Fixture::new();
    fixture.deliver("empty", b"");
    fixture.pass();
    fixture.expect(&[], &[("empty.gz", b"")]);
}

/// Linux takes any bytes for a name; other systems may refuse these.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_unicode_is_kept() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let fixture = Fixture::new();
    let name = OsStr::from_bytes(b"a\xff\n\x1b");
    fs::write(fixture.inbox().join(name), b"hello").unwrap();
    fixture.pass();
    let result = OsStr::from_bytes(b"a\xff\n\x1b.gz");
    assert_eq!(names(&fixture.inbox()), [""; 0]);
    assert_eq!(names(&fixture.done()), [result]);
    assert_eq!(gunzip(&fixture.done().join(result)), b"hello");
}

#[cfg(unix)]
#[test]
fn a_result_can_be_read_by_whom_the_original_could_be_read_by() {
    use std::os::unix::fs::PermissionsExt;

    for mode in [0o600, 0o644, 0o440, 0o4711] {
        let fixture = Fixture::new();
        fixture.deliver("a", b"hello");
        let path = fixture.inbox().join("a");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        fixture.pass();
        let metadata = fs::metadata(fixture.done().join("a.gz")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, mode & 0o777);
    }
}
