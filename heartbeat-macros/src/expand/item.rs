//! The header of the item under the attribute. What stands in braces is not parsed: of a module,
//! the names and the headers of the three functions are looked at.

use heartbeat_definition::suggest;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Generics, Path, Token, Type, Visibility};

use super::function::Function;
use super::mistake::Mistake;
use super::module;

const TRAIT: &str = "WorkerRole";
const MAIN: &str = "write `async fn main(role: RoleEnvironment) -> Result<(), Error>`";

/// The three shapes of a worker.
pub(crate) enum Item {
    /// `impl WorkerRole for Orders`.
    Role { trait_path: Path, self_type: Type },
    /// `async fn main(role: RoleEnvironment)`.
    Main { name: Ident },
    /// `mod orders { … }`, with the names of its functions.
    Module { name: Ident, on_start: Option<Ident>, run: Ident, on_stop: Option<Ident> },
}

impl Item {
    pub(crate) fn read(tokens: TokenStream) -> Result<Self, Vec<Mistake>> {
        // What is not even a header was told by the compiler's own parser in most cases.
        item.parse2(bare(tokens))
            .unwrap_or_else(|error| Err(vec![Mistake::at(error.span(), error.to_string(), PLACES)]))
    }

    /// What a role may be named after.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Role { self_type: Type::Path(path), .. } => {
                path.path.segments.last().map(|last| last.ident.to_string())
            }
            Self::Module { name, .. } => Some(name.to_string()),
            Self::Role { .. } | Self::Main { .. } => None,
        }
    }
}

/// Whether the item is a function `main`, so that another one cannot stand beside it.
pub(crate) fn is_main(tokens: &TokenStream) -> bool {
    let mut tokens = bare(tokens.clone()).into_iter();
    tokens.any(|token| is(&token, "fn")) && tokens.next().is_some_and(|name| is(&name, "main"))
}

/// Without the invisible group in which a macro by example hands over an item.
fn bare(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            bare(group.stream())
        }
        _ => tokens,
    }
}

fn is(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

const PLACES: &str = "put the attribute on `impl WorkerRole for …`, `async fn main(role: RoleEnvironment)` or `mod … { }`";

type Judged = Result<Item, Vec<Mistake>>;

fn item(input: ParseStream<'_>) -> syn::Result<Judged> {
    input.call(Attribute::parse_outer)?;
    let ahead = input.fork();
    ahead.parse::<Visibility>()?;
    if ahead.peek(Token![mod]) {
        input.parse::<Visibility>()?;
        return module(input);
    }
    // The compiler itself refuses an implementation that is needlessly unsafe.
    if ahead.peek(Token![impl]) || ahead.peek(Token![unsafe]) && ahead.peek2(Token![impl]) {
        input.parse::<Option<Token![unsafe]>>()?;
        return implementation(input);
    }
    let tokens: Vec<_> = input.parse::<TokenStream>()?.into_iter().collect();
    Ok(match Function::first(&tokens) {
        Some(function) => main(&function),
        None => Err(vec![misplaced(&tokens)]),
    })
}

fn implementation(input: ParseStream<'_>) -> syn::Result<Judged> {
    input.parse::<Token![impl]>()?;
    let generics = input.parse::<Generics>()?;
    let first: Type = input.parse()?;
    let is_trait = input.parse::<Option<Token![for]>>()?.is_some();
    if !is_trait {
        input.parse::<TokenStream>()?;
        let message = "the trait is missing";
        let way_out = format!("write `impl {TRAIT} for {}`", printed(&first));
        return Ok(Err(vec![Mistake::across(&first, message, way_out)]));
    }
    let self_type: Type = input.parse()?;
    input.parse::<TokenStream>()?;
    let Type::Path(trait_path) = first else {
        let way_out = format!("write `impl {TRAIT} for {}`", printed(&self_type));
        return Ok(Err(vec![Mistake::across(&first, "this is no trait", way_out)]));
    };
    Ok(role(&generics, trait_path.path, self_type))
}

fn role(generics: &Generics, trait_path: Path, self_type: Type) -> Judged {
    if !generics.params.is_empty() {
        let message = "a program has no generic parameters";
        let way_out = format!(
            "remove `{}`, and name the type that is meant: `impl {TRAIT} for …`",
            printed(generics)
        );
        return Err(vec![Mistake::across(generics, message, way_out)]);
    }
    let name = trait_path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    // A slip of the pen is an unknown name, which the compiler tells better.
    if name != TRAIT && suggest(&name, [TRAIT]).is_none() {
        let message = format!("`{name}` is not `{TRAIT}`");
        let way_out = format!("write `impl {TRAIT} for {}`", printed(&self_type));
        return Err(vec![Mistake::across(&trait_path, message, way_out)]);
    }
    Ok(Item::Role { trait_path, self_type })
}

fn main(function: &Function<'_>) -> Judged {
    let name = function.name;
    let wrong = |span, message: String| Err(vec![Mistake::at(span, message, MAIN)]);
    if name != "main" {
        return wrong(name.span(), format!("`{name}` is not `main`"));
    }
    if !function.is_async() {
        return Err(vec![
            Mistake::at(function.keyword.span(), "`main` is not async", MAIN)
                .note("nor may another attribute, such as `#[tokio::main]`, make it so"),
        ]);
    }
    if let Some(qualifier) = function.qualifier() {
        return wrong(qualifier.span(), format!("`main` cannot be `{qualifier}`"));
    }
    if let Some(generics) = function.generics() {
        return wrong(generics, "a program has no generic parameters".to_owned());
    }
    if function.parameters().len() != 1 {
        let message = "`main` takes one parameter, the role environment";
        return wrong(function.parameters_span(), message.to_owned());
    }
    if let Some(reference) = function.borrows_first() {
        return wrong(reference, "`main` owns its role environment".to_owned());
    }
    if !function.returns() {
        return wrong(name.span(), "`main` returns nothing".to_owned());
    }
    Ok(Item::Main { name: name.clone() })
}

fn module(input: ParseStream<'_>) -> syn::Result<Judged> {
    input.parse::<Token![mod]>()?;
    let name: Ident = input.parse()?;
    let rest: Vec<_> = input.parse::<TokenStream>()?.into_iter().collect();
    let Some(TokenTree::Group(body)) = rest.first() else {
        let message = format!("the functions of module `{name}` are in another file");
        let way_out = format!(
            "write `mod {name} {{ … }}` here, or implement `{TRAIT}` in that file, with the \
             attribute there"
        );
        return Ok(Err(vec![Mistake::at(name.span(), message, way_out)]));
    };
    Ok(module::read(name, body.stream()))
}

/// For what it stands on instead.
fn misplaced(tokens: &[TokenTree]) -> Mistake {
    const KINDS: [&str; 10] = [
        "struct",
        "enum",
        "union",
        "trait",
        "const",
        "static",
        "type",
        "use",
        "extern",
        "macro_rules",
    ];
    let is_kind = |token: &&TokenTree| KINDS.iter().any(|kind| is(token, kind));
    let mut tokens = tokens.iter().skip_while(|token| !is_kind(token));
    let (Some(kind), name) = (tokens.next(), tokens.next()) else {
        return Mistake::at(Span::call_site(), "this is no worker", PLACES);
    };
    let message = format!("a `{kind}` is no worker");
    match name {
        Some(TokenTree::Ident(name)) if is(kind, "struct") || is(kind, "enum") => {
            let way_out = format!("put the attribute on `impl {TRAIT} for {name}`");
            Mistake::at(kind.span(), message, way_out)
        }
        _ => Mistake::at(kind.span(), message, PLACES),
    }
}

/// As it would be written, nearly.
pub(super) fn printed(tokens: &impl ToTokens) -> String {
    let printed = tokens.to_token_stream().to_string();
    [" :: ", ":: ", " ::"]
        .iter()
        .fold(printed, |text, colons| text.replace(colons, "::"))
        .replace(" <", "<")
        .replace("< ", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
}
