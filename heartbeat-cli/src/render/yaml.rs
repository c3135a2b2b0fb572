//! YAML as a careful person writes it: the name of a thing first, a comment above a choice.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_saphyr::SerializerOptions;

/// Keys that come before all others, in this order.
const FIRST: [&str; 9] =
    ["apiVersion", "kind", "metadata", "job_name", "alertname", "name", "image", "command", "type"];

/// The path of a key and the comment above it. The parts of a path are keys, with `.` between; items
/// of lists are no parts.
pub(crate) type Comment = (String, String);

/// A document in a file of YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document(String);

/// The error of a document that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write YAML: {0}")]
pub(crate) struct YamlError(String);

/// A value whose keys are in the order of [`FIRST`], then of the alphabet.
struct Ordered<'a>(&'a Value);

// === impl Document ===

impl Document {
    /// Writes a document.
    ///
    /// # Errors
    ///
    /// The content has what YAML cannot say, such as keys that are no text.
    pub(crate) fn new(content: &impl Serialize, comments: &[Comment]) -> Result<Self, YamlError> {
        let value = serde_json::to_value(content).map_err(|error| YamlError(error.to_string()))?;
        // Each value is on one line then, as `with_comments` needs it.
        let mut options = SerializerOptions::default();
        options.prefer_block_scalars = false;
        let yaml = serde_saphyr::to_string_with_options(&Ordered(&value), options);
        let yaml = yaml.map_err(|error| YamlError(error.to_string()))?;
        Ok(Self(with_comments(&yaml, comments)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl Ordered ===

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                let place = |key: &str| FIRST.iter().position(|first| *first == key);
                let mut keys: Vec<_> = object.iter().collect();
                keys.sort_by_key(|(key, _)| place(key).unwrap_or(FIRST.len()));
                let mut map = serializer.serialize_map(Some(keys.len()))?;
                for (key, value) in keys {
                    map.serialize_entry(key, &Ordered(value))?;
                }
                map.end()
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Ordered(item))?;
                }
                list.end()
            }
            scalar => scalar.serialize(serializer),
        }
    }
}

/// Puts the comments above their keys, at the same indentation.
fn with_comments(yaml: &str, comments: &[Comment]) -> String {
    let mut commented = String::new();
    // The keys that the current line is inside of, each with its indentation.
    let mut inside: Vec<(usize, &str)> = Vec::new();
    for line in yaml.lines() {
        let key = line.trim_start_matches([' ', '-']);
        let indent = line.len() - key.len();
        if let Some((key, _)) = key.split_once(':') {
            inside.retain(|(outer, _)| *outer < indent);
            inside.push((indent, key));
            let path = inside.iter().map(|(_, key)| *key).collect::<Vec<_>>().join(".");
            for (_, comment) in comments.iter().filter(|(commented, _)| *commented == path) {
                let before = line.len() - line.trim_start().len();
                commented.extend([&" ".repeat(before), "# ", comment, "\n"]);
            }
        }
        commented.push_str(line);
        commented.push('\n');
    }
    commented
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Document;

    #[test]
    fn names_come_first_and_comments_above() {
        let value = json!({
            "spec": { "env": [{ "value": "x: #y\nz", "name": "A" }], "a": 1 },
            "kind": "Pod",
            "other": { "a": "no" },
        });
        let comments = [("spec.a", "why"), ("spec.env.name", "name")]
            .map(|(path, text)| (path.to_owned(), text.to_owned()));
        let expected = r#"kind: Pod
other:
  a: "no"
spec:
  # why
  a: 1
  env:
  # name
  - name: A
    value: "x: #y\nz"
"#;
        assert_eq!(Document::new(&value, &comments).unwrap().as_str(), expected);
    }
}
