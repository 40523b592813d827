//! Where log lines go: standard error, filtered, in text or JSON. Only tracing events are logged; libraries that use `log` are not heard, because
//! tungstenite's trace lines hold whole messages.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging. The filter is `KKANBU_LOG`, otherwise `default_filter`.
pub(crate) fn start(format: LogFormat, default_filter: &str) {
    let filter = EnvFilter::try_from_env("KKANBU_LOG").unwrap_or_else(|_| EnvFilter::new(default_filter));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // Otherwise a line that can't be written is told to standard error, which panics there: a full disk under the log must not end anything.
        .log_internal_errors(false)
        .with_span_events(FmtSpan::NONE);
    // A second start in one process, as tests do, keeps the first one's logging.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
