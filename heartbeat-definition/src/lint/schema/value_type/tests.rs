use super::*;

fn check(value_type: ValueType, good: &[&str], bad: &[&str]) {
    for value in good {
        assert!(value_type.accepts(value), "{value:?}");
    }
    for value in bad {
        assert!(!value_type.accepts(value), "{value:?}");
    }
}

#[test]
fn checks_names() {
    check(
        ValueType::Name,
        &["a", "_", "Microsoft.WindowsAzure.Plugins.X", "a b", "aé", "a@b", "a-1"],
        &["", "1a", ".a", " a", "éa", "a.", "a ", "a\u{a0}", "a/b", "a\"", "a^"],
    );
    check(ValueType::DirectoryName, &["a*b", "a"], &["a@b", "a;b", "a,b", "a."]);
    check(ValueType::VmName, &["a", "a-b", "1234567890"], &["", "-a", "a-", "12345678901", "a_b"]);
}

#[test]
fn checks_numbers() {
    check(
        PORT,
        &["1", "65535", " +0080 ", "\t80\n"],
        &["0", "65536", "", "*", "-1", "8 0", "80.0", "+ 80", "٨٠", "99999999999"],
    );
    check(ValueType::PortOrAny, &["*", "80"], &[" *", "**", "555555", "0"]);
    check(INT, &["-2147483648", "2147483647", "-0"], &["2147483648", "0x1", ""]);
    check(ValueType::Int(0, 65535), &["0", "65535"], &["-1", "65536"]);
    check(ValueType::Bool, &["true", " false ", "1", "0"], &["True", "yes", ""]);
}

#[test]
fn checks_texts() {
    check(NON_EMPTY, &["x", &"é".repeat(256)], &["", &"é".repeat(257)]);
    check(ValueType::OneOf(&["http", "tcp"]), &["http"], &["HTTP", " http", ""]);
    check(ValueType::Thumbprint, &["aF 09", " "], &["", "\u{200e}AB", "$x$"]);
    check(
        ValueType::Ipv4,
        &["10.0.0.1", "255.255.255.255", "00.01.1.1"],
        &["256.1.1.1", "1.1.1", "1.1.1.1.1", "001.1.1.1", "1.1.1.", "+1.1.1.1"],
    );
    check(
        ValueType::SchemaVersion,
        &["unspecified", "2015-04.2.6"],
        &["", "2015-04", "2015.04.2.6", "2015-04.2.", "2015-04.2.6.1"],
    );
}

#[test]
fn suggests_fixes() {
    let protocol = ValueType::OneOf(&["http", "https"]);
    assert_eq!(protocol.fix("HTTP").as_deref(), Some("write `http`"));
    assert_eq!(protocol.fix("ftp"), Some("write `http`".into()));
    assert_eq!(protocol.fix("gopher"), None);
    assert_eq!(ValueType::Bool.fix("True").as_deref(), Some("write `true`"));
    assert_eq!(ValueType::Name.fix("Orders. ").as_deref(), Some("write `Orders`"));
    assert_eq!(ValueType::Thumbprint.fix("$Certificate$"), None);
    let pasted = format!("\u{200e}{}", "ab".repeat(20));
    assert!(ValueType::Thumbprint.fix(&pasted).is_some());
    assert_eq!(PORT.fix("0"), None);
}
