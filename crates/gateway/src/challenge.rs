//! What a client signs to show that it holds a member key.

use aws_lc_rs::rand;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
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

    /// Whether `signature` (base64url) is `key`'s over this challenge.
    pub(crate) fn is_signed_by(&self, key: MemberKey, signature: &str) -> bool {
        let Ok(signature) = BASE64URL_NOPAD.decode(signature.as_bytes()) else { return false };
        let text = signing_text(&self.server, self.programme.as_str(), &self.nonce, &key.to_text());
        UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(text.as_bytes(), &signature).is_ok()
    }
}
