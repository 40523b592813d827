//! The same over TLS.

use super::script::*;
use crate::{Client, ConnectError, Options, tls_trusting};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

#[tokio::test]
async fn an_https_origin_is_spoken_to_over_tls_with_the_roots_given() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], private)
        .unwrap();
    let mut server = Server::start().await;
    server.origin = format!("https://localhost:{}", server.listener.local_addr().unwrap().port());

    let blind = Client::connect(server.options()).await.err();
    assert_eq!(blind, Some(ConnectError::NoTls));

    let tls = Some(tls_trusting([cert.der().clone()]).unwrap());
    let dial = Some(server.listener.local_addr().unwrap().to_string());
    let options = Options { tls, dial, connect_deadline: Duration::from_secs(5), ..server.options() };
    let (connected, ()) = tokio::join!(Client::connect(options), async {
        let (stream, _) = server.listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.unwrap();
        Peer::upgrade(stream).await.welcome(&server.origin).await;
    });
    assert_eq!(connected.unwrap().0.welcome().programme.id, "p-1");
}
