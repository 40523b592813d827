//! The door: what handshakes and signature checks alone take. A bare loop over epoll that accepts, answers the upgrade, gives a challenge, checks the
//! signature with the same library as our server, and welcomes.
//!
//! It knows no members, no rooms and no limits. What our server takes longer when all come back is what we do.

use crate::floor::socket::{ANSWER, Socket};
use crate::frames;
use crate::process::lines;
use anyhow::Context;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, VerifyingKey};
use kkanbu_wire::challenge::{ALGORITHM, PURPOSE, signing_text};
use kkanbu_wire::{Authenticate, Challenged, Command, Empty, Padding, decode_command, encode_result};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

const LISTENER: Token = Token(usize::MAX - 1);
const EVENTS: usize = 256;
const READ_BYTES: usize = 65_536;

/// Connections that the kernel keeps until they are accepted: as many as for our server.
const BACKLOG: i32 = 4_096;

/// Where it is to listen.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct DoorOptions {
    /// Its port; a free one where it is 0.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// What it tells: where it listens.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Told {
    /// Its port.
    pub port: u16,
}

/// Where the door is, as challenges name it.
pub fn origin(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::LOCALHOST)
}

/// Runs until it is killed, as our server is; it ends with whoever started it.
pub fn run(options: DoorOptions) -> anyhow::Result<()> {
    // One that stays low fails with a message that says so.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut listener = open(options.port)?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let port = listener.local_addr()?.port();
    lines::tell(&Told { port })?;
    let (sockets, buffer, plain) = (Vec::new(), vec![0; READ_BYTES], Vec::new());
    Door { poll, listener, origin: origin(port), visitors: sockets, buffer, plain }.serve()
}

fn open(port: u16) -> anyhow::Result<TcpListener> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listen(&socket, BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

struct Door {
    poll: Poll,
    listener: TcpListener,
    origin: String,
    /// By token.
    visitors: Vec<Visitor>,
    buffer: Vec<u8>,
    /// The command in hand, without its mask.
    plain: Vec<u8>,
}

struct Visitor {
    socket: Socket,
    upgraded: bool,
    challenge: Option<Challenged>,
}

impl Door {
    fn serve(mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                polled => polled?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    token => self.ready(token.0, event.is_readable()),
                }
            }
        }
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        loop {
            let (mut stream, _) = match self.listener.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                accepted => accepted?,
            };
            stream.set_nodelay(true)?;
            let token = Token(self.visitors.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            self.visitors.push(Visitor { socket: Socket::new(stream), upgraded: false, challenge: None });
        }
    }

    fn ready(&mut self, index: usize, readable: bool) {
        let Self { visitors, buffer, plain, origin, .. } = self;
        let Some(visitor) = visitors.get_mut(index).filter(|_| readable) else { return };
        while let Some(read) = visitor.socket.read(buffer) {
            visitor.take(buffer.get(..read).unwrap_or_default(), origin, plain);
            if read < buffer.len() {
                return;
            }
        }
    }
}

impl Visitor {
    fn take(&mut self, bytes: &[u8], origin: &str, plain: &mut Vec<u8>) {
        let bytes = self.socket.whole(bytes);
        let mut used = 0;
        if !self.upgraded {
            let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") else { return self.socket.keep(&bytes) };
            used = end + 4;
            self.upgraded = true;
            self.socket.send(ANSWER);
        }
        let frames = bytes.get(used..).unwrap_or_default();
        // Nobody but our generator speaks to it: what can't be read is not answered, which the generator reports.
        let whole = frames::whole(frames, |head, payload| {
            frames::unmask(payload, head.mask.unwrap_or_default(), plain);
            self.answer(plain, origin)
        });
        self.socket.keep(whole.ok().and_then(|used| frames.get(used..)).unwrap_or_default());
    }

    fn answer(&mut self, command: &[u8], origin: &str) -> anyhow::Result<()> {
        let command = decode_command(std::str::from_utf8(command)?).ok().context("a command can't be read")?;
        let reply = if let Command::Challenge(asked) = command.command {
            let challenge = Challenged {
                algorithm: ALGORITHM.to_owned(),
                server: origin.to_owned(),
                programme: asked.programme,
                purpose: PURPOSE.to_owned(),
                nonce: BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>()),
            };
            encode_result(command.id, self.challenge.insert(challenge), Padding::Quiet)
        } else if let Command::Authenticate(answer) = command.command {
            let challenge = self.challenge.take().context("nothing was to be signed")?;
            check(&challenge, &answer)?;
            encode_result(command.id, &Empty {}, Padding::Quiet)
        } else {
            return Ok(());
        };
        let mut frame = Vec::with_capacity(reply.len() + 4);
        frames::write(frames::TEXT, &reply, &mut frame);
        self.socket.send(&frame);
        Ok(())
    }
}

fn check(challenge: &Challenged, answer: &Authenticate) -> anyhow::Result<()> {
    let (mut key, mut signature) = ([0; 32], [0; 64]);
    let decode = |text: &str, to: &mut [u8]| {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes())?;
        anyhow::ensure!(bytes.len() == to.len(), "a key or signature has another length");
        to.copy_from_slice(&bytes);
        Ok(())
    };
    decode(&answer.key, &mut key)?;
    decode(&answer.signature, &mut signature)?;
    let text = signing_text(&challenge.server, &challenge.programme, &challenge.nonce, &answer.key);
    VerifyingKey::from_bytes(&key)?.verify_strict(text.as_bytes(), &Signature::from_bytes(&signature))?;
    Ok(())
}
