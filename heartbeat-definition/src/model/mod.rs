//! The files as types. Each module holds some types and their reading from the tree; checks are in
//! `lint`.

pub(crate) mod configuration;
pub(crate) mod configured;
pub(crate) mod definition;
pub(crate) mod endpoint;
pub(crate) mod imports;
pub(crate) mod network;
pub(crate) mod probe;
pub(crate) mod process;
pub(crate) mod resources;
pub(crate) mod role;
pub(crate) mod role_module;
pub(crate) mod role_value;
pub(crate) mod site;
pub(crate) mod traffic;
pub(crate) mod values;

/// Defines an enumeration of words in XML. It is read in any case; linting reports the wrong one.
macro_rules! string_enum {
    ($(#[$doc:meta])+ $name:ident { $($(#[$variant_doc:meta])+ $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])+ $variant,)+ }

        impl $name {
            /// Returns its word in XML.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            pub(crate) fn parse(word: &str) -> Option<Self> {
                let word = word.trim();
                $(if word.eq_ignore_ascii_case($word) { return Some(Self::$variant); })+
                None
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use string_enum;

/// Reads the model of each element.
pub(crate) fn read_all<'a, T: From<&'a mut crate::parse::Node>>(
    nodes: Vec<&'a mut crate::parse::Node>,
) -> Vec<T> {
    // A loop compiles to a tenth of an iterator's code, for each of twenty types.
    let mut all = Vec::with_capacity(nodes.len());
    for node in nodes {
        all.push(T::from(node));
    }
    all
}

#[cfg(test)]
mod tests;
