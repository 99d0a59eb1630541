//! Signature version 4, the verifying side: the header form and the presigned query
//! form. Pure: the time and the secret are given.
//!
//! Two steps, because the secret of an access key may have to be fetched in between:
//! [`Authorization::parse`] tells who claims to have signed, for which region;
//! [`Authorization::verify`] holds the claim against the secret and the clock.

mod canonical;
mod credential;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{ApiError, CommonError, Timestamp};

pub use credential::{Authorization, Credential};

/// How far a signer's clock may differ from ours.
pub const CLOCK_SKEW_MAX_SECONDS: i64 = 15 * 60;

/// The parts of an HTTP request that a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path as sent, still encoded.
    pub path: &'a str,
    /// The query string as sent, without its `?`.
    pub query: &'a str,
    /// All headers, names in any case.
    pub headers: &'a [(String, String)],
    /// The body as sent.
    pub body: &'a [u8],
}

impl SignedRequest<'_> {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Where secrets are looked up.
pub trait AccessKeys {
    /// The secret of an access key, unless the key is unknown or disabled.
    fn secret(&self, access_key_id: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> AccessKeys for F {
    fn secret(&self, access_key_id: &str) -> Option<String> {
        self(access_key_id)
    }
}

/// Whose signatures are accepted.
pub enum Policy<'a> {
    /// Those made with a known access key.
    Known(&'a dyn AccessKeys),
    /// Anybody's, unchecked; the credential scope is read all the same.
    Any,
}

/// Parses the signature of a request and holds it against the policy.
pub fn authenticate(
    request: &SignedRequest<'_>,
    policy: &Policy<'_>,
    now: Timestamp,
) -> Result<Credential, ApiError> {
    let authorization = Authorization::parse(request)?;
    if let Policy::Known(keys) = policy {
        let Some(secret) = keys.secret(&authorization.credential.access_key_id) else {
            return Err(unknown_key());
        };
        authorization.verify(request, &secret, now)?;
    }
    Ok(authorization.credential)
}

/// The answer to an access key that is not known.
pub fn unknown_key() -> ApiError {
    CommonError::InvalidClientTokenId.with("The security token included in the request is invalid.")
}

impl Authorization {
    /// Checks scope, clock and signature, in that order.
    pub fn verify(
        &self,
        request: &SignedRequest<'_>,
        secret: &str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.check_scope()?;
        self.check_clock(now.0.div_euclid(1000))?;
        let canonical = canonical::request(request, self);
        let scope = self.credential.scope();
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.signed_at,
            hex::encode(Sha256::digest(canonical))
        );
        let claimed = hex::decode(&self.signature).map_err(|_| mismatch())?;
        let mut mac = keyed(&signing_key(secret, &self.credential));
        mac.update(to_sign.as_bytes());
        // Compares in constant time.
        mac.verify_slice(&claimed).map_err(|_| mismatch())
    }

    fn check_clock(&self, now: i64) -> Result<(), ApiError> {
        let signed = self.signed_at_seconds;
        let expired = CommonError::SignatureDoesNotMatch;
        if let Some(lifetime) = self.expires_seconds {
            if now > signed.saturating_add(lifetime) {
                return Err(CommonError::RequestExpired.with("Request has expired."));
            }
        } else if now - signed > CLOCK_SKEW_MAX_SECONDS {
            return Err(expired.with(format!(
                "Signature expired: {} is now earlier than {} ({} - 15 min.)",
                self.signed_at,
                credential::basic_format(now - CLOCK_SKEW_MAX_SECONDS),
                credential::basic_format(now),
            )));
        }
        if signed - now > CLOCK_SKEW_MAX_SECONDS {
            return Err(expired.with(format!(
                "Signature not yet current: {} is still later than {} ({} + 15 min.)",
                self.signed_at,
                credential::basic_format(now + CLOCK_SKEW_MAX_SECONDS),
                credential::basic_format(now),
            )));
        }
        Ok(())
    }
}

fn mismatch() -> ApiError {
    CommonError::SignatureDoesNotMatch.with(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details.",
    )
}

fn signing_key(secret: &str, credential: &Credential) -> Vec<u8> {
    let first = hmac(format!("AWS4{secret}").as_bytes(), &credential.date);
    let second = hmac(&first, &credential.region);
    let third = hmac(&second, &credential.service);
    hmac(&third, "aws4_request")
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = keyed(key);
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests;
