//! The header of the item under the attribute; what stands in its braces is not looked at.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Path, Token, Type};

/// `impl Trait for Type`.
pub(crate) struct Header {
    pub(crate) trait_path: Path,
    pub(crate) self_type: Type,
}

impl Header {
    /// The type's name without its path.
    pub(crate) fn type_name(&self) -> Option<String> {
        match &self.self_type {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        }
    }
}

impl Parse for Header {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Attribute::parse_outer)?;
        let Some(_impl) = input.parse::<Option<Token![impl]>>()? else {
            return Err(
                input.error("a worker role is an implementation: write `impl WorkerRole for …`")
            );
        };
        if input.peek(Token![<]) {
            return Err(input.error("a program has no generic parameters: name the type"));
        }
        let trait_path: Path = input.parse()?;
        let Some(_for) = input.parse::<Option<Token![for]>>()? else {
            let message = "the trait is missing: write `impl WorkerRole for …`";
            return Err(syn::Error::new_spanned(trait_path, message));
        };
        let self_type = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Self { trait_path, self_type })
    }
}
