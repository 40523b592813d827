//! The forms in which something planted could lie in a file: other encodings, other normal forms, and what programs print of bytes.

use crate::birds::{Canary, Song};
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use encoding_rs::EUC_KR;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;
use unicode_normalization::UnicodeNormalization;

/// Shorter forms are found by chance. Four bytes of an address are the exception, and are judged otherwise.
pub(crate) const BYTES_MIN: usize = 6;

/// The name of the one form that can be met by chance: an address's four bytes.
pub(crate) const BARE_ADDRESS: &str = "4 bytes";

/// The forms of one canary, by what they are, each byte string once.
#[derive(Default)]
pub(crate) struct Forms(BTreeMap<Vec<u8>, String>);

impl Forms {
    /// All forms of a canary.
    pub(crate) fn of(canary: &Canary) -> Self {
        let mut forms = Self::default();
        match &canary.song {
            Song::Words(words) => forms.text(words),
            Song::Bytes(bytes) => forms.bytes("bytes", bytes),
            Song::Address(address) => forms.address(*address),
        }
        forms
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(bytes, name)| (name.as_str(), bytes.as_slice()))
    }

    fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        if bytes.len() >= BYTES_MIN {
            self.0.entry(bytes).or_insert(name.into());
        }
    }

    /// Every encoding of a text, and whatever can be made of its bytes.
    fn text(&mut self, text: &str) {
        let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
        for (name, text) in [("NFC", &composed), ("NFD", &decomposed)] {
            self.bytes(&format!("UTF-8 {name}"), text.as_bytes());
            for (order, to_bytes) in [("LE", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("BE", u16::to_be_bytes)] {
                let bytes: Vec<u8> = text.encode_utf16().flat_map(to_bytes).collect();
                self.bytes(&format!("UTF-16{order} {name}"), &bytes);
            }
            self.escapes(name, text);
        }
        let (korean, _, unmappable) = EUC_KR.encode(&composed);
        assert!(!unmappable, "{text} can't be written in CP949; plant something else");
        self.bytes("CP949", &korean);
        self.add("lower case", composed.to_lowercase());
        self.add("upper case", composed.to_uppercase());
        for between in ["+", "_", "-", ""] {
            self.add(format!("spaces as `{between}`"), composed.replace(' ', between));
        }
        let digits: String = composed.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 8 {
            self.add("its digits", digits);
        }
    }

    /// What JSON, Rust and JavaScript write for characters.
    fn escapes(&mut self, name: &str, text: &str) {
        let mut written = [const { String::new() }; 5];
        for c in text.chars() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let [lower, upper, all, ..] = &mut written;
                if c.is_ascii() {
                    lower.push(c);
                    upper.push(c);
                } else {
                    escape(lower, format_args!("\\u{unit:04x}"));
                    escape(upper, format_args!("\\u{unit:04X}"));
                }
                escape(all, format_args!("\\u{unit:04x}"));
            }
            let [.., rust, html] = &mut written;
            if c.is_ascii() {
                rust.push(c);
                html.push(c);
            } else {
                escape(rust, format_args!("\\u{{{:x}}}", u32::from(c)));
                escape(html, format_args!("&#{};", u32::from(c)));
            }
        }
        let whats = ["JSON escapes", "JSON escapes, upper case", "all as JSON escapes", "Rust escapes", "HTML escapes"];
        for (what, text) in whats.into_iter().zip(written) {
            self.add(format!("{what} {name}"), text);
        }
    }

    /// Bytes as they are, and every way in which programs write bytes as text.
    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, bytes);
        self.add(format!("{name} in hex"), HEXLOWER.encode(bytes));
        self.add(format!("{name} in HEX"), HEXUPPER.encode(bytes));
        for between in [" ", ":"] {
            self.add(format!("{name} in hex with `{between}`"), listed(bytes, between, |byte| format!("{byte:02x}")));
            self.add(format!("{name} in HEX with `{between}`"), listed(bytes, between, |byte| format!("{byte:02X}")));
        }
        for between in [", ", ","] {
            self.add(format!("{name} as numbers with `{between}`"), listed(bytes, between, |byte| byte.to_string()));
        }
        for (what, base64) in [("base64", BASE64), ("base64url", BASE64URL)] {
            for skip in 0..3 {
                self.add(format!("{name} in {what}, {skip} bytes in"), within_base64(&base64, bytes, skip));
            }
        }
        let all = |byte: u8| format!("%{byte:02X}");
        let needed = |byte: u8, written: String| {
            let stays = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            if stays { char::from(byte).to_string() } else { written }
        };
        self.add(format!("{name} in %XX throughout"), listed(bytes, "", all));
        self.add(format!("{name} in %XX"), listed(bytes, "", |byte| needed(byte, all(byte))));
        self.add(format!("{name} in %xx"), listed(bytes, "", |byte| needed(byte, format!("%{byte:02x}"))));
        self.add(format!("{name} in \\x"), bytes.escape_ascii().to_string());
        self.add(format!("{name} in \\x throughout"), listed(bytes, "", |byte| format!("\\x{byte:02x}")));
    }

    /// An address as text, as bytes and as a number.
    fn address(&mut self, address: IpAddr) {
        self.text(&address.to_string());
        let IpAddr::V4(four) = address else {
            let IpAddr::V6(six) = address else { return };
            self.bytes("16 bytes", &six.octets());
            let groups = six.segments().map(|group| format!("{group:04x}"));
            self.text(&groups.join(":"));
            return;
        };
        let octets = four.octets();
        let [a, b, c, d] = octets;
        self.text(&format!("{d}.{c}.{b}.{a}"));
        self.bytes("mapped into 16 bytes", &[&[0xFF, 0xFF], &octets[..]].concat());
        self.add("mapped, as text", format!("ffff:{a:02x}{b:02x}:{c:02x}{d:02x}"));
        for (order, octets) in [("", octets), (" backwards", [d, c, b, a])] {
            self.0.entry(octets.to_vec()).or_insert(BARE_ADDRESS.to_owned());
            self.add(format!("in hex{order}"), HEXLOWER.encode(&octets));
            self.add(format!("in HEX{order}"), HEXUPPER.encode(&octets));
            self.add(format!("as a number{order}"), u32::from_be_bytes(octets).to_string());
            self.add(format!("as numbers{order}"), listed(&octets, ", ", |byte| byte.to_string()));
        }
    }
}

fn escape(text: &mut String, escape: std::fmt::Arguments<'_>) {
    text.write_fmt(escape).unwrap();
}

fn listed(bytes: &[u8], between: &str, write: impl Fn(u8) -> String) -> String {
    bytes.iter().map(|byte| write(*byte)).collect::<Vec<_>>().join(between)
}

/// The characters of base64 that depend on these bytes alone, where `skip` bytes come before them in their group of three. Padding is none
/// of them, so that it does not matter whether there is any.
fn within_base64(base64: &data_encoding::Encoding, bytes: &[u8], skip: usize) -> String {
    let text = base64.encode(&[&vec![0; skip], bytes].concat());
    let first = (skip * 8).div_ceil(6);
    let end = (skip + bytes.len()) * 8 / 6;
    text[first..end].to_owned()
}
