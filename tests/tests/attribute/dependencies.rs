//! What the attribute costs who has tokio's macros anyway: the definition's reader, and what it
//! reads with.

use std::collections::BTreeSet;
use std::process::Command;

use heartbeat_tests::workspace;

use crate::scratch::Scratch;

/// The names of what is compiled for a package.
fn crates(tree: &mut Command) -> BTreeSet<String> {
    let format = ["--offline", "--edges=normal,build", "--prefix=none", "--format={p}"];
    let output = tree.args(format).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}

#[test]
fn the_attribute_brings_nothing_but_the_reader_and_what_it_reads_with() {
    let scratch = Scratch::new("by-hand");
    let manifest = "[package]\nname = 'by-hand'\nedition = '2024'\n\n[workspace]\n\n[dependencies]
tokio = { version = '1', features = ['macros', 'rt-multi-thread', 'signal', 'time'] }\n";
    scratch.write("Cargo.toml", manifest);
    scratch.write("src/main.rs", "fn main() {}");
    let by_hand = crates(&mut scratch.command(&["tree"]));
    assert!(by_hand.contains("tokio-macros"), "{by_hand:?}");

    let mut attribute = Command::new(env!("CARGO"));
    attribute.current_dir(workspace()).args(["tree", "--locked", "--package=heartbeat-macros"]);
    let attribute = crates(&mut attribute);
    let more: Vec<_> = attribute.difference(&by_hand).map(String::as_str).collect();
    assert_eq!(
        more,
        [
            "heartbeat-definition",
            "heartbeat-macros",
            "memchr",
            "roxmltree",
            "strsim",
            "thiserror",
            "thiserror-impl",
        ]
    );
}
