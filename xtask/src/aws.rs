//! A caller of the ElastiCache API small enough to compile at once: SigV4 over one HTTP request.
//!
//! `cargo xtask run` needs only cargo, a C compiler and make, so no SDK may be assumed.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub(crate) struct Client {
    /// `host:port` of the API.
    pub(crate) address: String,
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) region: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The text of the first element of this name.
    pub(crate) fn text(&self, element: &str) -> Option<&str> {
        text(&self.body, element)
    }
}

/// The text between the first `<element>` and its end tag.
pub(crate) fn text<'a>(xml: &'a str, element: &str) -> Option<&'a str> {
    let start = xml.find(&format!("<{element}>"))? + element.len() + 2;
    let length = xml[start..].find(&format!("</{element}>"))?;
    Some(&xml[start..start + length])
}

impl Client {
    pub(crate) fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Answer> {
        let mut form = format!("Action={action}&Version=2015-02-02");
        for (name, value) in parameters {
            write!(form, "&{name}={}", percent(value))?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let date = amz_date(now);
        let authorization = self.authorization(&date, &form);
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nX-Amz-Date: {date}\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            self.address,
            form.len()
        );
        let mut stream = TcpStream::connect(&self.address)
            .with_context(|| format!("connect to the API at {}", self.address))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(request.as_bytes())?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        let (head, body) = reply
            .split_once("\r\n\r\n")
            .context("the API answered no HTTP")?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .context("the API answered no HTTP status")?;
        Ok(Answer {
            status,
            body: body.to_owned(),
        })
    }

    /// As `call`, but an error answer is an error.
    pub(crate) fn must(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Answer> {
        let answer = self.call(action, parameters)?;
        if answer.status != 200 {
            let code = answer.text("Code").unwrap_or("?");
            bail!(
                "{action}: HTTP {} {code}: {}",
                answer.status,
                answer.text("Message").unwrap_or(&answer.body)
            );
        }
        Ok(answer)
    }

    fn authorization(&self, date: &str, form: &str) -> String {
        let day = &date[..8];
        let scope = format!("{day}/{}/elasticache/aws4_request", self.region);
        let canonical = format!(
            "POST\n/\n\nhost:{}\nx-amz-date:{date}\n\nhost;x-amz-date\n{}",
            self.address,
            hex::encode(Sha256::digest(form))
        );
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
            hex::encode(Sha256::digest(canonical))
        );
        let mut key = hmac(format!("AWS4{}", self.secret).as_bytes(), day.as_bytes());
        for part in [self.region.as_str(), "elasticache", "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        let signature = hex::encode(hmac(&key, to_sign.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}",
            self.key_id
        )
    }
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn percent(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte as char)
            }
            _ => write!(out, "%{byte:02X}").expect("a String takes all"),
        }
    }
    out
}

/// `YYYYMMDDTHHMMSSZ` of a Unix time in seconds (proleptic Gregorian calendar, counted from March).
fn amz_date(unix_seconds: u64) -> String {
    let (days, rest) = ((unix_seconds / 86_400) as i64, unix_seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_aws_reads_them() {
        assert_eq!(amz_date(0), "19700101T000000Z");
        assert_eq!(amz_date(951_782_399), "20000228T235959Z");
        assert_eq!(amz_date(951_782_400), "20000229T000000Z");
        assert_eq!(amz_date(1_795_564_799), "20261124T235959Z");
    }

    #[test]
    fn the_signing_key_matches_the_published_example() {
        let mut key = hmac(b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", b"20120215");
        for part in ["us-east-1", "iam", "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        assert_eq!(
            hex::encode(key),
            "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"
        );
    }

    #[test]
    fn an_element_is_found_by_name() {
        assert_eq!(text("<A><Port>6379</Port></A>", "Port"), Some("6379"));
        assert_eq!(text("<A></A>", "Port"), None);
    }
}
