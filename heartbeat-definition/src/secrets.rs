//! Names and values that look like secrets, of which no message shows the value.

/// Parts of names, in lower case and without separators.
const PARTS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "connectionstring",
    "connstr",
    "apikey",
];
/// Whole words of names, which are too short to be looked for inside of other words.
const WORDS: [&str; 7] = ["key", "keys", "sas", "pwd", "pass", "sig", "dsn"];

/// Returns whether the value of something of that name may be a secret.
///
/// ```
/// use heartbeat_definition::is_secret_name;
///
/// assert!(is_secret_name("DbPassword"));
/// assert!(!is_secret_name("QueueUrl"));
/// ```
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let joined = words.concat();
    // Names such as `storagekey` have no separator.
    joined.ends_with("key")
        || PARTS.iter().any(|part| joined.contains(part))
        || words.iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Returns whether a value may hold a secret, whatever its name: a URL with a password, or a
/// connection string.
///
/// ```
/// use heartbeat_definition::is_secret_value;
///
/// assert!(is_secret_value("amqp://user:hidden@queue/orders"));
/// assert!(!is_secret_value("amqp://queue/orders"));
/// ```
#[must_use]
pub fn is_secret_value(value: &str) -> bool {
    let has_user = value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next();
        authority.is_some_and(|authority| authority.contains('@'))
    });
    let mut pairs = value.split([';', '&', '?', ' ']).filter_map(|pair| pair.split_once('='));
    has_user || pairs.any(|(name, _)| is_secret_name(name))
}

/// Splits a name at capital letters and at what is no letter, and returns the words in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    let mut before = ' ';
    for (letter, after) in letters.iter().zip(letters.iter().skip(1).chain([&' '])) {
        // As in `dbKey` and, between two capital letters, in `SASToken`.
        let is_start = letter.is_uppercase() && (!before.is_uppercase() || after.is_lowercase());
        if is_start || !letter.is_alphabetic() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphabetic()) {
            word.extend(letter.to_lowercase());
        }
        before = *letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{is_secret_name, is_secret_value};

    #[test]
    fn knows_secrets_by_their_names() {
        for name in [
            "Password",
            "DbPassword",
            "db_passwd",
            "ClientSecret",
            "SECRET",
            "ApiKey",
            "AccountKey1",
            "storagekey",
            "Signing.Keys",
            "access-token",
            "SASToken",
            "SasUrl",
            "Container_SAS",
            "Credentials",
            "Microsoft.WindowsAzure.Plugins.Diagnostics.ConnectionString",
            "Connection String",
            "connstr",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["", "QueueUrl", "Batch", "Disaster.Region", "KeyboardLayout", "Passive", "Signal"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn knows_secrets_inside_of_values() {
        for value in [
            "amqp://user:hidden@queue/orders",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hidden",
            "host=db password=hidden",
            "https://store/blob?sv=2024&sig=hidden",
        ] {
            assert!(is_secret_value(value), "{value}");
        }
        for value in ["", "12", "amqp://queue/a@b", "mail@example.com", "a=b;c=d", "https://x?q=1"]
        {
            assert!(!is_secret_value(value), "{value}");
        }
    }
}
