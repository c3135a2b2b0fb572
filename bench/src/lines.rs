//! Log lines that ten processes print as fast as they can, on their way through a supervisor.

use std::collections::HashMap;
use std::error::Error;
use std::io::Read;
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::LINES;
use crate::peers::Supervisor;
use crate::supervisors::{PROCESSES, Service};
use crate::tree::Tree;

/// Lines of each process.
const EACH: u64 = 20_000;
/// Time without a line after which no more are awaited.
const SILENCE: Duration = Duration::from_secs(5);
/// As the lines begin.
const MARK: &[u8] = b"bench ";

/// The lines that a supervisor passed on.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    /// From the first line to the last.
    pub(crate) per_second: f64,
    /// Number of lines that never came, or not in their order.
    pub(crate) wrong: u64,
}

/// Takes in output piece by piece.
#[derive(Default)]
struct Reader {
    /// The end of the last piece, without a line end.
    rest: Vec<u8>,
    /// The number of the next line, by process.
    next: HashMap<u64, u64>,
    seen: u64,
    in_order: u64,
}

/// Measures one run.
pub(crate) fn measure(supervisor: Supervisor) -> Result<Lines, Box<dyn Error>> {
    let program = LINES.binary().ok_or("the program has no binary")?;
    let command_line = format!("{} {EACH}", program.display());
    let commands = vec![command_line.clone(); PROCESSES];
    let service = Service::new(&commands, &command_line, "", Vec::new())?;
    let mut command = service.command(supervisor);
    command.stdout(Stdio::piped());
    let mut tree = Tree::start(command)?;
    let mut stdout = tree.0.stdout.take().ok_or("no output")?;
    let (sender, pieces) = mpsc::channel();
    // Reads on, so that nothing waits for the measurement.
    thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(length @ 1..) = stdout.read(&mut piece) {
            if sender.send((piece[..length].to_vec(), Instant::now())).is_err() {
                break;
            }
        }
    });
    let expected = EACH * PROCESSES as u64;
    let (mut reader, mut first, mut last) = (Reader::default(), None, Instant::now());
    while reader.seen < expected {
        let (piece, at) = match pieces.recv_timeout(SILENCE) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        };
        let before = reader.seen;
        reader.read(&piece);
        if reader.seen > before {
            first = first.or(Some(at));
            last = at;
        }
    }
    tree.stop()?;
    let took = last.duration_since(first.ok_or("no line came")?);
    let per_second = reader.seen as f64 / took.as_secs_f64();
    Ok(Lines { per_second, wrong: expected.saturating_sub(reader.in_order) })
}

// === impl Reader ===

impl Reader {
    fn read(&mut self, piece: &[u8]) {
        let mut lines = piece.split(|&byte| byte == b'\n');
        self.rest.extend_from_slice(lines.next().unwrap_or_default());
        for line in lines {
            let ended = std::mem::replace(&mut self.rest, line.to_vec());
            self.read_line(&ended);
        }
    }

    fn read_line(&mut self, line: &[u8]) {
        // A supervisor puts a name before it.
        let Some(at) = line.windows(MARK.len()).position(|part| part == MARK) else { return };
        let text = String::from_utf8_lossy(&line[at + MARK.len()..]);
        let mut numbers = text.split(' ').map_while(|word| word.parse::<u64>().ok());
        let (Some(process), Some(number)) = (numbers.next(), numbers.next()) else { return };
        let next = self.next.entry(process).or_default();
        self.seen += 1;
        self.in_order += u64::from(number == *next);
        *next = number + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;

    #[test]
    fn counts_lines_in_their_order() {
        let mut reader = Reader::default();
        reader.read(b"12:00 one | bench 7 0 text\nsystem | started\nbench 8 0 text\none | ben");
        reader.read(b"ch 7 1 text\nbench 7 3 text\nbench 8 2");
        assert_eq!((reader.seen, reader.in_order), (4, 3));
    }
}
