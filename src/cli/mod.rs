//! Commands that are long enough for files of their own.

mod export;
mod import;
mod report;

pub(crate) use export::Export;
pub(crate) use import::Import;

use crate::CommandError;
use clap::ValueEnum;
use std::{io, path::Path};

/// Bytes of a file read or written at a time. Larger: memory; smaller: more calls.
const BUFFER: usize = 256 << 10;

/// What is imported and exported.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Creators, a profile with its `creator_id` per line.
    Creators,
    /// Posts, one per line with its `creator_id` and `post_id`.
    Posts,
    /// Events, one per line.
    Events,
}

fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

fn unusable(file: &Path, error: &io::Error) -> CommandError {
    CommandError::Failed(format!("{} cannot be used: {error}", file.display()))
}

fn failed(error: &impl std::fmt::Display) -> CommandError {
    CommandError::Failed(error.to_string())
}
