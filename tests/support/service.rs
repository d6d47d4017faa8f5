//! A service that listens.

use super::{Api, KEY, PATIENCE, Process, process::Finished};
use std::{
    thread,
    time::{Duration, Instant},
};

/// A service and a client of it.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) api: Api,
}

impl Service {
    pub(crate) fn of(mut process: Process) -> Self {
        let deadline = Instant::now() + PATIENCE;
        let address = loop {
            if let Some(fields) = process.logged("listening") {
                break fields["address"].as_str().unwrap().to_owned();
            }
            let waiting = !process.has_ended() && Instant::now() < deadline;
            assert!(waiting, "the service does not listen: {}", process.stderr());
            thread::sleep(Duration::from_millis(10));
        };
        Self { process, api: Api::new(&address, KEY) }
    }

    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Stops it as an operator does.
    pub(crate) fn stop(self) -> Finished {
        self.process.signal("-TERM");
        self.process.finish()
    }
}
