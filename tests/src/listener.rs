//! A client that listens to `/events`.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::Value;

/// A client that listens to `/events`, over HTTP/1.0, so that nothing is chunked.
#[derive(Debug)]
pub struct Listener {
    /// The head of the response.
    pub head: String,
    stream: BufReader<TcpStream>,
}

impl Listener {
    /// Asks for events, and reads the head of the response.
    ///
    /// # Errors
    ///
    /// No process listens, or the connection breaks.
    pub fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(crate::TIMEOUT))?;
        (&stream).write_all(b"GET /events HTTP/1.0\r\n\r\n")?;
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head)? > 0 {}
        Ok(Self { head, stream })
    }

    /// Returns the report of the next event, or `None` at the end.
    ///
    /// # Panics
    ///
    /// The connection breaks, or the report is not as the schema says.
    pub fn next_report(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).expect("the connection ends with FIN") == 0 {
                return None;
            }
            if let Some(json) = line.strip_prefix("data: ") {
                crate::schema::assert_valid(json);
                return Some(serde_json::from_str(json).expect("the schema is that of JSON"));
            }
        }
    }

    /// Returns the first report with a state, and drops those before it.
    ///
    /// # Panics
    ///
    /// As [`next_report`](Self::next_report), or the events end before.
    pub fn wait_for_state(&mut self, state: &str) -> Value {
        loop {
            let report = self.next_report().expect("the events go on");
            if report.get("state").is_some_and(|it| it == state) {
                return report;
            }
        }
    }
}
