//! The header of the item under the attribute. Bodies stay tokens: of a module, only the
//! signatures of its functions are parsed.

use heartbeat_definition::suggest;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Generics, Path, Token, Type, Visibility, braced, token};

use crate::diagnostic::Diagnostic;
use crate::signature::{check_main, check_module, parse_functions};

const TRAIT: &str = "WorkerRole";
const PLACES: &str =
    "apply it to `impl WorkerRole for …`, `async fn main(role: RoleEnvironment)` or `mod … { }`";

/// Items that cannot be a worker, by their keyword.
const OTHER_ITEMS: [(&str, &str); 10] = [
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("trait", "a trait"),
    ("const", "a constant"),
    ("static", "a static"),
    ("type", "a type alias"),
    ("use", "a `use` declaration"),
    ("extern", "an `extern` item"),
    ("macro_rules", "a macro"),
];

/// The three shapes of a worker.
pub(crate) enum Item {
    /// `impl WorkerRole for Orders`.
    Impl { trait_path: Path, self_type: Type },
    /// `async fn main(role: RoleEnvironment)`.
    Main { name: Ident },
    /// `mod orders { … }`, with the names of its functions.
    Module { name: Ident, on_start: Option<Ident>, run: Ident, on_stop: Option<Ident> },
}

/// An item, or everything that is wrong with it.
pub(crate) type Checked = Result<Item, Vec<Diagnostic>>;

// === impl Item ===

impl Item {
    pub(crate) fn parse(tokens: TokenStream) -> Checked {
        // In most cases the compiler has already reported a header that does not parse.
        parse_item.parse2(ungroup(tokens)).unwrap_or_else(|error| Err(vec![syntax_error(&error)]))
    }

    /// Returns a name that the role may share.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Impl { self_type: Type::Path(path), .. } => {
                path.path.segments.last().map(|last| last.ident.to_string())
            }
            Self::Module { name, .. } => Some(name.to_string()),
            Self::Impl { .. } | Self::Main { .. } => None,
        }
    }
}

/// Returns `true` if the item is a function `main`, beside which no other one can exist.
pub(crate) fn is_main(tokens: &TokenStream) -> bool {
    function_name(tokens.clone()).is_some_and(|name| name == "main")
}

fn parse_item(input: ParseStream<'_>) -> syn::Result<Checked> {
    skip_attributes(input)?;
    input.parse::<Visibility>()?;
    if input.peek(Token![mod]) {
        return parse_module(input);
    }
    // The compiler itself rejects an `unsafe impl` of a safe trait.
    if input.peek(Token![impl]) || input.peek(Token![unsafe]) && input.peek2(Token![impl]) {
        input.parse::<Option<Token![unsafe]>>()?;
        return parse_impl(input);
    }
    let ahead = input.fork();
    let signature = ahead.parse();
    let tokens = input.parse::<TokenStream>()?;
    Ok(match (signature, function_name(tokens.clone())) {
        (Ok(signature), _) => check_main(&signature),
        // The compiler has reported the header already.
        (Err(_), Some(name)) if name == "main" => Ok(Item::Main { name }),
        (Err(error), _) => Err(vec![misplaced(tokens).unwrap_or_else(|| syntax_error(&error))]),
    })
}

fn syntax_error(error: &syn::Error) -> Diagnostic {
    Diagnostic::at(error.span(), error.to_string(), PLACES)
}

/// Rejects an item of another kind.
fn misplaced(tokens: TokenStream) -> Option<Diagnostic> {
    let mut tokens = tokens.into_iter();
    let (keyword, item) = tokens.find_map(|token| {
        let (_, item) = OTHER_ITEMS.iter().find(|(keyword, _)| is_ident(&token, keyword))?;
        Some((token, item))
    })?;
    let message = format!("`#[worker_role]` cannot be applied to {item}");
    let help = match tokens.next() {
        Some(TokenTree::Ident(name))
            if is_ident(&keyword, "struct") || is_ident(&keyword, "enum") =>
        {
            format!("apply it to `impl {TRAIT} for {name}`")
        }
        _ => PLACES.to_owned(),
    };
    Some(Diagnostic::at(keyword.span(), message, help))
}

// === impl WorkerRole for … ===

fn parse_impl(input: ParseStream<'_>) -> syn::Result<Checked> {
    input.parse::<Token![impl]>()?;
    let generics = input.parse::<Generics>()?;
    let first: Type = input.parse()?;
    let has_trait = input.parse::<Option<Token![for]>>()?.is_some();
    if !has_trait {
        input.parse::<TokenStream>()?;
        let message = format!("expected an implementation of the trait `{TRAIT}`");
        return Ok(Err(vec![wrong_trait(&first, message, &first)]));
    }
    let self_type: Type = input.parse()?;
    input.parse::<TokenStream>()?;
    let Type::Path(trait_path) = first else {
        let message = format!("expected the trait `{TRAIT}`");
        return Ok(Err(vec![wrong_trait(&first, message, &self_type)]));
    };
    Ok(check_impl(&generics, trait_path.path, self_type))
}

fn check_impl(generics: &Generics, trait_path: Path, self_type: Type) -> Checked {
    if !generics.params.is_empty() {
        let help = format!(
            "remove `{}` and name a concrete type: `impl {TRAIT} for …`",
            to_source(generics)
        );
        let message = "`#[worker_role]` cannot be applied to a generic `impl`";
        return Err(vec![Diagnostic::across(generics, message, help)]);
    }
    let name = trait_path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    // A typing mistake is an unknown name, which the compiler reports better.
    if name != TRAIT && suggest(&name, [TRAIT]).is_none() {
        let message = format!("expected the trait `{TRAIT}`, found `{name}`");
        return Err(vec![wrong_trait(&trait_path, message, &self_type)]);
    }
    Ok(Item::Impl { trait_path, self_type })
}

fn wrong_trait(tokens: &impl ToTokens, message: String, self_type: &Type) -> Diagnostic {
    let help = format!("write `impl {TRAIT} for {}`", to_source(self_type));
    Diagnostic::across(tokens, message, help)
}

// === mod … { } ===

fn parse_module(input: ParseStream<'_>) -> syn::Result<Checked> {
    input.parse::<Token![mod]>()?;
    let name: Ident = input.parse()?;
    if !input.peek(token::Brace) {
        input.parse::<TokenStream>()?;
        let message = format!("module `{name}` must be inline");
        let help = format!(
            "write `mod {name} {{ … }}` here, or implement `{TRAIT}` in the module's file and put \
             the attribute there"
        );
        return Ok(Err(vec![Diagnostic::at(name.span(), message, help)]));
    }
    let body;
    braced!(body in input);
    Ok(check_module(name, &parse_functions(&body)?))
}

// === Tokens ===

/// Skips attributes, inner ones too, without parsing them.
pub(crate) fn skip_attributes(input: ParseStream<'_>) -> syn::Result<()> {
    while input.parse::<Option<Token![#]>>()?.is_some() {
        input.parse::<Option<Token![!]>>()?;
        input.parse::<Group>()?;
    }
    Ok(())
}

/// Unwraps the invisible group in which a `macro_rules!` macro passes an item.
fn ungroup(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            ungroup(group.stream())
        }
        _ => tokens,
    }
}

/// Returns the name of the first function, outside of all groups.
pub(crate) fn function_name(tokens: TokenStream) -> Option<Ident> {
    let mut tokens = ungroup(tokens).into_iter();
    tokens.find(|token| is_ident(token, "fn"))?;
    match tokens.next()? {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    }
}

fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Formats tokens nearly as a user would write them.
fn to_source(tokens: &impl ToTokens) -> String {
    let source = tokens.to_token_stream().to_string();
    [" :: ", ":: ", " ::"]
        .iter()
        .fold(source, |text, colons| text.replace(colons, "::"))
        .replace(" <", "<")
        .replace("< ", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
}
