//! The body of a response that user code makes on a health endpoint. The worker's runtime polls it,
//! and the monitor thread only receives copies of its frames: the bytes of user code may be of a type
//! of its own, with a destructor.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue};
use hyper::body::{Frame, SizeHint};
use tokio::sync::{mpsc, oneshot};

use super::client::Serving;
use super::router::Response;

/// Frames that may wait: the body of most responses, and its end.
const FRAMES: usize = 2;

/// Maximum bytes per frame, which the monitor thread copies at once.
const FRAME_BYTES: usize = 64 * 1024;

enum Piece {
    Frame(Frame<Bytes>),
    Failed,
    End,
}

/// A body whose frames come from another runtime. Dropping it ends the request at the next flush:
/// hyper drops a body of known length when its last frame is buffered, and not yet written.
pub(super) struct ForwardedBody {
    /// `None` once it is dropped.
    pieces: Option<mpsc::Receiver<Piece>>,
    /// Before the first frame, the size that the original expects: `Content-Length` follows from it.
    size: SizeHint,
    /// It has no frame, which its head does not deny.
    is_empty: bool,
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
    copy_values(&mut parts.headers);
    let length = parts.headers.get(CONTENT_LENGTH);
    let is_empty = body.is_end_stream() && length.is_none_or(|length| length == "0");
    let (pieces, forwarded) = mpsc::channel(FRAMES);
    let size = if length.is_none() { body.size_hint() } else { SizeHint::default() };
    let forwarded = ForwardedBody { pieces: Some(forwarded), size, is_empty, serving: None };
    if receiver.send(http::Response::from_parts(parts, forwarded)).is_err() {
        return;
    }
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = tokio::select! {
            biased;
            () = pieces.closed() => return,
            frame = frame => frame,
        };
        let (sent, is_last) = match frame {
            Some(Ok(frame)) => (send(&pieces, frame).await, false),
            Some(Err(_)) => (pieces.send(Piece::Failed).await, true),
            None => (pieces.send(Piece::End).await, true),
        };
        if sent.is_err() || is_last {
            break;
        }
    }
    pieces.closed().await;
}

/// Sends copies of a frame of user code.
async fn send(
    pieces: &mpsc::Sender<Piece>,
    frame: Frame<Bytes>,
) -> Result<(), mpsc::error::SendError<Piece>> {
    match frame.into_data() {
        Ok(data) => {
            for part in data.chunks(FRAME_BYTES) {
                let part = Frame::data(Bytes::copy_from_slice(part));
                pieces.send(Piece::Frame(part)).await?;
            }
        }
        Err(frame) => {
            if let Ok(mut trailers) = frame.into_trailers() {
                copy_values(&mut trailers);
                pieces.send(Piece::Frame(Frame::trailers(trailers))).await?;
            }
        }
    }
    Ok(())
}

/// Replaces the values of user code with copies.
fn copy_values(headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
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
            // A body that only stops must not look complete.
            Some(Piece::Failed) | None => {
                Some(Err(axum::Error::new(io::Error::other("the response was aborted"))))
            }
            Some(Piece::End) => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty
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
    use std::error::Error;
    use std::fmt;
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::Arc;

    use axum::body::{Body, Bytes, HttpBody, to_bytes};
    use axum::response::{IntoResponse, Response};
    use futures_util::stream;
    use http::HeaderValue;
    use tokio::sync::oneshot;

    use super::{FRAME_BYTES, ForwardedBody, forward};

    /// Bytes, or an error, of a type of user code.
    #[derive(Debug)]
    struct Own(#[expect(dead_code, reason = "it is counted")] Arc<()>, Vec<u8>);

    impl AsRef<[u8]> for Own {
        fn as_ref(&self) -> &[u8] {
            &self.1
        }
    }

    impl fmt::Display for Own {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("own")
        }
    }

    impl Error for Own {}

    #[tokio::test]
    async fn forwards_copies_in_small_frames() {
        let count = Arc::new(());
        let bytes = |bytes: &[u8]| Bytes::from_owner(Own(Arc::clone(&count), bytes.to_vec()));
        let content = vec![b'x'; 2 * FRAME_BYTES + 1];
        let data = bytes(&content);
        let failure = Err(Own(Arc::clone(&count), Vec::new()));
        let mut response = Body::from_stream(stream::iter([Ok(data), failure])).into_response();
        let value = HeaderValue::from_maybe_shared(bytes(b"a")).unwrap();
        response.headers_mut().insert("x-own", value);
        response.extensions_mut().insert(Arc::clone(&count));
        let (sender, receiver) = oneshot::channel::<http::Response<ForwardedBody>>();
        let receive = async {
            let mut response = receiver.await.unwrap();
            assert_eq!(response.headers()["x-own"], "a");
            let (mut frames, body) = (Vec::new(), response.body_mut());
            let mut next = async || poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
            while let Some(Ok(frame)) = next().await {
                frames.push(frame.into_data().unwrap());
            }
            assert_eq!(frames.concat(), content);
            assert!(frames.iter().all(|frame| frame.len() <= FRAME_BYTES));
            frames
        };
        let ((), frames) = tokio::join!(forward(response, sender), receive);
        assert_eq!((Arc::strong_count(&count), frames.len()), (1, 3), "all of user code is gone");
    }

    #[tokio::test]
    async fn an_empty_body_has_no_frame_unless_the_head_has_a_length() {
        for (length, expected) in [(None, true), (Some("0"), true), (Some("5"), false)] {
            let mut response = Response::new(Body::empty());
            if let Some(length) = length {
                response.headers_mut().insert("content-length", HeaderValue::from_static(length));
            }
            let (sender, receiver) = oneshot::channel::<http::Response<ForwardedBody>>();
            let receive = async { receiver.await.unwrap().body().is_end_stream() };
            let ((), is_empty) = tokio::join!(forward(response, sender), receive);
            assert_eq!(is_empty, expected, "{length:?}");
        }
    }

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
