//! The golden vectors of the contract, as this client must meet them: keys, signatures, and challenges that it must not sign.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use data_encoding::HEXLOWER;
use kkanbu_client::{MemberIdentity, Origin, Seed};
use kkanbu_model::ProgrammeId;
use kkanbu_wire::Challenged;
use serde_json::Value;

fn vectors(list: &str) -> Vec<Value> {
    let text = include_str!("../../../proto/vectors/signatures.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let list = all[list].as_array().unwrap().clone();
    assert!(!list.is_empty());
    list
}

fn text<'v>(vector: &'v Value, field: &str) -> &'v str {
    vector[field].as_str().unwrap()
}

/// The identities that the vectors derive from seeds, with their seeds' public keys.
fn identities() -> Vec<(String, String, MemberIdentity)> {
    let derive = |vector: &Value| {
        let seed = HEXLOWER.decode(text(vector, "seed").as_bytes()).unwrap();
        let programme = ProgrammeId::new(text(vector, "programme")).unwrap();
        let identity = MemberIdentity::derive(&Seed::from_bytes(seed.try_into().unwrap()), &programme).unwrap();
        (text(vector, "key").to_owned(), programme.to_string(), identity)
    };
    vectors("member_keys").iter().map(derive).collect()
}

fn challenge(vector: &Value) -> Challenged {
    serde_json::from_value(vector["challenge"].clone()).unwrap()
}

#[test]
fn seeds_give_the_keys_of_the_vectors() {
    for (key, _, identity) in identities() {
        assert_eq!(identity.key().to_text(), key);
    }
}

#[test]
fn challenges_are_signed_as_in_the_vectors() {
    let mut signed = 0;
    for vector in vectors("signatures") {
        let challenge = challenge(&vector);
        for (key, programme, identity) in identities() {
            if key == text(&vector, "key") && programme == challenge.programme {
                let server: Origin = challenge.server.parse().unwrap();
                let answer = identity.answer(&challenge, &server, None).unwrap();
                assert_eq!(answer.signature, text(&vector, "signature"));
                signed += 1;
            }
        }
    }
    assert!(signed > 0, "no vector fits a derived key");
}

#[test]
fn what_must_not_be_signed_is_not() {
    for vector in vectors("must_not_sign") {
        let (server, programme) = (text(&vector, "server"), ProgrammeId::new(text(&vector, "programme")).unwrap());
        let identity = MemberIdentity::derive(&Seed::from_bytes([7; 16]), &programme).unwrap();
        let answer = identity.answer(&challenge(&vector), &server.parse().unwrap(), None);
        assert!(answer.is_err(), "{}", text(&vector, "why"));
    }
}
