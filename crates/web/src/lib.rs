//! The page, built and embedded. `page/` holds its sources, `dist/` what `npm run build` made of them; `cargo build` needs no
//! Node, and `cargo xtask test` proves that `dist/` is current.

use data_encoding::HEXLOWER;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "dist/"]
struct Dist;

/// A file of the page.
#[derive(Debug, Clone)]
pub struct File {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
    /// Whether its name changes with its content.
    pub immutable: bool,
    /// Changes with its content.
    pub etag: String,
}

/// All files of the page, by path without a leading slash.
pub fn files() -> impl Iterator<Item = (String, File)> {
    Dist::iter().filter_map(|path| Dist::get(&path).map(|file| (path.to_string(), described(&path, file))))
}

fn described(path: &str, file: EmbeddedFile) -> File {
    let hash = file.metadata.sha256_hash();
    File {
        bytes: file.data.into_owned(),
        media_type: media_type(path),
        // Vite puts a hash of the content into the names of what it bundles.
        immutable: path.starts_with("assets/"),
        etag: format!("\"{}\"", HEXLOWER.encode(&hash)),
    }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some("json") => "application/json",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_is_there_and_brings_nothing_from_elsewhere() {
        let files: Vec<_> = super::files().collect();
        let (_, page) = files.iter().find(|(path, _)| path == "index.html").expect("run npm run build in page/");
        let html = String::from_utf8(page.bytes.clone()).expect("the page is UTF-8");
        assert!(!html.contains("http://") && !html.contains("https://"), "the page names another origin");
        assert!(
            !html.contains("<style") && !html.contains("style="),
            "inline style breaks the content security policy"
        );
        assert!(!html.contains("<script>"), "inline script breaks the content security policy");
        assert!(
            files.iter().all(|(path, file)| file.media_type != "application/octet-stream" || path.starts_with('.'))
        );
    }
}
