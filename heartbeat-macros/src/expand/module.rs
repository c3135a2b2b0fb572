//! A module of free functions: which of the three it has, and whether they can be called.

use proc_macro2::{Ident, TokenStream};

use super::function::Function;
use super::item::Item;
use super::mistake::Mistake;

const PHASES: [&str; 3] = ["on_start", "run", "on_stop"];

/// Where `on_start` makes a state, the others are handed it.
pub(super) fn read(name: Ident, body: TokenStream) -> Result<Item, Vec<Mistake>> {
    let tokens: Vec<_> = body.into_iter().collect();
    let functions = Function::all(&tokens);
    let [on_start, run, on_stop] =
        PHASES.map(|phase| functions.iter().find(|function| function.name == phase));
    let has_state = on_start.is_some();
    let given = [on_start, run, on_stop].into_iter().flatten();
    let mut mistakes: Vec<_> = given.filter_map(|phase| mistake(phase, has_state)).collect();
    match run {
        Some(run) if mistakes.is_empty() => {
            let ident = |function: &Function<'_>| function.name.clone();
            let (on_start, on_stop) = (on_start.map(ident), on_stop.map(ident));
            Ok(Item::Module { name, on_start, run: ident(run), on_stop })
        }
        Some(_) => Err(mistakes),
        None => {
            let message = format!("module `{name}` has no function `run`");
            let way_out = format!("write in it `{}`", signature("run", has_state));
            mistakes.push(Mistake::at(name.span(), message, way_out));
            Err(mistakes)
        }
    }
}

/// The first thing that is wrong with the header of a phase. Types are for the compiler.
fn mistake(function: &Function<'_>, has_state: bool) -> Option<Mistake> {
    let name = function.name.to_string();
    let wanted = if has_state && name != "on_start" { 2 } else { 1 };
    let (span, message) = if !function.is_async() {
        (function.keyword.span(), format!("`{name}` is not async"))
    } else if let Some(qualifier) = function.qualifier() {
        (qualifier.span(), format!("`{name}` cannot be `{qualifier}`"))
    } else if function.is_private() {
        (function.name.span(), format!("`{name}` is private, and `main` stands outside"))
    } else if function.parameters().len() != wanted {
        let message = match (has_state, wanted) {
            (true, 2) => {
                format!("`{name}` takes what `on_start` returns, and the role environment")
            }
            (true, _) => format!("`{name}` takes one parameter, the role environment"),
            (false, _) => format!(
                "`{name}` takes one parameter, the role environment: without `on_start` there is \
                 no state"
            ),
        };
        (function.parameters_span(), message)
    } else {
        return None;
    };
    let way_out = format!("write `{}`", signature(&name, has_state));
    Some(Mistake::at(span, message, way_out))
}

fn signature(phase: &str, has_state: bool) -> String {
    let (state, made) = match (phase, has_state) {
        ("on_start", _) => ("", "State"),
        ("run", true) => ("state: &mut State, ", "()"),
        (_, true) => ("state: State, ", "()"),
        (_, false) => ("", "()"),
    };
    format!("pub async fn {phase}({state}role: &RoleEnvironment) -> Result<{made}, Error>")
}
