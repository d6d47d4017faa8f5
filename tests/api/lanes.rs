//! Whose turn it is, is found by index, however much has gone through the queues.

use crate::support::App;
use voci::relationships::queue::store::{BusyLane, busy_lanes};

/// How often a queue was read from its beginning.
async fn scans(app: &App) -> Vec<Vec<Option<String>>> {
    app.sql(
        "select relname, seq_scan from pg_stat_user_tables where relname in ('fold_queue', 'score_queue')
         order by 1",
    )
    .await
}

#[tokio::test]
async fn lanes_with_work_are_found_without_reading_what_has_left_the_queues() {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    // Half a page each, so that a thousand of them are as long as a queue under load.
    app.sql(
        "insert into fold_queue (lane, events, facts) select n % 64, 1, convert_to(repeat('x', 1900), 'UTF8') from generate_series(1, 5000) n;
         insert into score_queue (lane, creator_key) select n % 64, gen_random_uuid() from generate_series(1, 20000) n;
         delete from fold_queue; delete from score_queue;
         insert into fold_queue (lane, events, facts) values (7, 1, '');
         insert into score_queue (lane, creator_key) values (9, gen_random_uuid());
         insert into score_queue (lane, creator_key, enqueued_at) values (11, gen_random_uuid(), now() + interval '1 hour');
         select pg_stat_force_next_flush()",
    )
    .await;
    let foundation = app.foundation().await;
    let client = foundation.pools.background.get().await.unwrap();
    let before = scans(&app).await;
    let busy = busy_lanes(&client).await.unwrap();
    client.query("select pg_stat_force_next_flush()", &[]).await.unwrap();
    assert_eq!(scans(&app).await, before);
    let lane = |lane, folds, scores, later| BusyLane { lane, folds, scores, later };
    let wanted = [lane(7, true, false, false), lane(9, false, true, false), lane(11, false, false, true)];
    assert_eq!(busy, wanted);
}
