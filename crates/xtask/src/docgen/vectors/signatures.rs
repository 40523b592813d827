//! From a seed to a signed challenge: derived and signed here with code of its own, so that our client's can be tested against it.

use super::fixed::{PROGRAMME, SERVER, counting, nonce, seed};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use kkanbu_wire::Challenged;
use kkanbu_wire::challenge::{ALGORITHM, PURPOSE, SEED_SALT, member_key_info, signing_text};
use serde::Serialize;

const ABOUT: &str = "How a seed becomes a member key in a programme, and how a challenge is signed. `seed`, `salt`, `info` and `private_key` are \
                     in hexadecimal; `key`, `nonce` and `signature` as the wire carries them. Ed25519 signatures are deterministic: yours \
                     must be the same.";

/// The whole file.
#[derive(Serialize)]
pub(super) struct SigningVectors {
    about: &'static str,
    member_keys: Vec<MemberKeyVector>,
    signatures: Vec<SignatureVector>,
    must_not_sign: Vec<ForeignVector>,
}

/// A member key.
#[derive(Serialize)]
struct MemberKeyVector {
    seed: String,
    programme: &'static str,
    salt: String,
    info: String,
    private_key: String,
    key: String,
}

/// A signed challenge.
#[derive(Serialize)]
struct SignatureVector {
    private_key: String,
    key: String,
    challenge: Challenged,
    text: String,
    signature: String,
}

/// A challenge that a client must not sign when it was told `server` and asked for `programme`.
#[derive(Serialize)]
struct ForeignVector {
    why: &'static str,
    server: &'static str,
    programme: &'static str,
    challenge: Challenged,
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

struct Pair {
    private: [u8; 32],
    pair: Ed25519KeyPair,
}

impl Pair {
    fn derive(seed: &[u8; 16], programme: &str) -> anyhow::Result<Self> {
        let failed = |_| anyhow::anyhow!("HKDF failed");
        let mut private = [0; 32];
        let info = member_key_info(programme);
        let secret = Salt::new(HKDF_SHA256, SEED_SALT).extract(seed);
        secret.expand(&[&info], KeyLength).map_err(failed)?.fill(&mut private).map_err(failed)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&private)?;
        Ok(Self { private, pair })
    }

    fn key(&self) -> String {
        BASE64URL_NOPAD.encode(self.pair.public_key().as_ref())
    }

    fn answer(&self, challenge: Challenged) -> SignatureVector {
        let key = self.key();
        let text = signing_text(&challenge.server, &challenge.programme, &challenge.nonce, &key);
        let signature = BASE64URL_NOPAD.encode(self.pair.sign(text.as_bytes()).as_ref());
        SignatureVector { private_key: HEXLOWER.encode(&self.private), key, challenge, text, signature }
    }
}

fn challenge(server: &str, programme: &str) -> Challenged {
    Challenged {
        algorithm: ALGORITHM.to_owned(),
        server: server.to_owned(),
        programme: programme.to_owned(),
        purpose: PURPOSE.to_owned(),
        nonce: nonce(),
    }
}

/// Key and signature of the member whose session the vectors are of.
pub(super) fn own_answer() -> anyhow::Result<(String, String)> {
    let answer = Pair::derive(&seed(), PROGRAMME)?.answer(challenge(SERVER, PROGRAMME));
    Ok((answer.key, answer.signature))
}

pub(super) fn vectors() -> anyhow::Result<SigningVectors> {
    let seeds = [seed(), counting(0xF0), [0xFF; 16]];
    let mut member_keys = Vec::new();
    let mut signatures = Vec::new();
    for (seed, programme) in seeds.iter().flat_map(|seed| [(seed, PROGRAMME), (seed, "seogwipo-2026"), (seed, "a")]) {
        let pair = Pair::derive(seed, programme)?;
        member_keys.push(MemberKeyVector {
            seed: HEXLOWER.encode(seed),
            programme,
            salt: HEXLOWER.encode(SEED_SALT),
            info: HEXLOWER.encode(&member_key_info(programme)),
            private_key: HEXLOWER.encode(&pair.private),
            key: pair.key(),
        });
        let server = if programme == PROGRAMME { SERVER } else { "https://mentors.example.go.kr" };
        signatures.push(pair.answer(challenge(server, programme)));
    }
    Ok(SigningVectors { about: ABOUT, member_keys, signatures, must_not_sign: must_not_sign() })
}

fn must_not_sign() -> Vec<ForeignVector> {
    let good = || challenge(SERVER, PROGRAMME);
    let foreign = |why, challenge| ForeignVector { why, server: SERVER, programme: PROGRAMME, challenge };
    let other_server = |server: &str| challenge(server, PROGRAMME);
    vec![
        foreign("another algorithm", Challenged { algorithm: "none".to_owned(), ..good() }),
        foreign("another server", other_server("https://localhost:8080")),
        foreign("another port", other_server("http://localhost:8081")),
        foreign("a path after the origin", other_server("http://localhost:8080/")),
        foreign("another programme", challenge(SERVER, "seogwipo-2026")),
        foreign("another purpose", Challenged { purpose: "rotation".to_owned(), ..good() }),
        foreign("a nonce of another length", Challenged { nonce: "AAAA".to_owned(), ..good() }),
        foreign("a nonce that is no base64url", Challenged { nonce: nonce().replace('o', "+"), ..good() }),
        foreign("a nonce that brings a line of its own", Challenged { nonce: nonce() + "\nsession", ..good() }),
    ]
}
