//! The generated `fn main`.

use std::time::Duration;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprPath, LitStr, Path};

use crate::args::Args;
use crate::item::Item;

/// The parts of the generated `fn main`.
pub(crate) struct MainFn<'a> {
    pub(crate) item: &'a Item,
    pub(crate) role: &'a str,
    pub(crate) version: TokenStream,
    pub(crate) definition: TokenStream,
    pub(crate) heartbeat: &'a LitStr,
    pub(crate) args: &'a Args,
}

impl MainFn<'_> {
    /// Expands to the item, followed by `main`. A user's own function `main` is nested in it,
    /// unchanged.
    pub(crate) fn expand(&self, item: &TokenStream) -> TokenStream {
        let (before, nested) = match self.item {
            Item::Main { .. } => (None, Some(item)),
            Item::Impl { .. } | Item::Module { .. } => (Some(item), None),
        };
        let Self { definition, heartbeat, .. } = self;
        let host = self.host(self.args.runtime.as_ref().map(|(_, path)| path));
        let init = self.args.init.as_ref().map(init);
        let options = options(self.args);
        quote! {
            #before
            fn main() -> ::std::process::ExitCode {
                #nested
                #host
                    #init
                    .definition(::core::include_bytes!(#definition))
                    .heartbeat(#heartbeat)
                    #options
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
            Item::Impl { trait_path, self_type } => {
                quote!(<#self_type as #trait_path>::host(#role, #version))
            }
            Item::Main { name } => quote!(#runtime::Host::from_main(#role, #version, #name)),
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
                    (None, None) => quote!(#runtime::Host::from_run(#role, #version, #run)),
                }
            }
        }
    }
}

/// Returns `module::function` with the span of the function, at which the compiler reports a wrong
/// signature.
fn path_to(module: &Ident, function: &Ident) -> TokenStream {
    let mut module = module.clone();
    module.set_span(module.span().located_at(function.span()));
    quote_spanned!(function.span()=> #module::#function)
}

/// Returns the call that sets `init`, with the span of its path, at which the compiler reports a wrong
/// signature.
fn init(path: &ExprPath) -> TokenStream {
    let method = Ident::new("init", Span::call_site().located_at(path.span()));
    quote!(.#method(#path))
}

/// Expands the optional arguments, in the order of the documentation.
fn options(args: &Args) -> TokenStream {
    let Args { management, stall_after, stop_within, drain, recycle_after, .. } = args;
    let management = management.iter().map(|name| quote!(.management(#name)));
    let stall_after = stall_after.map(duration).map(|it| quote!(.stall_after(#it)));
    let stop_within = stop_within.map(duration).map(|it| quote!(.stop_within(#it)));
    let drain = drain.map(duration).map(|it| quote!(.drain(#it)));
    let recycle_after = recycle_after.map(duration).map(|it| quote!(.recycle_after(#it)));
    let current_thread = args.current_thread.then(|| quote!(.current_thread()));
    let worker_threads = args.worker_threads.map(|(count, _)| {
        let count = Literal::usize_unsuffixed(count);
        quote!(.worker_threads(#count))
    });
    quote!(
        #(#management)* #stall_after #stop_within #drain #recycle_after #current_thread #worker_threads
    )
}

fn duration(duration: Duration) -> TokenStream {
    let (unit, count) = match u64::try_from(duration.as_millis()) {
        Ok(milliseconds) if duration.subsec_millis() > 0 => ("from_millis", milliseconds),
        _ => ("from_secs", duration.as_secs()),
    };
    let (unit, count) = (Ident::new(unit, Span::call_site()), Literal::u64_unsuffixed(count));
    quote!(::core::time::Duration::#unit(#count))
}
