//! The service of a run, started again whenever it ends, as an operator's supervisor does.

use crate::{
    database::Frozen,
    support::{Api, KEY, PATIENCE, Place, Process},
};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::block_in_place};

/// The master secret of every run.
pub(crate) const SECRET: &str = "a secret that only tests use";

/// A service on a database, and where it is, which changes with each start.
pub(crate) struct Supervisor {
    process: Option<Process>,
    settings: Vec<(&'static str, String)>,
    place: Arc<Place>,
    address: watch::Sender<Option<Api>>,
}

impl Supervisor {
    /// Starts a service with `DATABASE_URL` and the key of the tests.
    pub(crate) fn start(place: Arc<Place>, url: String, accepts_loss: bool) -> Self {
        let settings = vec![
            ("DATABASE_URL", url),
            ("VOCI_SECRET_KEY", SECRET.into()),
            ("VOCI_BOOTSTRAP_KEY", KEY.into()),
            ("VOCI_ACCEPT_DATA_LOSS", accepts_loss.to_string()),
            // No line per request: there are hundreds of thousands.
            ("VOCI_LOG", "info,voci::telemetry=warn".into()),
        ];
        let mut supervisor = Self { process: None, settings, place, address: watch::Sender::new(None) };
        supervisor.restart();
        supervisor
    }

    /// Where the service is; nothing while it is not running.
    pub(crate) fn address(&self) -> watch::Receiver<Option<Api>> {
        self.address.subscribe()
    }

    /// Kills it, as a crash does.
    pub(crate) fn kill(&mut self) {
        block_in_place(|| self.process.take().unwrap().kill());
        self.address.send_replace(None);
    }

    /// Stops it where it is.
    pub(crate) fn freeze(&self) -> Frozen {
        Frozen::all(self.process.iter().map(Process::id).collect())
    }

    /// Starts it after a kill.
    pub(crate) fn restart(&mut self) {
        block_in_place(|| self.started());
    }

    fn started(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.process.is_none() {
            assert!(Instant::now() < deadline, "the service does not start: {}", self.place.logs());
            let mut command = self.place.voci(&["serve"]);
            command.envs(self.settings.iter().map(|(name, value)| (name, value)));
            self.process = self.listening(self.place.start(command), deadline);
        }
    }

    /// The process once it listens; nothing when it ends instead, as a wire that breaks may make it.
    fn listening(&self, mut process: Process, deadline: Instant) -> Option<Process> {
        loop {
            if let Some(fields) = process.logged("listening") {
                let address = fields["address"].as_str().unwrap();
                self.address.send_replace(Some(Api::new(address, KEY)));
                return Some(process);
            }
            if process.has_ended() {
                return None;
            }
            assert!(Instant::now() < deadline, "the service does not listen: {}", process.stderr());
            thread::sleep(Duration::from_millis(10));
        }
    }
}
