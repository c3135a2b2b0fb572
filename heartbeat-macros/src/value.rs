//! The values of arguments, checked one by one.

use std::time::Duration;

use heartbeat_definition::{parse_duration, suggest};
use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Lit, LitInt, LitStr};

use crate::diagnostic::Diagnostic;

/// Parses a value off the front of the tokens and returns it with the rest. Fails with the place
/// at which the value should begin.
pub(crate) fn split_value<T>(
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
    tokens: TokenStream,
) -> Result<(T, TokenStream), Span> {
    let start =
        tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
    let value_and_rest = |input: ParseStream<'_>| Ok((parse(input)?, input.parse()?));
    value_and_rest.parse2(tokens).map_err(|_| start)
}

pub(crate) fn string(name: &str, literal: Lit, example: &str) -> Result<LitStr, Diagnostic> {
    let span = literal.span();
    let error = |message, help| Err(Diagnostic::at(span, message, help));
    let string = match literal {
        Lit::Str(string) if string.suffix().is_empty() => string,
        _ => {
            let message = format!("`{name}` must be a string literal");
            return error(message, format!("write `{example}`"));
        }
    };
    let value = string.value();
    match value.trim() {
        "" => error(format!("`{name}` must not be empty"), format!("write `{example}`")),
        trimmed if trimmed != value => error(
            format!("`{name}` must not begin or end with white space"),
            format!("write `{name} = \"{trimmed}\"`"),
        ),
        _ => Ok(string),
    }
}

pub(crate) fn duration(name: &str, literal: Lit, example: &str) -> Result<Duration, Diagnostic> {
    if let Lit::Int(number) = &literal {
        let message = format!("`{name}` must be a string with a unit");
        let help = format!("write `{name} = \"{}s\"`", number.base10_digits());
        return Err(Diagnostic::at(number.span(), message, help));
    }
    let string = string(name, literal, example)?;
    let value = string.value();
    parse_duration(&value).ok_or_else(|| {
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        let help = if is_number { format!("{name} = \"{value}s\"") } else { example.to_owned() };
        let message = format!("invalid duration `{value}`");
        Diagnostic::at(string.span(), message, format!("write `{help}`"))
            .note("a duration is a whole number followed by `ms`, `s`, `m` or `h`")
    })
}

pub(crate) fn positive_duration(
    name: &str,
    literal: Lit,
    example: &str,
) -> Result<Duration, Diagnostic> {
    let span = literal.span();
    let duration = duration(name, literal, example)?;
    if duration.is_zero() {
        let message = format!("`{name}` must be greater than zero");
        return Err(Diagnostic::at(span, message, format!("write `{example}`")));
    }
    Ok(duration)
}

/// Parses the runtime's flavor; `true` is `current_thread`.
pub(crate) fn is_current_thread(literal: Lit, example: &str) -> Result<bool, Diagnostic> {
    let flavor = string("flavor", literal, example)?;
    match flavor.value().as_str() {
        "current_thread" => Ok(true),
        "multi_thread" => Ok(false),
        other => {
            let flavors = ["current_thread", "multi_thread"];
            let help = suggest(other, flavors).map_or_else(
                || "write `flavor = \"current_thread\"` or `flavor = \"multi_thread\"`".to_owned(),
                |near| format!("did you mean `flavor = \"{near}\"`?"),
            );
            Err(Diagnostic::at(flavor.span(), format!("unknown flavor `{other}`"), help))
        }
    }
}

pub(crate) fn thread_count(literal: &Lit) -> Result<usize, Diagnostic> {
    let number = match literal {
        Lit::Int(number) => LitInt::base10_parse::<usize>(number).ok(),
        _ => None,
    };
    number.filter(|number| *number > 0).ok_or_else(|| {
        let message = "`worker_threads` must be a whole number, at least 1";
        Diagnostic::at(literal.span(), message, "write `worker_threads = 4`")
    })
}
