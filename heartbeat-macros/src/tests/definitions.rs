//! The search for the definition and the choice of the role.

use proc_macro2::TokenStream;
use quote::quote;

use super::{DEFINITION, MemoryFs};
use crate::expand::expand;
use crate::fs::Environment;

fn expand_orders(arguments: TokenStream, environment: &Environment<'_>) -> String {
    expand(arguments, &quote!(impl WorkerRole for Orders {}), environment).to_string()
}

#[test]
fn finds_the_nearest_definition_within_the_workspace() {
    let inner = DEFINITION.replace("Heartbeat", "Inner");
    let outer = ("/shop/ServiceDefinition.csdef", DEFINITION);
    let files = MemoryFs::with(&[outer, ("/shop/orders/ServiceDefinition.csdef", &inner)]);
    let expansion = expand_orders(quote!(heartbeat = "Inner"), &files.environment());
    assert!(expansion.contains("\"../ServiceDefinition.csdef\""), "{expansion}");

    let files = MemoryFs::with(&[outer]);
    let expansion = expand_orders(quote!(heartbeat = "Heartbeat"), &files.environment());
    assert!(expansion.contains("\"../../ServiceDefinition.csdef\""), "{expansion}");

    let files = MemoryFs::with(&[outer, ("/shop/orders/Cargo.toml", "[workspace.package]")]);
    let expansion = expand_orders(quote!(heartbeat = "Heartbeat"), &files.environment());
    assert!(expansion.contains("no ServiceDefinition.csdef in /shop/orders\\n"), "{expansion}");
}

#[test]
fn without_cargo_the_search_begins_at_the_source_file() {
    let files = MemoryFs::with(&[("/shop/ServiceDefinition.csdef", DEFINITION)]);
    let bare = Environment {
        manifest_directory: None,
        binary: None,
        package: None,
        has_version: false,
        ..files.environment()
    };
    let expansion = expand_orders(quote!(heartbeat = "Heartbeat"), &bare);
    assert!(expansion.contains("\"../../ServiceDefinition.csdef\""), "{expansion}");
    assert!(expansion.contains("host (\"Orders\" , \"0.0.0\")"), "{expansion}");

    let unknown = Environment { source: None, ..bare };
    for arguments in [quote!(heartbeat = "Heartbeat"), quote!(heartbeat = "H", definition = "a")] {
        let expansion = expand_orders(arguments, &unknown);
        assert!(expansion.contains("set CARGO_MANIFEST_DIR"), "{expansion}");
    }
}

#[test]
fn picks_the_role_named_like_the_type_or_the_binary_or_the_package() {
    let endpoint =
        "<Endpoints><InputEndpoint name='Heartbeat' protocol='tcp' port='1'/></Endpoints>";
    let roles: String = ["Orders", "Mail-Out", "ledger"]
        .map(|name| format!("<WorkerRole name='{name}'>{endpoint}</WorkerRole>"))
        .concat();
    let definition = format!("<ServiceDefinition name='Shop'>{roles}</ServiceDefinition>");
    let files = MemoryFs::with(&[("/shop/ServiceDefinition.csdef", &definition)]);
    let environment = Environment {
        binary: Some("mail_out".to_owned()),
        package: Some("Ledger".to_owned()),
        ..files.environment()
    };
    let no_binary = Environment { binary: None, ..environment_of(&files, "Ledger") };
    for (item, environment, role) in [
        (quote!(impl WorkerRole for shop::Orders<u8> {}), &environment, "Orders"),
        (quote!(impl WorkerRole for Worker {}), &environment, "Mail-Out"),
        (quote!(impl WorkerRole for Worker {}), &no_binary, "ledger"),
        (quote!(impl WorkerRole for (u8,) {}), &no_binary, "ledger"),
        (
            quote!(
                mod orders {
                    pub async fn run(role: &RoleEnvironment) -> R {}
                }
            ),
            &environment,
            "Orders",
        ),
    ] {
        let expansion = expand(quote!(heartbeat = "Heartbeat"), &item, environment).to_string();
        assert!(expansion.contains(&format!("(\"{role}\" ,")), "{role}: {expansion}");
    }
}

fn environment_of<'a>(files: &'a MemoryFs, package: &str) -> Environment<'a> {
    Environment { package: Some(package.to_owned()), ..files.environment() }
}
