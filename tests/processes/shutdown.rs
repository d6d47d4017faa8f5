//! Starts that succeed, starts that fail, stops, and what is said meanwhile.

use crate::support::{Api, KEY, PATIENCE, Place, Process, Service, like, until};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant},
};
use voci::db::embedded::{EmbeddedServer, Options};

const SECRET: &str = "a secret that only tests use";

/// A request whose body is still to come.
fn unfinished(address: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: voci\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

async fn stopping(process: &Process) {
    until("it stops", PATIENCE, async || process.logged("stopping; a second signal stops at once").is_some())
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_lets_requests_in_flight_end_and_takes_no_new_ones() {
    let place = Place::new();
    let service = place.serve(&[]);
    service.api.put_creator("ana").await;
    let body = like("late", "ana", "p1", 1).to_string();
    let address = service.api.address().to_owned();
    let mut stream = unfinished(&address, &body);
    // The head must have been read before the stop begins.
    let (begin, rest) = body.split_at(10);
    stream.write_all(begin.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;

    service.process.signal("-TERM");
    stopping(&service.process).await;
    until("new connections are not served", Duration::from_secs(5), async || {
        let fresh = Api::new(&address, KEY);
        fresh.send("GET", "/readyz", None).await.map_or(true, |answer| answer.status == 503)
    })
    .await;
    assert!(place.postgres().is_some(), "the request still needs it");
    stream.write_all(rest.as_bytes()).unwrap();
    let answer = answer(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");

    let finished = tokio::task::block_in_place(|| service.process.finish());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(place.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_drain_has_a_limit_and_a_second_signal_cuts_it() {
    let place = Place::new();
    let service = place.serve(&[("VOCI_DRAIN_SECONDS", "1")]);
    let mut stream = unfinished(service.api.address(), "{}");
    stream.write_all(b"{").unwrap();
    let finished = tokio::task::block_in_place(|| {
        std::thread::sleep(Duration::from_millis(300));
        service.stop()
    });
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(place.is_silent());

    let service = place.serve(&[("VOCI_DRAIN_SECONDS", "600")]);
    let mut stream = unfinished(service.api.address(), "{}");
    stream.write_all(b"{").unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    service.process.signal("-TERM");
    stopping(&service.process).await;
    let started = Instant::now();
    service.process.signal("-INT");
    let finished = tokio::task::block_in_place(|| service.process.finish());
    assert_eq!(finished.status.code(), Some(130));
    assert!(started.elapsed() < Duration::from_secs(5));
    // PostgreSQL is left to the next start.
    assert!(place.postgres().is_some());
    assert_eq!(tokio::task::block_in_place(|| place.serve(&[]).stop()).status.code(), Some(0));
    assert!(place.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_during_the_start_is_not_lost() {
    let place = Place::new();
    let mut command = place.voci(&["serve"]);
    command.env("VOCI_BOOTSTRAP_KEY", KEY);
    let process = place.start(command);
    until("the cluster is being made", PATIENCE, async || {
        process.logged("creating a database cluster").is_some()
    })
    .await;
    process.signal("-TERM");
    let finished = tokio::task::block_in_place(|| process.finish());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(place.is_silent());
}

fn refused(place: &Place, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let complaint = tokio::task::block_in_place(|| place.run(arguments, settings)).complaint();
    assert!(place.is_silent(), "nothing is left running after: {complaint}");
    complaint
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_cannot_succeed_says_why_and_leaves_nothing_running() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let secret = ("VOCI_SECRET_KEY", SECRET);

    let complaint = refused(&place, &["serve"], &[("VOCI_PG_BIN", "/nonexistent")]);
    assert!(complaint.contains("Set VOCI_PG_BIN"), "{complaint}");
    let complaint = refused(&place, &["serve"], &[("VOCI_SECRET_KEY", "short")]);
    assert!(complaint.contains("at least 16 characters"), "{complaint}");
    let complaint = refused(&place, &["serve"], &[("VOCI_BOOTSTRAP_KEY", "voci_short")]);
    assert!(complaint.contains("VOCI_BOOTSTRAP_KEY cannot be used"), "{complaint}");
    let complaint = refused(&place, &["serve"], &[secret, ("VOCI_LISTEN", &address)]);
    assert!(complaint.contains("VOCI_LISTEN takes another address"), "{complaint}");

    // The first start was in vain, so the first key is made and shown now.
    let mut command = place.voci(&["serve"]);
    command.envs([secret]);
    let service = Service::of(place.start(command));
    until("the key is shown", PATIENCE, async || service.process.stdout().contains("voci_live_")).await;
    assert_eq!(service.stop().status.code(), Some(0));

    for command in [&["serve"][..], &["work"], &["keys", "list"]] {
        let complaint = refused(&place, command, &[("VOCI_SECRET_KEY", "another secret of the tests")]);
        assert!(complaint.contains("not the one this database was set up with"), "{complaint}");
    }
    let complaint = refused(&place, &["serve"], &[("VOCI_SECRET_KEY_FILE", "/nonexistent")]);
    assert!(complaint.contains("/nonexistent"), "{complaint}");
    let url = "postgres://voci:hunter2@127.0.0.1:1/voci";
    let complaint = refused(&place, &["serve"], &[("DATABASE_URL", url)]);
    assert!(complaint.contains("VOCI_SECRET_KEY_FILE is required with DATABASE_URL"), "{complaint}");
    let complaint = refused(&place, &["serve"], &[secret, ("DATABASE_URL", url)]);
    assert!(complaint.contains("the database cannot be set up"), "{complaint}");
    assert!(!place.logs().contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_may_lose_events_is_used_only_when_that_is_accepted() {
    let place = Place::new();
    let programs = std::env::var_os("VOCI_PG_BIN").map(Into::into);
    let options = Options { data_dir: place.data_dir(), programs, durable: false };
    let server = tokio::task::block_in_place(|| EmbeddedServer::start_or_adopt(&options)).unwrap();
    let url = format!("host={} user=voci dbname=postgres", server.socket_dir().display());
    let settings = [("DATABASE_URL", url.as_str()), ("VOCI_SECRET_KEY", SECRET)];
    let refused = tokio::task::block_in_place(|| place.run(&["serve"], &settings)).complaint();
    assert!(refused.contains("fsync is off") && refused.contains("VOCI_ACCEPT_DATA_LOSS=true"), "{refused}");

    // Two replicas on one DATABASE_URL.
    let accepting = [settings[0], settings[1], ("VOCI_ACCEPT_DATA_LOSS", "true")];
    let (first, second) = (place.serve(&accepting), place.serve(&accepting));
    first.api.put_creator("ana").await;
    until("the other replica shows it", Duration::from_secs(2), async || {
        second.api.recommended().await == ["ana"]
    })
    .await;
    assert_eq!(first.api.send("DELETE", "/v1/creators/ana", None).await.unwrap().status, 204);
    until("it is gone from the other replica", Duration::from_secs(2), async || {
        second.api.recommended().await.is_empty()
    })
    .await;
    for service in [first, second] {
        assert_eq!(tokio::task::block_in_place(|| service.stop()).status.code(), Some(0));
    }
    assert!(place.postgres().is_some(), "a server of others is left alone");
    tokio::task::block_in_place(|| server.stop()).unwrap();
}

/// The line that is to be pasted.
fn curl_line(printed: &str) -> &str {
    printed.lines().find(|line| line.trim().starts_with("curl ")).unwrap().trim()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_start_shows_a_key_once_and_a_line_that_works() {
    let place = Place::new();
    let service = Service::of(place.start(place.voci(&["serve"])));
    until("the line is printed", PATIENCE, async || service.process.stdout().contains("curl ")).await;
    let printed = service.process.stdout();
    service.api.ready().await;
    let pasted = Command::new("sh").args(["-c", curl_line(&printed)]).output().unwrap();
    let answers: Vec<Value> =
        serde_json::Deserializer::from_slice(&pasted.stdout).into_iter().map(Result::unwrap).collect();
    assert_eq!(answers[0]["creator_id"], "ana-verde", "{answers:?}");
    assert_eq!(answers[1]["items"][0]["creator_id"], "ana-verde", "{answers:?}");

    let key = printed.split_whitespace().find(|word| word.starts_with("voci_live_")).unwrap().to_owned();
    assert_eq!(service.api.with_key(&key).get("/v1/creators").await.status, 200);
    assert_eq!(service.stop().status.code(), Some(0));
    let again = Service::of(place.start(place.voci(&["serve"])));
    assert_eq!(again.api.with_key(&key).get("/v1/creators").await.status, 200);
    let said = again.stop();
    assert_eq!(said.stdout, "");
    let secret = key.split('_').nth(3).unwrap();
    assert!(!place.logs().contains(secret), "the log holds the key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_hold_no_secrets_and_no_people() {
    let place = Place::new();
    let settings = [("VOCI_SECRET_KEY", SECRET), ("VOCI_LOG", "debug")];
    let service = place.serve(&settings);
    service.api.put_creator("creator-of-note").await;
    let person = "person-who-must-not-be-logged";
    let comment = json!({
        "event_id": "event-of-note", "creator_id": "creator-of-note", "engager_id": person, "kind": "comment",
        "occurred_at": jiff::Timestamp::now().to_string(), "text": "words that must not be logged",
    });
    let mut bad = comment.clone();
    bad["kind"] = json!(person);
    let mut conflicting = comment.clone();
    conflicting["text"] = json!("other words");
    let answer = service.api.batch(&[comment.clone(), bad, conflicting]).await.unwrap().body;
    let counts = ["stored", "invalid", "conflict"].map(|name| answer[name].as_u64());
    assert_eq!(counts, [Some(1), Some(1), Some(1)], "{answer}");
    for path in [format!("/v1/creators/{person}"), format!("/v1/recommendations?niche={person}")] {
        assert!(service.api.get(&path).await.status >= 400);
    }
    assert_eq!(service.api.with_key(&format!("{KEY}wrong")).get("/v1/creators").await.status, 401);
    let postgres_log = fs::read_to_string(place.data_dir().join("postgres/server.log")).unwrap();
    let stopped = service.stop();
    assert_eq!(stopped.stdout, "", "a given key is not printed");
    tokio::task::block_in_place(|| place.run(&["keys", "list"], &settings)).output();

    let logs = [place.logs(), postgres_log].concat();
    assert!(logs.contains("\"http.route\":\"/v1/events/batch\""), "requests are logged");
    let secret = KEY.split('_').nth(3).unwrap();
    for word in [secret, SECRET, person, "words that must", "creator-of-note", "event-of-note"] {
        assert!(!logs.contains(word), "{word} is in the log");
    }
}
