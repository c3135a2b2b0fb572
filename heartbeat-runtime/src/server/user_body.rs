//! The body of a response that user code makes on a health endpoint. The worker's runtime polls it,
//! and the monitor thread only receives its frames.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
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
    /// Before the first frame, the size that the original expects: `Content-Length` follows from it.
    size: SizeHint,
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
    let size = body.size_hint();
    let forwarded = ForwardedBody { pieces: Some(forwarded), size, serving: None };
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
        let piece = ready!(pieces.poll_recv(context));
        self.size = SizeHint::default();
        Poll::Ready(match piece {
            Some(Piece::Frame(frame)) => Some(Ok(frame)),
            Some(Piece::Failed(error)) => Some(Err(error)),
            // A body that only stops must not look complete.
            None => Some(Err(axum::Error::new(io::Error::other("the response was aborted")))),
            Some(Piece::End) => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.size
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

#[cfg(test)]
mod tests {
    use axum::body::{Body, HttpBody, to_bytes};
    use tokio::sync::oneshot;

    use super::{ForwardedBody, forward};

    #[tokio::test]
    async fn keeps_the_size_and_the_content_of_a_body() {
        for content in ["", "orders"] {
            let (sender, response) = oneshot::channel::<http::Response<ForwardedBody>>();
            let response = async {
                let body = response.await.unwrap().into_body();
                assert_eq!(body.size_hint().exact(), Some(content.len() as u64));
                assert_eq!(to_bytes(Body::from(body), 100).await.unwrap(), content);
            };
            tokio::join!(forward(http::Response::new(Body::from(content)), sender), response);
        }
    }
}
