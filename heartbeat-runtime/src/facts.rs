//! The facts that a worker tells.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::config::is_secret_name;

/// Maximum number of facts.
const MAX_FACTS: usize = 64;
/// Maximum length of the JSON of one fact, in bytes.
const MAX_JSON_BYTES: usize = 4096;
/// Maximum length of a name, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// The facts of an instance.
#[derive(Default)]
pub(crate) struct Facts {
    table: Mutex<Table>,
    /// There are public facts. Without any, a probe takes no lock.
    has_public: AtomicBool,
}

#[derive(Default)]
struct Table {
    facts: BTreeMap<String, Fact>,
    /// The public facts as one JSON object, so that a probe costs the same for any number of facts.
    public: Option<Arc<RawValue>>,
}

struct Fact {
    json: Box<RawValue>,
    visibility: Visibility,
}

/// The clients that a fact is shown to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Those that may see the details.
    Details,
    Public,
}

/// The error of a fact that cannot be told. The worker goes on telling its earlier value, if there is
/// one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot tell fact `{name}`: {kind}")]
pub struct FactError {
    name: String,
    kind: FactErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum FactErrorKind {
    #[error("a fact needs a name: give it one")]
    Unnamed,
    #[error("its name has more than {MAX_NAME_BYTES} bytes: give it a shorter one")]
    LongName,
    #[error(
        "its name looks like that of a secret, and everybody can read a public fact: tell it by \
         `fact`, or give it another name"
    )]
    Secret,
    #[error("its JSON has more than {MAX_JSON_BYTES} bytes: tell less")]
    TooLong,
    #[error("its value has no JSON: {0}")]
    Unserializable(String),
    #[error("there are {MAX_FACTS} facts already: tell values that belong together as one fact")]
    TooMany,
}

// === impl Facts ===

impl Facts {
    /// Tells a fact. Its value is serialised on the thread of the caller, with no lock held.
    pub(crate) fn tell(
        &self,
        name: &str,
        value: &impl Serialize,
        visibility: Visibility,
    ) -> Result<(), FactError> {
        let shown = || name.chars().take(MAX_NAME_BYTES).collect();
        let refused = |kind| FactError { name: shown(), kind };
        check_name(name, visibility).map_err(refused)?;
        let json = to_json(value).map_err(refused)?;
        let mut table = self.table();
        table.insert(name, Fact { json, visibility }).map_err(refused)?;
        self.has_public.store(table.public.is_some(), Ordering::Relaxed);
        Ok(())
    }

    /// Returns the public facts as one JSON object, if there are any, in O(1).
    pub(crate) fn public(&self) -> Option<Arc<RawValue>> {
        if self.has_public.load(Ordering::Relaxed) { self.table().public.clone() } else { None }
    }

    /// Returns all facts as one JSON object, if there are any.
    pub(crate) fn all(&self) -> Option<Arc<RawValue>> {
        self.table().object(|_| true)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No code under the lock panics.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn insert(&mut self, name: &str, fact: Fact) -> Result<(), FactErrorKind> {
        if self.facts.len() >= MAX_FACTS && !self.facts.contains_key(name) {
            return Err(FactErrorKind::TooMany);
        }
        let is_public = fact.visibility == Visibility::Public;
        let before = self.facts.insert(name.to_owned(), fact);
        if is_public || before.is_some_and(|before| before.visibility == Visibility::Public) {
            self.public = self.object(|fact| fact.visibility == Visibility::Public);
        }
        Ok(())
    }

    /// Writes facts as one JSON object, in the order of their names.
    fn object(&self, is_shown: impl Fn(&Fact) -> bool) -> Option<Arc<RawValue>> {
        let shown = self.facts.iter().filter(|(_, fact)| is_shown(fact));
        let shown: BTreeMap<_, _> = shown.map(|(name, fact)| (name, &fact.json)).collect();
        let object = (!shown.is_empty()).then(|| serde_json::value::to_raw_value(&shown));
        object?.ok().map(Arc::from)
    }
}

fn check_name(name: &str, visibility: Visibility) -> Result<(), FactErrorKind> {
    if name.trim().is_empty() {
        return Err(FactErrorKind::Unnamed);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(FactErrorKind::LongName);
    }
    if visibility == Visibility::Public && is_secret_name(name) {
        return Err(FactErrorKind::Secret);
    }
    Ok(())
}

/// Serialises a value, and stops at the maximum length.
fn to_json(value: &impl Serialize) -> Result<Box<RawValue>, FactErrorKind> {
    let mut json = LimitedJson::default();
    if let Err(error) = serde_json::to_writer(&mut json, value) {
        return Err(if json.is_full {
            FactErrorKind::TooLong
        } else {
            FactErrorKind::Unserializable(error.to_string())
        });
    }
    let json = String::from_utf8(json.written).map_err(|error| error.to_string());
    json.and_then(|json| RawValue::from_string(json).map_err(|error| error.to_string()))
        .map_err(FactErrorKind::Unserializable)
}

/// JSON up to the maximum length, so that a huge value takes no memory.
#[derive(Default)]
struct LimitedJson {
    written: Vec<u8>,
    is_full: bool,
}

impl Write for LimitedJson {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.len() + bytes.len() > MAX_JSON_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
