//! The configuration file as it was typed: fields, types and ranges; what they mean together is for [`super::Config`].

use crate::toml_fields::{Faults, Fields};
use kkanbu_model::Limits;
use kkanbu_wire::Padding;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Certificate files.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// What a configuration file can say, with its defaults.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    /// The origin that members use.
    pub(crate) public_origin: String,
    /// Further origins whose pages may connect.
    pub(crate) origins: Vec<String>,
    /// The members' address and port. Default 127.0.0.1:8080.
    pub(crate) listen: Option<SocketAddr>,
    /// The operators' address and port. Default none.
    pub(crate) ops_listen: Option<SocketAddr>,
    /// The admin socket's path. Default none.
    pub(crate) admin_socket: Option<String>,
    /// Where the databases are.
    pub(crate) data_folder: String,
    /// Where the content keys are; never inside `data_folder`.
    pub(crate) key_folder: String,
    /// Programme files; those that are not in the store yet are created at the start.
    pub(crate) programmes: Vec<(usize, String)>,
    /// Certificate and key, where the server ends TLS itself.
    pub(crate) tls: Option<TlsFiles>,
    /// The organisation's own form of a staff number, as a regular expression.
    pub(crate) staff_number_pattern: Option<String>,
    /// How frames to members are padded. Default quiet.
    pub(crate) padding: Padding,
    /// Commands that write, per member and minute. Default 30.
    pub(crate) posts_per_minute: u32,
    /// Commands that write, per member at once. Default 10.
    pub(crate) posts_burst: u32,
    /// Seconds from the signal to the end. Default 20.
    pub(crate) drain_seconds: u32,
    /// How log lines look. Default text.
    pub(crate) log_format: LogFormat,
}

/// Where in the file fields are.
pub(crate) type Places = BTreeMap<&'static str, usize>;

/// Reads the file's fields. What could not be read has its default, and a fault.
pub(crate) fn read(text: &str) -> (Typed, Places, Faults) {
    let (table, mut faults) = Faults::parse(text);
    let mut fields = Fields::new(table.get_ref(), 0, "");
    let places = ["key_folder", "tls", "staff_number_pattern"].map(|key| (key, fields.place(key)));
    let limits = Limits::default();
    let typed = Typed {
        public_origin: origin(&mut fields, &mut faults),
        origins: fields
            .texts("origins", &mut faults)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(at, text)| checked_origin(text, "origins", at, &mut faults))
            .collect(),
        listen: address(&mut fields, "listen", &mut faults).or_else(|| Some(([127, 0, 0, 1], 8080).into())),
        ops_listen: address(&mut fields, "ops_listen", &mut faults),
        admin_socket: fields.text("admin_socket", &mut faults),
        data_folder: fields.needed_text("data_folder", &mut faults).unwrap_or_default(),
        key_folder: fields.needed_text("key_folder", &mut faults).unwrap_or_default(),
        programmes: fields.texts("programmes", &mut faults).unwrap_or_default(),
        tls: fields.table("tls", &mut faults).map(|mut tls| {
            let certificate = tls.needed_text("certificate", &mut faults).unwrap_or_default();
            let key = tls.needed_text("key", &mut faults).unwrap_or_default();
            tls.finish(&mut faults);
            TlsFiles { certificate, key }
        }),
        staff_number_pattern: fields.text("staff_number_pattern", &mut faults),
        padding: choice(&mut fields, "padding", &[("quiet", Padding::Quiet), ("off", Padding::Off)], &mut faults),
        posts_per_minute: fields
            .number("posts_per_minute", 1..=1_000_000, &mut faults)
            .unwrap_or(limits.posts_per_minute),
        posts_burst: fields.number("posts_burst", 1..=100_000, &mut faults).unwrap_or(limits.posts_burst),
        drain_seconds: fields.number("drain_seconds", 1..=600, &mut faults).unwrap_or(20),
        log_format: choice(
            &mut fields,
            "log_format",
            &[("text", LogFormat::Text), ("json", LogFormat::Json)],
            &mut faults,
        ),
    };
    if typed.ops_listen.is_some() && typed.ops_listen == typed.listen {
        faults.add(
            fields.place("ops_listen"),
            "ops_listen is the members' port (listen): it needs one of its own".to_owned(),
        );
    }
    fields.finish(&mut faults);
    (typed, places.into_iter().collect(), faults)
}

/// One of a few words.
fn choice<T: Copy + Default>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    choices: &[(&str, T)],
    faults: &mut Faults,
) -> T {
    let Some(typed) = fields.text(key, faults) else { return T::default() };
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == typed) {
        return *value;
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    faults.add(fields.place(key), format!("{key} is {}", words.join(" or ")));
    T::default()
}

fn origin(fields: &mut Fields<'_, '_>, faults: &mut Faults) -> String {
    let text = fields.needed_text("public_origin", faults);
    let at = fields.place("public_origin");
    text.and_then(|text| checked_origin(text, "public_origin", at, faults)).unwrap_or_default()
}

fn checked_origin(text: String, key: &str, at: usize, faults: &mut Faults) -> Option<String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
    // Browsers leave it out, so that an origin with it would lock them all out.
    let usual = if text.starts_with("https") { ":443" } else { ":80" };
    if host.is_some_and(|host| !host.is_empty() && host.chars().all(plain) && !host.ends_with(usual)) {
        return Some(text);
    }
    faults.add(at, format!("{key}: {text} is no origin: that is http:// or https:// and a lower-case host, and a port where it is not the usual one, as https://kkanbu.example.org"));
    None
}

fn address(fields: &mut Fields<'_, '_>, key: &'static str, faults: &mut Faults) -> Option<SocketAddr> {
    let text = fields.text(key, faults)?;
    let parsed = text.parse();
    if parsed.is_err() {
        faults.add(fields.place(key), format!("{key}: {text} is no address and port, as 127.0.0.1:8080"));
    }
    parsed.ok()
}

impl Typed {
    /// The fields in force, as a file.
    pub(crate) fn to_toml(&self) -> String {
        let mut out = String::new();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let list =
            |texts: &[String]| format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "));
        let paths: Vec<String> = self.programmes.iter().map(|(_, path)| path.clone()).collect();
        let mut line = |key: &str, value: String| {
            // Writing into a string does not fail.
            let _ = writeln!(out, "{key} = {value}");
        };
        line("public_origin", quoted(&self.public_origin));
        line("origins", list(&self.origins));
        self.listen.iter().for_each(|address| line("listen", quoted(&address.to_string())));
        self.ops_listen.iter().for_each(|address| line("ops_listen", quoted(&address.to_string())));
        self.admin_socket.iter().for_each(|path| line("admin_socket", quoted(path)));
        line("data_folder", quoted(&self.data_folder));
        line("key_folder", quoted(&self.key_folder));
        line("programmes", list(&paths));
        self.staff_number_pattern.iter().for_each(|pattern| line("staff_number_pattern", quoted(pattern)));
        let padding = match self.padding {
            Padding::Quiet => "quiet",
            Padding::Off => "off",
        };
        line("padding", quoted(padding));
        line("posts_per_minute", self.posts_per_minute.to_string());
        line("posts_burst", self.posts_burst.to_string());
        line("drain_seconds", self.drain_seconds.to_string());
        let format = match self.log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        line("log_format", quoted(format));
        if let Some(tls) = &self.tls {
            line("\n[tls]\ncertificate", quoted(&tls.certificate));
            line("key", quoted(&tls.key));
        }
        out
    }
}
