//! The session, and the admin socket's client, against servers that follow a script over real sockets.

mod admin;
mod broken;
mod outstanding;
mod rooms;
mod script;
mod tls;
mod torn;
