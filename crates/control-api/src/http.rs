//! A request and its answer as plain data, so that any HTTP server can carry them.

use control_model::Timestamp;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query as sent, still encoded.
    pub uri: String,
    /// All headers, names in any case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// When it arrived.
    pub now: Timestamp,
}

/// The answer to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The headers, length and date apart.
    pub headers: Vec<(&'static str, String)>,
    /// XML.
    pub body: String,
}
