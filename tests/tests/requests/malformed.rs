//! Malformed requests.

use super::{parts, ready_worker};

#[test]
fn refuses_malformed_requests_without_reflecting_them() {
    let worker = ready_worker();
    let header = |line: &str| format!("GET /livez HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
    let long = "x".repeat(9000);
    for (mistake, request, status) in [
        ("no host", "GET /livez HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("two hosts", header("Host: reflected"), 400),
        ("a bare line feed", "GET /livez HTTP/1.1\nHost: reflected\n\n".to_owned(), 400),
        ("one bare line feed", header("X: reflected\nY: z"), 400),
        ("a bare carriage return", header("X: reflected\rY: z"), 400),
        ("a folded header", header("X: y\r\n reflected"), 400),
        ("a NUL", header("X: reflected\0"), 400),
        ("a space before the colon", header("reflected : y"), 400),
        ("no version", "GET /reflected\r\n\r\n".to_owned(), 400),
        ("a later version", "GET /reflected HTTP/3.0\r\nHost: a\r\n\r\n".to_owned(), 400),
        ("both lengths", header("Content-Length: 9\r\nTransfer-Encoding: chunked"), 400),
        (
            "both lengths in reverse order",
            header("Transfer-Encoding: chunked\r\nContent-Length: 9"),
            400,
        ),
        ("two lengths", header("Content-Length: 9\r\nContent-Length: 8"), 400),
        ("a negative length", header("Content-Length: -1"), 400),
        ("an unknown encoding", header("Transfer-Encoding: reflected"), 400),
        (
            "a chunked body",
            header("Transfer-Encoding: chunked") + "9\r\nreflected\r\n0\r\n\r\n",
            413,
        ),
        (
            "a chunked body after an extension",
            header("Transfer-Encoding: chunked") + "1;x=y\r\nr\r\n0\r\n\r\n",
            413,
        ),
        ("a chunk without a size", header("Transfer-Encoding: chunked") + "reflected\r\n", 400),
        (
            "an announced chunked body",
            header("Transfer-Encoding: chunked\r\nExpect: 100-continue"),
            413,
        ),
        (
            "a request in a chunk",
            header("Transfer-Encoding: chunked")
                + "23\r\nGET /livez?reflected HTTP/1.0\r\n\r\n\r\n0\r\n\r\n",
            413,
        ),
        (
            "two lengths in the trailers of an empty body",
            header("Transfer-Encoding: chunked")
                + "0\r\nTransfer-Encoding: x\r\nContent-Length: 9\r\n\r\nreflected",
            400,
        ),
        ("a body", header("Content-Length: 9") + "reflected", 413),
        ("an announced body", header("Content-Length: 9\r\nExpect: 100-continue"), 413),
        ("a long body", header("Content-Length: 900000") + &"reflected".repeat(25_000), 413),
        ("a long header", header(&format!("reflected: {long}")), 431),
        ("a long path", format!("GET /reflected{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 431),
        ("many headers", header(&"reflected: x\r\n".repeat(150)), 431),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}reflected\n".to_owned(), 400),
    ] {
        let response = worker.exchange(request);
        let (head, body) = parts(&response);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{mistake}: {response}");
        assert!(head.contains("\r\nconnection: close"), "{mistake}: {response}");
        assert!(!response.contains("reflected") && body.is_empty(), "{mistake}: {response}");
    }
    assert_eq!(worker.get("/livez").status, 200);
}
