//! What all connections share: the dialect, the record, and what is to be said next.

use super::clock::Clock;
use super::recorder::Recorder;
use super::timeline::Timeline;
use crate::dialect::{self, Dialect, Joining, Outgoing, Seat};
use crate::frames::Head;
use data_encoding::BASE64;

pub(super) struct Scene {
    dialect: Box<dyn Dialect>,
    pub(super) recorder: Recorder,
    /// What goes to the connection in hand.
    pub(super) out: Outgoing,
    pub(super) clock: Clock,
    /// When bytes came last.
    now: u64,
    /// How many are in.
    pub(super) joined: usize,
    /// Rooms in which a post was answered since somebody asked.
    pub(super) answered: Vec<usize>,
    /// The size of the last delivery's frame.
    pub(super) frame_bytes: usize,
    /// Pings that were answered.
    pub(super) pongs: u64,
    /// Where all come back: when they do.
    pub(super) timeline: Option<Timeline>,
    host: String,
}

impl Scene {
    pub(super) fn new(dialect: Box<dyn Dialect>, recorder: Recorder, clock: Clock, host: String) -> Self {
        Self {
            dialect,
            recorder,
            out: Outgoing::default(),
            clock,
            now: 0,
            joined: 0,
            answered: Vec::new(),
            frame_bytes: 0,
            pongs: 0,
            timeline: None,
            host,
        }
    }

    pub(super) fn looks_at_the_clock(&mut self) {
        self.now = self.clock.nanos();
    }

    pub(super) fn ask_for_upgrade(&mut self, seat: Seat) {
        if let Some(timeline) = &mut self.timeline {
            timeline.connected(self.clock.nanos());
        }
        let (path, headers) = self.dialect.upgrade(seat);
        let key = BASE64.encode(&rand::random::<[u8; 16]>());
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n{headers}\r\n",
            self.host
        );
        self.out.raw(request.as_bytes());
    }

    pub(super) fn join(&mut self, seat: Seat, heard: Option<&[u8]>) -> anyhow::Result<Joining> {
        match &mut self.timeline {
            None => self.dialect.join(seat, heard, &mut self.out),
            Some(timeline) => {
                if heard.is_none() {
                    timeline.upgraded(self.now);
                }
                self.dialect.come_back(seat, self.recorder.place(seat.index), heard, &mut self.out)
            }
        }
    }

    pub(super) fn is_in(&mut self, seat: Seat, last: Option<u64>) {
        self.joined += 1;
        match &mut self.timeline {
            None => self.recorder.joined(seat.index, last),
            // What it has stays what it has: the server goes on from there.
            Some(timeline) => timeline.is_in(seat.index, last.is_none(), self.now),
        }
    }

    pub(super) fn pong(&mut self, payload: &[u8]) {
        self.pongs += 1;
        self.out.pong(payload);
    }

    /// Has this member post. It was due then.
    pub(super) fn post(&mut self, seat: Seat, due: u64) {
        let tag = self.recorder.sends(seat.index, due);
        self.dialect.post(seat, tag, &mut self.out);
    }

    pub(super) fn hear(&mut self, seat: Seat, head: &Head, payload: &[u8]) {
        let Self { dialect, recorder, out, answered, frame_bytes, timeline, now, .. } = self;
        dialect.hear(seat, payload, out, &mut |heard| {
            let taken = match heard {
                dialect::Heard::Delivery { tag, offset } => {
                    *frame_bytes = head.end;
                    if let Some(timeline) = timeline {
                        timeline.hears(seat.index, *now);
                    }
                    recorder.delivered(seat.index, tag, offset, *now)
                }
                dialect::Heard::Acknowledged { tag, offset } => recorder.acknowledged(tag, offset),
                dialect::Heard::Refused { tag, code } => recorder.refused(tag, code),
            };
            answered.extend(taken);
        });
    }
}
