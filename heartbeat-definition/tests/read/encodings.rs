//! The encodings of files, and the encodings that they declare.

use crate::support::service;
use heartbeat_definition::{Code, ServiceDefinition, Severity};

fn read_all(bytes: &[u8]) -> (Vec<Code>, String) {
    let parsed = ServiceDefinition::lint(bytes).unwrap();
    let place = parsed.model.roles[0].position.to_string();
    assert_eq!(parsed.model.roles[0].name, "Beiträge");
    (parsed.diagnostics.iter().map(|d| d.code).collect(), place)
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn reads_each_encoding() {
    // The name is in the first line, which a byte order mark would shift, after a character of two
    // bytes.
    let body = service("<!-- Ü --><WorkerRole name=\"Beiträge\" />").replace('\n', "");
    let column = body.chars().position(|c| c == 'B').unwrap() + 1;
    let place = format!("1:{column}");
    let good = (vec![], place);

    assert_eq!(read_all(body.as_bytes()), good);
    assert_eq!(read_all(format!("\u{feff}{body}").as_bytes()), good);
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        assert_eq!(read_all(&utf16(&body, unit)), good);
        assert_eq!(read_all(&utf16(&format!("\u{feff}{body}"), unit)), good);
    }
}

/// libxml2 and expat refuse or misread the first of these declared encodings, and read the later
/// ones correctly.
#[test]
fn warns_of_a_declaration_that_misleads_xml_parsers() {
    let declared = |encoding: &str, name: &str| {
        let body = service(&format!("<WorkerRole name=\"{name}\" />"));
        format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{body}")
    };
    let severity = |bytes: &[u8]| {
        let diagnostics = ServiceDefinition::lint(bytes).unwrap().diagnostics;
        let [diagnostic] = &diagnostics[..] else { panic!("not one diagnostic: {diagnostics:#?}") };
        assert_eq!(diagnostic.code, Code::EncodingMismatch, "{diagnostic}");
        let fix = diagnostic.fix.as_deref();
        assert!(fix.is_some_and(|fix| fix.starts_with("declare encoding=")), "{diagnostic}");
        diagnostic.severity
    };
    for (encoding, name) in [
        ("utf-16", "Orders"),
        ("no-such-encoding", "Orders"),
        ("windows-1252", "Beiträge"),
        ("us-ascii", "Beiträge"),
        ("shift_jis", "Orders"),
    ] {
        let text = declared(encoding, name);
        assert_eq!(severity(text.as_bytes()), Severity::Warning, "{encoding}");
        assert_eq!(severity(format!("\u{feff}{text}").as_bytes()), Severity::Warning, "{encoding}");
    }
    for encoding in ["utf-8", "utf-16be", "windows-1252"] {
        let text = utf16(&format!("\u{feff}{}", declared(encoding, "Orders")), u16::to_le_bytes);
        assert_eq!(severity(&text), Severity::Warning, "{encoding}");
    }
    for encoding in ["windows-1252", "ISO-8859-1"] {
        let text = declared(encoding, "Orders");
        assert_eq!(severity(text.as_bytes()), Severity::Note, "{encoding}");
    }
    for encoding in ["utf-8", "us-ascii"] {
        assert_eq!(read_all(declared("utf-8", "Beiträge").as_bytes()).0, []);
        let text = declared(encoding, "Orders");
        assert_eq!(ServiceDefinition::lint(text.as_bytes()).unwrap().diagnostics, []);
    }
}

#[test]
fn warns_of_two_byte_order_marks() {
    let body = service("<WorkerRole name=\"Beiträge\" />");
    let marked = format!("\u{feff}\u{feff}{body}");
    for bytes in [
        marked.clone().into_bytes(),
        utf16(&marked, u16::to_le_bytes),
        format!("\u{feff}{marked}").into_bytes(),
    ] {
        let parsed = ServiceDefinition::lint(&bytes).unwrap();
        let found: Vec<_> =
            parsed.diagnostics.iter().map(|d| (d.code.as_str(), d.severity)).collect();
        assert_eq!(found, [("repeated-byte-order-mark", Severity::Warning)]);
        assert_eq!(parsed.model.roles[0].position.to_string(), "2:19");
    }
}

#[test]
fn reads_a_file_with_a_wrong_declaration() {
    let declared = |encoding: &str| {
        let body = service("<!-- Ü --><WorkerRole name=\"Beiträge\" />");
        format!("<?xml version=\"1.0\" encoding='{encoding}' standalone=\"yes\"?>{body}")
    };
    let mismatch = [Code::EncodingMismatch];
    assert_eq!(read_all(declared("utf-16").as_bytes()).0, mismatch);
    assert_eq!(read_all(declared("windows-1252").as_bytes()).0, mismatch);
    assert_eq!(read_all(&utf16(&declared("utf-8"), u16::to_le_bytes)).0, mismatch);
    assert_eq!(read_all(declared("UTF-8").as_bytes()).0, []);
    assert_eq!(read_all(&utf16(&declared("utf-16"), u16::to_be_bytes)).0, []);
    let plain = declared("utf-8").replace(" encoding='utf-8'", "");
    assert_eq!(read_all(plain.as_bytes()).0, []);
}

#[test]
fn refuses_invalid_bytes() {
    let error = ServiceDefinition::read(b"<a>\n \xFCber</a>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "2:2: the byte 0xFC is not UTF-8: save the file as UTF-8 or UTF-16"
    );
    let mut bytes = utf16("<a>ü", u16::to_le_bytes);
    bytes.push(0);
    let error = ServiceDefinition::read(&bytes).unwrap_err();
    assert_eq!(error.position().to_string(), "1:5");
    let lone: Vec<u8> =
        [0xFEFF_u16, 0x3C, 0xD800, 0x3C].into_iter().flat_map(u16::to_be_bytes).collect();
    let error = ServiceDefinition::read(&lone).unwrap_err();
    assert!(error.to_string().starts_with("1:2: 0xD800"), "{error}");
}
