//! The entries of a variable that names instances: `ID=host:port`, or `host:port` alone.

use std::net::SocketAddr;

/// The address of an instance; or of all instances behind a host, which is then the id.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InstanceEntry {
    pub(super) id: String,
    pub(super) address: String,
}

/// The forms of an entry, for errors.
pub(super) const FORMS: &str = "write ID=host:port, ID=[ip6]:port or ID=unix:/path, or host:port \
                                alone for all instances behind a host";

/// Returns the entries of a comma-separated list, or the text of one that is malformed. Blanks around an
/// entry and empty entries, as templates leave them, mean nothing.
pub(super) fn entries(list: &str) -> impl Iterator<Item = Result<InstanceEntry, &str>> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| InstanceEntry::parse(entry).ok_or(entry))
}

impl InstanceEntry {
    fn parse(entry: &str) -> Option<Self> {
        let (id, address) = match entry.split_once('=') {
            Some((id, address)) => (id, address),
            None => (host(entry)?, entry),
        };
        let is_id = !id.is_empty() && !id.contains(char::is_whitespace);
        let is_address = address
            .strip_prefix("unix:")
            .map_or_else(|| host(address).is_some(), |path| path.starts_with('/'));
        (is_id && is_address).then(|| Self { id: id.to_owned(), address: address.to_owned() })
    }
}

/// Returns the host of `host:port`, without brackets.
fn host(address: &str) -> Option<&str> {
    let (host, port) = address.rsplit_once(':')?;
    // `u16` would also accept a sign.
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return None;
    }
    if let Some(ip) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<SocketAddr>().is_ok().then_some(ip);
    }
    let is_host_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    (!host.is_empty() && host.chars().all(is_host_char)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::entries;

    fn parse(list: &str) -> Vec<Result<(String, String), &str>> {
        entries(list).map(|entry| entry.map(|it| (it.id, it.address))).collect()
    }

    #[test]
    fn an_entry_is_an_instance_or_a_host_with_all_of_them() {
        for (entry, id, address) in [
            ("Pool_IN_0=127.255.0.1:8081", "Pool_IN_0", "127.255.0.1:8081"),
            (
                "deployment16(1).Pool_IN_0=pool-0.pool:80",
                "deployment16(1).Pool_IN_0",
                "pool-0.pool:80",
            ),
            ("a=[::1]:80", "a", "[::1]:80"),
            ("a=unix:/run/a=b c", "a", "unix:/run/a=b c"),
            ("pool-work:8081", "pool-work", "pool-work:8081"),
            ("10.0.0.4:8081", "10.0.0.4", "10.0.0.4:8081"),
            ("[fe80::1%2]:8081", "fe80::1%2", "[fe80::1%2]:8081"),
        ] {
            assert_eq!(parse(entry), [Ok((id.to_owned(), address.to_owned()))]);
        }
    }

    #[test]
    fn a_list_may_have_the_blanks_and_commas_of_a_template() {
        let list: Vec<_> = parse(" a:1 ,\n b:2,\n").into_iter().map(|it| it.unwrap().1).collect();
        assert_eq!(list, ["a:1", "b:2"]);
        assert_eq!(parse(""), []);
    }

    #[test]
    fn tells_each_malformed_entry() {
        let malformed = [
            "8081",
            "pool",
            "pool:",
            ":80",
            "pool:0",
            "pool:+80",
            "pool:65536",
            "::1:80",
            "a=",
            "=a:1",
            "a=8081",
            "a b=c:1",
            "a=b c:1",
            "unix:/run/a",
            "a=unix:run/a",
            "http://pool:80",
            "[pool]:80",
            "a =b:1",
        ];
        for entry in malformed {
            assert_eq!(parse(entry), [Err(entry)]);
        }
        assert_eq!(parse("a:1,b,c:0").into_iter().filter(Result::is_err).count(), 2);
    }
}
