//! How much memory the private server takes for its buffers.

use std::fs;

/// Least and most, in MiB. Less than the least is slow even for little data; the most leaves large machines to others.
const LEAST: u64 = 128;
const MOST: u64 = 4 << 10;
/// Where the machine's memory is not known.
const OTHERWISE: u64 = 256;

/// An eighth of the memory there is, in MiB: a quarter is usual for a server that has the machine to itself.
pub(super) fn buffers() -> u64 {
    memory().map_or(OTHERWISE, |bytes| ((bytes >> 20) / 8).clamp(LEAST, MOST))
}

/// Bytes that this process may use: the machine's, or less in a container (Linux).
fn memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text))?;
    let limit =
        fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some(limit.map_or(machine, |limit: u64| limit.min(machine)))
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read() {
        let text = "MemTotal:       24683600 kB\nMemFree:        22250548 kB\n";
        assert_eq!(total(text), Some(24_683_600 << 10));
        assert_eq!(total("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn buffers_are_within_bounds() {
        assert!((LEAST..=MOST).contains(&buffers()));
    }
}
