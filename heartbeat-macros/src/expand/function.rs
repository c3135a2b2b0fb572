//! The header of a function, between the items before it and its body.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenTree};

/// A function, as far as it can be told without parsing it.
pub(super) struct Function<'a> {
    /// From the end of the item before to `fn`.
    before: &'a [TokenTree],
    /// `fn`.
    pub(super) keyword: &'a Ident,
    pub(super) name: &'a Ident,
    /// From the name to the body, and on.
    after: &'a [TokenTree],
}

impl<'a> Function<'a> {
    /// The first function among the tokens, outside of all groups.
    pub(super) fn first(tokens: &'a [TokenTree]) -> Option<Self> {
        Self::all(tokens).into_iter().next()
    }

    /// All functions among the tokens, outside of all groups.
    pub(super) fn all(tokens: &'a [TokenTree]) -> Vec<Self> {
        let mut functions = Vec::new();
        let mut rest = tokens;
        while let Some(end) = rest.iter().position(ends_item) {
            let (item, next) = rest.split_at((end + 1).min(rest.len()));
            functions.extend(Self::of_item(item));
            rest = next;
        }
        functions.extend(Self::of_item(rest));
        functions
    }

    fn of_item(item: &'a [TokenTree]) -> Option<Self> {
        let at = item.iter().position(|token| is_word(token, "fn"))?;
        let (before, from) = item.split_at(at);
        let [TokenTree::Ident(keyword), TokenTree::Ident(name), after @ ..] = from else {
            return None;
        };
        Some(Self { before, keyword, name, after })
    }

    pub(super) fn is_async(&self) -> bool {
        self.before.iter().any(|token| is_word(token, "async"))
    }

    pub(super) fn is_private(&self) -> bool {
        !self.before.iter().any(|token| is_word(token, "pub"))
    }

    /// What makes it another kind of function.
    pub(super) fn qualifier(&self) -> Option<&'a TokenTree> {
        let kinds = ["unsafe", "extern", "const"];
        self.before.iter().find(|token| kinds.iter().any(|kind| is_word(token, kind)))
    }

    pub(super) fn generics(&self) -> Option<Span> {
        self.after.first().filter(|token| is_punct(token, '<')).map(TokenTree::span)
    }

    /// The parameters, each of them as its tokens.
    pub(super) fn parameters(&self) -> Vec<Vec<TokenTree>> {
        let (mut parameters, mut parameter) = (Vec::new(), Vec::new());
        let mut depth = 0_usize;
        let mut arrow = false;
        for token in self.group().map(Group::stream).unwrap_or_default() {
            if let TokenTree::Punct(punct) = &token {
                match punct.as_char() {
                    ',' if depth == 0 => {
                        parameters.push(std::mem::take(&mut parameter));
                        continue;
                    }
                    '<' => depth += 1,
                    '>' if !arrow => depth = depth.saturating_sub(1),
                    _ => {}
                }
                arrow = punct.as_char() == '-' && punct.spacing() == Spacing::Joint;
            }
            parameter.push(token);
        }
        parameters.push(parameter);
        parameters.retain(|parameter| !parameter.is_empty());
        parameters
    }

    pub(super) fn parameters_span(&self) -> Span {
        self.group().map_or_else(|| self.name.span(), Group::span)
    }

    /// The `&` of the first parameter's type.
    pub(super) fn borrows_first(&self) -> Option<Span> {
        let parameters = self.parameters();
        let mut parameter = parameters.first()?.iter();
        parameter.find(|token| is_punct(token, ':'))?;
        parameter.next().filter(|token| is_punct(token, '&')).map(TokenTree::span)
    }

    /// Whether it has a return type.
    pub(super) fn returns(&self) -> bool {
        let is_parameters = |token: &&TokenTree| !is_group(token, Delimiter::Parenthesis);
        let mut after = self.after.iter().skip_while(is_parameters).skip(1);
        after.next().is_some_and(|token| is_punct(token, '-'))
    }

    fn group(&self) -> Option<&'a Group> {
        self.after.iter().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group),
            _ => None,
        })
    }
}

/// A body, or a semicolon.
fn ends_item(token: &TokenTree) -> bool {
    is_punct(token, ';') || is_group(token, Delimiter::Brace)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(this) if this.as_char() == punct)
}

fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}
