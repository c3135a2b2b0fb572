use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Facts, Visibility};

use Visibility::{Details, Public};

fn all(facts: &Facts) -> Value {
    facts.all().map_or(Value::Null, |facts| serde_json::from_str(facts.get()).unwrap())
}

fn refusal(name: &str, value: impl Serialize, visibility: Visibility) -> String {
    Facts::default().tell(name, &value, visibility).unwrap_err().to_string()
}

#[test]
fn the_last_value_of_a_fact_counts_and_names_are_in_order() {
    let facts = Facts::default();
    assert!(facts.all().is_none() && facts.public().is_none());
    facts.tell("shard", &7, Details).unwrap();
    facts.tell("region", &"north", Public).unwrap();
    facts.tell("queue", &json!({ "depth": 3 }), Details).unwrap();
    facts.tell("shard", &8, Details).unwrap();
    let expected = r#"{"queue":{"depth":3},"region":"north","shard":8}"#;
    assert_eq!(facts.all().unwrap().get(), expected);
    assert_eq!(facts.public().unwrap().get(), r#"{"region":"north"}"#);
    facts.tell("region", &"south", Details).unwrap();
    assert!(facts.public().is_none(), "the last visibility counts too");
}

#[test]
fn a_secret_is_told_in_the_details_only() {
    let facts = Facts::default();
    facts.tell("ApiKey", &"k", Details).unwrap();
    assert_eq!(
        facts.tell("ApiKey", &"k", Public).unwrap_err().to_string(),
        "cannot tell fact `ApiKey`: its name looks like that of a secret, and everybody can read a \
         public fact: tell it by `fact`, or give it another name"
    );
    assert!(facts.public().is_none());
}

#[test]
fn a_fact_needs_a_name_of_some_bytes() {
    for name in ["", " \t"] {
        let expected = format!("cannot tell fact `{name}`: a fact needs a name: give it one");
        assert_eq!(refusal(name, 1, Details), expected);
    }
    let long = refusal(&"n".repeat(1_000_000), 1, Details);
    assert!(long.contains("more than 128 bytes") && long.len() < 300, "{}", long.len());
    Facts::default().tell(&"n".repeat(128), &1, Details).unwrap();
}

#[test]
fn a_fact_has_4_kib_of_json() {
    let facts = Facts::default();
    // With its quotes.
    facts.tell("text", &"x".repeat(4094), Details).unwrap();
    let error = facts.tell("text", &"y".repeat(4095), Details).unwrap_err().to_string();
    assert_eq!(error, "cannot tell fact `text`: its JSON has more than 4096 bytes: tell less");
    let endless = Endless;
    assert_eq!(facts.tell("text", &endless, Details).unwrap_err().to_string(), error);
    assert_eq!(all(&facts)["text"].as_str().unwrap().len(), 4094, "the earlier value");
}

/// A sequence that nobody may serialise to its end.
struct Endless;

impl Serialize for Endless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(0_u64..)
    }
}

#[test]
fn there_are_64_facts() {
    let facts = Facts::default();
    for number in 0..64 {
        facts.tell(&number.to_string(), &number, Details).unwrap();
    }
    let error = facts.tell("64", &64, Details).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot tell fact `64`: there are 64 facts already: tell values that belong together as \
         one fact"
    );
    facts.tell("63", &"again", Details).unwrap();
    assert_eq!(all(&facts).as_object().unwrap().len(), 64);
    assert_eq!(all(&facts)["63"], "again");
}

/// A value whose serialisation fails.
struct Refusing;

impl Serialize for Refusing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("the pool is closed"))
    }
}

#[test]
fn a_value_without_json_is_an_error() {
    let map: HashMap<(u8, u8), u8> = HashMap::from([((1, 2), 3)]);
    assert_eq!(
        refusal("map", map, Details),
        "cannot tell fact `map`: its value has no JSON: key must be a string"
    );
    let error = refusal("pool", Refusing, Details);
    assert!(error.ends_with("its value has no JSON: the pool is closed"), "{error}");
}

#[test]
fn a_value_may_tell_facts_of_its_own() {
    struct Telling<'a>(&'a Facts);
    impl Serialize for Telling<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.tell("inner", &1, Details).map_err(serde::ser::Error::custom)?;
            serializer.serialize_u8(2)
        }
    }
    let facts = Facts::default();
    facts.tell("outer", &Telling(&facts), Details).unwrap();
    assert_eq!(all(&facts), json!(BTreeMap::from([("inner", 1), ("outer", 2)])));
}
