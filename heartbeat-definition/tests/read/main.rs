//! Tests with real files, of every rule, and with hostile files.

#[cfg(test)]
mod configuration;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod encodings;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod long_values;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod structure;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unreadable;
