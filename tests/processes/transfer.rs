//! Files in and out, by commands beside a service or without one.

use crate::support::{self, Place, number, profile};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

fn write(place: &Place, name: &str, lines: &[Value]) -> String {
    write_bytes(place, name, &text(lines))
}

fn write_bytes(place: &Place, name: &str, bytes: &[u8]) -> String {
    let path = file(place, name);
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn file(place: &Place, name: &str) -> PathBuf {
    place.data_dir().parent().unwrap().join(name)
}

fn text(lines: &[Value]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// Noon, so many days ago: the same whenever it is asked for.
fn days_ago(days: i64) -> String {
    format!("{}T12:00:00Z", &support::days_ago(days)[..10])
}

/// A place with the default tenant, which a service makes at its first start.
fn place() -> Place {
    let place = Place::new();
    run(&place, &["tenants", "create", "default"]);
    place
}

fn creator(id: &str) -> Value {
    let mut creator = profile(id);
    creator["creator_id"] = json!(id);
    creator
}

fn event(id: usize, creator: &str) -> Value {
    json!({
        "event_id": format!("event-{id}"), "creator_id": creator, "engager_id": format!("secret-person-{}", id % 7),
        "kind": "comment", "text": "Where did you find the linen fabric?", "post_id": "secret-post",
        "occurred_at": days_ago(1 + i64::try_from(id % 60).unwrap())
    })
}

fn post(id: &str, creator: &str, day: i64) -> Value {
    json!({
        "creator_id": creator, "post_id": id, "published_at": days_ago(20), "platform": "instagram",
        "topics": ["linen", "a,b"], "sponsored": true, "brand": "linen-and-co",
        "metrics": {"as_of": days_ago(day), "views": 100 - day, "likes": 7}
    })
}

fn run(place: &Place, arguments: &[&str]) -> String {
    tokio::task::block_in_place(|| place.run(arguments, &[])).output()
}

fn summary(output: &str) -> Value {
    serde_json::from_str::<Value>(output).unwrap()["summary"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_loaded_beside_a_running_service_and_loading_them_again_is_harmless() {
    let place = Place::new();
    let service = place.serve(&[]);
    let postgres = place.postgres();
    let creators: Vec<Value> = (0..900).map(|n| creator(&format!("c{n}"))).collect();
    let events: Vec<Value> = (0..5_000).map(|n| event(n, &format!("c{}", n % 3))).collect();
    let posts: Vec<Value> = (1..=10).map(|day| post("p1", "c0", day)).collect();
    let files = [
        ("creators", write(&place, "creators.ndjson", &creators)),
        ("posts", write(&place, "posts.ndjson", &posts)),
        ("events", write(&place, "events.ndjson", &events)),
    ];
    let loaded: Vec<Value> =
        files.iter().map(|(kind, file)| summary(&run(&place, &["import", kind, file]))).collect();
    assert_eq!((&loaded[0]["created"], &loaded[0]["lines"]), (&json!(900), &json!(900)));
    assert_eq!((&loaded[1]["created"], &loaded[1]["replaced"]), (&json!(1), &json!(9)));
    assert_eq!((&loaded[2]["stored"], &loaded[2]["lines"]), (&json!(5_000), &json!(5_000)));
    let again: Vec<Value> =
        files.iter().map(|(kind, file)| summary(&run(&place, &["import", kind, file]))).collect();
    assert_eq!(
        (&again[0]["unchanged"], &again[1]["unchanged"], &again[2]["duplicate"]),
        (&json!(900), &json!(10), &json!(5_000))
    );
    assert_eq!(service.api.get("/v1/creators/c899").await.status, 200);
    let sql = place.connect().await;
    assert_eq!(number(&sql, "select count(*) from events").await, 5_000);
    assert_eq!(place.postgres(), postgres, "the commands leave the service its PostgreSQL");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_are_refused_are_told_and_fail_the_command() {
    let place = place();
    run(&place, &["import", "creators", &write(&place, "creators.ndjson", &[creator("ana")])]);
    let mut lines = text(&[event(1, "ana"), event(2, "nobody")]);
    lines.extend_from_slice(b"\nno event\n");
    lines.extend(text(&[event(3, "ana")]));
    let events = write_bytes(&place, "events.ndjson", &lines);
    let finished = tokio::task::block_in_place(|| place.run(&["import", "events", &events], &[]));
    assert_eq!(finished.status.code(), Some(1));
    assert_eq!(summary(&finished.stdout)["stored"], 2, "{}", finished.stdout);
    let complaint = &finished.stderr;
    assert!(complaint.contains("line 2: /creator_id no creator is registered"), "{complaint}");
    assert!(complaint.contains("line 4: ") && complaint.contains("2 of 4 lines were refused"), "{complaint}");

    let problems = file(&place, "problems.ndjson");
    let arguments = ["import", "events", &events, "--problems", problems.to_str().unwrap()];
    let finished = tokio::task::block_in_place(|| place.run(&arguments, &[]));
    assert_eq!(finished.status.code(), Some(1));
    assert!(!finished.stderr.contains("line 2"), "{}", finished.stderr);
    let told: Vec<Value> = lines_of(&problems);
    let numbers: Vec<_> = told.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2, 4]);
    assert_eq!(told[0]["problem"]["errors"][0]["code"], "unknown_creator");
    assert!(place.is_silent());
}

fn lines_of(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compressed_files_and_standard_input_are_read() {
    let place = place();
    let creators = |from: usize| -> Vec<u8> {
        text(&(from..from + 3).map(|n| creator(&format!("c{n}"))).collect::<Vec<_>>())
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&creators(0)).unwrap();
    let files = [
        write_bytes(&place, "a.ndjson.gz", &gzip.finish().unwrap()),
        write_bytes(&place, "b.ndjson.zst", &zstd::encode_all(creators(3).as_slice(), 3).unwrap()),
    ];
    for file in &files {
        assert_eq!(summary(&run(&place, &["import", "creators", file]))["created"], 3, "{file}");
    }
    let plain = write_bytes(&place, "c.ndjson", &creators(6));
    let mut command = place.voci(&["import", "creators", "-"]);
    let output = command.stdin(File::open(plain).unwrap()).stderr(Stdio::inherit()).output().unwrap();
    assert_eq!(summary(&String::from_utf8(output.stdout).unwrap())["created"], 3);
    let broken = write_bytes(&place, "d.ndjson.gz", b"this is not compressed");
    for (arguments, explained) in [
        (["import", "creators", &broken], "does not fit its Content-Encoding"),
        (["import", "creators", "missing.ndjson"], "missing.ndjson cannot be used"),
    ] {
        let complaint = tokio::task::block_in_place(|| place.run(&arguments, &[])).complaint();
        assert!(complaint.contains(explained), "{complaint}");
    }
    let arguments = ["import", "creators", &files[0], "--dry-run"];
    let complaint = tokio::task::block_in_place(|| place.run(&arguments, &[])).complaint();
    assert!(complaint.contains("for events only"), "{complaint}");
    let arguments = ["import", "creators", &files[0], "--tenant", "nobody"];
    let complaint = tokio::task::block_in_place(|| place.run(&arguments, &[])).complaint();
    assert!(complaint.contains("there is no tenant of this name"), "{complaint}");
    assert!(place.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_can_be_loaded_into_another_tenant() {
    let place = place();
    run(&place, &["tenants", "create", "copy"]);
    let mut creators: Vec<Value> = (0..1_200).map(|n| creator(&format!("c{n}"))).collect();
    creators[0] = json!({
        "creator_id": "c0", "display_name": "Ana \"Verde\"", "bio": "é \\ 漢", "country": "RO", "region": "Cluj",
        "city": "Cluj-Napoca", "languages": ["ro", "en"], "values": ["a,b", "{}"], "niches": ["gaming"],
        "accounts": [{"platform": "blog", "handle": "ana", "engager_id": "secret-person-0"}]
    });
    run(&place, &["import", "creators", &write(&place, "creators.ndjson", &creators)]);
    let mut posts: Vec<Value> = (1..=450).map(|n| post(&format!("p{n}"), "c0", 1 + n % 10)).collect();
    posts.extend((1..=10).map(|day| post("counted often", "c1", day)).map(|mut post| {
        post["post_id"] = json!("counted-often");
        post
    }));
    let mut uncounted = post("uncounted", "c2", 1);
    uncounted.as_object_mut().unwrap().remove("metrics");
    posts.push(uncounted);
    run(&place, &["import", "posts", &write(&place, "posts.ndjson", &posts)]);

    for kind in ["creators", "posts"] {
        let (ours, theirs) = (file(&place, "ours.ndjson"), file(&place, "theirs.ndjson"));
        run(&place, &["export", kind, "--out", ours.to_str().unwrap()]);
        let written = fs::read_to_string(&ours).unwrap();
        assert!(!written.contains("secret-person"), "engager ids are not given back");
        run(&place, &["import", kind, ours.to_str().unwrap(), "--tenant", "copy"]);
        run(&place, &["export", kind, "--out", theirs.to_str().unwrap(), "--tenant", "copy"]);
        let sorted = |path: &Path| {
            let mut lines: Vec<String> = lines_of(path).iter().map(Value::to_string).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(sorted(&ours), sorted(&theirs));
        assert_eq!(lines_of(&ours).len(), if kind == "creators" { 1_200 } else { 461 });
    }
    let printed = run(&place, &["export", "creators", "--tenant", "copy"]);
    assert_eq!(printed.lines().count(), 1_200);
    assert!(place.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_written_under_keys_and_none_is_left_out() {
    let place = place();
    let creators: Vec<Value> = (0..150).map(|n| creator(&format!("c{n}"))).collect();
    run(&place, &["import", "creators", &write(&place, "creators.ndjson", &creators)]);
    // Many of one creator, exactly a page of another, a few of the others.
    let of = |n: usize| {
        if n < 1_000 {
            0
        } else if n < 1_200 {
            1
        } else {
            n % 150
        }
    };
    let mut events: Vec<Value> = (0..1_500).map(|n| event(n, &format!("c{}", of(n)))).collect();
    events.push(json!({
        "event_id": "order-1", "creator_id": "c0", "kind": "purchase", "value": 1_999, "currency": "RON",
        "occurred_at": days_ago(3), "platform": "other"
    }));
    let file = write(&place, "events.ndjson", &events);
    let tried = run(&place, &["import", "events", &file, "--dry-run"]);
    assert_eq!((&summary(&tried)["stored"], &summary(&tried)["dry_run"]), (&json!(1_501), &json!(true)));
    assert_eq!(run(&place, &["export", "events"]), "", "nothing was stored");
    run(&place, &["import", "events", &file, "--verified-purchases"]);
    let written = run(&place, &["export", "events"]);
    assert!(!written.contains("secret") && !written.contains("event-"), "ids are not given back");
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut keys: Vec<&str> = lines.iter().map(|line| line["event_key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((keys.len(), lines.len()), (1_501, 1_501));
    assert_eq!(lines.iter().filter(|line| line["creator_id"] == "c1").count(), 202);
    let purchase = lines.iter().find(|line| line["kind"] == "purchase").unwrap();
    let told = ["value", "currency", "verified", "platform"].map(|field| &purchase[field]);
    assert_eq!(told, [&json!(1_999), &json!("RON"), &json!(true), &json!("other")]);
    assert!(purchase["engager_key"].is_null());
    let comment = lines.iter().find(|line| line["kind"] == "comment").unwrap();
    assert_eq!(comment["substantive"], true);
    assert_eq!(comment["engager_key"].as_str().unwrap().len(), 16);
    run(&place, &["tenants", "create", "other"]);
    assert_eq!(run(&place, &["export", "events", "--tenant", "other"]), "");
}
