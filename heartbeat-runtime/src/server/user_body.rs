//! The body of a response that user code makes on a health endpoint. The worker's runtime polls it,
//! and the monitor thread only receives its frames.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;
use tokio::sync::{mpsc, oneshot};

use super::client::Serving;
use super::router::Response;

/// Frames that may wait: the body of most responses, and its end.
const FRAMES: usize = 2;

enum Piece {
    Frame(Frame<Bytes>),
    Failed(axum::Error),
    End,
}

/// A body whose frames come from another runtime. Dropping it ends the request at the next flush:
/// hyper drops a body of known length when its last frame is buffered, and not yet written.
pub(super) struct ForwardedBody {
    /// `None` once it is dropped.
    pieces: Option<mpsc::Receiver<Piece>>,
    pub(super) serving: Option<Serving>,
}

/// Forwards a response, and waits until it is written or given up.
pub(super) async fn forward(
    response: Response,
    receiver: oneshot::Sender<http::Response<ForwardedBody>>,
) {
    let (mut parts, mut body) = response.into_parts();
    // They may hold user code, as destructors.
    parts.extensions.clear();
    let (pieces, forwarded) = mpsc::channel(FRAMES);
    let forwarded = ForwardedBody { pieces: Some(forwarded), serving: None };
    if receiver.send(http::Response::from_parts(parts, forwarded)).is_err() {
        return;
    }
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let piece = tokio::select! {
            biased;
            () = pieces.closed() => return,
            frame = frame => match frame {
                Some(Ok(frame)) => Piece::Frame(frame),
                Some(Err(error)) => Piece::Failed(error),
                None => Piece::End,
            },
        };
        let is_last = !matches!(piece, Piece::Frame(_));
        if pieces.send(piece).await.is_err() || is_last {
            break;
        }
    }
    pieces.closed().await;
}

impl HttpBody for ForwardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(pieces) = &mut self.pieces else { return Poll::Ready(None) };
        Poll::Ready(match ready!(pieces.poll_recv(context)) {
            Some(Piece::Frame(frame)) => Some(Ok(frame)),
            Some(Piece::Failed(error)) => Some(Err(error)),
            // A body that only stops must not look complete.
            None => Some(Err(axum::Error::new(io::Error::other("the response was aborted")))),
            Some(Piece::End) => None,
        })
    }
}

impl Drop for ForwardedBody {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.end_at_flush(self.pieces.take());
        }
    }
}

impl From<ForwardedBody> for Body {
    fn from(body: ForwardedBody) -> Self {
        Self::new(body)
    }
}
