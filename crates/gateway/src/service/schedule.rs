//! The calendar: tells members when a room opens or closes.

use super::Service;
use crate::codec::text_frame;
use kkanbu_model::{Phase, RoomAddress};
use kkanbu_wire::{PhaseChanged, Push, encode_push};
use std::collections::HashMap;

/// The phase that each room was in when it was last looked at.
#[derive(Debug, Default)]
pub(crate) struct Phases(HashMap<RoomAddress, Phase>);

impl Service {
    /// Tells the members of each room whose phase is another than at the last look.
    pub(crate) fn look_at_calendar(&self, phases: &mut Phases) {
        let now = self.clock.minute();
        let mut seen = HashMap::new();
        for programme in self.programmes.all() {
            for room in &programme.rooms {
                let address = RoomAddress { programme: programme.id.clone(), room: room.id.clone() };
                let phase = room.schedule.phase(now);
                if phases.0.get(&address).is_some_and(|before| *before != phase) {
                    let changed = PhaseChanged {
                        room: room.id.to_string(),
                        phase: phase.as_str().to_owned(),
                        next: self.next_room(&programme),
                    };
                    let frame = text_frame(encode_push(&Push::Phase(changed), self.padding));
                    self.sessions.phase_changed(&address, &frame);
                    self.telemetry.phase_changed();
                }
                seen.insert(address, phase);
            }
        }
        phases.0 = seen;
    }
}
