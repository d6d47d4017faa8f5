//! NDJSON streams: one JSON object per line in, one result per line out, while the work goes on.
//!
//! Lines are gathered into a chunk until it is full or nothing more comes for a moment. The chunk is committed, its
//! results go out, and only then is more read. So a stream of any length takes the memory of one chunk, and a caller who
//! sends faster than the database commits, or does not take the results, is slowed down by the connection itself.

mod brotli;
mod chunk;
mod exchange;
mod feed;
mod lines;
mod source;

pub use chunk::Chunk;
pub use exchange::{NdjsonBody, NdjsonBytes, Results, ResultsQuery, Streams};
pub use feed::{Feed, Pause};
pub use lines::{Line, MAX_LINE, Splitter};
pub use source::{Source, decoded};

use super::problem::{Problem, ProblemDocument};
use serde::Serialize;

/// What a kind of stream does with its lines.
pub trait LineIntake {
    /// A line of the answer.
    type Line: ResultLine;

    /// Most lines of a chunk. More: memory and longer transactions; fewer: commits dominate.
    const MOST_LINES: usize;

    /// Takes a line that is not blank into the chunk, or what is wrong with it.
    fn take(&mut self, number: u64, line: Result<&[u8], Problem>);

    /// Commits the chunk and tells what became of each of its lines, in order. After an error nothing is known of any, and
    /// the chunk is still there, to be committed again.
    fn commit(&mut self) -> impl Future<Output = Result<Vec<Self::Line>, Problem>>;

    /// The last line, when everything was committed.
    fn summary(&self) -> Self::Line;
}

/// A line of an answer.
pub trait ResultLine: Serialize {
    /// Number of the line it tells of and what is wrong with that, when it was refused.
    fn refusal(&self) -> Option<(u64, &ProblemDocument)>;
}
