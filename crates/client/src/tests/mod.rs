//! The session against a server that follows a script, over real sockets on the loopback.

mod broken;
mod outstanding;
mod rooms;
mod script;
mod tls;
mod torn;
