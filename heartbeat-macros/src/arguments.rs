//! The arguments of the attribute: all errors of them in one go.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Lit, LitStr, Token};

const KEYS: [&str; 3] = ["heartbeat", "role", "definition"];

/// What the attribute was given; the literals keep their places.
pub(crate) struct Arguments {
    pub(crate) heartbeat: LitStr,
    pub(crate) role: Option<LitStr>,
    pub(crate) definition: Option<LitStr>,
}

impl Arguments {
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            let (mut given, mut errors) = (Given::default(), None);
            while !input.is_empty() {
                if let Err(error) = argument(input, &mut given) {
                    combine(&mut errors, error);
                    skip_to_comma(input)?;
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok((given, errors))
        };
        let (Given { heartbeat, role, definition }, errors) = parser.parse2(tokens)?;
        match (heartbeat, errors) {
            (_, Some(errors)) => Err(errors),
            (Some(heartbeat), None) => Ok(Self { heartbeat, role, definition }),
            (None, None) => Err(syn::Error::new(
                Span::call_site(),
                "which endpoint is the heartbeat?\n\
                 = help: write #[worker_role(heartbeat = \"Heartbeat\")]",
            )),
        }
    }
}

#[derive(Default)]
struct Given {
    heartbeat: Option<LitStr>,
    role: Option<LitStr>,
    definition: Option<LitStr>,
}

fn argument(input: ParseStream<'_>, given: &mut Given) -> syn::Result<()> {
    let key = input.call(Ident::parse_any)?;
    let slot = match key.to_string().as_str() {
        "heartbeat" => &mut given.heartbeat,
        "role" => &mut given.role,
        "definition" => &mut given.definition,
        name => return Err(unknown(&key, name)),
    };
    if slot.is_some() {
        return Err(syn::Error::new(key.span(), format!("`{key}` is given twice: keep one")));
    }
    input.parse::<Token![=]>()?;
    let value = match input.parse()? {
        Lit::Str(text) if !text.value().trim().is_empty() => text,
        other => {
            let message = format!("`{key}` is a text: write `{key} = \"…\"`");
            return Err(syn::Error::new(other.span(), message));
        }
    };
    *slot = Some(value);
    Ok(())
}

fn unknown(key: &Ident, name: &str) -> syn::Error {
    let known = KEYS.map(|key| format!("`{key}`")).join(", ");
    let mut message = format!("unknown argument `{name}`\n= note: there are {known}");
    if let Some(near) = heartbeat_definition::nearest(name, KEYS) {
        message = format!("{message}\n= help: did you mean `{near}`?");
    }
    syn::Error::new(key.span(), message)
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn combine(errors: &mut Option<syn::Error>, error: syn::Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use quote::quote;

    fn errors(tokens: proc_macro2::TokenStream) -> Vec<String> {
        let errors = Arguments::parse(tokens).err().unwrap();
        errors.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn all_arguments_are_read() {
        let arguments = Arguments::parse(quote!(heartbeat = "H", role = "R", definition = "d",));
        let Arguments { heartbeat, role, definition } = arguments.unwrap();
        assert_eq!(heartbeat.value(), "H");
        assert_eq!(role.unwrap().value(), "R");
        assert_eq!(definition.unwrap().value(), "d");
    }

    #[test]
    fn every_mistake_is_told_once() {
        assert_eq!(
            errors(quote!(hartbeat = "H", role = 1, definition = "a", definition = "b", role "x")),
            [
                "unknown argument `hartbeat`\n= note: there are `heartbeat`, `role`, `definition`\
                 \n= help: did you mean `heartbeat`?",
                "`role` is a text: write `role = \"…\"`",
                "`definition` is given twice: keep one",
                "expected `=`",
            ]
        );
        assert_eq!(
            errors(quote!(role = "R")),
            [
                "which endpoint is the heartbeat?\n= help: write #[worker_role(heartbeat = \"Heartbeat\")]"
            ]
        );
    }
}
