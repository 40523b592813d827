//! The wire against `proto/`, which is all that people who write a client have.
//!
//! Table of contents:
//!
//! - `files`: reading `proto/`
//! - `commands`: frames of clients that are taken, and frames that are refused and how
//! - `server`: replies, pushes and rejections, byte for byte and read back
//! - `values`: bodies, padding, close codes and the text to sign
//! - `quiet`: the list of everything that clients are ever told (promise P4)
//! - `admin`: the admin socket's lines, and the list of everything that moderators are ever told
//! - `properties`: whatever a client sends is one command or one refusal

#[cfg(test)]
mod admin;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod files;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod quiet;
#[cfg(test)]
mod server;
#[cfg(test)]
mod values;
