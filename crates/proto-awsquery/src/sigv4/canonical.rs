//! The canonical form of a request, over which the signature is made.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::{Authorization, SignedRequest};

/// Everything but letters, digits and `-_.~` is encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// In a path the slashes stay.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Method, path, query, headers, their names and the body's digest, a line each.
pub(super) fn request(request: &SignedRequest<'_>, authorization: &Authorization) -> String {
    let mut text = format!(
        "{}\n{}\n{}\n",
        request.method,
        path(request.path),
        query(request.query, authorization.presigned)
    );
    for name in &authorization.signed_headers {
        text.push_str(name);
        text.push(':');
        text.push_str(&header(request, name));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&authorization.signed_headers.join(";"));
    text.push('\n');
    text.push_str(&hex::encode(Sha256::digest(request.body)));
    text
}

/// Outside S3 a path is encoded once more than it is sent.
fn path(sent: &str) -> String {
    if sent.is_empty() {
        "/".into()
    } else {
        utf8_percent_encode(sent, PATH).to_string()
    }
}

/// Parameters encoded anew and sorted, without the signature itself.
fn query(sent: &str, presigned: bool) -> String {
    let encode = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(text).collect();
        percent_encoding::percent_encode(&decoded, UNRESERVED).to_string()
    };
    let mut pairs: Vec<(String, String)> = sent
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A form's `+` is a space; signers encode a space as %20.
            (
                encode(&name.replace('+', "%20")),
                encode(&value.replace('+', "%20")),
            )
        })
        .filter(|(name, _)| !(presigned && name == "X-Amz-Signature"))
        .collect();
    pairs.sort();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// All values of a header, trimmed, runs of spaces made one, joined by commas.
fn header(request: &SignedRequest<'_>, name: &str) -> String {
    let values: Vec<_> = request
        .headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| {
            value
                .split(' ')
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    values.join(",")
}
