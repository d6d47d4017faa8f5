//! Streams and the memory of the service.
#![cfg(target_os = "linux")]

use crate::support::{KEY, Place, Process, Service, like};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    fs,
    io::{Read, Write},
    iter::repeat_n,
};

/// What streams of any length may take, in KiB: a few chunks, windows and buffers.
const ROOM: u64 = 64 << 10;

/// The most memory the process has had, in KiB.
fn peak(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix("kB").unwrap().trim().parse().unwrap()
}

/// Sends pieces as they are read; the last line of the answer.
async fn last_line(
    service: &Service,
    encoding: &str,
    pieces: impl Iterator<Item = Vec<u8>> + Send + Sync + 'static,
) -> Value {
    let body = futures_util::stream::iter(pieces.map(Ok::<_, Infallible>));
    let mut response = reqwest::Client::new()
        .post(format!("http://{}/v1/events/stream", service.api.address()))
        .bearer_auth(KEY)
        .header("content-type", "application/x-ndjson")
        .header("content-encoding", encoding)
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await
        .unwrap();
    let mut end = Vec::new();
    while let Some(piece) = response.chunk().await.unwrap() {
        end.extend_from_slice(&piece);
        let before_the_last = end.len().saturating_sub(4_096);
        end.drain(..before_the_last);
    }
    let text = String::from_utf8_lossy(&end).into_owned();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// What a megabyte, so many times, is compressed to.
fn compressed(zstd: bool, megabyte: &[u8], times: usize) -> Vec<u8> {
    fn all<W: Write>(mut writer: W, megabyte: &[u8], times: usize) -> W {
        (0..times).for_each(|_| writer.write_all(megabyte).unwrap());
        writer
    }
    if zstd {
        let encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        return all(encoder, megabyte, times).finish().unwrap();
    }
    all(brotli::CompressorWriter::new(Vec::new(), 1 << 16, 1, 24), megabyte, times).into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_any_length_take_the_memory_of_a_few_chunks() {
    let place = Place::new();
    let service = place.serve(&[]);
    service.api.put_creator("ana").await;
    // One of each kind, so that what the service needs once is there.
    last_line(&service, "identity", [like("e0", "ana", "u1", 1).to_string().into_bytes()].into_iter()).await;
    let before = peak(&service.process);

    // A line of a quarter of a gigabyte, as it is and from a few kilobytes.
    let megabyte = vec![b'x'; 1 << 20];
    let told = last_line(&service, "identity", repeat_n(megabyte.clone(), 256)).await;
    assert_eq!(told["summary"]["invalid"], 1, "{told}");
    for encoding in ["zstd", "br"] {
        let bomb = compressed(encoding == "zstd", &megabyte, 256);
        assert!(bomb.len() < 1 << 20, "{encoding} {}", bomb.len());
        let told = last_line(&service, encoding, std::iter::once(bomb)).await;
        assert_eq!(told["summary"]["invalid"], 1, "{encoding} {told}");
    }
    // Lines as long as they may be, whose texts are too long.
    let long = like("e1", "ana", "u1", 1)
        .to_string()
        .replace("like\"", &format!("comment\",\"text\":\"{}\"", "x".repeat(60_000)));
    let told = last_line(&service, "identity", repeat_n((long + "\n").into_bytes(), 2_000)).await;
    assert_eq!(told["summary"]["invalid"], 2_000, "{told}");
    // Blank lines.
    let told = last_line(&service, "identity", repeat_n(vec![b'\n'; 1 << 20], 64)).await;
    assert_eq!(told["summary"]["lines"], 0, "{told}");

    let taken = peak(&service.process).saturating_sub(before);
    assert!(taken < ROOM, "{taken} KiB");
    service.api.get("/livez").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_take_no_results_do_not_fill_the_memory() {
    let place = Place::new();
    let service = place.serve(&[]);
    let before = peak(&service.process);
    let address = service.api.address().to_owned();
    let sockets: Vec<_> = tokio::task::block_in_place(|| (0..8).map(|_| stalled(&address)).collect());
    let taken = peak(&service.process).saturating_sub(before);
    assert!(taken < ROOM, "{taken} KiB for {} streams", sockets.len());
    assert_eq!(service.api.get("/livez").await.body, json!({"status": "ok"}));
}

/// Sends lines that are refused, with long reasons, until nothing more is taken.
fn stalled(address: &str) -> std::net::TcpStream {
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    socket.set_write_timeout(Some(std::time::Duration::from_secs(2))).unwrap();
    let head = format!(
        "POST /v1/events/stream HTTP/1.1\r\nHost: voci\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: 1000000000\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let lines =
        "{\"event_id\":\"a b\",\"creator_id\":\"\",\"kind\":\"like\",\"occurred_at\":\"x\"}\n".repeat(1_000);
    while socket.write_all(lines.as_bytes()).is_ok() {}
    let mut status = [0; 12];
    socket.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    socket
}
