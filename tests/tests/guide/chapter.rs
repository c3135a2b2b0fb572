//! The code blocks of a chapter.

use std::fs;
use std::path::Path;

use heartbeat_tests::workspace;

use crate::guide;

/// A code block.
#[derive(Debug)]
pub(crate) struct Block {
    /// The first word behind the fence.
    pub(crate) language: String,
    /// Its content, with the file that it includes.
    pub(crate) text: String,
    /// The path of that file, from the folder of the chapter.
    pub(crate) includes: Option<String>,
    /// A comment on the line before the block, which readers do not see.
    pub(crate) note: Option<Note>,
    /// The line of the fence.
    pub(crate) line: usize,
}

/// An instruction to the [`reader`](crate::reader) of a block.
#[derive(Debug)]
pub(crate) enum Note {
    /// `<!-- file: PATH -->`: the reader writes the block into this file.
    File(String),
    /// `<!-- goes on -->`: the last command keeps running, in a terminal of its own.
    GoesOn,
    /// `<!-- not run: REASON -->`
    NotRun,
}

/// Returns the code blocks of a chapter, or of the README.
pub(crate) fn read(chapter: &str) -> Vec<Block> {
    let path = match chapter {
        "readme" => workspace().join("README.md"),
        _ => guide().join(format!("{chapter}.md")),
    };
    let text = read_file(&path);
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(text.lines());
    let mut before = "";
    let mut last_sentence = "";
    while let Some((line, text)) = lines.next() {
        if let Some(info) = text.trim_start().strip_prefix("```") {
            let content = lines.by_ref().map(|(_, text)| text);
            let content = content.take_while(|text| text.trim_start() != "```");
            let note = Note::parse(before);
            if let Some(Note::File(path)) = &note {
                assert!(last_sentence.contains(path), "{chapter}.md:{line}: say that it is {path}");
            }
            let text: String = content.flat_map(|line| [line, "\n"]).collect();
            let includes = included(&text);
            blocks.push(Block {
                language: info.split(',').next().unwrap_or_default().to_owned(),
                text: includes.as_deref().map_or(text, |path| read_file(&guide().join(path))),
                includes,
                note,
                line,
            });
        }
        if !text.is_empty() && !text.starts_with("<!--") {
            last_sentence = text;
        }
        before = text;
    }
    blocks
}

/// Returns the path of the file that a block consists of.
fn included(text: &str) -> Option<String> {
    let path = text.strip_prefix("{{#include ")?.strip_suffix("}}\n")?;
    Some(path.to_owned())
}

fn read_file(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

// === impl Note ===

impl Note {
    fn parse(line: &str) -> Option<Self> {
        let comment = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
        match comment.split_once(": ") {
            Some(("file", path)) => Some(Self::File(path.to_owned())),
            Some(("not run", _)) => Some(Self::NotRun),
            None if comment == "goes on" => Some(Self::GoesOn),
            _ => panic!("an unknown note: {line}"),
        }
    }
}
