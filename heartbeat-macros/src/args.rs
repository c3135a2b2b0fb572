//! The arguments of the attribute: parsed and checked, with all errors collected.

use std::time::Duration;

use heartbeat_definition::suggest;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::parse::Parse;
use syn::{ExprPath, Lit, LitStr, Path};

use crate::diagnostic::Diagnostic;
use crate::item::Item;
use crate::value::{
    duration, is_current_thread, positive_duration, split_value, string, thread_count,
};

/// Each argument with an example.
const ARGS: [(&str, &str); 12] = [
    ("heartbeat", "heartbeat = \"Heartbeat\""),
    ("management", "management = \"Management\""),
    ("role", "role = \"Orders\""),
    ("definition", "definition = \"../Service.csdef\""),
    ("init", "init = crate::telemetry"),
    ("stall_after", "stall_after = \"30s\""),
    ("stop_within", "stop_within = \"25s\""),
    ("drain", "drain = \"5s\""),
    ("recycle_after", "recycle_after = \"60s\""),
    ("flavor", "flavor = \"current_thread\""),
    ("worker_threads", "worker_threads = 4"),
    ("crate", "crate = path::to::heartbeat_runtime"),
];

/// Names from other attributes, and the arguments that a user probably means by them.
const ALIASES: [(&str, &str); 6] = [
    ("endpoint", "heartbeat"),
    ("name", "role"),
    ("file", "definition"),
    ("path", "definition"),
    ("timeout", "stop_within"),
    ("threads", "worker_threads"),
];

/// The parsed arguments; literals keep their spans.
pub(crate) struct Args {
    /// The span of the whole attribute.
    pub(crate) span: Span,
    pub(crate) heartbeat: Option<LitStr>,
    pub(crate) management: Option<LitStr>,
    pub(crate) role: Option<LitStr>,
    pub(crate) definition: Option<LitStr>,
    /// The path of a function.
    pub(crate) init: Option<ExprPath>,
    pub(crate) stall_after: Option<Duration>,
    pub(crate) stop_within: Option<Duration>,
    pub(crate) drain: Option<Duration>,
    pub(crate) recycle_after: Option<Duration>,
    pub(crate) current_thread: bool,
    /// The number of threads, and the span of the name.
    pub(crate) worker_threads: Option<(usize, Span)>,
    /// The name `crate`, and the path of the runtime.
    pub(crate) runtime: Option<(Ident, Path)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The names of all arguments given, valid or not.
    given: Vec<String>,
    /// The names of the invalid arguments, and of those that a misspelled one probably means.
    invalid: Vec<String>,
}

impl Args {
    pub(crate) fn parse(span: Span, tokens: TokenStream) -> Self {
        let mut args = Self::empty(span);
        let mut argument = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => {
                    if argument.is_empty() {
                        let error = Diagnostic::at(comma.span(), "unexpected comma", "remove it");
                        args.diagnostics.push(error);
                    }
                    args.parse_argument(std::mem::take(&mut argument));
                }
                token => argument.push(token),
            }
        }
        args.parse_argument(argument);
        args.check_together();
        args
    }

    fn empty(span: Span) -> Self {
        Self {
            span,
            heartbeat: None,
            management: None,
            role: None,
            definition: None,
            init: None,
            stall_after: None,
            stop_within: None,
            drain: None,
            recycle_after: None,
            current_thread: false,
            worker_threads: None,
            runtime: None,
            diagnostics: Vec::new(),
            given: Vec::new(),
            invalid: Vec::new(),
        }
    }

    /// Returns `true` if the argument was given an invalid value or a misspelled name.
    pub(crate) fn is_invalid(&self, name: &str) -> bool {
        self.invalid.iter().any(|invalid| invalid == name)
    }

    /// Rejects an argument that the item has no use for.
    pub(crate) fn unexpected_args(&self, item: &Item) -> Option<Diagnostic> {
        let (name, _) = self.runtime.as_ref()?;
        matches!(item, Item::Impl { .. }).then(|| {
            let message =
                "`crate` cannot be used on an `impl`: its trait already names the runtime";
            Diagnostic::at(name.span(), message, "remove `crate`")
        })
    }

    /// Parses one argument, or several if the comma between them is missing.
    fn parse_argument(&mut self, tokens: Vec<TokenTree>) {
        let mut tokens = tokens.into_iter();
        let Some(first) = tokens.next() else { return };
        let TokenTree::Ident(ident) = first else {
            let value = first.to_string();
            let string = if value.starts_with('"') { &value } else { "\"Heartbeat\"" };
            self.invalid.push("heartbeat".to_owned());
            return self.diagnostics.push(Diagnostic::at(
                first.span(),
                format!("expected `name = value`, found `{value}`"),
                format!("write `heartbeat = {string}`"),
            ));
        };
        let name = ident.to_string();
        if let Err(error) = self.parse_named(&ident, &name, tokens) {
            self.diagnostics.push(error);
            self.invalid.push(name.clone());
        }
        self.given.push(name);
    }

    fn parse_named(
        &mut self,
        ident: &Ident,
        name: &str,
        tokens: impl Iterator<Item = TokenTree>,
    ) -> Result<(), Diagnostic> {
        let Some((_, example)) = ARGS.into_iter().find(|(known, _)| *known == name) else {
            return Err(self.unknown(ident, name));
        };
        if self.given.iter().any(|given| given == name) {
            let message = format!("duplicate argument `{name}`");
            return Err(Diagnostic::at(ident.span(), message, "remove one of them"));
        }
        let value = value_tokens(ident, tokens, example)?;
        let expected = |at, message| Diagnostic::at(at, message, format!("write `{example}`"));
        if name == "crate" {
            let (path, rest) = split_value::<Path>(Path::parse_mod_style, value)
                .map_err(|at| expected(at, "`crate` must be a path, without quotes".to_owned()))?;
            self.runtime = Some((ident.clone(), path));
            return self.parse_rest(rest);
        }
        if name == "init" {
            let (path, rest) = split_value::<ExprPath>(ExprPath::parse, value).map_err(|at| {
                expected(at, "`init` must be the path of a function, without quotes".to_owned())
            })?;
            self.init = Some(path);
            return self.parse_rest(reject_call(rest)?);
        }
        let (literal, rest) = split_value::<Lit>(Lit::parse, value)
            .map_err(|at| expected(at, format!("`{name}` must be a literal")))?;
        let result = self.set(ident, name, literal, example);
        match (result, self.parse_rest(rest)) {
            (Err(error), Err(other)) => {
                self.diagnostics.push(error);
                Err(other)
            }
            (result, rest) => result.and(rest),
        }
    }

    /// Parses the tokens that follow a value without a comma: the next argument.
    fn parse_rest(&mut self, rest: TokenStream) -> Result<(), Diagnostic> {
        let rest: Vec<_> = rest.into_iter().collect();
        let Some(next) = rest.first() else { return Ok(()) };
        let message = format!("missing comma before `{next}`");
        let error = Diagnostic::at(next.span(), message, format!("write `, {next}`"));
        if let TokenTree::Ident(_) = next {
            self.parse_argument(rest);
        }
        Err(error)
    }

    fn set(
        &mut self,
        ident: &Ident,
        name: &str,
        value: Lit,
        example: &str,
    ) -> Result<(), Diagnostic> {
        match name {
            "heartbeat" => self.heartbeat = Some(string(name, value, example)?),
            "management" => self.management = Some(string(name, value, example)?),
            "role" => self.role = Some(string(name, value, example)?),
            "definition" => self.definition = Some(string(name, value, example)?),
            "stall_after" => self.stall_after = Some(positive_duration(name, value, example)?),
            "stop_within" => self.stop_within = Some(positive_duration(name, value, example)?),
            "drain" => self.drain = Some(duration(name, value, example)?),
            "recycle_after" => self.recycle_after = Some(positive_duration(name, value, example)?),
            "flavor" => self.current_thread = is_current_thread(value, example)?,
            _ => self.worker_threads = Some((thread_count(&value)?, ident.span())),
        }
        Ok(())
    }

    /// Checks the arguments against each other.
    fn check_together(&mut self) {
        if let (Some((_, name)), true) = (self.worker_threads, self.current_thread) {
            let message = "`worker_threads` requires `flavor = \"multi_thread\"`, the default";
            let help = "remove `worker_threads` or `flavor = \"current_thread\"`";
            self.diagnostics.push(Diagnostic::at(name, message, help));
        }
        if let (Some(heartbeat), Some(management)) = (&self.heartbeat, &self.management)
            && heartbeat.value() == management.value()
        {
            let message = format!("`{}` is already the heartbeat endpoint", management.value());
            let help = "name another internal endpoint, or remove `management`: an internal \
                        heartbeat endpoint already shows the details";
            self.diagnostics.push(Diagnostic::at(management.span(), message, help));
            self.invalid.push("management".to_owned());
        }
        if self.heartbeat.is_none() && !self.is_invalid("heartbeat") {
            let message = "missing argument `heartbeat`, the endpoint that serves health";
            let help = "write `#[worker_role(heartbeat = \"Heartbeat\")]`";
            self.diagnostics.push(Diagnostic::at(self.span, message, help));
        }
    }

    fn unknown(&mut self, ident: &Ident, name: &str) -> Diagnostic {
        let known = ARGS.map(|(known, _)| format!("`{known}`")).join(", ");
        let alias = ALIASES.into_iter().find(|(alias, _)| *alias == name);
        let meant =
            alias.map(|(_, meant)| meant).or_else(|| suggest(name, ARGS.map(|(known, _)| known)));
        let help = match meant {
            Some(meant) => {
                self.invalid.push(meant.to_owned());
                format!("did you mean `{meant}`?")
            }
            None => format!("remove `{name}`"),
        };
        Diagnostic::at(ident.span(), format!("unknown argument `{name}`"), help)
            .note(format!("known arguments: {known}"))
    }
}

/// Rejects the parentheses of a call after the path of a function.
fn reject_call(rest: TokenStream) -> Result<TokenStream, Diagnostic> {
    match rest.clone().into_iter().next() {
        Some(TokenTree::Group(call)) if call.delimiter() == Delimiter::Parenthesis => {
            let message = "`init` must name a function, not call it";
            Err(Diagnostic::at(call.span(), message, format!("remove `{call}`")))
        }
        _ => Ok(rest),
    }
}

/// Returns the tokens after the `=`.
fn value_tokens(
    ident: &Ident,
    mut tokens: impl Iterator<Item = TokenTree>,
    example: &str,
) -> Result<TokenStream, Diagnostic> {
    let error = |span, message| Err(Diagnostic::at(span, message, format!("write `{example}`")));
    let missing = || format!("missing value for `{ident}`");
    let equals = match tokens.next() {
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => equals,
        Some(other) => {
            return error(other.span(), format!("expected `=` and a value after `{ident}`"));
        }
        None => return error(ident.span(), missing()),
    };
    let value: TokenStream = tokens.collect();
    if value.is_empty() {
        return error(equals.span(), missing());
    }
    Ok(value)
}
