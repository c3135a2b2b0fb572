//! The expansion: arguments, item and definition become the item, as it was, and `fn main`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::arguments::Arguments;
use crate::definition::Found;
use crate::environment::Environment;
use crate::item::Header;

/// The set of items is the same on success and on failure, so that an error in the arguments
/// neither takes the item from the editor nor adds a missing `main` to the errors.
pub(crate) fn expand(
    arguments: TokenStream,
    item: &TokenStream,
    environment: &Environment,
) -> TokenStream {
    match main(arguments, item.clone(), environment) {
        Ok(main) => quote!(#item #main),
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#item fn main() {} #error)
        }
    }
}

fn main(
    arguments: TokenStream,
    item: TokenStream,
    environment: &Environment,
) -> syn::Result<TokenStream> {
    let (arguments, header) = match (Arguments::parse(arguments), syn::parse2::<Header>(item)) {
        (Ok(arguments), Ok(header)) => (arguments, header),
        (Err(mut errors), Err(error)) => {
            errors.combine(error);
            return Err(errors);
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error),
    };
    let found = Found::find(&arguments, environment)?;
    let role = found.role(&arguments, header.type_name().as_deref(), environment)?;
    let definition = if let Some(path) = found.path_from_source(environment) {
        quote!(#path)
    } else {
        let path = format!("/{}", found.path_from_package(environment));
        quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path))
    };
    let Arguments { heartbeat, .. } = arguments;
    let Header { trait_path, self_type } = header;
    Ok(quote! {
        fn main() -> ::std::process::ExitCode {
            <#self_type as #trait_path>::host(#role, ::core::env!("CARGO_PKG_VERSION"))
                .definition(::core::include_bytes!(#definition))
                .heartbeat(#heartbeat)
                .start()
                .run()
                .stop()
        }
    })
}
