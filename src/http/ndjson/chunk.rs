//! What a stream holds until it is committed.

use crate::http::problem::Problem;
use std::{mem, sync::Arc};

/// Lines in the order they came, and apart from them what is to be stored of those that were not refused.
pub struct Chunk<L, T> {
    lines: Vec<(L, Option<Problem>)>,
    items: Arc<Vec<T>>,
}

impl<L, T> Default for Chunk<L, T> {
    fn default() -> Self {
        Self { lines: Vec::new(), items: Arc::default() }
    }
}

impl<L, T: Clone> Chunk<L, T> {
    /// Adds a line with what is to be stored of it, or why it is refused.
    pub fn push(&mut self, line: L, item: Result<T, Problem>) {
        let problem = item.map(|item| Arc::make_mut(&mut self.items).push(item)).err();
        self.lines.push((line, problem));
    }

    /// What is to be stored, in order. It stays here until the chunk is settled.
    #[must_use]
    pub fn items(&self) -> Arc<Vec<T>> {
        self.items.clone()
    }

    /// The lines, each with what is to be stored of it or why it is refused.
    pub fn lines(&self) -> impl Iterator<Item = (&L, Result<&T, &Problem>)> {
        let mut items = self.items.iter();
        self.lines.iter().map(move |(line, problem)| match problem {
            Some(problem) => (line, Err(problem)),
            None => (line, Ok(items.next().expect("a line without a problem has an item"))),
        })
    }

    /// Ends the chunk: the lines, each with what became of it or why it was refused.
    pub fn settle<O>(
        &mut self,
        outcomes: Vec<O>,
    ) -> impl Iterator<Item = (L, Result<O, Problem>)> + use<L, T, O> {
        self.items = Arc::default();
        let mut outcomes = outcomes.into_iter();
        mem::take(&mut self.lines).into_iter().map(move |(line, problem)| match problem {
            Some(problem) => (line, Err(problem)),
            None => (line, Ok(outcomes.next().expect("everything that was stored has an outcome"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::Kind;

    #[test]
    fn lines_and_outcomes_stay_side_by_side() {
        let mut chunk = Chunk::default();
        let refused = || Problem::new(Kind::InvalidJson, "no");
        chunk.push(1, Ok("a"));
        chunk.push(2, Err(refused()));
        chunk.push(3, Ok("b"));
        let held: Vec<_> = chunk.lines().map(|(line, item)| (*line, item.ok().copied())).collect();
        assert_eq!(held, [(1, Some("a")), (2, None), (3, Some("b"))]);
        assert_eq!(*chunk.items(), ["a", "b"]);
        let settled: Vec<_> =
            chunk.settle(vec![10, 30]).map(|(line, outcome)| (line, outcome.ok())).collect();
        assert_eq!(settled, [(1, Some(10)), (2, None), (3, Some(30))]);
        assert!(chunk.items().is_empty() && chunk.lines().next().is_none());
    }
}
