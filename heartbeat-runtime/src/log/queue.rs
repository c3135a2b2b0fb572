//! The queue of lines, and what decides whether they may leave it.

use std::collections::VecDeque;

use super::line::{Level, Line};

/// Maximum number of waiting lines. Further lines are lost and counted.
const QUEUE_LEN: usize = 1024;

pub(super) struct Queue {
    lines: VecDeque<Line>,
    /// Number of lines lost after the last waiting one.
    lost: usize,
    pub(super) has_writer: bool,
    /// A line was taken out and is being written.
    pub(super) is_writing: bool,
    /// Lines stay in the queue, as a subscriber may still come.
    pub(super) is_held: bool,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            lines: VecDeque::new(),
            lost: 0,
            has_writer: false,
            is_writing: false,
            is_held: false,
        }
    }

    /// Tells whether a line waits that may be written.
    pub(super) fn has_ready_line(&self) -> bool {
        !self.is_held && !self.lines.is_empty()
    }

    /// Adds a line. One with a subscriber ends the hold.
    pub(super) fn push(&mut self, line: Line) {
        self.is_held &= !line.has_subscriber();
        if self.lines.len() >= QUEUE_LEN {
            self.lost += 1;
            return;
        }
        if self.lost > 0 {
            let text = format!("{} lines are missing here: stderr was not read in time", self.lost);
            self.lines.push_back(Line::beside(&line, Level::Warn, text));
            self.lost = 0;
        }
        self.lines.push_back(line);
    }

    pub(super) fn pop(&mut self) -> Option<Line> {
        self.lines.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Line, QUEUE_LEN, Queue};
    use crate::log::Fields;

    fn line(text: impl Into<String>) -> Line {
        Line::new(Level::Info, Fields::default(), text.into())
    }

    #[test]
    fn counts_lost_lines_where_they_are_missing() {
        let mut queue = Queue::new();
        (0..QUEUE_LEN + 3).for_each(|index| queue.push(line(index.to_string())));
        queue.lines.drain(..QUEUE_LEN - 1);
        queue.push(line("last"));
        let texts: Vec<_> = queue.lines.iter().map(|line| line.text.as_str()).collect();
        let before = (QUEUE_LEN - 1).to_string();
        let lost = "3 lines are missing here: stderr was not read in time";
        assert_eq!(texts, [before.as_str(), lost, "last"]);
    }

    #[test]
    fn a_line_with_a_subscriber_ends_the_hold_after_those_before_it() {
        let mut queue = Queue { is_held: true, ..Queue::new() };
        queue.push(line("first"));
        assert!(!queue.has_ready_line());
        let subscriber = tracing_subscriber::fmt().finish();
        tracing::subscriber::with_default(subscriber, || queue.push(line("second")));
        assert!(queue.has_ready_line());
        let texts = [queue.pop(), queue.pop()].map(|line| line.unwrap().text);
        assert_eq!(texts, ["first", "second"]);
    }
}
