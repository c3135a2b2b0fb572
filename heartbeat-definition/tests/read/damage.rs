//! Files that an editor, a merge, a copy or a typing mistake has damaged: each error names the
//! damage and the fix.

use crate::support::{service, unmark, worker};
use heartbeat_definition::{ServiceConfiguration, ServiceDefinition};

/// Asserts an error at the marked place with all of these words.
#[track_caller]
fn assert_error(marked: &str, words: &[&str]) {
    let (text, position) = unmark(marked);
    let error = ServiceDefinition::read(text.as_bytes()).unwrap_err();
    assert_eq!(error.position(), position, "{error}\n{text}");
    for word in words {
        assert!(error.message().contains(word), "`{word}` is not in: {error}\n{text}");
    }
    assert!(!error.message().contains('\n'), "{error}");
}

fn valid() -> String {
    worker("")
}

#[test]
fn explains_a_declaration_that_is_not_first() {
    let declaration = "▸<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
    let assert_fix = |before: &str, fix: &str| {
        let words = ["is only allowed at the very start of a file", fix];
        assert_error(&format!("{before}{declaration}{}", valid()), &words);
    };
    assert_fix("\n", "remove the blank before it");
    assert_fix(" ", "remove the blank before it");
    assert_fix("\u{feff}\r\n\r\n", "remove the blank before it");
    assert_fix("<!-- Copyright -->\n", "move it before the comment");
    assert_fix(&valid(), "two files may have been joined");
}

#[test]
fn explains_end_of_file_characters() {
    assert_error(&format!("{}▸\0", valid()), &["NUL", "remove them"]);
    assert_error(&format!("{}\r\n▸\0\0\0\0", valid()), &["NUL", "remove them"]);
    assert_error(&format!("{}\r\n▸\u{1a}", valid()), &["Ctrl-Z", "remove it"]);
    assert_error(&format!("{}▸\u{1a}\r\n", valid()), &["Ctrl-Z", "remove it"]);
    assert_error("<a>\n▸\0\0\0", &["NUL", "remove them"]);
    // An earlier fault comes first.
    assert_error("<a b=▸c />\0", &["quotation marks"]);
}

#[test]
fn refuses_utf_32() {
    let text = valid();
    for unit in [u32::to_le_bytes, u32::to_be_bytes] {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}{text}");
            let bytes: Vec<u8> = text.chars().flat_map(|c| unit(c.into())).collect();
            let error = ServiceDefinition::read(&bytes).unwrap_err();
            assert!(error.to_string().starts_with("1:1: the file is in UTF-32"), "{error}");
            assert!(error.message().contains("save it as UTF-8"), "{error}");
        }
    }
}

/// Tags with typographic quotation marks, the first of them marked.
const QUOTES: [&str; 7] = [
    "<ServiceDefinition xmlns=▸”urn:x”></ServiceDefinition>",
    "<ServiceDefinition xmlns = ▸“urn:x”>\n</ServiceDefinition>",
    "<ServiceDefinition name=\"Shop▸” xmlns=\"urn:x\" />",
    "<ServiceDefinition>\n<WorkerRole name=\"a▸”/>\n<WorkerRole name=\"b\"/></ServiceDefinition>",
    "<ServiceDefinition name=▸‘Shop’ />",
    "<?xml version=▸”1.0” encoding=”utf-8”?><ServiceDefinition/>",
    "<ServiceDefinition name=\"a▸”>",
];

#[test]
fn explains_typographic_quotation_marks() {
    for marked in QUOTES {
        let quote = marked.split('▸').nth(1).unwrap().chars().next().unwrap();
        let name = format!("`{quote}` is a typographic quotation mark");
        assert_error(marked, &[&name, "write `\"`"]);
    }
}

#[test]
fn explains_typographic_quotation_marks_in_windows_1252() {
    for marked in QUOTES {
        let (text, position) = unmark(marked);
        let bytes: Vec<u8> = text
            .chars()
            .map(|c| match c {
                '‘' => 0x91,
                '’' => 0x92,
                '“' => 0x93,
                '”' => 0x94,
                c => u8::try_from(c).unwrap(),
            })
            .collect();
        let error = ServiceDefinition::read(&bytes).unwrap_err();
        assert_eq!(error.position(), position, "{error}\n{text}");
        assert!(error.message().contains("is a typographic quotation mark"), "{error}\n{text}");
    }
    // Outside of syntax, the encoding is what is wrong.
    for text in [&b"<!-- \x93so\x94 --><a/>"[..], b"<a b=\"it\x92s\" c=\"d\"/>"] {
        let error = ServiceDefinition::read(text).unwrap_err();
        assert!(error.message().contains("save the file as UTF-8"), "{error}");
    }
}

#[test]
fn ignores_typographic_quotation_marks_within_a_value() {
    assert_error(
        "<a b=\"it’s “so” c\" d=▸5 />",
        &["the value of an attribute has no quotation marks"],
    );
}

#[test]
fn explains_merge_markers() {
    let words = ["merge", "resolve", "`<<<<<<<`", "`=======`", "`>>>>>>>`"];
    let conflict = "▸<<<<<<< HEAD\n<Endpoints />\n=======\n<Certificates />\n>>>>>>> topic";
    assert_error(&worker(conflict), &words);
    assert_error(&worker(&conflict.replace('\n', "\r\n")), &words);
    assert_error(&format!("{conflict}\n{}", valid()), &words);
    assert_error(&format!("{}\n▸>>>>>>> topic", valid()), &words);
    assert_error(&service("<WorkerRole name=\"a\"\n▸<<<<<<< HEAD\nvmsize=\"Small\" />"), &words);
    // In well-formed text they have a diagnostic with the same fix.
    let rest = worker("<Endpoints />\n=======\n<Certificates />\n>>>>>>> topic");
    let diagnostics = ServiceDefinition::lint(rest.as_bytes()).unwrap().diagnostics;
    assert!(diagnostics[0].to_string().contains("resolve the merge conflict"), "{diagnostics:#?}");
    assert_eq!(diagnostics[0].position.to_string(), "4:1");
}

#[test]
fn explains_pages_and_pointers_instead_of_the_file() {
    for page in [
        "▸<!DOCTYPE html>\n<html><head><meta charset=utf-8></head></html>",
        "▸<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\n<HTML></HTML>",
        "▸<?xml version=\"1.0\"?>\n<!-- saved -->\n<!DOCTYPE html><html/>",
        "▸\n<html lang=\"en\"><body><br></body></html>",
        "▸<html></html>",
    ] {
        assert_error(page, &["HTML page", "download the file itself"]);
    }
    assert_error("▸<!DOCTYPE ServiceDefinition><ServiceDefinition />", &["DTD"]);
    assert_error(
        "▸version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        &["Git LFS", "git lfs pull"],
    );
    assert_error("▸/annex/objects/SHA256E-s12--4d7a.csdef\n", &["git-annex", "git annex get"]);
    assert_error("▸../shared/ServiceDefinition.csdef", &["is this the right file?"]);
    assert_error("▸{\"message\": \"Not Found\"}", &["is this the right file?"]);
}

const PLACEHOLDERS: [&str; 8] =
    ["<% x %>", "{{x}}", "{% x %}", "#{x}", "__X__", "$(x)", "${x}", "$x$"];

#[test]
fn explains_template_placeholders() {
    for mark in PLACEHOLDERS {
        let words = ["template", mark, "fill in the template placeholders first"];
        assert_error(&worker(&format!("<Endpoints name=▸{mark} />")), &words);
        let after = if mark.starts_with('<') { "<▸% x %>" } else { &format!("▸{mark}") };
        if mark != "__X__" {
            assert_error(&worker(&format!("<Endpoints {}/>", after.replace("<▸%", "▸<%"))), &words);
            assert_error(&worker(&format!("<{mark} />").replacen('<', "<▸", 1)), &words);
        }
        if !mark.starts_with('<') {
            assert_error(&format!("▸{mark}\n{}", valid()), &words);
            assert_error(&format!("{}\n▸{mark}", valid()), &words);
        }
    }
}

/// In a well-formed file they have a diagnostic with the fix.
#[test]
fn explains_template_placeholders_in_values() {
    for mark in PLACEHOLDERS.into_iter().filter(|mark| !mark.starts_with('<')) {
        let port = format!("<InputEndpoint name=\"a\" protocol=\"tcp\" port=\"{mark}\" />");
        let found = crate::support::diagnostics(&crate::support::endpoints(&port));
        let fix = found[0].fix.as_deref();
        assert!(
            found[0].message.starts_with(&format!("`{mark}` is not a valid `port`")),
            "{found:#?}"
        );
        assert_eq!(fix, Some("fill in the template placeholders first"));
        let found = crate::support::diagnostics(&worker(mark));
        assert_eq!(found[0].fix.as_deref(), Some("fill in the template placeholders first"));
    }
    let text = "<ServiceConfiguration serviceName=\"Shop\" xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration\">\
                <Role name=\"Orders\"><Instances count=\"#{Count}\" /></Role></ServiceConfiguration>";
    let found = ServiceConfiguration::lint(text.as_bytes()).unwrap().diagnostics;
    assert_eq!(found[0].fix.as_deref(), Some("fill in the template placeholders first"));
}

#[test]
fn blames_the_misspelt_tag() {
    let lines = "<Endpoints />\n".repeat(15);
    assert_error(
        &service(&format!("▸<WokerRole name=\"Orders\">\n{lines}</WorkerRole>")),
        &["start tag `<WokerRole>`", "did you mean `<WorkerRole>`?"],
    );
    assert_error(
        &service("▸<workerRole name=\"a>b\">\n<!-- <b> --></WorkerRole>"),
        &["did you mean `<WorkerRole>`?"],
    );
    assert_error(
        &service("<WorkerRole name=\"Orders\">\n▸</WokerRole>"),
        &["end tag `</WokerRole>`", "did you mean `</WorkerRole>`?"],
    );
    assert_error(&service("▸<WokerRole>\n</WorkrRole>"), &["did you mean `<WorkerRole>`?"]);
    assert_error(
        &valid().replace("<ServiceDefinition", "▸<ServiceDefinitoin"),
        &["did you mean `<ServiceDefinition>`?"],
    );
}

#[test]
fn locates_an_element_that_is_not_closed() {
    assert_error(
        &worker("<Endpoints>\n<InputEndpoint name=\"a\">\n▸</Endpoints>"),
        &["`</InputEndpoint>` must come first", "for the `<InputEndpoint>` at 4:1"],
    );
}

/// No error of the parser is without a fix.
#[test]
fn every_syntax_error_has_a_fix() {
    for (marked, fix) in [
        ("<a ▸\u{1} />", "remove it"),
        ("<a b=\"▸\u{1}\" />", "remove it"),
        ("<a>x▸\u{b}</a>", "remove it"),
        ("▸<!-- a -- b --><a/>", "write `- -`"),
        ("<a>]]>▸</a>", "write `]]&gt;`"),
        ("<a b='1'▸c='2' />", "add one"),
        ("<a ▸5 />", "write name=\"value\""),
        ("<a b▸/>", "write name=\"value\""),
        ("<a b=▸5 />", "write name=\"value\""),
        ("<a><▸ b/></a>", "write the name"),
        ("<a\n▸<b/></a>", "add `>`"),
        ("<a xmlns:x='u' ▸xmlns:x='u' />", "remove one"),
        ("<▸xmlns:a />", "use another"),
        ("<a/>\n▸<b/>", "remove it"),
        ("<a>▸<!ELEMENT b></a>", "remove it"),
        ("<a><![CDATA[ b</a>▸", "add it"),
        ("<?xml ▸encoding=\"utf-8\"?><a/>", "write <?xml version=\"1.0\""),
    ] {
        assert_error(marked, &[fix]);
    }
}
