//! Lines of a stream of bytes, however the bytes are cut into pieces.

use memchr::memchr;
use std::mem;

/// Most bytes of a line, without its line break. Higher: more memory per stream; lower: valid items are refused.
pub const MAX_LINE: usize = 64 << 10;

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// White space only, or nothing.
    Blank,
    /// Its bytes, without the line break.
    Text(&'a [u8]),
    /// It has more than [`MAX_LINE`] bytes and was skipped.
    TooLong,
}

impl<'a> Line<'a> {
    /// Lines end with `\n` or `\r\n`; the `\n` has been taken away.
    fn of(bytes: &'a [u8]) -> Self {
        let text = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if text.len() > MAX_LINE {
            Self::TooLong
        } else if text.trim_ascii().is_empty() {
            Self::Blank
        } else {
            Self::Text(text)
        }
    }
}

/// Cuts pieces of bytes into lines. Keeps two lines at most.
#[derive(Default)]
pub struct Splitter {
    /// The begin of a line whose end has not come yet.
    begun: Vec<u8>,
    /// The line given out last, when it came in several pieces.
    whole: Vec<u8>,
    /// The line under way is too long; what is left of it is skipped.
    skipping: bool,
    /// Lines so far.
    count: u64,
}

impl Splitter {
    /// The next line and its number, from 1. Takes from `piece` what it used; `None` when that was all of it.
    pub fn next<'s, 'p: 's>(&'s mut self, piece: &mut &'p [u8]) -> Option<(u64, Line<'s>)> {
        let Some(end) = memchr(b'\n', piece) else {
            self.keep(piece);
            *piece = &[];
            return None;
        };
        let bytes = &piece[..end];
        *piece = &piece[end + 1..];
        if self.begun.is_empty() && !self.skipping {
            self.count += 1;
            return Some((self.count, Line::of(bytes)));
        }
        self.keep(bytes);
        Some(self.ended())
    }

    /// The last line, when the stream ended without a line break.
    pub fn finish(&mut self) -> Option<(u64, Line<'_>)> {
        (self.skipping || !self.begun.is_empty()).then(|| self.ended())
    }

    /// Lines so far, blank ones too.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    fn keep(&mut self, bytes: &[u8]) {
        // One more than the limit, for a `\r` that belongs to the line break.
        if self.begun.len() + bytes.len() > MAX_LINE + 1 {
            self.skipping = true;
            self.begun.clear();
        } else if !self.skipping {
            self.begun.extend_from_slice(bytes);
        }
    }

    fn ended(&mut self) -> (u64, Line<'_>) {
        self.count += 1;
        if mem::take(&mut self.skipping) {
            return (self.count, Line::TooLong);
        }
        mem::swap(&mut self.begun, &mut self.whole);
        self.begun.clear();
        (self.count, Line::of(&self.whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers and texts of the lines that are not blank; `None` for those that are too long.
    fn lines<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(u64, Option<Vec<u8>>)> {
        let (mut splitter, mut found) = (Splitter::default(), Vec::new());
        let mut note = |(number, line): (u64, Line<'_>)| match line {
            Line::Blank => {}
            Line::Text(text) => found.push((number, Some(text.to_vec()))),
            Line::TooLong => found.push((number, None)),
        };
        for mut piece in pieces {
            while let Some(line) = splitter.next(&mut piece) {
                note(line);
            }
            assert!(splitter.begun.len() <= MAX_LINE + 1, "no more than a line is kept");
        }
        splitter.finish().map(&mut note);
        found
    }

    /// The same by the rule as it is written down, for a stream that is there as a whole.
    fn by_the_rule(bytes: &[u8]) -> Vec<(u64, Option<Vec<u8>>)> {
        let numbered = (1..).zip(bytes.split(|byte| *byte == b'\n'));
        let told = numbered.filter_map(|(number, line)| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match line.len() {
                0..=MAX_LINE if line.trim_ascii().is_empty() => None,
                0..=MAX_LINE => Some((number, Some(line.to_vec()))),
                _ => Some((number, None)),
            }
        });
        told.collect()
    }

    /// Streams of short lines, blank ones, and ones around the limit, with either line break.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let around = (MAX_LINE - 2..MAX_LINE + 3).prop_map(|length| vec![b'x'; length]);
        let text = prop_oneof![
            8 => proptest::collection::vec(any::<u8>(), 0..12),
            4 => Just(Vec::new()),
            1 => Just(b" \t ".to_vec()),
            1 => around,
        ];
        let line = (text, prop_oneof![Just("\n"), Just("\r\n"), Just("")]);
        proptest::collection::vec(line, 0..10).prop_map(|lines| {
            lines.into_iter().flat_map(|(text, end)| [text, end.as_bytes().to_vec()].concat()).collect()
        })
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_bytes_are_cut(
            bytes in streams(),
            cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
            prop_assert_eq!(lines(pieces), by_the_rule(&bytes));
        }

        #[test]
        fn single_bytes_make_the_same_lines(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(lines(bytes.chunks(1)), by_the_rule(&bytes));
        }
    }

    #[test]
    fn a_long_line_hurts_no_other() {
        let long = vec![b'x'; 3 * MAX_LINE];
        let stream = [b"a\n".as_slice(), &long, b"\n\nb"].concat();
        let expected = vec![(1, Some(b"a".to_vec())), (2, None), (4, Some(b"b".to_vec()))];
        assert_eq!(lines(stream.chunks(1_000)), expected);
    }
}
