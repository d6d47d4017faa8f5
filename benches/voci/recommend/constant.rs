//! A constant answer of the same framework: what HTTP alone costs.

use super::load::{self, Requests};
use crate::harness::Failure;
use actix_web::{App, HttpResponse, HttpServer, post, web};
use std::{net::SocketAddr, sync::Arc, time::Duration};

#[post("/constant")]
async fn constant(answer: web::Data<web::Bytes>, _question: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(answer.get_ref().clone())
}

/// Answers per second of a server that reads the same questions and gives so many bytes each time.
pub(super) async fn rate(questions: &[String], size: usize, span: Duration) -> Result<f64, Failure> {
    let answer = web::Data::new(web::Bytes::from(vec![b'x'; size]));
    let server = HttpServer::new(move || App::new().app_data(answer.clone()).service(constant));
    let server = server.workers(std::thread::available_parallelism()?.get()).bind("127.0.0.1:0")?;
    let address: SocketAddr = *server.addrs().first().ok_or("the server has no address")?;
    let server = server.disable_signals().run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    let entry = (address, "none".to_owned());
    let requests: Requests = Arc::new(
        questions.iter().map(|question| crate::harness::wire::post(&entry, "/constant", question)).collect(),
    );
    let rate = load::top_rate(address, &requests, span).await;
    handle.stop(false).await;
    running.await??;
    rate
}
