//! The members' listener as HTTP sees it: the WebSocket upgrade, and the page.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, ORIGIN,
    REFERRER_POLICY, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    STRICT_TRANSPORT_SECURITY, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use std::sync::Arc;
use tungstenite::handshake::derive_accept_key;

/// A file of the page.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its media type.
    pub media_type: String,
    /// Whether its name changes with its content, so that it may be kept for ever.
    pub immutable: bool,
    /// Changes with its content.
    pub etag: String,
}

/// Finds a file of the page by its path, without the leading slash; the empty path is the page itself.
pub type Assets = Arc<dyn Fn(&str) -> Option<Asset> + Send + Sync>;

pub(crate) type Reply = Response<Full<Bytes>>;

/// Why an upgrade was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpgradeRefused {
    /// Not a WebSocket handshake.
    NotWebSocket,
    /// A version other than 13.
    Version,
    /// The client does not speak `kkanbu.v1`.
    Subprotocol,
    /// A page of another origin.
    Origin,
}

impl UpgradeRefused {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NotWebSocket => "not_websocket",
            Self::Version => "version",
            Self::Subprotocol => "subprotocol",
            Self::Origin => "origin",
        }
    }

    pub(crate) fn reply(self) -> Reply {
        let (status, text) = match self {
            Self::NotWebSocket => (StatusCode::UPGRADE_REQUIRED, "this address takes WebSocket connections\n"),
            Self::Version => (StatusCode::UPGRADE_REQUIRED, "this server speaks WebSocket version 13\n"),
            Self::Subprotocol => (StatusCode::BAD_REQUEST, "offer the subprotocol kkanbu.v1\n"),
            Self::Origin => (StatusCode::FORBIDDEN, "pages of this origin may not connect here\n"),
        };
        let mut reply = plain(status, text);
        if status == StatusCode::UPGRADE_REQUIRED {
            reply.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
            reply.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        reply
    }
}

/// Checks a handshake (RFC 6455 §4.2.1) and gives the answer that completes it.
pub(crate) fn upgrade<B>(
    request: &Request<B>,
    origins: &[String],
    subprotocol: Option<&'static str>,
) -> Result<Reply, UpgradeRefused> {
    let headers = request.headers();
    let is_upgrade = request.method() == Method::GET
        && has_token(headers, &UPGRADE, "websocket")
        && has_token(headers, &CONNECTION, "upgrade");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| is_upgrade).ok_or(UpgradeRefused::NotWebSocket)?;
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version.as_bytes() != b"13") {
        return Err(UpgradeRefused::Version);
    }
    let foreign = |origin: &HeaderValue| !origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
    if headers.get_all(ORIGIN).iter().any(foreign) {
        return Err(UpgradeRefused::Origin);
    }
    if subprotocol.is_some_and(|wanted| !tokens(headers, &SEC_WEBSOCKET_PROTOCOL).any(|token| token == wanted)) {
        return Err(UpgradeRefused::Subprotocol);
    }
    let accept = derive_accept_key(key.as_bytes());
    let mut reply = plain(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = reply.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.extend(subprotocol.map(|spoken| (SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(spoken))));
    headers.extend(HeaderValue::try_from(accept).ok().map(|accept| (SEC_WEBSOCKET_ACCEPT, accept)));
    Ok(reply)
}

/// The items of a comma-separated header.
fn tokens<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether a comma-separated header names this token, in any case (RFC 6455 §4.2.1; subprotocols compare exactly).
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|item| item.eq_ignore_ascii_case(token))
}

/// A short text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    reply
}

/// The content security policy of the page: nothing but its own files, and this server's WebSocket.
pub(crate) fn content_security_policy(origin: &str) -> String {
    // Older Safari does not count `ws:` of the same host as 'self'.
    let socket = origin.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self' {socket}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
}

/// Answers a request for a file of the page.
pub(crate) fn page<B>(request: &Request<B>, assets: &Assets, policy: &HeaderValue, https: bool) -> Reply {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    }
    let Some(asset) = assets(request.uri().path().trim_start_matches('/')) else {
        return plain(StatusCode::NOT_FOUND, "there is nothing here\n");
    };
    let unchanged = request.headers().get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == asset.etag.as_bytes());
    let send_body = request.method() == Method::GET && !unchanged;
    let mut reply = Response::new(Full::new(if send_body { asset.bytes } else { Bytes::new() }));
    if unchanged {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let keep = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let fixed = |text: &'static str| HeaderValue::from_static(text);
    let headers = reply.headers_mut();
    headers.extend(HeaderValue::try_from(asset.media_type).ok().map(|media_type| (CONTENT_TYPE, media_type)));
    headers.extend(HeaderValue::try_from(asset.etag).ok().map(|etag| (ETAG, etag)));
    headers.insert(CACHE_CONTROL, fixed(keep));
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(REFERRER_POLICY, fixed("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        fixed("camera=(), microphone=(), geolocation=(), interest-cohort=()"),
    );
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000"));
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_wire::SUBPROTOCOL;

    fn handshake(change: impl FnOnce(&mut HeaderMap)) -> Request<()> {
        let mut request = Request::get("/ws").body(()).unwrap();
        let headers = request.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat, kkanbu.v1"));
        change(headers);
        request
    }

    fn outcome(request: &Request<()>) -> Result<StatusCode, UpgradeRefused> {
        upgrade(request, &["http://localhost:8080".into()], Some(SUBPROTOCOL)).map(|reply| reply.status())
    }

    #[test]
    fn the_accept_key_is_rfc_6455_s_example() {
        let reply = upgrade(&handshake(|_| {}), &[], Some(SUBPROTOCOL)).unwrap();
        assert_eq!(reply.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(reply.headers()[SEC_WEBSOCKET_PROTOCOL], "kkanbu.v1");
    }

    #[test]
    fn an_absent_origin_is_accepted_and_a_foreign_one_refused() {
        let with = |origin: &'static str| handshake(|h| drop(h.insert(ORIGIN, HeaderValue::from_static(origin))));
        assert_eq!(outcome(&handshake(|_| {})), Ok(StatusCode::SWITCHING_PROTOCOLS));
        assert_eq!(outcome(&with("http://localhost:8080")), Ok(StatusCode::SWITCHING_PROTOCOLS));
        for foreign in ["http://evil.example", "null", "http://localhost:8080.evil.example", "HTTP://localhost:8080"] {
            assert_eq!(outcome(&with(foreign)), Err(UpgradeRefused::Origin), "{foreign}");
        }
    }

    #[test]
    fn what_is_no_handshake_of_ours_is_told_apart() {
        assert_eq!(outcome(&handshake(|h| drop(h.remove(UPGRADE)))), Err(UpgradeRefused::NotWebSocket));
        assert_eq!(outcome(&handshake(|h| drop(h.remove(SEC_WEBSOCKET_KEY)))), Err(UpgradeRefused::NotWebSocket));
        assert_eq!(outcome(&handshake(|h| drop(h.remove(SEC_WEBSOCKET_VERSION)))), Err(UpgradeRefused::Version));
        assert_eq!(outcome(&handshake(|h| drop(h.remove(SEC_WEBSOCKET_PROTOCOL)))), Err(UpgradeRefused::Subprotocol));
        let shouted = |h: &mut HeaderMap| drop(h.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("KKANBU.V1")));
        assert_eq!(outcome(&handshake(shouted)), Err(UpgradeRefused::Subprotocol));
    }
}
