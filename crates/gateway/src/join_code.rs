//! Join codes of open programmes: one a role, derived from the content key, so that none is stored anywhere.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE32_NOPAD;
use kkanbu_keys::ContentKey;
use kkanbu_model::{Programme, RoleId};

/// Bytes of a code before encoding: 80 bits, which cannot be guessed over a network.
const CODE_BYTES: usize = 10;

/// The join code of a role: 16 characters of lower-case base32.
pub fn join_code(key: &ContentKey, programme: &Programme, role: &RoleId) -> String {
    let tag = key.tag("join-code", &[programme.id.as_str().as_bytes(), role.as_str().as_bytes()]);
    BASE32_NOPAD.encode(tag.get(..CODE_BYTES).unwrap_or_default()).to_lowercase()
}

/// The role that `code` is for. Every role is compared, in constant time.
pub(crate) fn role_of(key: &ContentKey, programme: &Programme, code: &str) -> Option<RoleId> {
    let given = code.trim().to_lowercase();
    let mut found = None;
    for role in &programme.roles {
        let expected = join_code(key, programme, &role.id);
        if verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok() {
            found = Some(role.id.clone());
        }
    }
    found
}
