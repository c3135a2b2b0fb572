//! CPU time and memory of the process, from `/proc` on Linux.

use std::time::Duration;

/// CPU time and memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessStats {
    /// User and system time.
    pub(super) cpu: Duration,
    pub(super) resident_bytes: u64,
}

impl ProcessStats {
    #[cfg(target_os = "linux")]
    pub(super) fn read() -> Option<Self> {
        let file = |name| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
        Self::parse(&file("stat")?, &file("status")?)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn read() -> Option<Self> {
        None
    }

    /// Parses the two files as `proc_pid_stat(5)` and `proc_pid_status(5)` describe them.
    #[cfg(any(target_os = "linux", test))]
    fn parse(stat: &str, status: &str) -> Option<Self> {
        /// `USER_HZ`, which is 100 whatever the rate of the kernel.
        const TICKS_PER_SECOND: u64 = 100;

        // The name of the process, in parentheses, may contain anything.
        let (_, fields) = stat.rsplit_once(") ")?;
        // The next field, the state, has number 3 in the manual page.
        let field = |number: usize| fields.split(' ').nth(number - 3)?.parse::<u64>().ok();
        let cpu = Duration::from_millis((field(14)? + field(15)?) * 1000 / TICKS_PER_SECOND);
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes = resident.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
        Some(Self { cpu, resident_bytes: kilobytes * 1024 })
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, ProcessStats};

    #[test]
    fn parses_the_fields_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 4 0 99 1000000 512 1";
        let status = "Name:\ta) b\nVmHWM:\t     900 kB\nVmRSS:\t     800 kB\n";
        let parsed = ProcessStats { cpu: Duration::from_secs(2), resident_bytes: 800 * 1024 };
        assert_eq!(ProcessStats::parse(stat, status), Some(parsed));
        assert_eq!(ProcessStats::parse("7 (a) S 1", status), None);
        assert_eq!(ProcessStats::parse(stat, "Name:\ta) b\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_uses_memory() {
        assert!(ProcessStats::read().unwrap().resident_bytes > 100_000);
    }
}
