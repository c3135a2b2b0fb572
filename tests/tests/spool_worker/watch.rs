//! What happens in folders, as it happens.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

/// So that a worker that does nothing fails the test rather than hangs it.
const PATIENCE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// Files that appear, are written to, get a name, lose one.
pub(crate) struct Watch {
    queue: OwnedFd,
}

impl Watch {
    pub(crate) fn on<const N: usize>(folders: [&Path; N]) -> Self {
        let queue = inotify::init(CreateFlags::CLOEXEC).unwrap();
        let changes = WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::DELETE;
        for folder in folders {
            inotify::add_watch(&queue, folder, changes).unwrap();
        }
        Self { queue }
    }

    /// Waits until `reached` says so of the name of a changed file. What has happened before it
    /// is asked counts too.
    #[track_caller]
    pub(crate) fn until(&self, mut reached: impl FnMut(&str) -> bool) {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&self.queue, &mut buffer);
        loop {
            if events.is_buffer_empty() {
                let ready = poll(&mut [PollFd::new(&self.queue, PollFlags::IN)], Some(&PATIENCE));
                assert_eq!(ready, Ok(1), "nothing happened for a minute");
            }
            let event = events.next().unwrap();
            if reached(&event.file_name().unwrap().to_string_lossy()) {
                return;
            }
        }
    }
}
