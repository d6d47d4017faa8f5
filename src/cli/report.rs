//! What an import shows of itself.

use super::{failed, is_standard, unusable};
use crate::CommandError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    time::Duration,
};
use voci::{http::problem::ProblemDocument, transfer::import::Witness};

/// Time between two pictures of the progress. Longer: it seems to hang; shorter: work for nothing.
const TICK: Duration = Duration::from_millis(200);

/// Shows how far an import is, and tells of refused lines.
pub(super) struct Report {
    pub(super) bar: ProgressBar,
    problems: Option<BufWriter<File>>,
    lines: usize,
    refused: usize,
}

impl Report {
    pub(super) fn new(file: &Path, problems: Option<&Path>) -> Result<Self, CommandError> {
        let size = if is_standard(file) { None } else { file.metadata().ok().map(|known| known.len()) };
        // Draws nothing when standard error is no terminal.
        let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
        let template = match size {
            Some(_) => "{wide_bar} {bytes} of {total_bytes}, {msg}, {eta} left",
            None => "{spinner} {bytes}, {msg}, {elapsed}",
        };
        bar.set_style(ProgressStyle::with_template(template).map_err(|error| failed(&error))?);
        bar.set_message("0 lines");
        bar.enable_steady_tick(TICK);
        let create = |path: &Path| File::create(path).map_err(|error| unusable(path, &error));
        let problems = problems.map(create).transpose()?.map(BufWriter::new);
        Ok(Self { bar, problems, lines: 0, refused: 0 })
    }

    /// An error when lines were refused.
    pub(super) fn verdict(mut self) -> Result<(), CommandError> {
        if let Some(problems) = &mut self.problems {
            problems.flush()?;
        }
        match self.refused {
            0 => Ok(()),
            refused => Err(CommandError::Failed(format!("{refused} of {} lines were refused", self.lines))),
        }
    }
}

impl Witness for Report {
    fn refused(&mut self, line: u64, problem: &ProblemDocument) -> io::Result<()> {
        self.refused += 1;
        match &mut self.problems {
            Some(file) => writeln!(file, "{}", json!({"line": line, "problem": problem})),
            None => self.bar.suspend(|| writeln!(io::stderr(), "line {line}: {}", in_words(problem))),
        }
    }

    fn done(&mut self, lines: usize) {
        self.lines += lines;
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{} lines, {:.0} lines/s", self.lines, self.lines as f64 / seconds));
    }
}

/// What is wrong with a line, in one.
fn in_words(problem: &ProblemDocument) -> String {
    if problem.errors.is_empty() {
        return problem.detail.clone();
    }
    let errors = problem.errors.iter().map(|error| format!("{} {}", error.pointer, error.detail));
    errors.map(|error| error.trim().to_owned()).collect::<Vec<_>>().join("; ")
}
