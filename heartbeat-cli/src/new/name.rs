//! Names of packages: the rules of `cargo new`, and those that keep the compiler from warning.

use std::fmt;

/// Names that are taken, with `_` for `-`: by the language, by cargo's folders, by Windows, and by what
/// the package depends on.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum \
     extern false final fn for gen if impl in let loop macro match mod move mut override priv pub ref \
     return self static struct super trait true try type typeof union unsafe unsized use virtual where \
     while yield";
const CRATES: &str = "alloc core proc_macro std test tests tokio heartbeat_runtime";
const FOLDERS: &str = "build deps examples incremental";
const DEVICES: &str = "aux com1 com2 com3 com4 com5 com6 com7 com8 com9 con lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 \
     lpt7 lpt8 lpt9 nul prn";
/// Types that the made files use.
const TYPES: &str =
    "Duration Err Error Interval None Ok Option Result RoleEnvironment Some WorkerRole";

/// The name of a package that can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackageName(String);

/// The error of a name that is none, with one that is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot be the name of a package: {reason}: how about `{suggestion}`?", .name.escape_debug())]
pub(super) struct NameError {
    name: String,
    reason: Reason,
    suggestion: PackageName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Start(char),
    Character(char),
    NoLetter,
    Keyword,
    Crate,
    Folder,
    Device,
}

// === impl PackageName ===

impl PackageName {
    pub(super) fn parse(name: &str) -> Result<Self, NameError> {
        match refused(name) {
            None => Ok(Self(name.to_owned())),
            Some(reason) => {
                Err(NameError { name: name.to_owned(), reason, suggestion: suggestion(name) })
            }
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name as that of a module.
    pub(super) fn module(&self) -> String {
        self.0.replace('-', "_")
    }

    /// Returns the name as that of a role: `order-shipper` becomes `OrderShipper`.
    pub(super) fn role(&self) -> String {
        self.0.split(['-', '_']).map(capitalise).collect()
    }

    /// Returns the name as that of a type, which is the role's unless the made file uses that.
    pub(super) fn type_name(&self) -> String {
        let role = self.role();
        if is_in(TYPES, &role) { format!("{role}Worker") } else { role }
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Reason ===

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(c) => write!(f, "it begins with `{}`", c.escape_debug()),
            Self::Character(c) if c.is_uppercase() => write!(f, "`{c}` is a capital letter"),
            Self::Character(c) => {
                write!(f, "`{}` is none of a-z, 0-9, `-` and `_`", c.escape_debug())
            }
            Self::NoLetter => f.write_str("it has no letter"),
            Self::Keyword => f.write_str("it is a keyword of Rust"),
            Self::Crate => f.write_str("a crate that it uses has this name"),
            Self::Folder => f.write_str("cargo has a folder of this name"),
            Self::Device => f.write_str("Windows has a device of this name"),
        }
    }
}

/// Returns the first rule that a name breaks.
fn refused(name: &str) -> Option<Reason> {
    let is_allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(*c);
    if let Some(c) = name.chars().find(|c| !is_allowed(c)) {
        return Some(Reason::Character(c));
    }
    if !name.contains(|c: char| c.is_ascii_lowercase()) {
        return Some(Reason::NoLetter);
    }
    if let Some(c) = name.chars().next().filter(|c| !c.is_ascii_lowercase()) {
        return Some(Reason::Start(c));
    }
    let word = name.replace('-', "_");
    let taken = [
        (KEYWORDS, Reason::Keyword),
        (CRATES, Reason::Crate),
        (FOLDERS, Reason::Folder),
        (DEVICES, Reason::Device),
    ];
    taken.into_iter().find(|(words, _)| is_in(words, &word)).map(|(_, reason)| reason)
}

/// Returns a name that can be made, as near to a refused one as possible.
fn suggestion(name: &str) -> PackageName {
    let words = words(name);
    let (mut last, mut first): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    if first.is_empty() {
        first.push("worker".to_owned());
    }
    first.append(&mut last);
    let joined = first.join("-");
    let candidates = [joined.clone(), format!("{joined}-worker")];
    let valid = candidates.into_iter().find(|candidate| refused(candidate).is_none());
    PackageName(valid.unwrap_or_else(|| "my-worker".to_owned()))
}

/// Splits a name at capital letters and at what is neither letter nor digit, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let is_capital = c.is_uppercase() && !before.is_uppercase();
        if is_capital || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capitalise(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_ascii_uppercase(), characters.as_str())
    })
}

fn is_in(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use super::{CRATES, DEVICES, FOLDERS, KEYWORDS, PackageName};

    #[test]
    fn accepts_what_cargo_accepts_without_a_warning() {
        for name in
            ["orders", "order-shipper", "order_shipper", "a", "x86", "orders-", "worker-1st"]
        {
            assert_eq!(PackageName::parse(name).map(|it| it.to_string()).as_deref(), Ok(name));
        }
    }

    #[test]
    fn suggests_a_name_for_each_that_it_refuses() {
        for (name, suggestion) in [
            ("1st-worker", "worker-1st"),
            ("3", "worker-3"),
            ("2fast", "worker-2fast"),
            ("Orders", "orders"),
            ("OrderShipper", "order-shipper"),
            ("HTTPServer", "httpserver"),
            ("order shipper", "order-shipper"),
            ("orders.api", "orders-api"),
            ("-orders", "orders"),
            ("_orders", "orders"),
            ("größe", "gre"),
            ("заказы", "worker"),
            ("async", "async-worker"),
            ("test", "test-worker"),
            ("core", "core-worker"),
            ("proc-macro", "proc-macro-worker"),
            ("tokio", "tokio-worker"),
            ("build", "build-worker"),
            ("NUL", "nul-worker"),
            ("", "worker"),
            ("-", "worker"),
            ("\u{1b}[31m", "worker-31m"),
        ] {
            let error = PackageName::parse(name).unwrap_err();
            assert_eq!(error.suggestion.as_str(), suggestion, "{error}");
            assert_eq!(PackageName::parse(suggestion), Ok(error.suggestion.clone()));
            assert!(!error.to_string().contains(char::is_control), "{error}");
        }
        for name in [KEYWORDS, CRATES, FOLDERS, DEVICES].iter().flat_map(|it| it.split_whitespace())
        {
            let error = PackageName::parse(name).unwrap_err();
            assert_eq!(PackageName::parse(error.suggestion.as_str()), Ok(error.suggestion));
        }
    }

    #[test]
    fn says_why_a_name_is_refused() {
        let error = |name| PackageName::parse(name).unwrap_err().to_string();
        assert_eq!(
            error("1st-worker"),
            "`1st-worker` cannot be the name of a package: it begins with `1`: how about `worker-1st`?"
        );
        assert_eq!(
            error("Orders"),
            "`Orders` cannot be the name of a package: `O` is a capital letter: how about `orders`?"
        );
    }

    #[test]
    fn has_a_role_a_type_and_a_module() {
        let name = |name| PackageName::parse(name).unwrap();
        assert_eq!(name("order-shipper").role(), "OrderShipper");
        assert_eq!(name("order-shipper").module(), "order_shipper");
        assert_eq!(name("worker-1st").role(), "Worker1st");
        assert_eq!(name("result").role(), "Result");
        assert_eq!(name("result").type_name(), "ResultWorker");
    }
}
