//! The expansion: arguments, item and definition become the unchanged item and `fn main`.
//!
//! A pure function of the tokens and the environment. It never looks into a body.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::args::Args;
use crate::definition::LoadedDefinition;
use crate::diagnostic::Diagnostic;
use crate::fs::Environment;
use crate::include_path::include_path;
use crate::item::{Item, is_main};
use crate::main_fn::MainFn;

/// Expands the attribute.
///
/// Success and failure emit the same set of items, so that an error neither takes the item from
/// the editor nor adds a missing `main` to the diagnostics.
pub(crate) fn expand(
    arguments: TokenStream,
    item: &TokenStream,
    environment: &Environment<'_>,
) -> TokenStream {
    let mut args = Args::parse(attribute_span(item), arguments);
    let mut diagnostics = std::mem::take(&mut args.diagnostics);
    let expansion = try_expand(&args, item, environment, &mut diagnostics);
    expansion.unwrap_or_else(|| {
        if is_main(item) {
            quote!(fn main() { #item } #(#diagnostics)*)
        } else {
            quote!(#item fn main() {} #(#diagnostics)*)
        }
    })
}

/// Returns the span of the attribute, resolved as the user's own code: the compiler does not call
/// an error there one that "originates in the attribute macro".
fn attribute_span(item: &TokenStream) -> Span {
    let attribute = Span::call_site();
    let first = item.clone().into_iter().next();
    first.map_or(attribute, |token| attribute.resolved_at(token.span()))
}

/// Expands the item, or returns `None` with at least one diagnostic.
fn try_expand(
    args: &Args,
    tokens: &TokenStream,
    environment: &Environment<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<TokenStream> {
    let item = Item::parse(tokens.clone()).map_err(|errors| diagnostics.extend(errors)).ok()?;
    diagnostics.extend(args.unexpected_args(&item));
    // The endpoints cannot be checked without the right definition and role.
    if args.is_invalid("definition") || args.is_invalid("role") {
        return None;
    }
    let definition = LoadedDefinition::load(args, environment);
    let definition = definition.map_err(|error| diagnostics.push(error)).ok()?;
    let name = item.name();
    let candidates =
        [name.as_deref(), environment.binary.as_deref(), environment.package.as_deref()];
    let candidates: Vec<_> = candidates.into_iter().flatten().collect();
    let role = definition.role(args, &candidates).map_err(|error| diagnostics.push(error)).ok()?;
    diagnostics.extend(definition.check_endpoints(role, args));
    let heartbeat = args.heartbeat.as_ref().filter(|_| diagnostics.is_empty())?;
    let main = MainFn {
        item: &item,
        role: &role.name,
        version: version(environment),
        definition: include_path(&definition.path, environment),
        heartbeat,
        args,
    };
    Some(main.expand(tokens))
}

/// Returns the version of the package.
fn version(environment: &Environment<'_>) -> TokenStream {
    if environment.has_version {
        quote!(::core::env!("CARGO_PKG_VERSION"))
    } else {
        quote!("0.0.0")
    }
}
