//! What a request says about its signature: who, when, for what, over which headers.

use crate::sigv4::SignedRequest;
use crate::{ApiError, CommonError, SERVICE};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// A presigned request lives at most a week.
const EXPIRES_MAX_SECONDS: i64 = 7 * 24 * 3600;

/// The credential of a signature: the access key and the scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The access key.
    pub access_key_id: String,
    /// The day of signing, `YYYYMMDD`.
    pub date: String,
    /// The region the request is meant for.
    pub region: String,
    /// The service the request is meant for.
    pub service: String,
    /// The last part, `aws4_request`.
    pub terminator: String,
}

impl Credential {
    /// `KEY/YYYYMMDD/region/service/aws4_request`. A key may contain slashes.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(5, '/');
        let terminator = parts.next()?.to_owned();
        let service = parts.next()?.to_owned();
        let region = parts.next()?.to_owned();
        let date = parts.next()?.to_owned();
        let access_key_id = parts.next()?.to_owned();
        Some(Self {
            access_key_id,
            date,
            region,
            service,
            terminator,
        })
    }

    pub(crate) fn scope(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.date, self.region, self.service, self.terminator
        )
    }
}

/// A request's signature, parsed but not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Access key and scope.
    pub credential: Credential,
    /// The headers covered, in the order given, in small letters.
    pub signed_headers: Vec<String>,
    /// The signature, hexadecimal.
    pub signature: String,
    /// The time of signing as the request spells it.
    pub signed_at: String,
    /// The same in seconds since the epoch.
    pub signed_at_seconds: i64,
    /// How long a presigned request lives; none for the header form.
    pub expires_seconds: Option<i64>,
    /// Whether the signature stands in the query string.
    pub presigned: bool,
}

impl Authorization {
    /// Finds and parses the signature of a request.
    pub fn parse(request: &SignedRequest<'_>) -> Result<Self, ApiError> {
        match request.header("authorization") {
            Some(header) => Self::from_header(request, header),
            None if request.query.contains("X-Amz-Algorithm=") => Self::from_query(request),
            None => Err(CommonError::MissingAuthenticationToken
                .with("Request is missing Authentication Token")),
        }
    }

    fn from_header(request: &SignedRequest<'_>, header: &str) -> Result<Self, ApiError> {
        let (algorithm, rest) = header.trim().split_once(' ').unwrap_or((header, ""));
        if algorithm != ALGORITHM {
            return Err(incomplete(format!(
                "Unsupported AWS 'algorithm': '{algorithm}'. Authorization requires '{ALGORITHM}'."
            )));
        }
        let (mut credential, mut signature, mut headers) = (None, None, None);
        for pair in rest
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
        {
            match pair.split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                Some(("SignedHeaders", value)) => headers = Some(value),
                Some(_) => {}
                None => {
                    return Err(incomplete(format!(
                        "'{pair}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
                    )));
                }
            }
        }
        let date = request
            .header("x-amz-date")
            .or_else(|| request.header("date"));
        let mut missing = String::new();
        for (name, part) in [
            ("Credential", credential),
            ("Signature", signature),
            ("SignedHeaders", headers),
        ] {
            if part.is_none_or(str::is_empty) {
                missing.push_str(&format!(
                    "Authorization header requires '{name}' parameter. "
                ));
            }
        }
        if date.is_none() {
            missing.push_str("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
        }
        let (Some(credential), Some(signature), Some(headers), Some(date), "") =
            (credential, signature, headers, date, missing.as_str())
        else {
            return Err(incomplete(format!("{missing}Authorization={header}")));
        };
        Self::assemble(credential, headers, signature, date, None)
    }

    fn from_query(request: &SignedRequest<'_>) -> Result<Self, ApiError> {
        let mut given = [const { None }; 6];
        const NAMES: [&str; 6] = [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature",
            "X-Amz-Date",
            "X-Amz-Expires",
        ];
        for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
            if let Some(at) = NAMES.iter().position(|known| *known == name) {
                given[at] = Some(value.into_owned());
            }
        }
        let [algorithm, credential, headers, signature, date, expires] = given;
        if algorithm.as_deref() != Some(ALGORITHM) {
            return Err(incomplete(format!(
                "AWS query-string parameters must include '{ALGORITHM}' as X-Amz-Algorithm."
            )));
        }
        let (Some(credential), Some(headers), Some(signature), Some(date)) =
            (credential, headers, signature, date)
        else {
            return Err(incomplete(
                "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', \
                 'X-Amz-SignedHeaders' and 'X-Amz-Signature'.",
            ));
        };
        let expires = match expires.as_deref().map(str::parse::<i64>) {
            // Without a lifetime a presigned request is held to the clock like any other.
            None => None,
            Some(Ok(seconds)) if (1..=EXPIRES_MAX_SECONDS).contains(&seconds) => Some(seconds),
            Some(_) => {
                return Err(incomplete(
                    "X-Amz-Expires must be a number of seconds from 1 to 604800.",
                ));
            }
        };
        let parsed = Self::assemble(&credential, &headers, &signature, &date, expires)?;
        Ok(Self {
            presigned: true,
            ..parsed
        })
    }

    fn assemble(
        credential: &str,
        headers: &str,
        signature: &str,
        date: &str,
        expires_seconds: Option<i64>,
    ) -> Result<Self, ApiError> {
        let Some(credential) = Credential::parse(credential) else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
                 '{credential}'"
            )));
        };
        let Some((signed_at, signed_at_seconds)) = signing_time(date) else {
            return Err(incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
            )));
        };
        let signed_headers: Vec<_> = headers.split(';').map(str::to_ascii_lowercase).collect();
        if !signed_headers.iter().any(|name| name == "host") {
            return Err(CommonError::SignatureDoesNotMatch.with(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        Ok(Self {
            credential,
            signed_headers,
            signature: signature.to_owned(),
            signed_at,
            signed_at_seconds,
            expires_seconds,
            presigned: false,
        })
    }

    /// Whether the scope names a region, this service, and the day of signing.
    pub(super) fn check_scope(&self) -> Result<(), ApiError> {
        let refuse = |message: String| Err(CommonError::SignatureDoesNotMatch.with(message));
        let Credential {
            date,
            region,
            service,
            terminator,
            ..
        } = &self.credential;
        if terminator != "aws4_request" {
            return refuse(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'."
            ));
        }
        if service != SERVICE {
            return refuse(format!(
                "Credential should be scoped to correct service: '{SERVICE}'."
            ));
        }
        if !is_region(region) {
            return refuse("Credential should be scoped to a valid region.".into());
        }
        let day = self.signed_at.get(..8).unwrap_or_default();
        if date != day {
            return refuse(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != \
                 '{day}', from '{}'.",
                self.signed_at
            ));
        }
        Ok(())
    }
}

/// Whether this could be a region's name. Which regions exist is not for us to say.
fn is_region(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A time in seconds as `20150202T182218Z`.
pub(super) fn basic_format(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%Y%m%dT%H%M%SZ").to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// Reads `20150202T182218Z`, or the RFC 2822 form of a `Date` header. Answers the basic
/// form, which is what the signature covers.
fn signing_time(text: &str) -> Option<(String, i64)> {
    let bytes = text.as_bytes();
    let basic = bytes.len() == 16
        && bytes[8] == b'T'
        && bytes[15] == b'Z'
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| i == 8 || i == 15 || b.is_ascii_digit());
    let time = if basic {
        text.parse::<jiff::Timestamp>().ok()?
    } else {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text)
            .ok()?
    };
    let seconds = time.as_second();
    Some((basic_format(seconds), seconds))
}

fn incomplete(message: impl Into<String>) -> ApiError {
    CommonError::IncompleteSignature.with(message)
}
