//! The published schema of the JSON: `UPDATE_EXPECT=1` writes it anew from the types.

use expect_test::expect_file;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::json::{Detailed, Public};

/// The answer of a health path of a worker. Trusted clients see the details.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it is only described")]
enum Answer<'a> {
    Public(Public<'a>),
    Detailed(Box<Detailed<'a>>),
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Answer<'_>>();
    RecursiveTransform(refuse_other_properties).transform(&mut schema);
    RecursiveTransform(refuse_null).transform(&mut schema);
    schema.insert("title".to_owned(), "The health of a worker".into());
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    expect_file!["../../../schemas/health.schema.json"].assert_eq(&text);
}

/// Makes the schema strict, so that a new property is a change of it.
fn refuse_other_properties(schema: &mut Schema) {
    if schema.get("properties").is_some() {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

/// Refuses null, since a property without a value is left out.
fn refuse_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get("type")
        && let [of_value, Value::String(null)] = &types[..]
        && null == "null"
    {
        schema.insert("type".to_owned(), of_value.clone());
    }
    if let Some(Value::Array(variants)) = schema.get("anyOf")
        && let [Value::Object(of_value), null] = &variants[..]
        && *null == json!({ "type": "null" })
    {
        let of_value = of_value.clone();
        schema.remove("anyOf");
        of_value.into_iter().for_each(|(keyword, value)| drop(schema.insert(keyword, value)));
    }
}
