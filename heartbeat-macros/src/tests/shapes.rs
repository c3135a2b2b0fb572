//! The expansion of each shape and each argument. `UPDATE_EXPECT=1 cargo test` writes it.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;
use quote::quote;

use super::{MemoryFs, expand_in_shop};
use crate::expand::expand;

fn check(arguments: TokenStream, item: &TokenStream, expected: &Expect) {
    expected.assert_eq(&format(&expand_in_shop(arguments, item)));
}

fn format(expansion: &TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion.clone()).unwrap())
}

#[test]
fn expands_an_impl() {
    let item = quote! {
        /// Ships orders.
        impl heart::WorkerRole for shop::Orders<'static> {
            async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> { Ok(Self) }
        }
    };
    check(
        quote!(heartbeat = "Heartbeat"),
        &item,
        &expect![[r#"
        /// Ships orders.
        impl heart::WorkerRole for shop::Orders<'static> {
            async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
                Ok(Self)
            }
        }
        fn main() -> ::std::process::ExitCode {
            <shop::Orders<
                'static,
            > as heart::WorkerRole>::host("Orders", ::core::env!("CARGO_PKG_VERSION"))
                .definition(::core::include_bytes!("../../ServiceDefinition.csdef"))
                .heartbeat("Heartbeat")
                .start()
                .run()
                .stop()
        }
    "#]],
    );
}

#[test]
fn expands_a_main_function() {
    let item = quote! {
        #[allow(clippy::unused_async)]
        async fn main(role: RoleEnvironment) -> Result<(), Error> {
            role.stopping().await;
            Ok(())
        }
    };
    check(
        quote!(heartbeat = "Heartbeat"),
        &item,
        &expect![[r#"
            fn main() -> ::std::process::ExitCode {
                #[allow(clippy::unused_async)]
                async fn main(role: RoleEnvironment) -> Result<(), Error> {
                    role.stopping().await;
                    Ok(())
                }
                ::heartbeat_runtime::Host::from_main(
                        "Orders",
                        ::core::env!("CARGO_PKG_VERSION"),
                        main,
                    )
                    .definition(::core::include_bytes!("../../ServiceDefinition.csdef"))
                    .heartbeat("Heartbeat")
                    .start()
                    .run()
                    .stop()
            }
        "#]],
    );
}

#[test]
fn expands_a_module_with_a_state() {
    let item = quote! {
        mod orders {
            use super::*;
            pub async fn on_start(_: &RoleEnvironment) -> Result<Queue, Error> { open().await }
            pub async fn run(queue: &mut Queue, _: &RoleEnvironment) -> Result<(), Error> { Ok(()) }
            pub async fn on_stop(queue: Queue, _: &RoleEnvironment) -> Result<(), Error> { Ok(()) }
        }
    };
    check(
        quote!(heartbeat = "Heartbeat"),
        &item,
        &expect![[r#"
        mod orders {
            use super::*;
            pub async fn on_start(_: &RoleEnvironment) -> Result<Queue, Error> {
                open().await
            }
            pub async fn run(queue: &mut Queue, _: &RoleEnvironment) -> Result<(), Error> {
                Ok(())
            }
            pub async fn on_stop(queue: Queue, _: &RoleEnvironment) -> Result<(), Error> {
                Ok(())
            }
        }
        fn main() -> ::std::process::ExitCode {
            ::heartbeat_runtime::Host::new(
                    "Orders",
                    ::core::env!("CARGO_PKG_VERSION"),
                    orders::on_start,
                    orders::run,
                    orders::on_stop,
                )
                .definition(::core::include_bytes!("../../ServiceDefinition.csdef"))
                .heartbeat("Heartbeat")
                .start()
                .run()
                .stop()
        }
    "#]],
    );
}

#[test]
fn expands_a_module_without_optional_functions() {
    let role = quote!(role: &RoleEnvironment);
    let start = quote!(pub async fn on_start(#role) -> Result<u8, Error> { Ok(0) });
    let stop = quote!(pub(crate) async fn on_stop(#role) -> Result<(), Error> { Ok(()) });
    let run = quote!(pub async fn run(#role) -> Result<(), Error> { Ok(()) });
    let run_with = quote!(pub async fn run(count: &mut u8, #role) -> Result<(), Error> { Ok(()) });
    for (body, host) in [
        (
            quote!(#start #run_with),
            "Host::without_stop(\"Orders\", ::core::env!(\"CARGO_PKG_VERSION\"), worker::on_start, worker::run)",
        ),
        (
            quote!(#run #stop),
            "Host::without_start(\"Orders\", ::core::env!(\"CARGO_PKG_VERSION\"), worker::run, worker::on_stop)",
        ),
        (
            quote!(#run),
            "Host::from_run(\"Orders\", ::core::env!(\"CARGO_PKG_VERSION\"), worker::run)",
        ),
    ] {
        let expansion =
            expand_in_shop(quote!(heartbeat = "Heartbeat"), &quote!(mod worker { #body }));
        let host: TokenStream = host.parse().unwrap();
        let host = host.to_string();
        assert!(expansion.to_string().contains(&host), "no {host} in {}", format(&expansion));
    }
}

#[test]
fn expands_every_argument() {
    let arguments = quote! {
        heartbeat = "Heartbeat",
        management = "Management",
        role = "Orders",
        definition = "../ServiceDefinition.csdef",
        init = crate::telemetry::<Json>,
        stall_after = "1m",
        stop_within = "2500ms",
        drain = "0s",
        recycle_after = "60s",
        flavor = "multi_thread",
        worker_threads = 4,
        crate = crate::heart,
    };
    let item = quote! {
        async fn main(role: RoleEnvironment) -> Result<(), Error> { Ok(()) }
    };
    check(
        arguments,
        &item,
        &expect![[r#"
            fn main() -> ::std::process::ExitCode {
                async fn main(role: RoleEnvironment) -> Result<(), Error> {
                    Ok(())
                }
                crate::heart::Host::from_main("Orders", ::core::env!("CARGO_PKG_VERSION"), main)
                    .init(crate::telemetry::<Json>)
                    .definition(::core::include_bytes!("../../ServiceDefinition.csdef"))
                    .heartbeat("Heartbeat")
                    .management("Management")
                    .stall_after(::core::time::Duration::from_secs(60))
                    .stop_within(::core::time::Duration::from_millis(2500))
                    .drain(::core::time::Duration::from_secs(0))
                    .recycle_after(::core::time::Duration::from_secs(60))
                    .worker_threads(4)
                    .start()
                    .run()
                    .stop()
            }
        "#]],
    );
}

#[test]
fn expands_the_current_thread_flavor() {
    let arguments = quote!(heartbeat = r"Heartbeat", flavor = "current_thread");
    check(
        arguments,
        &quote!(impl WorkerRole for Orders {}),
        &expect![[r#"
        impl WorkerRole for Orders {}
        fn main() -> ::std::process::ExitCode {
            <Orders as WorkerRole>::host("Orders", ::core::env!("CARGO_PKG_VERSION"))
                .definition(::core::include_bytes!("../../ServiceDefinition.csdef"))
                .heartbeat(r"Heartbeat")
                .current_thread()
                .start()
                .run()
                .stop()
        }
    "#]],
    );
}

#[test]
fn an_error_keeps_the_item_and_adds_a_main() {
    let item = quote!(impl WorkerRole for Orders {});
    check(
        quote!(heartbeat = "Hartbeat", stall_after = 30),
        &item,
        &expect![[r#"
            impl WorkerRole for Orders {}
            fn main() {}
            ::core::compile_error! {
                "`stall_after` must be a string with a unit\n= help: write `stall_after = \"30s\"`"
            }
            ::core::compile_error! {
                "no endpoint named `Hartbeat` in role `Orders`\n= note: endpoints declared: `Heartbeat`, `Management`\n= help: did you mean `heartbeat = \"Heartbeat\"`? (ServiceDefinition.csdef:4:28)"
            }
        "#]],
    );
}

#[test]
fn an_error_keeps_a_main_function_inside_main() {
    let item = quote!(
        async fn main() {}
    );
    check(
        quote!(heartbeat = "Heartbeat"),
        &item,
        &expect![[r#"
            fn main() {
                async fn main() {}
            }
            ::core::compile_error! {
                "`main` must take one parameter, the role environment\n= help: write `async fn main(role: RoleEnvironment) -> Result<(), Error>`"
            }
        "#]],
    );
}

#[test]
fn reads_through_the_invisible_groups_of_macro_rules() {
    let group = |tokens| {
        proc_macro2::TokenTree::Group(proc_macro2::Group::new(proc_macro2::Delimiter::None, tokens))
    };
    let item = group(quote!(
        async fn main(role: RoleEnvironment) -> Result<(), Error> {
            Ok(())
        }
    ));
    let name = group(quote!("Heartbeat"));
    let expansion = expand_in_shop(quote!(heartbeat = #name), &item.into()).to_string();
    assert!(expansion.contains("from_main") && !expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn finds_functions_after_any_other_item() {
    let run = quote!(
        pub async fn run(role: &RoleEnvironment) -> Result<(), Error> {
            Ok(())
        }
    );
    let passed = proc_macro2::Group::new(proc_macro2::Delimiter::None, run.clone());
    for body in [
        quote!(#![allow(unused)] #run),
        quote!(use std::{fmt, io}; #[inline] #run),
        quote!(const LIMIT: [u8; { 1 + 1 }] = [0; 2]; #run),
        quote!(macro_rules! retry { () => {}; } retry!(); #run),
        quote!(unsafe extern "C" { fn run(); } #run),
        quote!(impl Queue { fn run(&self) {} } #run),
        quote!(fn helper() where u8: Copy {} #run),
        quote!(mod wait {} #passed),
    ] {
        let item = quote!(mod worker { #body });
        let expansion = expand_in_shop(quote!(heartbeat = "Heartbeat"), &item).to_string();
        assert!(expansion.contains("worker :: run") && !expansion.contains("error"), "{expansion}");
    }
}

#[test]
fn without_a_source_file_the_path_starts_at_the_package() {
    let files = MemoryFs::with(&[("/shop/ServiceDefinition.csdef", super::DEFINITION)]);
    let environment = crate::fs::Environment { source: None, ..files.environment() };
    let item = quote!(impl WorkerRole for Orders {});
    let expansion = expand(quote!(heartbeat = "Heartbeat"), &item, &environment).to_string();
    let path = quote! {
        ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/../ServiceDefinition.csdef")
    };
    assert!(expansion.contains(&path.to_string()), "{expansion}");
}
