//! How much memory the private server takes for its buffers.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Least and most, in MiB. Less than the least is slow even for little data; the most leaves large machines to others.
const LEAST: u64 = 128;
const MOST: u64 = 4 << 10;
/// Where the machine's memory is not known.
const OTHERWISE: u64 = 256;

/// An eighth of the memory there is, in MiB: a quarter is usual for a server that has the machine to itself.
pub(super) fn buffers() -> u64 {
    memory().map_or(OTHERWISE, |bytes| ((bytes >> 20) / 8).clamp(LEAST, MOST))
}

/// Bytes that this process may use: the machine's, or less in a container or a service with a limit (Linux).
fn memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text))?;
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits =
        limit_files(&own).into_iter().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    Some(limits.fold(machine, u64::min))
}

/// Where limits of memory stand: those of the own group and of all around it, and that of the older kind of groups.
fn limit_files(own: &str) -> Vec<PathBuf> {
    let group = own.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let around =
        Path::new(group).ancestors().map(|group| Path::new("/sys/fs/cgroup").join(group).join("memory.max"));
    around.chain([PathBuf::from("/sys/fs/cgroup/memory/memory.limit_in_bytes")]).collect()
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
    fn limits_are_looked_for_in_all_groups_around() {
        let files = limit_files("1:name=systemd:/x\n0::/system.slice/voci.service\n");
        let expected = [
            "system.slice/voci.service/memory.max",
            "system.slice/memory.max",
            "memory.max",
            "memory/memory.limit_in_bytes",
        ];
        assert_eq!(files, expected.map(|file| Path::new("/sys/fs/cgroup").join(file)));
        assert_eq!(limit_files("").len(), 2);
    }

    #[test]
    fn buffers_are_within_bounds() {
        assert!((LEAST..=MOST).contains(&buffers()));
    }
}
