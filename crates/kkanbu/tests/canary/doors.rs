//! Ways to the server from addresses of their own, which say of people what browsers and proxies say.

use crate::birds::{COOKIE, FORWARDED, LANGUAGE, REFERER, USER_AGENT};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::task::TaskTracker;

/// A connection to the server from this address.
pub(crate) async fn dial(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// Opens a door. What connects to it reaches the server from `from`, with more headers than it sent.
pub(crate) async fn open(tasks: &TaskTracker, from: Ipv4Addr, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let within = tasks.clone();
    tasks.spawn(async move {
        while let Ok((inside, _)) = listener.accept().await {
            // A connection that breaks, as when the server is killed, is its two ends' business.
            within.spawn(async move { drop(pass(inside, from, to).await) });
        }
    });
    address
}

async fn pass(mut inside: TcpStream, from: Ipv4Addr, to: SocketAddr) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(inside.read_u8().await?);
    }
    let mut outside = dial(from, to).await?;
    head.truncate(head.len() - 2);
    outside.write_all(&head).await?;
    outside.write_all(gossip().as_bytes()).await?;
    outside.write_all(b"\r\n").await?;
    copy_bidirectional(&mut inside, &mut outside).await.map(drop)
}

/// Headers that tell who somebody is.
fn gossip() -> String {
    let [first, second, third, six] = FORWARDED;
    format!(
        "User-Agent: {USER_AGENT}\r\nX-Forwarded-For: {first}, {six}\r\nX-Real-IP: {third}\r\n\
         Forwarded: for={second};proto=https, for=\"[{six}]:4711\"\r\nCookie: session={COOKIE}\r\n\
         Accept-Language: {LANGUAGE}\r\nReferer: {REFERER}\r\n"
    )
}
