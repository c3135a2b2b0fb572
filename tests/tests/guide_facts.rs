//! Facts of the guide against the code: reasons, exit codes, and files that are shown in parts.

#![expect(clippy::panic, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use heartbeat_tests::workspace;

fn read(path: impl AsRef<Path>) -> String {
    let path = workspace().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn chapter(name: &str) -> String {
    read(format!("docs/src/{name}.md"))
}

/// Returns the code blocks of a chapter in that language.
fn blocks<'a>(chapter: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let blocks = chapter.split(&fence).skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn operations_explain_every_reason() {
    let schema: serde_json::Value =
        serde_json::from_str(&read("schemas/health.schema.json")).unwrap();
    let reasons = schema["$defs"]["Reason"]["enum"].as_array().unwrap();
    let reasons: Vec<_> = reasons.iter().map(|reason| reason.as_str().unwrap()).collect();
    let chapter = chapter("operations");
    let headings = chapter.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    assert_eq!(headings.collect::<Vec<_>>(), reasons);
    let rows = chapter.lines().filter_map(|line| line.strip_prefix("| [`")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), reasons);
}

#[test]
fn operations_explain_every_exit_code() {
    let code = read("heartbeat-runtime/src/exit.rs");
    let code = code.split("fn code(").nth(1).unwrap().split("=> number").next().unwrap();
    let codes = code.split("=> ").skip(1).filter_map(|rest| rest.split(',').next());
    let codes: BTreeSet<String> = codes.map(str::to_owned).collect();
    assert!(codes.len() > 4, "{codes:?}");
    let chapter = chapter("operations");
    let (_, table) = chapter.split_once("| code | means |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| "));
    let rows = rows.filter(|row| !row.contains("not ours"));
    let rows: BTreeSet<_> = rows
        .map(|row| row.trim_start_matches("| ").split(" |").next().unwrap().to_owned())
        .collect();
    let expected = codes.into_iter().chain(["128 + n".to_owned()]).collect();
    assert_eq!(rows, expected);
}

/// Their tests keep these files up to date.
#[test]
fn parts_of_deploy_files_are_as_rendered() {
    let mut files = Vec::new();
    for example in ["fleet", "azure-worker"] {
        collect(&workspace().join("examples").join(example), &mut files);
    }
    let mut shown = 0;
    for name in ["kubernetes", "systemd", "containers"] {
        let chapter = chapter(name);
        for language in ["yaml", "ini", "xml", "text"] {
            // A whole unit is written by hand, and checked with the README.
            for block in blocks(&chapter, language) {
                if block.starts_with("[Unit]") {
                    continue;
                }
                let is_part = files.iter().any(|file| has_part(file, block));
                assert!(is_part, "{name}.md: in no file of an example:\n{block}");
                shown += 1;
            }
        }
    }
    assert!(shown > 10, "{shown}");
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(text) = fs::read_to_string(path) {
            files.push(text);
        }
    }
}

/// Returns whether lines of a file are those of a block, all indented alike.
fn has_part(file: &str, block: &str) -> bool {
    let file: Vec<_> = file.lines().collect();
    let block: Vec<_> = block.lines().collect();
    file.windows(block.len()).any(|part| {
        let mut rows = part.iter().zip(&block);
        let indent = part.iter().zip(&block).find_map(|(line, shown)| line.strip_suffix(shown));
        indent.is_some_and(|indent| {
            rows.all(|(line, shown)| line.strip_prefix(indent) == Some(shown))
        })
    })
}
