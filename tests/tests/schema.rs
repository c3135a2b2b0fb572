//! The published schema of the health answers, and the validator of the tests beside one for Python.
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::process::Command;

use heartbeat_tests::prometheus::{python_with, run_with_stdin};
use heartbeat_tests::{Worker, schema, skip};
use serde_json::{Value, json};

/// Returns answers with and without details, of a healthy worker and of one that fails.
fn answers() -> Vec<Value> {
    let mut answers = Vec::new();
    for (program, setting, value, line) in [
        (env!("CARGO_BIN_EXE_telling-worker"), "BROKEN", "", "heartbeat: ready"),
        (env!("CARGO_BIN_EXE_failing-worker"), "FAIL", "run failing check", "check `peer` failed"),
        (env!("CARGO_BIN_EXE_failing-worker"), "FAIL", "run panic, drop block", "run panicked"),
    ] {
        for details in ["always", "never"] {
            let mut command = Command::new(program);
            command.env(format!("HEARTBEAT_SETTING_{setting}"), value);
            let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", details));
            worker.wait_until_logged(line);
            answers.push(serde_json::from_str(&worker.get("/health").body).unwrap());
        }
    }
    answers
}

/// Returns copies of a value that differ from it in one place.
fn changed(value: &Value) -> Vec<Value> {
    let mut copies = vec![Value::Null, json!(-1), json!("other"), json!({}), json!([])];
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let with = |value: Option<Value>| {
                    let mut object = object.clone();
                    match value {
                        Some(value) => drop(object.insert(name.clone(), value)),
                        None => drop(object.remove(name)),
                    }
                    Value::Object(object)
                };
                copies.push(with(None));
                copies.extend(changed(value).into_iter().map(|value| with(Some(value))));
            }
            let mut object = object.clone();
            object.insert("other".to_owned(), json!(1));
            copies.push(Value::Object(object));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let with = |item: Value| {
                    let mut items = items.clone();
                    items.splice(index..=index, [item]);
                    Value::Array(items)
                };
                copies.extend(changed(item).into_iter().map(with));
            }
        }
        _ => {}
    }
    copies
}

#[test]
fn it_is_strict() {
    for answer in answers() {
        schema::validate(schema::health(), &answer).unwrap();
        let name = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
            let mut copy = answer.as_object().unwrap().clone();
            change(&mut copy);
            schema::validate(schema::health(), &Value::Object(copy)).is_err()
        };
        assert!(name(&|answer| drop(answer.insert("other".to_owned(), json!(1)))));
        assert!(name(&|answer| drop(answer.insert("state".to_owned(), json!("ready")))));
        assert!(name(&|answer| drop(answer.remove("version"))));
        assert!(name(&|answer| drop(answer.insert("facts".to_owned(), Value::Null))));
    }
}

#[test]
fn a_validator_for_python_agrees() {
    const PROGRAM: &str = "import json, sys\n\
        from jsonschema import Draft202012Validator as Validator\n\
        schema, values = json.load(sys.stdin)\n\
        Validator.check_schema(schema)\n\
        validator = Validator(schema)\n\
        print(json.dumps([validator.is_valid(value) for value in values]))";
    let Some(python) = python_with("jsonschema") else {
        return skip("jsonschema for Python is not installed");
    };
    let answers = answers();
    let values: Vec<_> = answers.iter().flat_map(changed).chain(answers.clone()).collect();
    let input = json!([schema::health(), values]).to_string();
    let command = &mut Command::new(python);
    let (succeeds, printed) = run_with_stdin(command.args(["-c", PROGRAM]), &input).unwrap();
    assert!(succeeds, "{printed}");
    let expected: Vec<bool> = serde_json::from_str(&printed).unwrap();
    assert!(values.len() > 500 && values.len() == expected.len(), "{} values", values.len());
    for (value, expected) in values.iter().zip(expected) {
        let result = schema::validate(schema::health(), value);
        assert_eq!(result.is_ok(), expected, "{result:?}: {value}");
    }
}
