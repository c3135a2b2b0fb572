//! The names of environment variables of a worker.

/// Returns the name of the variable of something declared: `prefix`, then the declared name in upper
/// case, with `_` for each character that is not alphanumeric.
///
/// ```
/// use heartbeat_definition::variable_name;
///
/// assert_eq!(variable_name("HEARTBEAT_ENDPOINT_", "Heart.Beat"), "HEARTBEAT_ENDPOINT_HEART_BEAT");
/// ```
#[must_use]
pub fn variable_name(prefix: &str, declared: &str) -> String {
    let name = declared.chars().flat_map(char::to_uppercase);
    prefix.chars().chain(name.map(|c| if c.is_alphanumeric() { c } else { '_' })).collect()
}

#[cfg(test)]
mod tests {
    use super::variable_name;

    #[test]
    fn maps_a_declared_name_to_a_variable() {
        assert_eq!(variable_name("P_", "Heartbeat"), "P_HEARTBEAT");
        assert_eq!(variable_name("P_", "My.Plug-In Setting1"), "P_MY_PLUG_IN_SETTING1");
    }
}
