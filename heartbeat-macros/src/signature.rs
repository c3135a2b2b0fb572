//! The signatures of a worker's functions: `main`, and the phases of a module.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{FnArg, ReturnType, Safety, Signature, Type, Visibility};

use crate::diagnostic::Diagnostic;
use crate::item::{Checked, Item, function_name, skip_attributes};

const MAIN: &str = "write `async fn main(role: RoleEnvironment) -> Result<(), Error>`";
const PHASES: [&str; 3] = ["on_start", "run", "on_stop"];

/// A function in a module.
pub(crate) struct Function {
    visibility: Visibility,
    name: Ident,
    /// `None` if it does not parse, which the compiler has reported.
    signature: Option<Signature>,
}

/// Checks the function under the attribute.
pub(crate) fn check_main(signature: &Signature) -> Checked {
    let name = &signature.ident;
    let error = |span, message: String| Err(vec![Diagnostic::at(span, message, MAIN)]);
    if name != "main" {
        return error(name.span(), format!("expected a function named `main`, found `{name}`"));
    }
    if signature.asyncness.is_none() {
        return Err(vec![
            Diagnostic::at(signature.fn_token.span, "`main` must be async", MAIN).note(
                "`#[worker_role]` replaces attributes such as `#[tokio::main]`, which remove the \
                 `async`",
            ),
        ]);
    }
    if let Some((span, qualifier)) = qualifier(signature) {
        return error(span, format!("`main` cannot be `{qualifier}`"));
    }
    if !signature.generics.params.is_empty() {
        let message = "`main` cannot be generic";
        return Err(vec![Diagnostic::across(&signature.generics, message, MAIN)]);
    }
    if signature.inputs.len() != 1 {
        let message = "`main` must take one parameter, the role environment";
        return error(signature.paren_token.span.join(), message.to_owned());
    }
    if let Some(FnArg::Typed(parameter)) = signature.inputs.first()
        && let Type::Reference(reference) = &*parameter.ty
    {
        let message = "`main` must take the role environment by value";
        return error(reference.and_token.span, message.to_owned());
    }
    if matches!(signature.output, ReturnType::Default) {
        return error(name.span(), "`main` must return a `Result`".to_owned());
    }
    Ok(Item::Main { name: name.clone() })
}

/// Returns the qualifier that changes the kind of the function.
fn qualifier(signature: &Signature) -> Option<(Span, &'static str)> {
    let Signature { constness, safety, abi, .. } = signature;
    let constness = constness.as_ref().map(|token| (token.span, "const"));
    let safety = match safety {
        Safety::Unsafe(token) => Some((token.span, "unsafe")),
        _ => None,
    };
    constness.or(safety).or(abi.as_ref().map(|abi| (abi.extern_token.span, "extern")))
}

/// Parses the functions of a module, and skips their bodies and all other items.
pub(crate) fn parse_functions(input: ParseStream<'_>) -> syn::Result<Vec<Function>> {
    let mut functions = Vec::new();
    while !input.is_empty() {
        skip_attributes(input)?;
        let visibility = input.parse()?;
        let signature = input.fork().parse().ok();
        if let Some(name) = function_name(parse_to_end_of_item(input)?) {
            functions.push(Function { visibility, name, signature });
        }
    }
    Ok(functions)
}

fn parse_to_end_of_item(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let is_end = ends_item(&token);
        token.to_tokens(&mut tokens);
        if is_end {
            break;
        }
    }
    Ok(tokens)
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => matches!(group.delimiter(), Delimiter::Brace | Delimiter::None),
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

/// Checks the functions of a module.
pub(crate) fn check_module(name: Ident, functions: &[Function]) -> Checked {
    let [on_start, run, on_stop] =
        PHASES.map(|phase| functions.iter().find(|function| function.name == phase));
    let has_state = on_start.is_some();
    let given = [on_start, run, on_stop].into_iter().flatten();
    let mut errors: Vec<_> = given.filter_map(|phase| check_phase(phase, has_state)).collect();
    match run {
        Some(run) if errors.is_empty() => {
            let ident = |function: &Function| function.name.clone();
            let (on_start, on_stop) = (on_start.map(ident), on_stop.map(ident));
            Ok(Item::Module { name, on_start, run: ident(run), on_stop })
        }
        Some(_) => Err(errors),
        None => {
            let message = format!("module `{name}` has no function `run`");
            let help = format!("add to it `{}`", phase_header("run", has_state));
            errors.push(Diagnostic::at(name.span(), message, help));
            Err(errors)
        }
    }
}

/// Returns the first error in the signature of a phase. The compiler checks the types.
fn check_phase(function: &Function, has_state: bool) -> Option<Diagnostic> {
    let Function { visibility, name: ident, signature } = function;
    let signature = signature.as_ref()?;
    let name = ident.to_string();
    let takes_state = has_state && name != "on_start";
    let (span, message) = if signature.asyncness.is_none() {
        (signature.fn_token.span, format!("`{name}` must be async"))
    } else if let Some((span, qualifier)) = qualifier(signature) {
        (span, format!("`{name}` cannot be `{qualifier}`"))
    } else if matches!(visibility, Visibility::Inherited) {
        let message = format!("`{name}` is private, but `main` calls it from outside the module");
        (ident.span(), message)
    } else if signature.inputs.len() != if takes_state { 2 } else { 1 } {
        let wanted = match (takes_state, has_state) {
            (true, _) => "two parameters, the state from `on_start` and the role environment",
            (_, true) => "one parameter, the role environment",
            _ => "one parameter, the role environment: without `on_start` there is no state",
        };
        (signature.paren_token.span.join(), format!("`{name}` must take {wanted}"))
    } else {
        return None;
    };
    Some(Diagnostic::at(span, message, format!("write `{}`", phase_header(&name, has_state))))
}

fn phase_header(phase: &str, has_state: bool) -> String {
    let (state, returned) = match (phase, has_state) {
        ("on_start", _) => ("", "State"),
        ("run", true) => ("state: &mut State, ", "()"),
        (_, true) => ("state: State, ", "()"),
        (_, false) => ("", "()"),
    };
    format!("pub async fn {phase}({state}role: &RoleEnvironment) -> Result<{returned}, Error>")
}
