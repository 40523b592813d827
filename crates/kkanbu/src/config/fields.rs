//! Every field of the configuration in operators' words. The reference in `docs/CONFIGURATION.md` and the example file are made of this
//! table ([`super::reference`]), and the reader is tested against it field by field: neither can say what the other does not do.

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    /// The table that it stands in; empty at the top of the file.
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) takes: Takes,
    pub(super) left_out: LeftOut,
    /// A value as it is typed. The example file has it.
    pub(super) example: &'static str,
    pub(super) does: &'static str,
    /// What an operator has to know for members' privacy or the data's safety; empty where there is nothing.
    pub(super) beware: &'static str,
}

/// What can be typed.
#[derive(Debug)]
pub(super) enum Takes {
    Origin,
    Origins,
    Address,
    Path,
    Paths,
    Pattern,
    Seconds { min: u32, max: u32 },
    Number { min: u32, max: u32 },
    Words(&'static [&'static str]),
}

/// What holds where the field is left out.
#[derive(Debug)]
pub(super) enum LeftOut {
    /// Nothing runs.
    Refused,
    /// The same as with this value.
    Is(&'static str),
    /// There is none.
    None(&'static str),
}

/// All of them, in the order of the file.
pub(super) const FIELDS: &[Field] = &[
    Field {
        table: "",
        key: "public_origin",
        takes: Takes::Origin,
        left_out: LeftOut::Refused,
        example: r#""https://kkanbu.example.org""#,
        does: "The origin that members use. Join links begin with it, and the challenges that members sign name it.",
        beware: "Browsers give the page its keys on https and on localhost alone.",
    },
    Field {
        table: "",
        key: "origins",
        takes: Takes::Origins,
        left_out: LeftOut::Is("[]"),
        example: r#"["https://intranet.example.org"]"#,
        does: "Further origins whose pages may connect.",
        beware: "A page there can act for whoever uses it. Clients that are no browser send no origin and may always connect.",
    },
    Field {
        table: "",
        key: "listen",
        takes: Takes::Address,
        left_out: LeftOut::Is(r#""127.0.0.1:8080""#),
        example: r#""0.0.0.0:8080""#,
        does: "The members' port: page and WebSocket.",
        beware: "A proxy before it sees members' addresses: turn its access log off. kkanbu itself writes none.",
    },
    Field {
        table: "",
        key: "ops_listen",
        takes: Takes::Address,
        left_out: LeftOut::None("none: no such port"),
        example: r#""127.0.0.1:9090""#,
        does: "The operators' port: `/healthz`, `/readyz`, `/metrics`.",
        beware: "Asks nobody who they are: keep it off the members' network.",
    },
    Field {
        table: "",
        key: "admin_socket",
        takes: Takes::Path,
        left_out: LeftOut::None("none: no such socket"),
        example: r#""/run/kkanbu/admin.sock""#,
        does: "The admin socket, made with mode 0600: creating programmes, and destroying them.",
        beware: "Who can open it can destroy a programme for good.",
    },
    Field {
        table: "",
        key: "data_folder",
        takes: Takes::Path,
        left_out: LeftOut::Refused,
        example: r#""/var/lib/kkanbu/data""#,
        does: "Where the databases are. `kkanbu init` makes it; `serve` never does.",
        beware: "Bodies, handles and whatever names a member are sealed in it; programmes, roles and rooms are not.",
    },
    Field {
        table: "",
        key: "key_folder",
        takes: Takes::Path,
        left_out: LeftOut::Refused,
        example: r#""/var/lib/kkanbu-keys/keys""#,
        does: "Where the content keys are. `kkanbu init` makes it; never inside `data_folder`.",
        beware: "Without it the data can't be read by anybody. With both, everything can: keep copies of the two apart.",
    },
    Field {
        table: "",
        key: "programmes",
        takes: Takes::Paths,
        left_out: LeftOut::Is("[]"),
        example: r#"["anyang-2022.toml"]"#,
        does: "[Programme files](PROGRAMMES.md). Those that are not in the store yet are created at the start.",
        beware: "",
    },
    Field {
        table: "",
        key: "staff_number_pattern",
        takes: Takes::Pattern,
        left_out: LeftOut::None("none: only the usual forms are found"),
        example: "'[0-9]{4}-[0-9]{5}'",
        does: "The organisation's own form of a staff number, beside the usual ones. A post that holds one is asked back before it goes out.",
        beware: "",
    },
    Field {
        table: "",
        key: "padding",
        takes: Takes::Words(&["quiet", "off"]),
        left_out: LeftOut::Is(r#""quiet""#),
        example: r#""off""#,
        does: "`quiet` pads frames to members to a few sizes; `off` does not.",
        beware: "With `off`, whoever watches the network can tell posts apart by their length.",
    },
    Field {
        table: "",
        key: "posts_per_minute",
        takes: Takes::Number { min: 1, max: 1_000_000 },
        left_out: LeftOut::Is("30"),
        example: "60",
        does: "How many posts, edits, reactions and the like a member may send a minute in the long run. More are refused as `rate_limited`.",
        beware: "",
    },
    Field {
        table: "",
        key: "posts_burst",
        takes: Takes::Number { min: 1, max: 100_000 },
        left_out: LeftOut::Is("10"),
        example: "20",
        does: "How many of them a member may send at once after a pause.",
        beware: "",
    },
    Field {
        table: "",
        key: "drain_seconds",
        takes: Takes::Seconds { min: 1, max: 600 },
        left_out: LeftOut::Is("20"),
        example: "30",
        does: "Time from SIGTERM to the end. Sessions are told to come back, and what waits is sent.",
        beware: "Whatever starts the server must wait longer than this before it kills: systemd's `TimeoutStopSec`, Docker's `--stop-timeout`.",
    },
    Field {
        table: "",
        key: "log_format",
        takes: Takes::Words(&["text", "json"]),
        left_out: LeftOut::Is(r#""text""#),
        example: r#""json""#,
        does: "How log lines look, on standard error.",
        beware: "",
    },
    Field {
        table: "tls",
        key: "certificate",
        takes: Takes::Path,
        left_out: LeftOut::None("none, like the whole table: a proxy ends TLS"),
        example: r#""certificate.pem""#,
        does: "The chain as PEM, the server's own certificate first. Read at the start alone.",
        beware: "",
    },
    Field {
        table: "tls",
        key: "key",
        takes: Takes::Path,
        left_out: LeftOut::None("none, like the whole table: a proxy ends TLS"),
        example: r#""certificate.key""#,
        does: "Its private key as PEM.",
        beware: "Readable by the server alone.",
    },
];
