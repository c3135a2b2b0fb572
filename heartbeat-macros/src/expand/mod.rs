//! The expansion: arguments, item and definition become the item, as it was, and `fn main`.
//!
//! A function of its tokens and of the environment, that never looks into a body.

mod arguments;
mod definition;
mod environment;
mod function;
mod item;
pub(crate) mod location;
mod mistake;
mod module;
mod program;
mod value;

pub(crate) use self::environment::{Environment, Files};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use self::arguments::Arguments;
use self::definition::Found;
use self::item::Item;
use self::mistake::Mistake;
use self::program::Program;

/// The set of items is the same on success and on failure, so that a mistake neither takes the
/// item from the editor nor adds a missing `main` to the errors.
pub(crate) fn expand(
    arguments: TokenStream,
    item: &TokenStream,
    environment: &Environment<'_>,
) -> TokenStream {
    let arguments = Arguments::read(attribute(item), arguments);
    program(arguments, item, environment).unwrap_or_else(|mistakes| {
        if item::is_main(item) {
            quote!(fn main() { #item } #(#mistakes)*)
        } else {
            quote!(#item fn main() {} #(#mistakes)*)
        }
    })
}

/// The place of the attribute, as if the user had written it: no error there is told to originate
/// in a macro.
fn attribute(item: &TokenStream) -> Span {
    let attribute = Span::call_site();
    let first = item.clone().into_iter().next();
    first.map_or(attribute, |token| attribute.resolved_at(token.span()))
}

fn program(
    mut arguments: Arguments,
    tokens: &TokenStream,
    environment: &Environment<'_>,
) -> Result<TokenStream, Vec<Mistake>> {
    let mut mistakes = std::mem::take(&mut arguments.mistakes);
    let item = match Item::read(tokens.clone()) {
        Ok(item) => item,
        Err(wrong) => {
            mistakes.extend(wrong);
            return Err(mistakes);
        }
    };
    mistakes.extend(arguments.needless(&item));
    // Where those are wrong, nothing can be said of the endpoints.
    if arguments.is_wrong("definition") || arguments.is_wrong("role") {
        return Err(mistakes);
    }
    let found =
        Found::find(&arguments, environment).map_err(|mistake| and(&mut mistakes, mistake))?;
    let name = item.name();
    let alike = [name.as_deref(), environment.binary.as_deref(), environment.package.as_deref()];
    let alike: Vec<_> = alike.into_iter().flatten().collect();
    let role = found.role(&arguments, &alike).map_err(|mistake| and(&mut mistakes, mistake))?;
    mistakes.extend(found.endpoint_mistakes(role, &arguments));
    match &arguments.heartbeat {
        Some(heartbeat) if mistakes.is_empty() => {
            let version = version(environment);
            let definition = location::embedded(&found.path, environment);
            let program = Program { item: &item, role: &role.name, version, definition };
            Ok(program.print(tokens, heartbeat, &arguments))
        }
        _ => Err(mistakes),
    }
}

fn and(mistakes: &mut Vec<Mistake>, mistake: Mistake) -> Vec<Mistake> {
    mistakes.push(mistake);
    std::mem::take(mistakes)
}

/// That of the package, as cargo tells it.
fn version(environment: &Environment<'_>) -> TokenStream {
    if environment.has_version {
        quote!(::core::env!("CARGO_PKG_VERSION"))
    } else {
        quote!("0.0.0")
    }
}
