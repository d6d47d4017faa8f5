//! How much disk the private server takes for its log before it makes a checkpoint.

use std::path::Path;

/// Least and most, in MiB. Less: checkpoints come often, and every page is logged as a whole when it first changes after
/// one; more: reading the log again after a crash takes longer.
const LEAST: u64 = 1 << 10;
const MOST: u64 = 8 << 10;

/// A tenth of what is free where the cluster is, in MiB.
pub(super) fn log_size(cluster: &Path) -> u64 {
    nix::sys::statvfs::statvfs(cluster)
        .map_or(LEAST, |disk| share(disk.blocks_available().into(), disk.fragment_size()))
}

fn share(blocks: u64, block: u64) -> u64 {
    (blocks.saturating_mul(block) / 10 >> 20).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_takes_a_tenth_of_the_free_disk_within_bounds() {
        assert_eq!(share(10_000 << 20 >> 12, 1 << 12), LEAST);
        assert_eq!(share(50_000 << 20 >> 12, 1 << 12), 5_000);
        assert_eq!(share(u64::MAX, 1 << 12), MOST);
    }

    #[test]
    fn a_disk_that_is_not_known_is_taken_for_a_small_one() {
        assert_eq!(log_size(Path::new("/nowhere/to/be/found")), LEAST);
    }
}
