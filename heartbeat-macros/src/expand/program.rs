//! The one function that is added: `main`, which reads as the story it tells.

use std::time::Duration;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitStr, Path};

use super::arguments::Arguments;
use super::item::Item;

/// What of a program its item and its definition say.
pub(super) struct Program<'a> {
    pub(super) item: &'a Item,
    pub(super) role: &'a str,
    pub(super) version: TokenStream,
    pub(super) definition: TokenStream,
}

impl Program<'_> {
    /// The item and `main`; the function `main` of a user is nested in that, as it is.
    pub(super) fn print(
        &self,
        item: &TokenStream,
        heartbeat: &LitStr,
        arguments: &Arguments,
    ) -> TokenStream {
        let (before, nested) = match self.item {
            Item::Main { .. } => (None, Some(item)),
            Item::Role { .. } | Item::Module { .. } => (Some(item), None),
        };
        let definition = &self.definition;
        let host = self.host(arguments.runtime.as_ref().map(|(_, path)| path));
        let settings = settings(arguments);
        quote! {
            #before
            fn main() -> ::std::process::ExitCode {
                #nested
                #host
                    .definition(::core::include_bytes!(#definition))
                    .heartbeat(#heartbeat)
                    #settings
                    .start()
                    .run()
                    .stop()
            }
        }
    }

    fn host(&self, runtime: Option<&Path>) -> TokenStream {
        let Self { role, version, .. } = self;
        let runtime = runtime.map_or_else(|| quote!(::heartbeat_runtime), |path| quote!(#path));
        match self.item {
            Item::Role { trait_path, self_type } => {
                quote!(<#self_type as #trait_path>::host(#role, #version))
            }
            Item::Main { name } => quote!(#runtime::Host::of_main(#role, #version, #name)),
            Item::Module { name, on_start, run, on_stop } => {
                let path = |function| path_to(name, function);
                let run = path(run);
                let on_start = on_start.as_ref().map(path);
                let on_stop = on_stop.as_ref().map(path);
                match (on_start, on_stop) {
                    (Some(start), Some(stop)) => {
                        quote!(#runtime::Host::new(#role, #version, #start, #run, #stop))
                    }
                    (Some(start), None) => {
                        quote!(#runtime::Host::without_stop(#role, #version, #start, #run))
                    }
                    (None, Some(stop)) => {
                        quote!(#runtime::Host::without_start(#role, #version, #run, #stop))
                    }
                    (None, None) => quote!(#runtime::Host::of_run(#role, #version, #run)),
                }
            }
        }
    }
}

/// `module::function`, all at the place of the function, where the compiler is to point when the
/// signature does not fit.
fn path_to(module: &Ident, function: &Ident) -> TokenStream {
    let mut module = module.clone();
    module.set_span(module.span().located_at(function.span()));
    quote_spanned!(function.span()=> #module::#function)
}

/// The arguments beside the heartbeat, in the order of the documentation.
fn settings(arguments: &Arguments) -> TokenStream {
    let Arguments { management, stall_after, stop_within, drain, .. } = arguments;
    let management = management.iter().map(|name| quote!(.management(#name)));
    let stall_after = stall_after.map(duration).map(|it| quote!(.stall_after(#it)));
    let stop_within = stop_within.map(duration).map(|it| quote!(.stop_within(#it)));
    let drain = drain.map(duration).map(|it| quote!(.drain(#it)));
    let current_thread = arguments.current_thread.then(|| quote!(.current_thread()));
    let worker_threads = arguments.worker_threads.map(|(count, _)| {
        let count = Literal::usize_unsuffixed(count);
        quote!(.worker_threads(#count))
    });
    quote!(#(#management)* #stall_after #stop_within #drain #current_thread #worker_threads)
}

fn duration(duration: Duration) -> TokenStream {
    let (unit, count) = match u64::try_from(duration.as_millis()) {
        Ok(milliseconds) if duration.subsec_millis() > 0 => ("from_millis", milliseconds),
        _ => ("from_secs", duration.as_secs()),
    };
    let (unit, count) = (Ident::new(unit, Span::call_site()), Literal::u64_unsuffixed(count));
    quote!(::core::time::Duration::#unit(#count))
}
