//! Reads any bytes as each of the three kinds of file and applies a configuration to a definition.
//! Nothing may panic, and every position must lie within the file.
//!
//! In `heartbeat-definition`:
//!
//! ```text
//! cargo +nightly fuzz run read -- -dict=fuzz/xml.dict -timeout=10
//! ```

#![no_main]

use heartbeat_definition::{
    Diagnostic, Parsed, ReadError, RoleModule, RoleValue, ServiceConfiguration, ServiceDefinition,
    suggest,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let definition = ServiceDefinition::lint(bytes);
    check(&definition, bytes);
    check(&RoleModule::lint(bytes), bytes);
    check(&ServiceConfiguration::lint(bytes), bytes);

    // After a separator comes a configuration for the definition before it.
    if let Some(at) = bytes.iter().position(|byte| *byte == 0x1E) {
        let definition = ServiceDefinition::lint(&bytes[..at]);
        let configuration = ServiceConfiguration::lint(&bytes[at + 1..]);
        if let (Ok(definition), Ok(configuration)) = (definition, configuration) {
            let roles = definition.model.configure(&configuration.model);
            assert_eq!(roles.len(), definition.model.roles.len());
            let _ = definition.model.cross_check(&configuration.model);
        }
    }

    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Some(value) = RoleValue::parse(text) {
            assert_eq!(RoleValue::parse(&value.to_string()), Some(value));
        }
        let mut names = text.lines();
        if let Some(wanted) = names.next() {
            let _ = suggest(wanted, names);
        }
    }
});

fn check<T>(parsed: &Result<Parsed<T>, ReadError>, bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    let within = |line: u32, column: u32| {
        line >= 1 && column >= 1 && line as usize <= lines && column as usize <= bytes.len() + 1
    };
    match parsed {
        Err(error) => {
            let place = error.position();
            assert!(within(place.line, place.column), "{error}");
            assert!(!error.message().is_empty());
        }
        Ok(parsed) => {
            for Diagnostic { position, message, .. } in &parsed.diagnostics {
                assert!(within(position.line, position.column), "{position}: {message}");
            }
        }
    }
}
