//! The arguments of the attribute: what is right of them, and all that is wrong, in one go.

use std::time::Duration;

use heartbeat_definition::suggest;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::parse::Parse;
use syn::{Lit, LitStr, Path};

use super::item::Item;
use super::mistake::Mistake;
use super::value::{count, duration, first, is_current_thread, positive, text};

/// Each argument, and how it is written.
const KEYS: [(&str, &str); 10] = [
    ("heartbeat", "heartbeat = \"Heartbeat\""),
    ("management", "management = \"Management\""),
    ("role", "role = \"Orders\""),
    ("definition", "definition = \"../Service.csdef\""),
    ("stall_after", "stall_after = \"30s\""),
    ("stop_within", "stop_within = \"25s\""),
    ("drain", "drain = \"5s\""),
    ("flavor", "flavor = \"current_thread\""),
    ("worker_threads", "worker_threads = 4"),
    ("crate", "crate = path::to::heartbeat_runtime"),
];

/// What other attributes call the same things.
const FOREIGN: [(&str, &str); 6] = [
    ("endpoint", "heartbeat"),
    ("name", "role"),
    ("file", "definition"),
    ("path", "definition"),
    ("timeout", "stop_within"),
    ("threads", "worker_threads"),
];

/// What the attribute was given; the literals keep their places.
pub(crate) struct Arguments {
    /// The whole attribute.
    pub(crate) span: Span,
    pub(crate) heartbeat: Option<LitStr>,
    pub(crate) management: Option<LitStr>,
    pub(crate) role: Option<LitStr>,
    pub(crate) definition: Option<LitStr>,
    pub(crate) stall_after: Option<Duration>,
    pub(crate) stop_within: Option<Duration>,
    pub(crate) drain: Option<Duration>,
    pub(crate) current_thread: bool,
    /// Where it was written, too.
    pub(crate) worker_threads: Option<(usize, Span)>,
    /// The runtime's crate; the key, too.
    pub(crate) runtime: Option<(Ident, Path)>,
    pub(crate) mistakes: Vec<Mistake>,
    /// The keys that were given, rightly or wrongly.
    given: Vec<String>,
    /// The keys that were given wrongly, or probably meant.
    wrong: Vec<String>,
}

impl Arguments {
    pub(crate) fn read(span: Span, tokens: TokenStream) -> Self {
        let mut arguments = Self::none(span);
        let mut argument = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => {
                    if argument.is_empty() {
                        let message = "nothing stands before this comma";
                        let mistake = Mistake::at(comma.span(), message, "remove it");
                        arguments.mistakes.push(mistake);
                    }
                    arguments.take(std::mem::take(&mut argument));
                }
                token => argument.push(token),
            }
        }
        arguments.take(argument);
        arguments.judge();
        arguments
    }

    fn none(span: Span) -> Self {
        Self {
            span,
            heartbeat: None,
            management: None,
            role: None,
            definition: None,
            stall_after: None,
            stop_within: None,
            drain: None,
            current_thread: false,
            worker_threads: None,
            runtime: None,
            mistakes: Vec::new(),
            given: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// Whether an argument was given, but wrongly.
    pub(crate) fn is_wrong(&self, key: &str) -> bool {
        self.wrong.iter().any(|wrong| wrong == key)
    }

    /// What makes no sense with such an item.
    pub(crate) fn needless(&self, item: &Item) -> Option<Mistake> {
        let (key, _) = self.runtime.as_ref()?;
        matches!(item, Item::Role { .. }).then(|| {
            let message = "an implementation names the runtime by the path of its trait";
            Mistake::at(key.span(), message, "remove `crate`")
        })
    }

    /// Takes one argument; or several, where the comma between them is missing.
    fn take(&mut self, tokens: Vec<TokenTree>) {
        let mut tokens = tokens.into_iter();
        let Some(first) = tokens.next() else { return };
        let TokenTree::Ident(key) = first else {
            let value = first.to_string();
            let text = if value.starts_with('"') { &value } else { "\"Heartbeat\"" };
            self.wrong.push("heartbeat".to_owned());
            return self.mistakes.push(Mistake::at(
                first.span(),
                format!("`{value}` has no name: an argument is `name = value`"),
                format!("write `heartbeat = {text}`"),
            ));
        };
        let name = key.to_string();
        if let Err(mistake) = self.argument(&key, &name, tokens) {
            self.mistakes.push(mistake);
            self.wrong.push(name.clone());
        }
        self.given.push(name);
    }

    fn argument(
        &mut self,
        key: &Ident,
        name: &str,
        tokens: impl Iterator<Item = TokenTree>,
    ) -> Result<(), Mistake> {
        let Some((_, example)) = KEYS.into_iter().find(|(known, _)| *known == name) else {
            return Err(self.unknown(key, name));
        };
        if self.given.iter().any(|given| given == name) {
            let message = format!("`{name}` is given twice");
            return Err(Mistake::at(key.span(), message, "keep one of them"));
        }
        let value = value_of(key, tokens, example)?;
        if name == "crate" {
            let (path, rest) = first::<Path>(Path::parse_mod_style, value).map_err(|at| {
                Mistake::at(at, "`crate` is a path, without quotes", format!("write `{example}`"))
            })?;
            self.runtime = Some((key.clone(), path));
            return self.after(rest);
        }
        let (literal, rest) = first::<Lit>(Lit::parse, value).map_err(|at| {
            Mistake::at(at, format!("`{name}` takes a literal"), format!("write `{example}`"))
        })?;
        let result = self.literal(name, key, literal, example);
        match (result, self.after(rest)) {
            (Err(mistake), Err(other)) => {
                self.mistakes.push(mistake);
                Err(other)
            }
            (result, after) => result.and(after),
        }
    }

    /// What follows a value without a comma is the next argument.
    fn after(&mut self, rest: TokenStream) -> Result<(), Mistake> {
        let rest: Vec<_> = rest.into_iter().collect();
        let Some(next) = rest.first() else { return Ok(()) };
        let mistake =
            Mistake::at(next.span(), "a comma is missing before this", format!("write `, {next}`"));
        if let TokenTree::Ident(_) = next {
            self.take(rest);
        }
        Err(mistake)
    }

    fn literal(
        &mut self,
        name: &str,
        key: &Ident,
        literal: Lit,
        example: &str,
    ) -> Result<(), Mistake> {
        match name {
            "heartbeat" => self.heartbeat = Some(text(name, literal, example)?),
            "management" => self.management = Some(text(name, literal, example)?),
            "role" => self.role = Some(text(name, literal, example)?),
            "definition" => self.definition = Some(text(name, literal, example)?),
            "stall_after" => self.stall_after = Some(positive(name, literal, example)?),
            "stop_within" => self.stop_within = Some(positive(name, literal, example)?),
            "drain" => self.drain = Some(duration(name, literal, example)?.1),
            "flavor" => self.current_thread = is_current_thread(literal, example)?,
            _ => self.worker_threads = Some((count(&literal)?, key.span())),
        }
        Ok(())
    }

    /// Judges the arguments together.
    fn judge(&mut self) {
        if let (Some((_, key)), true) = (self.worker_threads, self.current_thread) {
            let message = "`worker_threads` goes with `flavor = \"multi_thread\"`, the default";
            let way_out = "remove `worker_threads`, or `flavor = \"current_thread\"`";
            self.mistakes.push(Mistake::at(key, message, way_out));
        }
        if let (Some(heartbeat), Some(management)) = (&self.heartbeat, &self.management)
            && heartbeat.value() == management.value()
        {
            let message = format!("`{}` is the heartbeat already", management.value());
            let way_out = "name another internal endpoint, or remove `management`: on an internal \
                           heartbeat the trusted view is shown without it";
            self.mistakes.push(Mistake::at(management.span(), message, way_out));
            self.wrong.push("management".to_owned());
        }
        if self.heartbeat.is_none() && !self.is_wrong("heartbeat") {
            let way_out = "write `#[worker_role(heartbeat = \"Heartbeat\")]`";
            let message = "which endpoint is the heartbeat?";
            self.mistakes.push(Mistake::at(self.span, message, way_out));
        }
    }

    fn unknown(&mut self, key: &Ident, name: &str) -> Mistake {
        let known = KEYS.map(|(key, _)| format!("`{key}`")).join(", ");
        let foreign = FOREIGN.into_iter().find(|(foreign, _)| *foreign == name);
        let meant =
            foreign.map(|(_, meant)| meant).or_else(|| suggest(name, KEYS.map(|(key, _)| key)));
        let way_out = match meant {
            Some(meant) => {
                self.wrong.push(meant.to_owned());
                format!("did you mean `{meant}`?")
            }
            None => format!("remove `{name}`"),
        };
        Mistake::at(key.span(), format!("unknown argument `{name}`"), way_out)
            .note(format!("the arguments are {known}"))
    }
}

/// What stands behind the `=`.
fn value_of(
    key: &Ident,
    mut tokens: impl Iterator<Item = TokenTree>,
    example: &str,
) -> Result<TokenStream, Mistake> {
    let way_out = format!("write `{example}`");
    let equals = match tokens.next() {
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => equals,
        Some(other) => {
            let message = format!("`{key}` is followed by `=` and its value");
            return Err(Mistake::at(other.span(), message, way_out));
        }
        None => return Err(Mistake::at(key.span(), format!("`{key}` has no value"), way_out)),
    };
    let value: TokenStream = tokens.collect();
    if value.is_empty() {
        return Err(Mistake::at(equals.span(), format!("`{key}` has no value"), way_out));
    }
    Ok(value)
}
