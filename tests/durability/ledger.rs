//! What was acknowledged, in a file that is synced before anyone counts on it.

use crate::route::{Item, Route};
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};
use tokio::sync::oneshot;

/// Takes down acknowledgements. Those that come at once share a sync.
#[derive(Clone)]
pub(crate) struct Ledger {
    entries: Sender<Entry>,
    path: PathBuf,
}

struct Entry {
    lines: String,
    synced: oneshot::Sender<()>,
}

impl Ledger {
    pub(crate) fn open(path: &Path) -> Self {
        let file = File::create_new(path).unwrap();
        let (entries, taken) = mpsc::channel();
        thread::spawn(move || write(file, &taken));
        Self { entries, path: path.to_owned() }
    }

    /// Takes down items; they are on disk when this is done.
    pub(crate) async fn take_down(&self, items: &[Item]) {
        let mut lines = String::new();
        for Item { route, number } in items {
            writeln!(lines, "{} {number}", route.name()).unwrap();
        }
        let (synced, done) = oneshot::channel();
        self.entries.send(Entry { lines, synced }).unwrap();
        done.await.unwrap();
    }

    /// Everything in it.
    pub(crate) fn read(&self) -> Vec<Item> {
        let text = fs::read_to_string(&self.path).unwrap();
        let item = |line: &str| {
            let (route, number) = line.split_once(' ').unwrap();
            Item { route: Route::named(route), number: number.parse().unwrap() }
        };
        text.lines().map(item).collect()
    }
}

fn write(mut file: File, entries: &Receiver<Entry>) {
    while let Ok(first) = entries.recv() {
        let mut group = vec![first];
        group.extend(entries.try_iter());
        for entry in &group {
            file.write_all(entry.lines.as_bytes()).unwrap();
        }
        file.sync_data().unwrap();
        for entry in group {
            // A client that was given up does not wait any more.
            let _ = entry.synced.send(());
        }
    }
}
