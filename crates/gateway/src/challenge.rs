//! What a client signs to show that it holds a member key.

use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, VerifyingKey};
use kkanbu_model::{MemberKey, ProgrammeId};
use kkanbu_wire::challenge::{ALGORITHM, PURPOSE, signing_text};

/// A challenge that was given out on one connection and has not been used.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    pub(crate) programme: ProgrammeId,
    server: String,
    nonce: String,
}

/// The operating system gave no random bytes.
#[derive(Debug)]
pub(crate) struct NoRandom;

impl Challenge {
    /// A new challenge with a random nonce, for one programme on this server.
    pub(crate) fn new(server: &str, programme: ProgrammeId) -> Result<Self, NoRandom> {
        let mut nonce = [0; 32];
        rand::fill(&mut nonce).map_err(|_| NoRandom)?;
        Ok(Self { programme, server: server.to_owned(), nonce: BASE64URL_NOPAD.encode(&nonce) })
    }

    /// What the client is told.
    pub(crate) fn to_wire(&self) -> kkanbu_wire::Challenged {
        kkanbu_wire::Challenged {
            algorithm: ALGORITHM.to_owned(),
            server: self.server.clone(),
            programme: self.programme.to_string(),
            purpose: PURPOSE.to_owned(),
            nonce: self.nonce.clone(),
        }
    }

    /// Whether `signature` (base64url) is `key`'s over this challenge. Strict: keys of small order, for which anybody can sign
    /// anything, are nobody's (RFC 8032 §5.1.7 allows checks that let them pass).
    pub(crate) fn is_signed_by(&self, key: MemberKey, signature: &str) -> bool {
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let Some(signature) = signature.map(|bytes: [u8; 64]| Signature::from_bytes(&bytes)) else { return false };
        let text = signing_text(&self.server, self.programme.as_str(), &self.nonce, &key.to_text());
        VerifyingKey::from_bytes(key.as_bytes()).is_ok_and(|key| key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_small_order_is_nobody_s() {
        // The neutral element: with R = A and S = 0 the lax equation holds for every message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let forged = BASE64URL_NOPAD.encode(&[neutral, [0; 32]].concat());
        let programme = ProgrammeId::new("anyang-2022").unwrap();
        let challenge = Challenge::new("http://localhost:8080", programme).unwrap();
        assert!(!challenge.is_signed_by(MemberKey::from_bytes(neutral), &forged));
    }
}
