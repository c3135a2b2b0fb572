//! The variables of systemd that must be whole numbers.

use super::env_vars::EnvVars;
use super::errors::ConfigErrors;
use crate::error::Error;

/// Variables that must be whole numbers, and their maximum.
const NUMBERS: [(&str, u64); 4] = [
    ("LISTEN_PID", u64::MAX),
    ("LISTEN_FDS", 65_535),
    ("WATCHDOG_PID", u64::MAX),
    ("WATCHDOG_USEC", u64::MAX),
];

/// Checks the numbers that the socket activation and the watchdog of systemd read.
pub(crate) fn check_numbers(variables: &EnvVars) -> Result<(), ConfigErrors> {
    let mut errors = ConfigErrors::default();
    for (name, most) in NUMBERS {
        errors.keep(check_number(name, most, variables));
    }
    errors.into_result(Some(()))
}

fn check_number(name: &str, most: u64, variables: &EnvVars) -> Result<(), Error> {
    let Some(written) = variables.get(name)? else { return Ok(()) };
    if written.parse::<u64>().is_ok_and(|number| number <= most) {
        return Ok(());
    }
    let bound = if most < u64::MAX { format!(" from 0 to {most}") } else { String::new() };
    Err(format!("{name} is `{written}`: write a whole number{bound}").into())
}
