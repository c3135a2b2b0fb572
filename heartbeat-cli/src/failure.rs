//! The end of a subcommand that cannot do its work.

use std::fmt::{self, Display, Write as _};

use crate::terminal::printable;

/// The reason why a subcommand ended, for the user's terminal, with its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    /// A finding, a red worker, or a program that fails.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { message: message.to_string(), exit_code: 1 }
    }

    /// Wrong arguments.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { message: message.to_string(), exit_code: 2 }
    }

    /// A file that cannot be read, or says what cannot be.
    pub(crate) fn configuration(message: impl Display) -> Self {
        Self { message: message.to_string(), exit_code: 78 }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_layout = |c| matches!(c, '\n' | '\t');
        self.message
            .chars()
            .try_for_each(|c| f.write_char(if is_layout(c) { c } else { printable(c) }))
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn names_of_files_do_not_act_upon_the_terminal() {
        let failure = Failure::configuration("cannot read \u{1b}[31mx:\n\t1");
        assert_eq!(failure.to_string(), "cannot read \u{fffd}[31mx:\n\t1");
    }
}
