//! The operators' listener: is it alive, is it ready, what has it counted. On a port of its own, never the members'.

use crate::http::plain;
use crate::service::Service;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Time for one readiness check.
const CHECK: Duration = Duration::from_secs(2);

/// Time for a request's header.
const HEADER: Duration = Duration::from_secs(5);

/// Connections of operators' tools at once.
const CONNECTIONS_MAX: usize = 64;

/// What `/readyz` answers: each part was really asked.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    store: String,
    log: String,
    draining: bool,
}

/// Serves operators until `stop`.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    drain: CancellationToken,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let connections = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _address)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(permit) = connections.clone().try_acquire_owned() else { continue };
        let (service, drain, stop) = (service.clone(), drain.clone(), stop.clone());
        tasks.spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| {
                let (service, drain) = (service.clone(), drain.clone());
                async move { Ok::<_, Infallible>(answer(&request, &service, &drain).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), answer);
            tokio::select! {
                _ = connection => {}
                () = stop.cancelled() => {}
            }
            drop(permit);
        });
    }
}

async fn answer(request: &Request<Incoming>, service: &Service, drain: &CancellationToken) -> Response<Full<Bytes>> {
    match request.uri().path() {
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        "/readyz" => readiness(service, drain).await,
        "/metrics" => {
            let mut reply = Response::new(Full::new(Bytes::from(service.telemetry.metrics_text())));
            let media_type = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
            reply.headers_mut().insert(CONTENT_TYPE, media_type);
            reply
        }
        _ => plain(StatusCode::NOT_FOUND, "/healthz, /readyz and /metrics are here\n"),
    }
}

async fn readiness(service: &Service, drain: &CancellationToken) -> Response<Full<Bytes>> {
    let late = || "no answer in time".to_owned();
    let (store, log) = tokio::join!(
        tokio::time::timeout(CHECK, service.store.check()),
        tokio::time::timeout(CHECK, service.broker.check()),
    );
    let store = store.map_or_else(|_| Err(late()), |asked| asked.map_err(|error| error.to_string()));
    let log = log.map_or_else(|_| Err(late()), |asked| asked.map_err(|error| error.to_string()));
    let draining = drain.is_cancelled();
    let ready = store.is_ok() && log.is_ok() && !draining;
    let word = |asked: Result<(), String>| asked.map_or_else(|error| error, |()| "ok".to_owned());
    let readiness = Readiness { ready, store: word(store), log: word(log), draining };
    let mut reply = Response::new(Full::new(Bytes::from(serde_json::to_vec(&readiness).unwrap_or_default())));
    *reply.status_mut() = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}
