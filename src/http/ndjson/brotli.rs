//! Brotli, decompressed as it comes, without the large windows that are no part of RFC 7932: those take up to a gigabyte.

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, enc::StandardAlloc};
use std::{
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// What a compressed stream stands for.
pub(super) struct BrotliDecoder<R> {
    compressed: R,
    state: Box<State>,
    last: BrotliResult,
}

impl<R> BrotliDecoder<R> {
    /// Decompresses a stream.
    pub(super) fn new(compressed: R) -> Self {
        let alloc = StandardAlloc::default;
        let state = Box::new(State::new_strict(alloc(), alloc(), alloc()));
        Self { compressed, state, last: BrotliResult::NeedsMoreInput }
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for BrotliDecoder<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { compressed, state, last } = self.get_mut();
        let mut compressed = Pin::new(compressed);
        let before = out.filled().len();
        while out.filled().len() == before && out.remaining() > 0 {
            let input = match last {
                BrotliResult::NeedsMoreOutput => &[],
                _ => ready!(compressed.as_mut().poll_fill_buf(context))?,
            };
            match (&last, input.is_empty()) {
                (BrotliResult::ResultSuccess, true) => break,
                // What follows the end is not ignored, because it would be lost without a word.
                (BrotliResult::ResultSuccess, false) => {
                    return Poll::Ready(Err(ErrorKind::InvalidData.into()));
                }
                (BrotliResult::NeedsMoreInput, true) => {
                    return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
                }
                _ => {}
            }
            let (result, used) = decompress(state, input, out);
            compressed.as_mut().consume(used);
            if matches!(result, BrotliResult::ResultFailure) {
                return Poll::Ready(Err(ErrorKind::InvalidData.into()));
            }
            *last = result;
        }
        Poll::Ready(Ok(()))
    }
}

/// One step, and how much of the input it used.
fn decompress(state: &mut State, input: &[u8], out: &mut ReadBuf<'_>) -> (BrotliResult, usize) {
    let space = out.initialize_unfilled();
    let (mut used, mut made) = (0, 0);
    let (mut left, mut free) = (input.len(), space.len());
    let result =
        BrotliDecompressStream(&mut left, &mut used, input, &mut free, &mut made, space, &mut 0, state);
    out.advance(made);
    (result, used)
}
