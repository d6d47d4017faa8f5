//! How much disk the private server takes for its log before it makes a checkpoint.

use std::path::Path;

/// Least and most, in MiB. Less: checkpoints come often, and every page is logged as a whole when it first changes after
/// one; more: reading the log again after a crash takes longer.
const LEAST: u64 = 1 << 10;
const MOST: u64 = 8 << 10;

/// A tenth of what is free where the cluster is, in MiB.
pub(super) fn log_size(cluster: &Path) -> u64 {
    nix::sys::statvfs::statvfs(cluster)
        .map_or(LEAST, |disk| share(disk.blocks_available(), disk.fragment_size()))
}

/// How large a number of blocks is depends on the system.
fn share(blocks: impl Into<u64>, block: u64) -> u64 {
    let tenth = blocks.into().saturating_mul(block) / 10;
    (tenth >> 20).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_takes_a_tenth_of_the_free_disk_within_bounds() {
        assert_eq!(share(10_000_u64 << 8, 1 << 12), LEAST);
        assert_eq!(share(50_000_u64 << 8, 1 << 12), 5_000);
        assert_eq!(share(u64::MAX, 1 << 12), MOST);
    }

    #[test]
    fn a_disk_that_is_not_known_is_taken_for_a_small_one() {
        assert_eq!(log_size(Path::new("/nowhere/to/be/found")), LEAST);
    }
}
