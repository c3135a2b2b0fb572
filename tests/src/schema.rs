//! The published schema of the health answers, `schemas/health.schema.json`. Every answer that a test
//! sees is checked against it.
//!
//! No validator for Rust comes without a second version of some crate. This one knows the keywords that
//! the schema uses, and refuses any other; a test compares it with the validator for Python.

use std::sync::OnceLock;

use serde_json::{Map, Value};

/// Keywords that describe, and restrict nothing here.
const ANNOTATIONS: [&str; 5] = ["$schema", "$defs", "title", "description", "format"];

/// Returns the published schema.
///
/// # Panics
///
/// The file is missing or malformed.
#[must_use]
pub fn health() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let path = crate::workspace().join("schemas/health.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema is published");
        serde_json::from_str(&text).expect("the schema is JSON")
    })
}

/// Asserts that the JSON of a health answer is as the published schema says.
///
/// # Panics
///
/// It is not.
pub fn assert_valid(answer: &str) {
    let json = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    if let Err(reason) = validate(health(), &json) {
        panic!("not as the schema says: {reason}: {answer}");
    }
}

/// Validates a value by a schema, as JSON Schema 2020-12 defines it.
///
/// # Errors
///
/// The value is not valid; the error is one reason.
///
/// # Panics
///
/// The schema has a keyword that is not known here.
pub fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    validate_in(schema, schema, value)
}

fn validate_in(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let keywords = match schema {
        Value::Object(keywords) => keywords,
        Value::Bool(true) => return Ok(()),
        _ => return Err(format!("{value} is not allowed")),
    };
    for (keyword, argument) in keywords {
        apply(root, keywords, (keyword, argument), value)?;
    }
    Ok(())
}

fn apply(
    root: &Value,
    keywords: &Map<String, Value>,
    (keyword, argument): (&str, &Value),
    value: &Value,
) -> Result<(), String> {
    let all = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_allowed = match (keyword, value) {
        ("$ref", _) => {
            let pointer = argument.as_str().and_then(|at| at.strip_prefix('#'));
            let schema = pointer.and_then(|pointer| root.pointer(pointer));
            return validate_in(root, schema.expect("a reference has a definition"), value);
        }
        ("anyOf" | "oneOf", _) => {
            let fits = all.iter().filter(|schema| validate_in(root, schema, value).is_ok()).count();
            fits == 1 || fits > 1 && keyword == "anyOf"
        }
        ("type", _) => argument.as_str().is_some_and(|kind| has_type(value, kind)),
        ("const", _) => argument == value,
        ("enum", _) => all.contains(value),
        ("minimum", _) => value.as_f64() >= argument.as_f64(),
        ("items", Value::Array(items)) => {
            return items.iter().try_for_each(|item| validate_in(root, argument, item));
        }
        ("required", Value::Object(object)) => {
            all.iter().filter_map(Value::as_str).all(|name| object.contains_key(name))
        }
        ("properties", Value::Object(object)) => {
            return object
                .iter()
                .filter_map(|(name, value)| Some((argument.get(name)?, value)))
                .try_for_each(|(schema, value)| validate_in(root, schema, value));
        }
        ("additionalProperties", Value::Object(object)) => {
            let named = keywords.get("properties").and_then(Value::as_object);
            let is_named = |name: &str| named.is_some_and(|named| named.contains_key(name));
            return object
                .iter()
                .filter(|(name, _)| !is_named(name))
                .try_for_each(|(_, value)| validate_in(root, argument, value));
        }
        ("items" | "required" | "properties" | "additionalProperties", _) => true,
        _ => {
            assert!(ANNOTATIONS.contains(&keyword), "the keyword {keyword} is not known here");
            true
        }
    };
    if is_allowed { Ok(()) } else { Err(format!("{keyword} {argument} refuses {value}")) }
}

fn has_type(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("the type {other} is not known here"),
    }
}
