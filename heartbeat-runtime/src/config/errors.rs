//! The errors of a configuration, all told at once.

use crate::error::Error;

/// The errors of a configuration, on one line.
#[derive(Debug, Default, thiserror::Error)]
#[error("{}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub(crate) struct ConfigErrors {
    errors: Vec<Error>,
}

impl ConfigErrors {
    /// Returns the value of a part, or keeps its error.
    pub(crate) fn keep<T>(&mut self, part: Result<T, impl Into<Error>>) -> Option<T> {
        part.map_err(|error| self.push(error)).ok()
    }

    /// Adds an error, or all errors of a part.
    pub(super) fn push(&mut self, error: impl Into<Error>) {
        match error.into().downcast::<Self>() {
            Ok(part) => self.errors.extend(part.errors),
            Err(error) => self.errors.push(error),
        }
    }

    /// Adds the texts of errors.
    pub(super) fn extend(&mut self, errors: Vec<String>) {
        self.errors.extend(errors.into_iter().map(Error::from));
    }

    /// Returns the text of each error.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.errors.iter().map(ToString::to_string).collect()
    }

    /// Returns the value that is made of all parts, unless one of them had an error.
    pub(crate) fn into_result<T>(self, value: Option<T>) -> Result<T, Self> {
        value.filter(|_| self.errors.is_empty()).ok_or(self)
    }

    /// Returns the errors in other words.
    #[cfg(feature = "test-util")]
    pub(crate) fn map(self, reword: impl Fn(Error) -> Error) -> Self {
        Self { errors: self.errors.into_iter().map(reword).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigErrors, Error};

    #[test]
    fn tells_all_errors_on_one_line_those_of_parts_too() {
        let mut part = ConfigErrors::default();
        assert_eq!(part.keep(Ok::<_, Error>(1)), Some(1));
        assert_eq!(part.keep(Err::<i32, _>("a: write b")), None);
        part.push("c");
        let mut errors = ConfigErrors::default();
        assert_eq!(errors.keep(part.into_result(Some(1))), None);
        errors.push("d");
        assert_eq!(errors.into_result(Some(1)).unwrap_err().to_string(), "a: write b; c; d");
        assert_eq!(ConfigErrors::default().into_result(Some(1)).unwrap(), 1);
    }
}
