//! Pages of a replica that is killed or hangs while somebody reads them.

use crate::support::{PATIENCE, Place, Service, until};
use std::time::{Duration, Instant};

const FIRST: &str = "/v1/recommendations?niche=gaming&limit=1";

/// The path of a second page, whose data the service keeps.
async fn next_page(service: &Service) -> String {
    until("both are ranked", PATIENCE, async || service.api.recommended().await.len() == 2).await;
    let page = service.api.get(FIRST).await.body;
    format!("{FIRST}&cursor={}", page["next_cursor"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_a_replica_that_was_killed_or_hangs_is_gone_and_says_so_soon() {
    let place = Place::new();
    let (first, second) = (place.serve(&[]), place.serve(&[]));
    second.api.ready().await;
    for id in ["ana", "bea"] {
        first.api.put_creator(id).await;
    }
    let next = next_page(&first).await;
    let page = second.api.get(&next).await;
    assert_eq!((page.status, &page.body["items"][0]["rank"]), (200, &2.into()), "{page:?}");

    first.process.signal("-STOP");
    let started = Instant::now();
    let hanging = second.api.get(&next).await;
    assert_eq!((hanging.status, &hanging.body["code"]), (410, &"snapshot_expired".into()), "{hanging:?}");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    first.process.signal("-CONT");
    until("it answers again", PATIENCE, async || second.api.get(&next).await.status == 200).await;

    first.kill();
    let started = Instant::now();
    let gone = second.api.get(&next).await;
    assert_eq!((gone.status, &gone.body["code"]), (410, &"snapshot_expired".into()), "{gone:?}");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(second.api.get(FIRST).await.status, 200);
    assert!(second.process.stderr().contains("a replica does not answer"));
}
