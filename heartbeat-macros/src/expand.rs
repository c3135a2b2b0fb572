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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use quote::quote;

    use super::expand;
    use crate::environment::Environment;

    const DEFINITION: &str = "<ServiceDefinition name='Shop'><WorkerRole name='Orders'><Endpoints>\
        <InputEndpoint name='Heartbeat' protocol='http' port='80'/>\
        </Endpoints></WorkerRole></ServiceDefinition>";

    /// A workspace of one package, which has no definition of its own.
    fn workspace(folder: &Path) -> Environment {
        let package = folder.join("orders");
        fs::create_dir_all(package.join("src/bin")).unwrap();
        fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = ['orders']\n").unwrap();
        fs::write(folder.join("ServiceDefinition.csdef"), DEFINITION).unwrap();
        Environment {
            source: Some(package.join("src/bin/worker.rs")),
            manifest_directory: Some(package),
            working_directory: folder.to_owned(),
            ..Environment::default()
        }
    }

    #[test]
    fn the_item_stays_and_one_main_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let item = quote! {
            /// Ships orders.
            #[cfg(unix)]
            impl heartbeat::WorkerRole for shop::Orders {
                async fn run(&mut self) { let = ; }
            }
        };
        let main = quote! {
            fn main() -> ::std::process::ExitCode {
                <shop::Orders as heartbeat::WorkerRole>::host("Orders", ::core::env!("CARGO_PKG_VERSION"))
                    .definition(::core::include_bytes!("../../../ServiceDefinition.csdef"))
                    .heartbeat("Heartbeat")
                    .start()
                    .run()
                    .stop()
            }
        };
        let environment = workspace(folder.path());
        let expansion = expand(quote!(heartbeat = "Heartbeat"), &item, &environment);
        assert_eq!(expansion.to_string(), quote!(#item #main).to_string());
    }

    #[test]
    fn without_a_known_source_the_path_is_that_from_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment { source: None, ..workspace(folder.path()) };
        let item = quote!(impl WorkerRole for Orders {});
        let expansion = expand(quote!(heartbeat = "Heartbeat"), &item, &environment).to_string();
        let path = quote! {
            ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/../ServiceDefinition.csdef")
        };
        assert!(expansion.contains(&path.to_string()), "{expansion}");
    }

    #[test]
    fn an_error_leaves_the_item_and_a_main() {
        let folder = tempfile::tempdir().unwrap();
        let item = quote!(impl WorkerRole for Orders {});
        let environment = workspace(folder.path());
        let expansion = expand(quote!(heartbeat = "Beat"), &item, &environment).to_string();
        assert!(expansion.starts_with(&quote!(#item fn main() {}).to_string()), "{expansion}");
        assert!(expansion.contains("no endpoint named `Beat`"), "{expansion}");
    }

    #[test]
    fn the_definition_nearest_to_the_package_is_taken_and_none_above_the_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let item = quote!(impl WorkerRole for Orders {});
        let environment = workspace(folder.path());
        let inner = folder.path().join("orders/ServiceDefinition.csdef");
        fs::write(&inner, DEFINITION.replace("Heartbeat", "Inner")).unwrap();
        let expansion = expand(quote!(heartbeat = "Inner"), &item, &environment).to_string();
        assert!(expansion.contains("\"../../ServiceDefinition.csdef\""), "{expansion}");

        fs::remove_file(inner).unwrap();
        fs::write(folder.path().join("orders/Cargo.toml"), "[workspace]\n").unwrap();
        let expansion = expand(quote!(heartbeat = "Heartbeat"), &item, &environment).to_string();
        assert!(expansion.contains("no ServiceDefinition.csdef in"), "{expansion}");
    }
}
