//! An echo in the place of the session, behind the listener, the connection loop and the codec as they are shipped: what RFC 6455 asks
//! of those is then seen by the test-suites of others. Only what is configured differs: no subprotocol, larger messages.

use crate::close::CloseReason;
use crate::codec::{binary_frame, text_frame};
use crate::come_back::ComeBack;
use crate::engine::{Chunk, Common, Engine, Told};
use crate::feed::FeedId;
use crate::listener::Front;
use crate::service::{Action, Outcome};
use crate::session::{Step, Stepped};
use crate::telemetry::Telemetry;
use bytes::Bytes;
use http::HeaderValue;
use kkanbu_model::{Limits, Offset};
use std::future::pending;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The largest message of Autobahn's cases.
const FRAME_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// Serves echoes until `drain`, and waits for the connections to end.
pub async fn echo(listener: TcpListener, drain: CancellationToken) {
    let limits = Limits { frame_bytes_max: FRAME_BYTES_MAX, ..Limits::default() };
    let tasks = TaskTracker::new();
    let telemetry = Arc::new(Telemetry::new());
    let engine = Engine::start(Common {
        new_session: Box::new(move |_waker| Echo { limits }),
        telemetry: telemetry.clone(),
        come_back: ComeBack::new(telemetry.clone()),
        drain: drain.clone(),
        tasks: tasks.clone(),
        linger: limits.fanout_linger,
    });
    let front = Arc::new(Front {
        engine,
        limits,
        telemetry,
        origin: "http://localhost".into(),
        origins: Vec::new(),
        subprotocol: None,
        assets: Arc::new(|_path| None),
        policy: HeaderValue::from_static("default-src 'none'"),
        connections: Arc::new(Semaphore::new(limits.connections_max)),
        tasks: tasks.clone(),
        drain,
    });
    front.accept_loop(listener, None).await;
    tasks.close();
    tasks.wait().await;
}

/// Gives back every message as it came.
struct Echo {
    limits: Limits,
}

impl Stepped for Echo {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn is_open(&self) -> bool {
        true
    }

    fn has_failed_too_often(&self) -> bool {
        false
    }

    fn on_text(&mut self, text: &str) -> Step {
        Step::Send(text_frame(text.as_bytes().to_vec()))
    }

    fn on_binary(&mut self, payload: Bytes) -> Step {
        Step::Send(binary_frame(payload))
    }

    fn on_orders(&mut self) -> Vec<Step> {
        Vec::new()
    }

    /// Never called: no step of an echo is an action.
    fn perform(&self, _action: Action) -> impl Future<Output = Outcome> + Send + 'static {
        pending()
    }

    fn on_outcome(&mut self, _outcome: Outcome) -> Vec<Step> {
        Vec::new()
    }

    fn entered(&mut self, _feed: FeedId) -> Vec<Step> {
        Vec::new()
    }

    fn on_told(&mut self, _feed: FeedId, _told: Told) -> Vec<Step> {
        Vec::new()
    }

    fn gather(&mut self, _chunk: &mut Chunk, _is_stalled: bool) -> Result<Option<Action>, CloseReason> {
        Ok(None)
    }

    fn cursor(&self, _feed: FeedId) -> Option<Offset> {
        None
    }

    fn advance(&mut self, _feed: FeedId, _cursor: Offset) {}

    fn has_to_keep_up(&self, _feed: FeedId) -> bool {
        false
    }

    fn feeds(&self) -> Vec<FeedId> {
        Vec::new()
    }

    fn end(&mut self) {}
}
