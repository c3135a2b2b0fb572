//! Properties of every expansion: no panic, the user's tokens unchanged, and syntax that is valid
//! if the item's is.

use std::str::FromStr;

use proc_macro2::TokenStream;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::expand_in_shop;

/// Tokens that the parsers expect, and some that they do not.
const WORDS: [&str; 60] = [
    "heartbeat",
    "management",
    "role",
    "definition",
    "stall_after",
    "drain",
    "flavor",
    "crate",
    "worker_threads",
    "=",
    "=",
    "=",
    ",",
    ",",
    ";",
    ":",
    "::",
    "<",
    ">",
    "->",
    "&",
    "!",
    "#",
    "'a",
    "\"Heartbeat\"",
    "\"Management\"",
    "\"Orders\"",
    "\"30s\"",
    "\"current_thread\"",
    "\"\"",
    "\"../ServiceDefinition.csdef\"",
    "b\"x\"",
    "c\"x\"",
    "r#\"x\"#",
    "'x'",
    "4",
    "-1",
    "1.5",
    "4u8",
    "true",
    "impl",
    "for",
    "fn",
    "async",
    "unsafe",
    "pub",
    "mod",
    "struct",
    "const",
    "main",
    "run",
    "on_start",
    "on_stop",
    "WorkerRole",
    "Orders",
    "RoleEnvironment",
    "{}",
    "()",
    "[test]",
    "{ } }",
];

fn words() -> impl Strategy<Value = TokenStream> {
    let word = prop_oneof![
        4 => select(&WORDS[..]).prop_map(str::to_owned),
        1 => "[a-z]{1,4}|[0-9]{1,20}|\"[a-zA-Z0-9 {}\\-]{0,6}\"",
    ];
    let group =
        (select(&["(", "[", "{"][..]), vec(word.clone(), 0..8)).prop_map(|(open, words)| {
            let close = match open {
                "(" => ")",
                "[" => "]",
                _ => "}",
            };
            format!("{open} {} {close}", words.join(" "))
        });
    vec(prop_oneof![6 => word, 1 => group], 0..24)
        .prop_filter_map("no tokens", |words| TokenStream::from_str(&words.join(" ")).ok())
}

/// Generates arguments, most of them valid.
fn arguments() -> impl Strategy<Value = TokenStream> {
    let given = select(
        &[
            "heartbeat = \"Heartbeat\"",
            "management = \"Management\"",
            "role = \"Orders\"",
            "definition = \"../ServiceDefinition.csdef\"",
            "stall_after = \"30s\"",
            "worker_threads = 2",
        ][..],
    );
    prop_oneof![
        words(),
        vec(given, 1..4)
            .prop_filter_map("no tokens", |given| TokenStream::from_str(&given.join(",")).ok()),
    ]
}

/// Generates items of all shapes, with random bodies.
fn items() -> impl Strategy<Value = TokenStream> {
    let header = select(
        &[
            "impl WorkerRole for Orders",
            "pub mod orders",
            "async fn main(role: RoleEnvironment) -> Result<(), Error>",
            "fn main()",
            "struct Orders",
        ][..],
    );
    prop_oneof![
        words(),
        (header, words()).prop_filter_map("no tokens", |(header, body)| {
            TokenStream::from_str(&format!("{header} {{ {body} }}")).ok()
        }),
    ]
}

proptest! {
    #[test]
    fn the_item_stays_unchanged_before_main_or_inside_it(
        arguments in arguments(),
        item in items(),
    ) {
        let expansion = expand_in_shop(arguments, &item).to_string();
        let main = format!("fn main () {{ {item}");
        let typed_main = format!("fn main () -> :: std :: process :: ExitCode {{ {item}");
        let item = item.to_string();
        prop_assert!(
            [item, main, typed_main].iter().any(|start| expansion.starts_with(&**start)),
            "{expansion}"
        );
    }

    #[test]
    fn the_expansion_of_valid_syntax_is_valid_syntax(arguments in arguments(), item in items()) {
        let parses = syn::parse2::<syn::File>(item.clone()).is_ok();
        let expansion = expand_in_shop(arguments, &item);
        if parses {
            let text = expansion.to_string();
            prop_assert!(syn::parse2::<syn::File>(expansion).is_ok(), "{text}");
        }
    }
}
