//! The session's task: it owns the socket, steps the [`Core`] and comes back when the connection breaks.

mod core;
mod handshake;
mod pending;

pub(crate) use core::Core;
pub(crate) use handshake::Dialer;
pub(crate) use pending::Ask;

use crate::error::{Ended, Interruption, Stop};
use crate::event::Event;
use crate::telemetry;
use crate::transport::{Heard, Line};
use kkanbu_wire::{LimitsInfo, Welcome};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// A connection that lasted this long was good: the next break starts with the shortest wait again.
const LASTED: Duration = Duration::from_secs(1);

/// Everything that the task has; it is stepped by [`Session::run`].
pub(crate) struct Session {
    pub(crate) dialer: Dialer,
    pub(crate) core: Core,
    pub(crate) asks: mpsc::Receiver<Ask>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) welcome: watch::Sender<Arc<Welcome>>,
    pub(crate) ended: Arc<OnceLock<Ended>>,
    pub(crate) stop: CancellationToken,
}

impl Session {
    /// Runs from the first open line until the session is over, and says why.
    pub(crate) async fn run(mut self, line: Line) -> Ended {
        let ended = self.keep_coming_back(line).await;
        let _ = self.ended.set(ended.clone());
        self.core.end(&ended);
        self.asks.close();
        while let Ok(ask) = self.asks.try_recv() {
            ask.refuse(&ended);
        }
        self.farewell(ended.clone()).await;
        ended
    }

    async fn keep_coming_back(&mut self, mut line: Line) -> Ended {
        let mut attempt = 0;
        loop {
            let opened = Instant::now();
            let interruption = match self.serve(line).await {
                Stop::Interrupted(interruption) => interruption,
                Stop::Ended(ended) => return ended,
            };
            if opened.elapsed() >= LASTED {
                attempt = 0;
            }
            telemetry::interrupted(&interruption);
            self.core.disconnected(&interruption);
            let stop = self.stop.clone();
            let back = tokio::select! {
                () = stop.cancelled() => return Ended::ByCaller,
                back = self.come_back(interruption, &mut attempt) => back,
            };
            line = match back {
                Ok(line) => line,
                Err(ended) => return ended,
            };
        }
    }

    /// One connection, until it ends.
    async fn serve(&mut self, mut line: Line) -> Stop {
        let silence = silence_max(&self.welcome.borrow().limits);
        let mut heard = Instant::now();
        loop {
            let now = Instant::now();
            for frame in self.core.due(now) {
                if let Err(interruption) = line.write(frame) {
                    return interruption.into();
                }
            }
            let reading = !self.core.has_event();
            let wake = self.core.next_due(now).map_or(heard + silence, |due| due.min(heard + silence));
            tokio::select! {
                () = self.stop.cancelled() => {
                    line.close().await;
                    return Ended::ByCaller.into();
                }
                permit = self.events.reserve(), if !reading => {
                    self.core.deliver(permit.ok());
                    // While the caller was busy nothing was read, which says nothing about the server.
                    heard = Instant::now();
                }
                Some(ask) = self.asks.recv(), if self.core.takes_more() => self.core.ask(ask),
                turn = line.turn(reading) => match turn {
                    Ok(Heard::Beat) => heard = Instant::now(),
                    Ok(Heard::Text(frame)) => {
                        heard = Instant::now();
                        if let Err(interruption) = self.core.receive(&frame, heard) {
                            line.close().await;
                            return interruption.into();
                        }
                    }
                    Err(stop) => return stop,
                },
                () = sleep_until(wake) => {
                    if reading && heard.elapsed() >= silence {
                        return Interruption::Silent.into();
                    }
                }
            }
        }
    }

    /// Waits and tries until a line is open again or it is clear that none ever will be.
    async fn come_back(&mut self, mut interruption: Interruption, attempt: &mut u32) -> Result<Line, Ended> {
        loop {
            self.deliver_all().await;
            let wait = self.dialer.wait_after(&interruption, *attempt);
            *attempt = attempt.saturating_add(1);
            sleep(wait).await;
            match self.dialer.dial().await {
                Ok((line, welcome)) => {
                    self.core.connected(&welcome.limits, Instant::now());
                    self.welcome.send_replace(Arc::new(welcome));
                    return Ok(line);
                }
                Err(Stop::Interrupted(again)) => {
                    telemetry::not_connected(&again, *attempt);
                    interruption = again;
                }
                Err(Stop::Ended(ended)) => return Err(ended),
            }
        }
    }

    async fn deliver_all(&mut self) {
        while self.core.has_event() {
            let permit = self.events.reserve().await;
            self.core.deliver(permit.ok());
        }
    }

    /// Gives the caller what is left and the reason, unless nobody listens any more.
    async fn farewell(mut self, ended: Ended) {
        let stop = self.stop.clone();
        let last = async {
            self.deliver_all().await;
            let _ = self.events.send(Event::Closed(ended.clone())).await;
        };
        tokio::select! {
            biased;
            () = last => (),
            () = stop.cancelled() => {
                let _ = self.events.try_send(Event::Closed(ended.clone()));
            }
        }
    }
}

/// Two and a half heartbeats.
fn silence_max(limits: &LimitsInfo) -> Duration {
    Duration::from_secs(u64::from(limits.heartbeat_seconds.max(1))) * 5 / 2
}
