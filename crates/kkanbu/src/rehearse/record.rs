//! The recorder on one member's socket: every raw frame that matters, in the order in which it came.

use super::said::Said;
use kkanbu_client::{FrameTap, Joined};
use kkanbu_wire::{Command, FromServer, Push, decode_command, decode_from_server};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Something that a socket saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// A new connection: what every room stood on is gone.
    Connected,
    /// `join` was answered: publications come above `at`.
    Joined { room: String, at: u64 },
    /// `resume` from `asked` was answered, so long after the start: publications come above `from`, which is `asked` where
    /// everything was recovered.
    Resumed { room: String, asked: u64, from: u64, after: Duration },
    /// The room ended on this connection.
    Ended { room: String },
    /// A publication, and when it came since the start.
    Publication { room: String, offset: u64, said: Said, after: Duration },
}

#[derive(Debug, Default)]
struct Log {
    /// Commands of this connection whose reply matters, by id: the room, and from where a resume goes on.
    asked: HashMap<u64, (String, Option<u64>)>,
    seen: Vec<Seen>,
    /// The highest offset of each room.
    highest: BTreeMap<String, u64>,
    /// When each connection was made, since the start.
    connected: Vec<Duration>,
}

/// Records one member's raw frames.
#[derive(Debug)]
pub(super) struct Recorder {
    start: Instant,
    log: Mutex<Log>,
}

impl Recorder {
    pub(super) fn new(start: Instant) -> Self {
        Self { start, log: Mutex::default() }
    }

    /// Everything seen so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.log().seen.clone()
    }

    /// When each connection was made, since the start.
    pub(super) fn connections(&self) -> Vec<Duration> {
        self.log().connected.clone()
    }

    /// The highest offset seen of a room.
    pub(super) fn highest(&self, room: &str) -> u64 {
        self.log().highest.get(room).copied().unwrap_or_default()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn reply(&mut self, id: u64, result: &str, after: Duration) {
        let Some((room, asked)) = self.asked.remove(&id) else { return };
        let Ok(joined) = serde_json::from_str::<Joined>(result) else { return };
        let at = joined.position.offset;
        self.seen.push(match asked {
            None => Seen::Joined { room, at },
            Some(asked) if joined.recovered => Seen::Resumed { room, asked, from: asked, after },
            Some(asked) => Seen::Resumed { room, asked, from: at, after },
        });
    }
}

impl FrameTap for Recorder {
    fn connected(&self) {
        let after = self.start.elapsed();
        let mut log = self.log();
        log.asked.clear();
        log.seen.push(Seen::Connected);
        log.connected.push(after);
    }

    fn sent(&self, text: &str) {
        let Ok(incoming) = decode_command(text) else { return };
        let asked = match incoming.command {
            Command::Join(join) => (join.room, None),
            Command::Resume(resume) => (resume.room, Some(resume.position.offset)),
            Command::Preview(_)
            | Command::Challenge(_)
            | Command::Authenticate(_)
            | Command::Rooms(_)
            | Command::Leave(_)
            | Command::Redraw(_)
            | Command::Post(_)
            | Command::Edit(_)
            | Command::Retract(_)
            | Command::React(_)
            | Command::Answer(_)
            | Command::History(_) => return,
        };
        self.log().asked.insert(incoming.id, asked);
    }

    fn received(&self, text: &str) {
        let after = self.start.elapsed();
        let mut log = self.log();
        match decode_from_server(text) {
            Ok(FromServer::Result { id, result }) => log.reply(id, result.get(), after),
            Ok(FromServer::Push(Push::RoomEnded(ended))) => log.seen.push(Seen::Ended { room: ended.room }),
            Ok(FromServer::Push(Push::Publication(publication))) => {
                let (room, offset, said) = (publication.room, publication.offset, Said::of(&publication.what));
                let highest = log.highest.entry(room.clone()).or_default();
                *highest = offset.max(*highest);
                log.seen.push(Seen::Publication { room, offset, said, after });
            }
            // What can't be read the client ends the connection over.
            Ok(FromServer::Error { .. } | FromServer::Push(Push::Phase(_) | Push::Muted(_) | Push::Unknown))
            | Err(_) => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_become_what_the_judge_needs() {
        let recorder = Recorder::new(Instant::now());
        let joined = |id: u32, offset: u32, recovered: bool| {
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"room":"plaza","handle":"h","size":"1-9","frozen":false,"slow_seconds":0,"phase":"open",
                "position":{{"epoch":"00000000000000e1","offset":{offset}}},"recovered":{recovered}}}}}   "#
            )
        };
        recorder.connected();
        recorder.sent(r#"{"jsonrpc":"2.0","id":3,"method":"join","params":{"room":"plaza"}}"#);
        recorder.received(&joined(3, 7, true));
        recorder.received(
            r#"{"jsonrpc":"2.0","method":"publication","params":{"room":"plaza","offset":8,"minute":1,"kind":"thaw"}}"#,
        );
        recorder.connected();
        for (id, recovered) in [(4, true), (5, false)] {
            recorder.sent(&format!(
                r#"{{"jsonrpc":"2.0","id":{id},"method":"resume","params":{{"room":"plaza",
                "position":{{"epoch":"00000000000000e1","offset":8}}}}}}"#
            ));
            recorder.received(&joined(id, 9, recovered));
        }
        let room = || "plaza".to_owned();
        let seen = recorder.seen();
        assert_eq!(seen[0], Seen::Connected);
        assert_eq!(seen[1], Seen::Joined { room: room(), at: 7 });
        assert!(matches!(&seen[2], Seen::Publication { offset: 8, said: Said::Other, .. }));
        assert!(matches!(seen[4], Seen::Resumed { asked: 8, from: 8, .. }));
        assert!(matches!(seen[5], Seen::Resumed { asked: 8, from: 9, .. }));
        assert_eq!(recorder.highest("plaza"), 8);
    }
}
