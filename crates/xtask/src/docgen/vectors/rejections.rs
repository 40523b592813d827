//! The reply for each row of the reject table.

use super::fixed::MINUTE;
use super::server::text;
use kkanbu_wire::{Code, Finding, FindingKind, Padding, RejectCode, Rejection, encode_error};
use serde::Serialize;

pub(super) const ABOUT: &str = "The reply for each row of the reject table, before padding. `error.data.detail` may change at any time: do not compare it.";

/// A rejection.
#[derive(Serialize)]
pub(in crate::docgen) struct RejectionVector {
    pub(in crate::docgen) frame: String,
    padded: usize,
    id: Option<u64>,
    code: i32,
    pub(in crate::docgen) name: &'static str,
    again: bool,
}

pub(super) fn vectors() -> anyhow::Result<Vec<RejectionVector>> {
    RejectCode::ALL.iter().map(|code| rejection(*code)).collect()
}

fn rejection(code: RejectCode) -> anyhow::Result<RejectionVector> {
    let mut error = Rejection::new(code);
    if code == RejectCode::RateLimited {
        error.data.retry_after_ms = Some(1_500);
    } else if code == RejectCode::SlowMode {
        error.data.retry_after_ms = Some(30_000);
    } else if code == RejectCode::Muted {
        error.data.muted_until = Some(MINUTE + 60);
    } else if code == RejectCode::ConfirmNeeded {
        error.data.findings = vec![
            Finding { kind: FindingKind::Phone, start: 3, end: 16 },
            Finding { kind: FindingKind::ResidentNumber, start: 17, end: 31 },
            Finding { kind: FindingKind::Email, start: 32, end: 47 },
            Finding { kind: FindingKind::StaffNumber, start: 48, end: 56 },
        ];
    } else if code == RejectCode::InvalidParams {
        error = error.detail("missing field `room` at line 1 column 2");
    }
    let id = (code != RejectCode::MalformedJson).then_some(7);
    let frame = text(encode_error(id, &error, Padding::Off))?;
    let padded = encode_error(id, &error, Padding::Quiet).len();
    let again = crate::docgen::codes::again(code.number());
    Ok(RejectionVector { frame, padded, id, code: code.number(), name: code.name(), again })
}
