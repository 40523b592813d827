//! The vectors that are no frames: bodies, padding, close codes, the text to sign.

use crate::files::{file, vectors};
use data_encoding::HEXLOWER;
use kkanbu_model::{Body, BodyError, Limits};
use kkanbu_wire::challenge::{ALGORITHM, PURPOSE, SEED_SALT, member_key_info, signing_text};
use kkanbu_wire::{Challenged, CloseCode, Code, Padding, RejectCode, may_come_back};
use serde::Deserialize;

#[test]
fn bodies_are_taken_and_refused_as_the_contract_says() {
    #[derive(Deserialize)]
    struct BodyVector {
        about: String,
        text: String,
        times: Option<usize>,
        nfc: Option<String>,
        name: Option<String>,
    }
    for vector in vectors::<BodyVector>("text") {
        let times = vector.times.unwrap_or(1);
        let found = Body::new(&vector.text.repeat(times), &Limits::default());
        let found = found.as_ref().map(Body::as_str).map_err(|error| match error {
            BodyError::Empty => RejectCode::BodyEmpty,
            BodyError::TooLong => RejectCode::BodyTooLong,
            BodyError::ControlCharacter => RejectCode::BodyControlCharacter,
            BodyError::BidiOverride => RejectCode::BodyBidiOverride,
        });
        let kept = vector.nfc.unwrap_or(vector.text).repeat(times);
        match vector.name {
            None => assert_eq!(found.map_err(Code::name), Ok(kept.as_str()), "{}", vector.about),
            Some(name) => assert_eq!(found.map_err(Code::name), Err(name.as_str()), "{}", vector.about),
        }
    }
}

#[test]
fn frames_are_padded_as_the_contract_says() {
    #[derive(Deserialize)]
    struct PaddingVector {
        length: usize,
        padded: usize,
    }
    for PaddingVector { length, padded } in vectors("padding") {
        let mut frame = vec![b'x'; length];
        Padding::Off.pad(&mut frame);
        assert_eq!(frame.len(), length);
        Padding::Quiet.pad(&mut frame);
        assert_eq!(frame.len(), padded);
        assert!(frame[length..].iter().all(|byte| *byte == b' '));
    }
}

#[test]
fn close_codes_say_whether_to_come_back() {
    #[derive(Deserialize)]
    struct CloseVector {
        code: u16,
        name: Option<String>,
        come_back: bool,
    }
    let closes: Vec<CloseVector> = vectors("close");
    for CloseVector { code, name, come_back } in &closes {
        assert_eq!(may_come_back(*code), *come_back, "{code}");
        let known = CloseCode::from_number(i32::from(*code)).map(Code::name);
        assert_eq!(known, name.as_deref(), "{code}");
    }
    let named = closes.iter().filter(|vector| vector.name.is_some()).count();
    assert_eq!(named, CloseCode::ALL.len());
}

#[test]
fn the_text_to_sign_is_the_contract_s() {
    #[derive(Deserialize)]
    struct Signatures {
        member_keys: Vec<MemberKey>,
        signatures: Vec<Signature>,
    }
    #[derive(Deserialize)]
    struct MemberKey {
        programme: String,
        salt: String,
        info: String,
    }
    #[derive(Deserialize)]
    struct Signature {
        key: String,
        challenge: Challenged,
        text: String,
    }
    let Signatures { member_keys, signatures } = file("signatures");
    for MemberKey { programme, salt, info } in member_keys {
        assert_eq!(HEXLOWER.encode(SEED_SALT), salt);
        assert_eq!(HEXLOWER.encode(&member_key_info(&programme)), info);
    }
    for Signature { key, challenge, text } in signatures {
        assert_eq!((challenge.algorithm.as_str(), challenge.purpose.as_str()), (ALGORITHM, PURPOSE));
        assert_eq!(signing_text(&challenge.server, &challenge.programme, &challenge.nonce, &key), text);
    }
}
