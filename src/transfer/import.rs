//! Loading NDJSON: the same lines, rules, chunks and commits as the streams of the API.

use crate::http::{
    ndjson::{Feed, LineIntake, Pause, ResultLine, Source},
    problem::{Problem, ProblemDocument},
};
use std::{io, time::Duration};

/// How long the source may give nothing: a pipe may have much to do before its next line.
const IDLE: Duration = Duration::from_hours(24);

/// How long a chunk waits to be committed while the database is busy or folding is behind. Longer: hopeless imports hang;
/// shorter: folding has no time to catch up.
const PATIENCE: Duration = Duration::from_mins(5);

/// Why loading ended early. What was committed stays, and loading the same again is harmless.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read or committed.
    #[error("ended early, after line {after}: {problem}. Run it again: what is there already stays as it is")]
    Problem {
        /// The last line that is committed.
        after: u64,
        /// What is wrong.
        problem: Problem,
    },
    /// Refused lines cannot be told.
    #[error("cannot write refused lines: {0}")]
    Tell(#[from] io::Error),
}

/// Who is told how it goes.
pub trait Witness {
    /// A line was refused.
    fn refused(&mut self, line: u64, problem: &ProblemDocument) -> io::Result<()>;

    /// So many lines more are done.
    fn done(&mut self, lines: usize);
}

/// Loads a source to its end; the summary.
pub async fn load<I: LineIntake>(
    source: Source,
    intake: I,
    witness: &mut impl Witness,
) -> Result<I::Line, LoadError> {
    let mut feed = Feed::new(source, intake);
    let mut after = 0;
    loop {
        let gathered = feed.gather(IDLE).await;
        if feed.has_lines() {
            let committed = feed.commit(PATIENCE, async || Ok(())).await;
            let lines = committed.map_err(|problem| LoadError::Problem { after, problem })?;
            for (line, problem) in lines.iter().filter_map(ResultLine::refusal) {
                witness.refused(line, problem)?;
            }
            witness.done(lines.len());
            after = feed.lines();
        }
        match gathered.map_err(|problem| LoadError::Problem { after, problem })? {
            Pause::Chunk => {}
            Pause::End => return Ok(feed.summary()),
        }
    }
}
