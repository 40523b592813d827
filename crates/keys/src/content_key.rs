//! One programme's content key: sealing, opening and keyed tags.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::{hmac, rand};
use kkanbu_model::Secret;
use std::fmt;

/// Bytes of a content key.
pub(crate) const CONTENT_KEY_BYTES: usize = 32;

/// A keyed hash: says whether two values are the same to whoever holds the key, and nothing to anybody else.
pub type Tag = [u8; 32];

/// A sealed value was not made by this key for this context, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: wrong content key, or the value was changed")]
pub struct OpenError;

/// A programme's content key. Sealing is AES-256-GCM-SIV (RFC 8452) with random nonces, so that even a repeated nonce shows
/// no more than that two values are equal; tags are HMAC-SHA-256 (RFC 2104). Both keys come from the content key by HKDF
/// (RFC 5869).
pub struct ContentKey {
    secret: Secret<[u8; CONTENT_KEY_BYTES]>,
    seal: RandomizedNonceKey,
    tag: hmac::Key,
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

fn derive(secret: &[u8], purpose: &str) -> Secret<[u8; 32]> {
    let mut bytes = [0; 32];
    let prk = Salt::new(HKDF_SHA256, b"kkanbu content key").extract(secret);
    // HKDF fails only for outputs over 255 blocks; 32 bytes are one.
    let filled = prk.expand(&[purpose.as_bytes()], Bytes32).and_then(|okm| okm.fill(&mut bytes));
    debug_assert!(filled.is_ok(), "one HKDF block");
    Secret::new(bytes)
}

impl ContentKey {
    /// A new random key. Fails only where the operating system gives no random bytes.
    pub fn generate() -> Result<Self, OpenError> {
        let mut bytes = [0; CONTENT_KEY_BYTES];
        rand::fill(&mut bytes).map_err(|_| OpenError)?;
        Self::from_secret(Secret::new(bytes))
    }

    /// The key with these bytes.
    pub fn from_secret(secret: Secret<[u8; CONTENT_KEY_BYTES]>) -> Result<Self, OpenError> {
        let sealing = derive(secret.expose_secret(), "seal");
        let tagging = derive(secret.expose_secret(), "tag");
        let seal = RandomizedNonceKey::new(&AES_256_GCM_SIV, sealing.expose_secret()).map_err(|_| OpenError)?;
        let tag = hmac::Key::new(hmac::HMAC_SHA256, tagging.expose_secret());
        Ok(Self { secret, seal, tag })
    }

    /// The bytes, for the key folder alone.
    pub(crate) const fn secret(&self) -> &Secret<[u8; CONTENT_KEY_BYTES]> {
        &self.secret
    }

    /// Seals `plain` so that it opens only with the same `context`, which says what it is and where it belongs.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut sealed = plain.to_vec();
        let nonce = self.seal.seal_in_place_append_tag(Aad::from(context), &mut sealed).map_err(|_| OpenError)?;
        sealed.extend_from_slice(nonce.as_ref());
        Ok(sealed)
    }

    /// Opens what `seal` made with the same `context`.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let at = sealed.len().checked_sub(NONCE_LEN).ok_or(OpenError)?;
        let (body, nonce) = sealed.split_at_checked(at).ok_or(OpenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;
        let mut plain = body.to_vec();
        let length = self.seal.open_in_place(nonce, Aad::from(context), &mut plain).map_err(|_| OpenError)?.len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The keyed hash of `parts` for one purpose. Parts are length-prefixed: `["ab", "c"]` is not `["a", "bc"]`.
    pub fn tag(&self, purpose: &str, parts: &[&[u8]]) -> Tag {
        tag_under(&self.tag, purpose, parts)
    }
}

/// The keyed hash of `parts` for one purpose.
pub(crate) fn tag_under(key: &hmac::Key, purpose: &str, parts: &[&[u8]]) -> Tag {
    let mut context = hmac::Context::with_key(key);
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut tag = Tag::default();
    tag.copy_from_slice(context.sign().as_ref());
    tag
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> ContentKey {
        ContentKey::from_secret(Secret::new([byte; 32])).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_with_its_key_and_context_only() {
        let sealed = key(1).seal(b"room", b"hello").unwrap();
        assert_eq!(key(1).open(b"room", &sealed).unwrap(), b"hello");
        assert_eq!(key(2).open(b"room", &sealed), Err(OpenError));
        assert_eq!(key(1).open(b"other room", &sealed), Err(OpenError));
    }

    #[test]
    fn the_same_value_is_never_sealed_to_the_same_bytes() {
        assert_ne!(key(1).seal(b"", b"hello").unwrap(), key(1).seal(b"", b"hello").unwrap());
    }

    #[test]
    fn tags_separate_purposes_parts_and_keys() {
        let tag = key(1).tag("a", &[b"ab", b"c"]);
        assert_eq!(tag, key(1).tag("a", &[b"ab", b"c"]));
        assert_ne!(tag, key(1).tag("a", &[b"a", b"bc"]));
        assert_ne!(tag, key(1).tag("b", &[b"ab", b"c"]));
        assert_ne!(tag, key(2).tag("a", &[b"ab", b"c"]));
    }

    proptest! {
        #[test]
        fn a_changed_byte_does_not_open(plain in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let mut sealed = key(1).seal(b"x", &plain).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(key(1).open(b"x", &sealed), Err(OpenError));
        }

        #[test]
        fn any_bytes_open_or_are_refused(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(key(1).open(b"x", &bytes), Err(OpenError));
        }
    }
}
