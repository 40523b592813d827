//! Hands the embedded page to the gateway, which does not know where it comes from.

use kkanbu_gateway::{Asset, Assets};
use std::collections::HashMap;
use std::sync::Arc;

/// The files of the page by path; the empty path is the page itself.
pub(crate) fn assets() -> Assets {
    let files: HashMap<String, Asset> = kkanbu_web::files()
        .map(|(path, file)| {
            let asset = Asset {
                bytes: file.bytes.into(),
                media_type: file.media_type.to_owned(),
                immutable: file.immutable,
                etag: file.etag,
            };
            (if path == "index.html" { String::new() } else { path }, asset)
        })
        .collect();
    Arc::new(move |path| files.get(path).cloned())
}
