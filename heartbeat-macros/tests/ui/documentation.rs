//! The failing examples in the documentation, and the misspelled endpoint in the README, produce
//! exactly the errors printed below them.

use std::fs;

use crate::scratch::{Scratch, manifest, workspace};

fn check(scratch: &Scratch) -> String {
    let report = scratch.cargo(&["check"]);
    report.messages.iter().map(|message| &*message.rendered).collect()
}

/// Extracts the doc comments of a source file.
fn doc_comments(source: &str) -> String {
    let lines = source.lines().filter_map(|line| line.trim_start().strip_prefix("///"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Extracts the code blocks with the given info string, in order.
fn code_blocks(text: &str, info: &str) -> Vec<String> {
    let (mut blocks, mut lines) = (Vec::new(), text.lines());
    while lines.any(|line| line == format!("```{info}")) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(block.fold(String::new(), |text, line| text + line + "\n"));
    }
    blocks
}

#[test]
fn failing_examples_produce_the_documented_errors() {
    let macros = workspace().join("heartbeat-macros");
    let text = doc_comments(&fs::read_to_string(macros.join("src/lib.rs")).unwrap());
    let examples = code_blocks(&text, "compile_fail");
    let messages: Vec<_> =
        code_blocks(&text, "text").into_iter().filter(|block| block.starts_with("error")).collect();
    assert!(!examples.is_empty() && examples.len() == messages.len());

    let scratch = Scratch::package("documentation");
    let definition = fs::read_to_string(macros.join("ServiceDefinition.csdef")).unwrap();
    scratch.write("ServiceDefinition.csdef", &definition);
    for (index, (example, expected)) in examples.iter().zip(messages).enumerate() {
        scratch.write("src/main.rs", example);
        assert_eq!(check(&scratch).trim(), expected.trim(), "example {index}");
    }
}

#[test]
fn the_readme_quotes_the_error_of_its_worker() {
    let text = fs::read_to_string(workspace().join("README.md")).unwrap();
    let first = |info| code_blocks(&text, info).into_iter().next().unwrap();
    let expected = code_blocks(&text, "text").into_iter().find(|block| block.starts_with("error"));
    let scratch = Scratch::package("readme");
    let tokio = "tokio = { version = '1', features = ['time'] }\n\n[workspace]\n";
    scratch.write("Cargo.toml", &(manifest("readme", "2024", "") + tokio));
    scratch.write("src/main.rs", &first("rust").replace("\"Heartbeat\"", "\"Hartbeat\""));
    scratch.write("ServiceDefinition.csdef", &first("xml"));
    assert_eq!(check(&scratch).trim(), expected.unwrap().trim());
}
