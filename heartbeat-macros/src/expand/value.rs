//! The values of arguments: which literals are what they have to be.

use std::time::Duration;

use heartbeat_definition::{parse_duration, suggest};
use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Lit, LitInt, LitStr};

use super::mistake::Mistake;

/// The value that the tokens begin with, and the tokens after it; where there is none, the place.
pub(super) fn first<T>(
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
    tokens: TokenStream,
) -> Result<(T, TokenStream), Span> {
    let start =
        tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
    let value_and_rest = |input: ParseStream<'_>| Ok((parse(input)?, input.parse()?));
    value_and_rest.parse2(tokens).map_err(|_| start)
}

pub(super) fn text(name: &str, literal: Lit, example: &str) -> Result<LitStr, Mistake> {
    let span = literal.span();
    let text = match literal {
        Lit::Str(text) if text.suffix().is_empty() => text,
        _ => {
            let message = format!("`{name}` is a text");
            return Err(Mistake::at(span, message, format!("write `{example}`")));
        }
    };
    let value = text.value();
    match value.trim() {
        "" => Err(Mistake::at(span, format!("`{name}` is empty"), format!("write `{example}`"))),
        trimmed if trimmed != value => Err(Mistake::at(
            span,
            format!("`{name}` begins or ends with white space"),
            format!("write `{name} = \"{trimmed}\"`"),
        )),
        _ => Ok(text),
    }
}

pub(super) fn duration(
    name: &str,
    literal: Lit,
    example: &str,
) -> Result<(Span, Duration), Mistake> {
    if let Lit::Int(number) = &literal {
        let message = format!("`{name}` is a text with a unit");
        let way_out = format!("write `{name} = \"{}s\"`", number.base10_digits());
        return Err(Mistake::at(number.span(), message, way_out));
    }
    let text = text(name, literal, example)?;
    let written = text.value();
    if let Some(duration) = parse_duration(&written) {
        return Ok((text.span(), duration));
    }
    let is_number = written.bytes().all(|byte| byte.is_ascii_digit());
    let way_out = if is_number { format!("{name} = \"{written}s\"") } else { example.to_owned() };
    let message = format!("`{written}` is no duration");
    Err(Mistake::at(text.span(), message, format!("write `{way_out}`"))
        .note("a duration is a whole number and `ms`, `s`, `m` or `h`"))
}

/// A duration in which something can happen.
pub(super) fn positive(name: &str, literal: Lit, example: &str) -> Result<Duration, Mistake> {
    let (span, duration) = duration(name, literal, example)?;
    if duration.is_zero() {
        let message = format!("`{name}` is no time at all");
        return Err(Mistake::at(span, message, format!("write `{example}`")));
    }
    Ok(duration)
}

pub(super) fn is_current_thread(literal: Lit, example: &str) -> Result<bool, Mistake> {
    let flavor = text("flavor", literal, example)?;
    match flavor.value().as_str() {
        "current_thread" => Ok(true),
        "multi_thread" => Ok(false),
        other => {
            let flavors = ["current_thread", "multi_thread"];
            let near = suggest(other, flavors);
            let way_out = near.map_or_else(
                || "write `flavor = \"current_thread\"` or `flavor = \"multi_thread\"`".to_owned(),
                |near| format!("did you mean `flavor = \"{near}\"`?"),
            );
            Err(Mistake::at(flavor.span(), format!("`{other}` is no flavor"), way_out))
        }
    }
}

pub(super) fn count(literal: &Lit) -> Result<usize, Mistake> {
    let number = match literal {
        Lit::Int(number) => LitInt::base10_parse::<usize>(number).ok(),
        _ => None,
    };
    number.filter(|number| *number > 0).ok_or_else(|| {
        let message = "`worker_threads` is a number of threads, at least 1";
        Mistake::at(literal.span(), message, "write `worker_threads = 4`")
    })
}
