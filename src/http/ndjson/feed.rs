//! Lines of a source, gathered into chunks.

use super::{
    LineIntake,
    lines::{Line, MAX_LINE, Splitter},
    source::{self, Source},
};
use crate::http::problem::{Kind, Problem};
use std::time::Duration;
use tokio::{
    io::AsyncBufReadExt,
    time::{Instant, sleep, timeout},
};

/// Bytes of lines at which a chunk is full. More: memory; fewer: commits dominate.
const CHUNK_BYTES: usize = 2 << 20;

/// Without a byte for this long, a chunk is committed as it is. Longer: slow feeds wait for their results; shorter: a
/// fast feed that stumbles is committed in small chunks.
const QUIET: Duration = Duration::from_millis(5);

/// Longest time a chunk is gathered. Longer: steady feeds wait for their results; shorter: smaller chunks.
const GATHERING: Duration = Duration::from_millis(100);

/// Time between attempts to commit. Longer: idle moments; shorter: work for nothing.
const PAUSE: Duration = Duration::from_millis(50);

/// Why gathering stopped without a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The chunk is to be committed, and there may be more.
    Chunk,
    /// That was all.
    End,
}

/// A source and what its lines go into.
pub struct Feed<I> {
    source: Source,
    splitter: Splitter,
    intake: I,
    chunk: Chunk,
}

/// How much of a chunk there is.
#[derive(Default)]
struct Chunk {
    lines: usize,
    bytes: usize,
    begun: Option<Instant>,
}

impl<I: LineIntake> Feed<I> {
    /// A source before its first line.
    pub fn new(source: Source, intake: I) -> Self {
        Self { source, splitter: Splitter::default(), intake, chunk: Chunk::default() }
    }

    /// Takes lines until the chunk is full, nothing more comes for a moment or there is no more. With nothing to commit
    /// it waits for at most `patience` between bytes. May be dropped at any time without losing a line.
    pub async fn gather(&mut self, patience: Duration) -> Result<Pause, Problem> {
        while !self.is_full() {
            let begun = self.chunk.begun;
            let left = begun.map(|begun| GATHERING.saturating_sub(begun.elapsed()).min(QUIET));
            let piece = match timeout(left.unwrap_or(patience), self.source.fill_buf()).await {
                Ok(piece) => piece.map_err(|error| source::failure(&error))?,
                Err(_) if begun.is_some() => return Ok(Pause::Chunk),
                Err(_) => return Err(silent(patience)),
            };
            if piece.is_empty() {
                self.finish();
                return Ok(Pause::End);
            }
            let used = self.chunk.fill(&mut self.splitter, &mut self.intake, piece);
            self.source.consume(used);
        }
        Ok(Pause::Chunk)
    }

    fn is_full(&self) -> bool {
        self.chunk.is_full::<I>()
    }

    fn finish(&mut self) {
        if let Some((number, line)) = self.splitter.finish() {
            self.chunk.add(&mut self.intake, number, line);
        }
    }

    /// Lines read so far, blank ones too.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.splitter.count()
    }

    /// True when there is something to commit.
    #[must_use]
    pub fn has_lines(&self) -> bool {
        self.chunk.lines > 0
    }

    /// Commits what was gathered, in its turn; what became of each line, in order. While the database is busy or folding
    /// is behind nothing is done, and it is tried again until `patience` has passed.
    pub async fn commit<T>(
        &mut self,
        patience: Duration,
        turn: impl AsyncFn() -> Result<T, Problem>,
    ) -> Result<Vec<I::Line>, Problem> {
        let deadline = Instant::now() + patience;
        loop {
            let turn = turn().await?;
            match self.intake.commit().await {
                Err(problem) if may_try_again(&problem) && Instant::now() < deadline => {}
                done => {
                    self.chunk = Chunk::default();
                    return done;
                }
            }
            // Others may have better luck meanwhile.
            drop(turn);
            sleep(PAUSE).await;
        }
    }

    /// The last line, when everything was committed.
    pub fn summary(&self) -> I::Line {
        self.intake.summary()
    }
}

impl Chunk {
    fn is_full<I: LineIntake>(&self) -> bool {
        self.lines >= I::MOST_LINES || self.bytes >= CHUNK_BYTES
    }

    /// Takes lines from a piece; how many bytes of it were used.
    fn fill<I: LineIntake>(&mut self, splitter: &mut Splitter, intake: &mut I, piece: &[u8]) -> usize {
        let mut rest = piece;
        while !self.is_full::<I>() {
            let Some((number, line)) = splitter.next(&mut rest) else { break };
            self.add(intake, number, line);
        }
        piece.len() - rest.len()
    }

    fn add<I: LineIntake>(&mut self, intake: &mut I, number: u64, line: Line<'_>) {
        match line {
            Line::Blank => return,
            Line::TooLong => intake.take(number, Err(too_long())),
            Line::Text(text) => {
                self.bytes += text.len();
                intake.take(number, Ok(text));
            }
        }
        self.lines += 1;
        self.begun.get_or_insert_with(Instant::now);
    }
}

/// True when nothing was done, and only for now.
fn may_try_again(problem: &Problem) -> bool {
    matches!(problem.kind(), Kind::Overloaded | Kind::FoldingBehind)
}

fn too_long() -> Problem {
    Problem::field("", "too_long", &format!("a line may have at most {MAX_LINE} bytes"))
}

fn silent(patience: Duration) -> Problem {
    let detail = format!(
        "Nothing came for {} seconds. Send the rest in a new stream; a blank line now and then keeps one open",
        patience.as_secs()
    );
    Problem::new(Kind::InvalidRequest, detail)
}
