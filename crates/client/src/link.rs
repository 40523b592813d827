//! Where a server is and how one was invited: origins and join links.

use kkanbu_model::ProgrammeId;
use std::fmt;
use std::str::FromStr;
use tokio_tungstenite::tungstenite::http::Uri;

/// Most characters of a join code.
const CODE_CHARS_MAX: usize = 128;

/// A text is no origin or join link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The origin is not `http://host[:port]` or `https://host[:port]`.
    #[error("an origin is http:// or https:// with a host and perhaps a port, nothing else")]
    Origin,
    /// What follows the origin is not `/#/join/<programme>/<code>`.
    #[error("a join link is <origin>/#/join/<programme>/<code>")]
    Shape,
    /// The programme is no id.
    #[error("the link's programme is not an id")]
    Programme,
    /// The code is empty, too long or has characters that no code has.
    #[error("the link's code is not a join code")]
    Code,
}

/// A server's origin, as `https://kkanbu.example`: what a challenge must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
    port: u16,
    tls: bool,
}

impl Origin {
    /// Its text, which a challenge must name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, where none was written the scheme's.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is spoken to over TLS.
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// The members' WebSocket on this origin.
    pub fn socket_url(&self) -> String {
        // `http` becomes `ws` and `https` becomes `wss`.
        let rest = self.text.trim_start_matches("http");
        format!("ws{rest}{}", kkanbu_wire::PATH)
    }
}

impl FromStr for Origin {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let uri: Uri = text.parse().map_err(|_| LinkError::Origin)?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(LinkError::Origin),
        };
        let authority =
            uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(LinkError::Origin)?;
        let scheme = if tls { "https" } else { "http" };
        // Nothing but scheme and authority, written in lower case: what browsers call the origin.
        if text != format!("{scheme}://{authority}") || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(LinkError::Origin);
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { text: text.to_owned(), host: authority.host().to_owned(), port, tls })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What lets a new member in. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode(String);

impl JoinCode {
    /// Checks that `text` can be a code.
    pub fn new(text: impl Into<String>) -> Result<Self, LinkError> {
        let text = text.into();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let fits = (1..=CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Self(text)) } else { Err(LinkError::Code) }
    }

    /// The code itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinCode(…)")
    }
}

/// An invitation: `<origin>/#/join/<programme>/<code>`. The fragment never reaches a server's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinLink {
    /// The server.
    pub origin: Origin,
    /// The programme.
    pub programme: ProgrammeId,
    /// The code that lets one in.
    pub code: JoinCode,
}

impl FromStr for JoinLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let (origin, rest) = text.trim().split_once("/#/join/").ok_or(LinkError::Shape)?;
        let (programme, code) = rest.split_once('/').ok_or(LinkError::Shape)?;
        Ok(Self {
            origin: origin.parse()?,
            programme: ProgrammeId::new(programme).map_err(|_| LinkError::Programme)?,
            code: JoinCode::new(code)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_link_has_origin_programme_and_code() {
        let link: JoinLink = "http://localhost:8080/#/join/anyang-2022/Ab3-_x".parse().unwrap();
        assert_eq!(link.origin.as_str(), "http://localhost:8080");
        assert_eq!(link.origin.socket_url(), "ws://localhost:8080/ws");
        assert_eq!((link.origin.host(), link.origin.port(), link.origin.is_tls()), ("localhost", 8080, false));
        assert_eq!(link.programme.as_str(), "anyang-2022");
        assert_eq!(link.code.expose(), "Ab3-_x");
        assert!(!format!("{link:?}").contains("Ab3"));
    }

    #[test]
    fn a_secure_origin_has_its_scheme_s_port() {
        let origin: Origin = "https://kkanbu.example/".parse().unwrap();
        assert_eq!(origin.socket_url(), "wss://kkanbu.example/ws");
        assert_eq!((origin.port(), origin.is_tls()), (443, true));
        let six: Origin = "http://[::1]:9".parse().unwrap();
        assert_eq!((six.host(), six.port()), ("::1", 9));
    }

    #[test]
    fn what_is_no_link_is_refused() {
        let parse = |text: &str| text.parse::<JoinLink>().map(|_| ());
        assert_eq!(parse("http://a/#/join/p"), Err(LinkError::Shape));
        assert_eq!(parse("http://a/join/p/c"), Err(LinkError::Shape));
        assert_eq!(parse("ftp://a/#/join/p/c"), Err(LinkError::Origin));
        assert_eq!(parse("http://a/b/#/join/p/c"), Err(LinkError::Origin));
        assert_eq!(parse("http://me@a/#/join/p/c"), Err(LinkError::Origin));
        assert_eq!(parse("http://A/#/join/p/c"), Err(LinkError::Origin));
        assert_eq!(parse("http://a/#/join/P/c"), Err(LinkError::Programme));
        assert_eq!(parse("http://a/#/join/p/"), Err(LinkError::Code));
        assert_eq!(parse("http://a/#/join/p/c/d"), Err(LinkError::Code));
    }
}
