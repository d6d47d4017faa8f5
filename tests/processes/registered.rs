//! What a process remembers of creators ends with the server that said so.

use crate::support::{PATIENCE, Place, like, until};

/// A server in the place of another may have lost the end of its history, departures and all: as if this creator had never
/// been registered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creators_that_a_new_server_does_not_know_take_no_events() {
    let place = Place::new();
    let service = place.serve(&[]);
    service.api.put_creator("ana").await;
    let stored = service.api.batch(&[like("e1", "ana", "p1", 1)]).await.unwrap();
    assert_eq!(stored.body["stored"], 1, "{stored:?}");

    let client = place.connect().await;
    // Without the trigger that counts departures.
    client
        .batch_execute(
            "set session_replication_role = replica; delete from creators where creator_id = 'ana'",
        )
        .await
        .unwrap();
    place.kill_postgres();
    until("the service notices", PATIENCE, async || service.api.get("/readyz").await.status == 503).await;
    service.api.ready().await;
    let refused = service.api.batch(&[like("e2", "ana", "p1", 1)]).await.unwrap();
    assert_eq!(
        (refused.status, &refused.body["stored"], &refused.body["invalid"]),
        (207, &0.into(), &1.into()),
        "{refused:?}"
    );
}
