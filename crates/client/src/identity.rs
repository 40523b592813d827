//! Who one is: the seed, the member key derived from it for one programme, and the answer to a challenge.

use crate::link::{JoinCode, Origin};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use kkanbu_model::{MEMBER_KEY_BYTES, MemberKey, ProgrammeId, Secret};
use kkanbu_wire::challenge::{ALGORITHM, PURPOSE, SEED_SALT, member_key_info, signing_text};
use kkanbu_wire::{Authenticate, Challenged};
use std::fmt;

/// Bytes of a seed.
pub const SEED_BYTES: usize = 16;

/// Characters of a nonce: 32 bytes in base64url.
const NONCE_CHARS: usize = 43;

/// The 128 random bits from which a person's keys in every programme come. Whoever holds it is the member.
#[derive(Debug, Clone)]
pub struct Seed(Secret<[u8; SEED_BYTES]>);

impl Seed {
    /// A new one.
    pub fn random() -> Self {
        Self::from_bytes(rand::random())
    }

    /// The one of these bytes.
    pub const fn from_bytes(bytes: [u8; SEED_BYTES]) -> Self {
        Self(Secret::new(bytes))
    }

    /// Its bytes, to keep them.
    pub const fn expose_secret(&self) -> &[u8; SEED_BYTES] {
        self.0.expose_secret()
    }
}

/// The cryptography failed, which it does for no seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the member key could not be derived")]
pub struct IdentityError;

impl From<Unspecified> for IdentityError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// A challenge that must not be signed: it is not this server's, this programme's or this purpose's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignChallenge {
    /// Another algorithm than Ed25519.
    #[error("the challenge asks for another algorithm")]
    Algorithm,
    /// Another server than the one given.
    #[error("the challenge names another server than the one that was given")]
    Server,
    /// Another programme than the one asked for.
    #[error("the challenge names another programme")]
    Programme,
    /// Another purpose than a session.
    #[error("the challenge is for another purpose")]
    Purpose,
    /// Not 32 bytes in base64url.
    #[error("the challenge's nonce is not 32 bytes in base64url")]
    Nonce,
}

/// A member in one programme: the key pair. It does not print itself.
pub struct MemberIdentity {
    pair: Ed25519KeyPair,
    key: MemberKey,
    programme: ProgrammeId,
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        MEMBER_KEY_BYTES
    }
}

impl MemberIdentity {
    /// The member that this seed is in this programme (HKDF-SHA-256, then Ed25519).
    pub fn derive(seed: &Seed, programme: &ProgrammeId) -> Result<Self, IdentityError> {
        let info = member_key_info(programme.as_str());
        let mut private = [0; MEMBER_KEY_BYTES];
        Salt::new(HKDF_SHA256, SEED_SALT)
            .extract(seed.expose_secret())
            .expand(&[&info], KeyLength)?
            .fill(&mut private)?;
        let private = Secret::new(private);
        let pair = Ed25519KeyPair::from_seed_unchecked(private.expose_secret()).map_err(|_| IdentityError)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| IdentityError)?;
        Ok(Self { pair, key: MemberKey::from_bytes(public), programme: programme.clone() })
    }

    /// The public key: the member.
    pub const fn key(&self) -> MemberKey {
        self.key
    }

    /// Signs a challenge, once it is certain that it is `server`'s own, for this programme and for a session.
    pub fn answer(
        &self,
        challenge: &Challenged,
        server: &Origin,
        code: Option<&JoinCode>,
    ) -> Result<Authenticate, ForeignChallenge> {
        self.check(challenge, server)?;
        let key = self.key.to_text();
        let text = signing_text(server.as_str(), self.programme.as_str(), &challenge.nonce, &key);
        let signature = BASE64URL_NOPAD.encode(self.pair.sign(text.as_bytes()).as_ref());
        Ok(Authenticate { key, signature, code: code.map(|code| code.expose().to_owned()) })
    }

    fn check(&self, challenge: &Challenged, server: &Origin) -> Result<(), ForeignChallenge> {
        // A nonce with a newline in it could make one signed text read as another.
        let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if challenge.algorithm != ALGORITHM {
            Err(ForeignChallenge::Algorithm)
        } else if challenge.server != server.as_str() {
            Err(ForeignChallenge::Server)
        } else if challenge.programme != self.programme.as_str() {
            Err(ForeignChallenge::Programme)
        } else if challenge.purpose != PURPOSE {
            Err(ForeignChallenge::Purpose)
        } else if challenge.nonce.len() != NONCE_CHARS || !challenge.nonce.bytes().all(base64url) {
            Err(ForeignChallenge::Nonce)
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for MemberIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberIdentity(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    fn programme(id: &str) -> ProgrammeId {
        ProgrammeId::new(id).unwrap()
    }

    fn challenge() -> Challenged {
        Challenged {
            algorithm: "Ed25519".into(),
            server: "https://k.example".into(),
            programme: "p-1".into(),
            purpose: "session".into(),
            nonce: "A".repeat(43),
        }
    }

    #[test]
    fn the_same_seed_is_one_member_here_and_another_there() {
        let seed = Seed::from_bytes([7; 16]);
        let here = MemberIdentity::derive(&seed, &programme("p-1")).unwrap().key();
        assert_eq!(here, MemberIdentity::derive(&seed, &programme("p-1")).unwrap().key());
        assert_ne!(here, MemberIdentity::derive(&seed, &programme("p-2")).unwrap().key());
    }

    #[test]
    fn the_key_is_the_one_that_another_implementation_derives() {
        // From HKDF and Ed25519 written out in Python.
        let member = MemberIdentity::derive(&Seed::from_bytes([7; 16]), &programme("anyang-2022")).unwrap();
        assert_eq!(member.key().to_text(), "OqiEF6nxs9ftiXUsvTjCRgP-2PCYoiJ-SoF9JWq6DUA");
    }

    #[test]
    fn the_answer_signs_the_contract_s_text() {
        let member = MemberIdentity::derive(&Seed::random(), &programme("p-1")).unwrap();
        let code = JoinCode::new("code").unwrap();
        let answer = member.answer(&challenge(), &"https://k.example".parse().unwrap(), Some(&code)).unwrap();
        assert_eq!((answer.key.len(), answer.signature.len()), (43, 86));
        assert_eq!(answer.code.as_deref(), Some("code"));
        let text = signing_text("https://k.example", "p-1", &challenge().nonce, &answer.key);
        let signature = BASE64URL_NOPAD.decode(answer.signature.as_bytes()).unwrap();
        let member_key = member.key();
        let key = UnparsedPublicKey::new(&ED25519, member_key.as_bytes());
        assert!(key.verify(text.as_bytes(), &signature).is_ok());
    }

    #[test]
    fn a_foreign_challenge_is_not_signed() {
        let member = MemberIdentity::derive(&Seed::random(), &programme("p-1")).unwrap();
        let refusal = |change: fn(&mut Challenged)| {
            let mut challenge = challenge();
            change(&mut challenge);
            member.answer(&challenge, &"https://k.example".parse().unwrap(), None).err()
        };
        assert_eq!(refusal(|_| ()), None);
        assert_eq!(refusal(|c| c.algorithm = "ES256".into()), Some(ForeignChallenge::Algorithm));
        assert_eq!(refusal(|c| c.server = "https://other.example".into()), Some(ForeignChallenge::Server));
        assert_eq!(refusal(|c| c.programme = "p-2".into()), Some(ForeignChallenge::Programme));
        assert_eq!(refusal(|c| c.purpose = "rotation".into()), Some(ForeignChallenge::Purpose));
        assert_eq!(refusal(|c| c.nonce = format!("{}\nx", "A".repeat(41))), Some(ForeignChallenge::Nonce));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let seed = Seed::from_bytes([0xab; 16]);
        let member = MemberIdentity::derive(&seed, &programme("p-1")).unwrap();
        assert_eq!(format!("{seed:?} {member:?}"), "Seed(Secret(…)) MemberIdentity(…)");
    }
}
