//! Opening a connection up to the welcome: upgrade, challenge, signature.

use crate::backoff;
use crate::error::{ConnectError, Ended, Interruption, Stop, is_retryable};
use crate::transport::{Heard, Line};
use crate::{MemberIdentity, Options};
use kkanbu_wire::{Challenge, Challenged, Command, FromServer, Rejection, Welcome, decode_from_server, encode_command};
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// The ids of the two commands of a handshake. The session's own start above them.
const CHALLENGE_ID: u64 = 1;
const AUTHENTICATE_ID: u64 = 2;

/// First id that a session uses itself.
pub(crate) const FIRST_ID: u64 = 3;

/// Opens connections of one member.
pub(crate) struct Dialer {
    options: Options,
    identity: MemberIdentity,
}

impl Dialer {
    pub(crate) fn new(options: Options) -> Result<Self, ConnectError> {
        if options.origin.is_tls() && options.tls.is_none() {
            return Err(ConnectError::NoTls);
        }
        let identity = MemberIdentity::derive(&options.seed, &options.programme)?;
        Ok(Self { options, identity })
    }

    /// Opens the first connection, trying again until the deadline.
    pub(crate) async fn first(&self) -> Result<(Line, Welcome), ConnectError> {
        let deadline = Instant::now() + self.options.connect_deadline;
        let mut last = Interruption::Silent;
        for attempt in 0.. {
            match timeout_at(deadline, self.dial()).await {
                Ok(Ok(open)) => return Ok(open),
                Ok(Err(Stop::Ended(ended))) => return Err(ConnectError::Ended(ended)),
                Ok(Err(Stop::Interrupted(interruption))) => last = interruption,
                Err(_) => break,
            }
            let again = Instant::now() + self.wait_after(&last, attempt);
            if again >= deadline {
                break;
            }
            sleep_until(again).await;
        }
        Err(ConnectError::Deadline(last))
    }

    /// How long to stay away after this: as long as the server said, or a random while.
    pub(crate) fn wait_after(&self, interruption: &Interruption, attempt: u32) -> Duration {
        interruption.told_to_wait().unwrap_or_else(|| backoff::wait(attempt, self.options.wait_max))
    }

    /// Opens one connection.
    pub(crate) async fn dial(&self) -> Result<(Line, Welcome), Stop> {
        timeout(self.options.handshake_deadline, self.shake_hands()).await.unwrap_or(Err(Interruption::Silent.into()))
    }

    async fn shake_hands(&self) -> Result<(Line, Welcome), Stop> {
        let mut line = Line::open(&self.options).await?;
        let wanted = Challenge { programme: self.options.programme.as_str().to_owned() };
        let challenge: Challenged = ask(&mut line, CHALLENGE_ID, &Command::Challenge(wanted)).await?;
        let answer = match self.identity.answer(&challenge, &self.options.origin, self.options.code.as_ref()) {
            Ok(answer) => answer,
            Err(foreign) => {
                line.close().await;
                return Err(Ended::Foreign(foreign).into());
            }
        };
        let welcome = ask(&mut line, AUTHENTICATE_ID, &Command::Authenticate(answer)).await?;
        Ok((line, welcome))
    }
}

/// Sends a command and waits for its reply; before the welcome nothing else comes.
async fn ask<T: DeserializeOwned>(line: &mut Line, id: u64, command: &Command) -> Result<T, Stop> {
    line.write(encode_command(id, command))?;
    loop {
        let Heard::Text(frame) = line.turn(true).await? else { continue };
        match decode_from_server(&frame).map_err(|_| Interruption::Malformed)? {
            FromServer::Result { id: of, result } if of == id => {
                return serde_json::from_str(result.get()).map_err(|_| Interruption::Malformed.into());
            }
            FromServer::Error { error, .. } => return Err(refusal(error)),
            FromServer::Result { .. } | FromServer::Push(_) => (),
        }
    }
}

/// A refusal is for good, unless its number says otherwise.
fn refusal(rejection: Rejection) -> Stop {
    if is_retryable(rejection.code) {
        return match rejection.data.retry_after_ms {
            Some(millis) => Interruption::Wait(Duration::from_millis(millis)).into(),
            None => Interruption::Lost(rejection.message).into(),
        };
    }
    Ended::Refused(rejection).into()
}
