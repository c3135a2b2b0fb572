//! A compile error with its notes and its help.

use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// A compile error: the place, the message and, on the last line, what to type instead.
///
/// On stable Rust a macro cannot attach notes to an error, so they are lines of the message.
pub(crate) struct Diagnostic {
    first: Span,
    last: Span,
    message: String,
    notes: Vec<String>,
    help: String,
}

impl Diagnostic {
    /// Creates a diagnostic that underlines one token.
    pub(crate) fn at(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            first: span,
            last: span,
            message: message.into(),
            notes: Vec::new(),
            help: help.into(),
        }
    }

    /// Creates a diagnostic that underlines several tokens.
    pub(crate) fn across(
        tokens: &impl ToTokens,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        let last = spans.last().unwrap_or(first);
        Self { last, ..Self::at(first, message, help) }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    fn text(&self) -> String {
        let notes = self.notes.iter().map(|note| format!("\n= note: {note}"));
        format!("{}{}\n= help: {}", self.message, notes.collect::<String>(), self.help)
    }
}

impl ToTokens for Diagnostic {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut literal = Literal::string(&self.text());
        literal.set_span(self.last);
        let mut group = Group::new(Delimiter::Brace, literal.into_token_stream());
        group.set_span(self.last);
        // The compiler underlines from the first of these tokens to the last.
        let path = quote_spanned!(self.first=> ::core::compile_error!);
        tokens.extend([path, group.into_token_stream()]);
    }
}
