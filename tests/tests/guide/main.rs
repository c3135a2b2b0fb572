//! The guide, read as its readers do: its commands run and print what it says, its definitions are
//! accepted, and its programs are those that the tests build.

#![cfg(target_os = "linux")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod chapter;
mod console;
mod definition;
mod matching;
mod reader;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use heartbeat_tests::{program, workspace};

use crate::chapter::{Block, Note};

/// Makes a test for each chapter that has commands. It follows the chapter from a folder: the one of
/// the repository, or a new one.
macro_rules! chapters {
    ($($chapter:ident in $folder:ident,)*) => {
        $(
            #[test]
            fn $chapter() {
                reader::follow(stringify!($chapter), reader::Folder::$folder);
            }
        )*

        const FOLLOWED: &[&str] = &[$(stringify!($chapter)),*];
    };
}

chapters! {
    containers in Repository,
    definition in New,
    from_azure in Repository,
    from_hand_written in Repository,
    health in New,
    kubernetes in Repository,
    logs_and_metrics in New,
    readme in Repository,
    settings in New,
    start in New,
    stopping in New,
    systemd in Repository,
    testing in New,
    tls in New,
}

/// Returns the chapters, by the names of their files, and the README.
fn chapters() -> Vec<(String, Vec<Block>)> {
    let files = guide().read_dir().unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let names = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let names = names.chain(["readme".to_owned()]);
    names.map(|name| (name.clone(), chapter::read(&name))).collect()
}

fn guide() -> PathBuf {
    workspace().join("docs/src")
}

#[test]
fn every_command_is_run() {
    let with_commands = chapters().into_iter().filter(|(_, blocks)| {
        let commands = blocks.iter().filter(|block| block.language == "console");
        commands.into_iter().any(|block| !matches!(block.note, Some(Note::NotRun)))
    });
    let with_commands: BTreeSet<_> = with_commands.map(|(name, _)| name).collect();
    let followed: BTreeSet<_> = FOLLOWED.iter().map(|name| name.replace('_', "-")).collect();
    assert_eq!(with_commands, followed);
}

/// rustdoc compiles blocks of `rust`. Those of `rs` are whole files, which cargo builds: an example, or a
/// file that the reader writes.
#[test]
fn every_program_is_built() {
    let compiled = fs::read_to_string(workspace().join("tests/src/guide.rs")).unwrap();
    for (name, blocks) in chapters() {
        for block in blocks {
            let place = format!("{name}.md:{}", block.line);
            let is_built = match &*block.language {
                "" => panic!("{place}: no language"),
                // Another test holds it to an example.
                "rust" if name == "readme" => true,
                "rust" => compiled.contains(&format!("\"{name}.md\"")),
                "rs" => block.includes.is_some() || matches!(block.note, Some(Note::File(_))),
                _ => true,
            };
            assert!(is_built, "{place} is not built");
        }
    }
}

#[test]
fn its_definitions_and_configurations_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for (name, blocks) in chapters() {
        let xml = blocks.iter().filter(|block| block.language == "xml");
        for block in xml.filter(|block| !matches!(block.note, Some(Note::NotRun))) {
            let file = folder.path().join(format!("{name}-{}.xml", block.line));
            fs::write(&file, definition::complete(&block.text)).unwrap();
            let check = program("heartbeat-cli", "heartbeat").arg("check").arg(&file).output();
            let findings = String::from_utf8(check.unwrap().stdout).unwrap();
            assert!(findings.starts_with("nothing wrong"), "{name}.md:{}\n{findings}", block.line);
            fs::remove_file(file).unwrap();
            count += 1;
        }
    }
    assert!(count > 0);
}
