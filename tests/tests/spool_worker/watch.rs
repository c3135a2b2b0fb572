//! A watch on folders.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

/// The time without a change after which a test fails.
const TIMEOUT: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// A queue of changes: files that are created, modified or removed.
pub(crate) struct Watch {
    queue: OwnedFd,
}

impl Watch {
    pub(crate) fn new<const N: usize>(folders: [&Path; N]) -> Self {
        let queue = inotify::init(CreateFlags::CLOEXEC).unwrap();
        let changes = WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::DELETE;
        for folder in folders {
            inotify::add_watch(&queue, folder, changes).unwrap();
        }
        Self { queue }
    }

    /// Waits until `reached` returns true for the name of a changed file. Earlier changes count too.
    #[track_caller]
    pub(crate) fn wait_until(&self, mut reached: impl FnMut(&str) -> bool) {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&self.queue, &mut buffer);
        loop {
            if events.is_buffer_empty() {
                let ready = poll(&mut [PollFd::new(&self.queue, PollFlags::IN)], Some(&TIMEOUT));
                assert_eq!(ready, Ok(1), "no change for a minute");
            }
            let event = events.next().unwrap();
            if reached(&event.file_name().unwrap().to_string_lossy()) {
                return;
            }
        }
    }
}
