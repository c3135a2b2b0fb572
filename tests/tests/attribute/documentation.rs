//! The failing examples of the documentation fail with exactly the message that stands below them,
//! and so does the worker of the README, when its endpoint is misspelled.

use std::fs;

use heartbeat_tests::workspace;

use crate::scratch::{Scratch, manifest};

fn said(scratch: &Scratch) -> String {
    let report = scratch.cargo(&["check"]);
    report.messages.iter().map(|message| &*message.rendered).collect()
}

/// The documentation in the comments of a source file.
fn comments(source: &str) -> String {
    let lines = source.lines().filter_map(|line| line.trim_start().strip_prefix("///"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// The content of the blocks of that kind, in order.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let (mut blocks, mut lines) = (Vec::new(), text.lines());
    while lines.any(|line| line == format!("```{kind}")) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(block.fold(String::new(), |text, line| text + line + "\n"));
    }
    blocks
}

#[test]
fn each_failing_example_says_what_is_written_below_it() {
    let macros = workspace().join("heartbeat-macros");
    let text = comments(&fs::read_to_string(macros.join("src/lib.rs")).unwrap());
    let examples = blocks(&text, "compile_fail");
    let messages: Vec<_> =
        blocks(&text, "text").into_iter().filter(|block| block.starts_with("error")).collect();
    assert!(!examples.is_empty() && examples.len() == messages.len());

    let scratch = Scratch::package("documentation");
    let definition = fs::read_to_string(macros.join("ServiceDefinition.csdef")).unwrap();
    scratch.write("ServiceDefinition.csdef", &definition);
    for (index, (example, expected)) in examples.iter().zip(messages).enumerate() {
        scratch.write("src/main.rs", example);
        assert_eq!(said(&scratch).trim(), expected.trim(), "example {index}");
    }
}

#[test]
fn the_worker_of_the_readme_says_what_the_readme_says() {
    let text = fs::read_to_string(workspace().join("README.md")).unwrap();
    let first = |kind| blocks(&text, kind).into_iter().next().unwrap();
    let expected = blocks(&text, "text").into_iter().find(|block| block.starts_with("error"));
    let scratch = Scratch::package("readme");
    let tokio = "tokio = { version = '1', features = ['time'] }\n\n[workspace]\n";
    scratch.write("Cargo.toml", &(manifest("readme", "2024", "") + tokio));
    scratch.write("src/main.rs", &first("rust").replace("\"Heartbeat\"", "\"Hartbeat\""));
    scratch.write("ServiceDefinition.csdef", &first("xml"));
    assert_eq!(said(&scratch).trim(), expected.unwrap().trim());
}
