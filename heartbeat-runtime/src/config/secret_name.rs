//! Names that look like those of secrets, whose values must not be shown.

/// Words of secrets; a name that has one of them looks like a secret's.
const SECRETS: [&str; 7] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "connectionstring"];

/// Words of secrets, on their own only.
const SHORT_SECRETS: [&str; 2] = ["pwd", "sas"];
/// Words of secrets, also at the end of a longer one such as `apikey`.
const ENDS: [&str; 2] = ["key", "keys"];

/// Tells whether a name looks like that of a secret, such as `ApiKey`, `db.password` or
/// `Storage_Connection_String`.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let joined = words.concat();
    SECRETS.iter().any(|secret| joined.contains(secret))
        || words.iter().any(|word| {
            SHORT_SECRETS.contains(&word.as_str()) || ENDS.iter().any(|end| word.ends_with(end))
        })
}

/// Splits a name into words in lower case: `BlobSASUrl` and `blob_sas.url` alike.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_last_capital = letters.peek().is_some_and(|next| next.is_lowercase());
        let is_after = |is: fn(char) -> bool| before.is_some_and(is);
        let is_start =
            letter.is_uppercase() && (is_after(|c| !c.is_uppercase()) || is_last_capital);
        if is_start || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        before = Some(letter);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::is_secret_name;

    #[test]
    fn a_name_of_a_secret_is_known_in_any_spelling() {
        for name in [
            "password",
            "DbPassword",
            "DB_PASSWD",
            "client-secret",
            "clientsecret",
            "AccessToken",
            "auth.tokens",
            "ApiKey",
            "APIKEY",
            "API_KEY",
            "key",
            "account keys",
            "credentials",
            "StorageConnectionString",
            "connection string",
            "SAS",
            "BlobSas",
            "BlobSASUrl",
            "sas_url",
            "pwd",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "",
            "shard",
            "keyboard",
            "queue depth",
            "lastOrder",
            "passengers",
            "disaster",
            "region",
            "path",
            "SASkatoon",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
