//! Encodings that other XML parsers refuse or misread.

use super::diagnostics::Diagnostics;
use crate::excerpt::excerpt;
use crate::parse::Encoding;
use crate::{Code, Position, Severity};

/// Checks the encoding of a file. `text` is its decoded content.
pub(super) fn check(bytes: &[u8], text: &str, diagnostics: &mut Diagnostics) {
    let encoding = Encoding::detect(bytes);
    let mark = encoding.mark();
    if bytes.strip_prefix(mark).is_some_and(|rest| rest.starts_with(mark)) {
        diagnostics.add_with_fix(
            Code::RepeatedByteOrderMark,
            Position::START,
            "the file begins with more than one byte order mark, which XML parsers refuse",
            "save it as UTF-8 with one or none",
        );
    }
    if let Some(declared) = declared(text) {
        check_declared(declared, encoding, text, diagnostics);
    }
}

/// Returns the encoding that the XML declaration names.
fn declared(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.strip_prefix(quote)?.split(quote).next()
}

/// Reports a declared encoding that is not the file's.
fn check_declared(declared: &str, encoding: Encoding, text: &str, diagnostics: &mut Diagnostics) {
    let name = declared.to_ascii_lowercase();
    let name = name.as_str();
    let is_ascii = encoding == Encoding::Utf8 && text.is_ascii();
    let (actual, agrees) = match encoding {
        Encoding::Utf8 if is_ascii => {
            ("utf-8", matches!(name, "utf-8" | "utf8" | "us-ascii" | "ascii"))
        }
        Encoding::Utf8 => ("utf-8", matches!(name, "utf-8" | "utf8")),
        Encoding::Utf16Le => ("utf-16", matches!(name, "utf-16" | "utf-16le")),
        Encoding::Utf16Be => ("utf-16", matches!(name, "utf-16" | "utf-16be")),
        Encoding::Utf32 => return,
    };
    if agrees {
        return;
    }
    // Extensions of ASCII read a file of ASCII characters the same.
    let is_harmless = is_ascii && EXTEND_ASCII.iter().any(|prefix| name.starts_with(prefix));
    let (severity, consequence) = if is_harmless {
        (Severity::Note, "")
    } else {
        (Severity::Warning, ", so XML parsers refuse or misread it")
    };
    let declared = excerpt(declared);
    diagnostics.push(
        Code::EncodingMismatch,
        severity,
        Position::START,
        format!("the file is in {actual} but declares `{declared}`{consequence}"),
        Some(format!("declare encoding=\"{actual}\"")),
    );
}

const EXTEND_ASCII: [&str; 3] = ["iso-8859-", "windows-125", "latin1"];
