//! The gateway with an echo in the place of its sessions, for Autobahn's cases. It says its address in one line, and ends when its
//! standard input does.

use std::io::{self, Write};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn main() -> io::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    let drain = CancellationToken::new();
    let ended = drain.clone().drop_guard();
    tokio::task::spawn_blocking(move || {
        let _ended = ended;
        io::copy(&mut io::stdin(), &mut io::sink())
    });
    kkanbu_gateway::echo(listener, drain).await;
    Ok(())
}
