//! Settings from files, as Docker and Kubernetes mount secrets.

use std::io;
use std::path::Path;

use super::regular_file::read_regular_file;
use crate::error::Error;

/// Returns the content of the file that a variable names, without its last line end.
///
/// # Errors
///
/// It is not a regular file of UTF-8 text, of at most 1 MiB, that this user may read.
pub(super) fn read(variable: &str, path: &Path) -> Result<String, Error> {
    let mut text = read_text(path).map_err(|cause| {
        format!("{variable} is `{}`: {cause}: set it to the path of a text file", path.display())
    })?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

fn read_text(path: &Path) -> io::Result<String> {
    let bytes = read_regular_file(path)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::config::regular_file::MAX_BYTES;

    fn content(bytes: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, bytes).unwrap();
        read("V", &path).map_err(|error| error.to_string().replace(path.to_str().unwrap(), "PATH"))
    }

    #[test]
    fn strips_the_last_line_end_alone() {
        for (bytes, value) in [
            ("", ""),
            ("\n", ""),
            ("a", "a"),
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("a\r\n\r\n", "a\r\n"),
            ("a\r", "a\r"),
            (" a \nb ", " a \nb "),
        ] {
            assert_eq!(content(bytes.as_bytes()).unwrap(), value, "{bytes:?}");
        }
    }

    #[test]
    fn reads_text_of_up_to_1_mib() {
        let most = usize::try_from(MAX_BYTES).unwrap();
        assert_eq!(content(&vec![b'a'; most]).unwrap().len(), most);
        for (bytes, cause) in [
            (vec![b'a'; most + 1], "it is larger than 1 MiB"),
            (vec![b'a', 0xff], "it is not UTF-8 text"),
        ] {
            let expected = format!("V is `PATH`: {cause}: set it to the path of a text file");
            assert_eq!(content(&bytes).unwrap_err(), expected);
        }
    }

    #[test]
    fn refuses_what_is_not_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = read("V", folder.path()).unwrap_err().to_string();
        assert!(error.contains("`: it is not a regular file: "), "{error}");
        let error = read("V", &folder.path().join("absent")).unwrap_err().to_string();
        assert!(error.starts_with("V is `") && error.contains("/absent`: "), "{error}");
    }
}
