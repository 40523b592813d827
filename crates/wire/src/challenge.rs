//! The text that a client signs to show that it holds a member key.

/// The only signature algorithm (RFC 8032).
pub const ALGORITHM: &str = "Ed25519";

/// What a session's challenge is for. Other purposes get other names, so that no signature serves twice.
pub const PURPOSE: &str = "session";

/// HKDF's salt when a client derives keys from its seed.
pub const SEED_SALT: &[u8] = b"kkanbu.v1";

/// HKDF's info when a client derives its member key of one programme from its seed.
pub fn member_key_info(programme: &str) -> Vec<u8> {
    [b"member-key\0", programme.as_bytes()].concat()
}

/// The text to sign: seven lines that name what the signature is for. `nonce` and `key` are base64url.
pub fn signing_text(server: &str, programme: &str, nonce: &str, key: &str) -> String {
    ["kkanbu.v1 challenge", ALGORITHM, server, programme, PURPOSE, nonce, key].join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_signed_text_names_everything_it_is_for() {
        assert_eq!(
            super::signing_text("https://k.example", "p-1", "n", "k"),
            "kkanbu.v1 challenge\nEd25519\nhttps://k.example\np-1\nsession\nn\nk"
        );
    }
}
