//! Who is in which room, the frame that all of them get, and what waits for them where posts are gathered.

use super::Manner;
use super::socket::Socket;
use crate::frames;
use crate::tag::Tag;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The rooms, by number.
#[derive(Default)]
pub(super) struct Rooms {
    all: Vec<Room>,
    /// Rooms with something gathered, and when it is to be sent, the earliest first.
    due: VecDeque<(Instant, usize)>,
    ready: Ready,
}

#[derive(Default)]
struct Room {
    sockets: Vec<usize>,
    gathered: Vec<u8>,
}

/// A ready frame, in which only the tag changes.
#[derive(Default)]
struct Ready {
    bytes: Vec<u8>,
}

impl Ready {
    /// The frame of this size that carries this tag.
    fn with(&mut self, tag: Tag, frame_bytes: usize) -> &[u8] {
        let tag = tag.to_bytes();
        if self.bytes.len() != frame_bytes {
            let head = if frame_bytes > 127 { 4 } else { 2 };
            let payload = vec![b' '; frame_bytes.saturating_sub(head).max(tag.len())];
            self.bytes.clear();
            frames::write(frames::TEXT, &payload, &mut self.bytes);
        }
        // At the end, where no head is.
        let place = self.bytes.len() - tag.len();
        self.bytes.iter_mut().skip(place).zip(tag).for_each(|(to, from)| *to = from);
        &self.bytes
    }
}

impl Rooms {
    pub(super) fn enter(&mut self, room: usize, socket: usize) {
        if self.all.len() <= room {
            self.all.resize_with(room + 1, Room::default);
        }
        if let Some(room) = self.all.get_mut(room) {
            room.sockets.push(socket);
        }
    }

    /// Sends a post to everybody in the room, or gathers it.
    pub(super) fn post(&mut self, index: usize, tag: Tag, manner: Manner, sockets: &mut [Socket]) {
        let Self { all, due, ready } = self;
        let Some(room) = all.get_mut(index) else { return };
        let frame = ready.with(tag, manner.frame_bytes);
        if manner.linger_us == 0 {
            return to_all(&room.sockets, frame, sockets);
        }
        if room.gathered.is_empty() {
            due.push_back((Instant::now() + Duration::from_micros(manner.linger_us), index));
        }
        room.gathered.extend_from_slice(frame);
    }

    /// When something that was gathered has to be sent.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.front().map(|(due, _)| *due)
    }

    /// Sends what is due.
    pub(super) fn flush_due(&mut self, sockets: &mut [Socket]) {
        if self.due.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some((_, index)) = self.due.pop_front_if(|(due, _)| *due <= now) {
            if let Some(room) = self.all.get_mut(index) {
                to_all(&room.sockets, &room.gathered, sockets);
                room.gathered.clear();
            }
        }
    }
}

fn to_all(room: &[usize], bytes: &[u8], sockets: &mut [Socket]) {
    for index in room {
        if let Some(socket) = sockets.get_mut(*index) {
            socket.send(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::Head;

    #[test]
    fn a_frame_has_the_size_that_was_asked_for_and_the_tag() {
        let mut ready = Ready::default();
        for (size, number) in [(516, 3), (516, 4), (60, 5), (2_052, 6)] {
            let bytes = ready.with(Tag(number), size);
            assert_eq!(bytes.len(), size);
            assert_eq!(Head::read(bytes).unwrap().unwrap().end, size);
            assert_eq!(Tag::find(bytes).unwrap().0, Tag(number));
        }
    }
}
