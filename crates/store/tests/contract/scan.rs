//! Looks for planted names in raw bytes, in every form in which they could have been written.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use unicode_normalization::UnicodeNormalization;

/// The forms of a random value.
pub(crate) fn forms_of_bytes(what: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut forms = vec![
        (format!("{what}, raw"), bytes.to_vec()),
        (format!("{what}, hex"), HEXLOWER.encode(bytes).into_bytes()),
        (format!("{what}, upper-case hex"), HEXUPPER.encode(bytes).into_bytes()),
    ];
    // Whole groups of three bytes, for each place that the value could start at within a longer text.
    for skip in 0..3 {
        let groups = &bytes[skip..skip + (bytes.len() - skip) / 3 * 3];
        forms.push((format!("{what}, base64url from byte {skip}"), BASE64URL_NOPAD.encode(groups).into_bytes()));
        forms.push((format!("{what}, base64 from byte {skip}"), BASE64_NOPAD.encode(groups).into_bytes()));
    }
    forms
}

/// The forms of a text.
pub(crate) fn forms_of_text(what: &str, text: &str) -> Vec<(String, Vec<u8>)> {
    let nfd: String = text.nfd().collect();
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let mut forms = vec![
        (format!("{what}, NFD"), nfd.into_bytes()),
        (format!("{what}, UTF-16 LE"), utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        (format!("{what}, UTF-16 BE"), utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        (
            format!("{what}, JSON escapes"),
            utf16.iter().flat_map(|unit| format!("\\u{unit:04x}").into_bytes()).collect(),
        ),
        (format!("{what}, URL"), text.bytes().flat_map(|b| format!("%{b:02X}").into_bytes()).collect()),
    ];
    forms.extend(forms_of_bytes(what, text.as_bytes()));
    forms
}

/// Which forms are in which files.
pub(crate) fn found(files: &[(String, Vec<u8>)], forms: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut hits = Vec::new();
    for (file, bytes) in files {
        for (form, needle) in forms {
            if contains(bytes, needle) {
                hits.push(format!("{form} in {file}"));
            }
        }
    }
    hits
}

pub(crate) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
