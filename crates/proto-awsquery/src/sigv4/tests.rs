//! Signatures made by botocore 1.44.8 at 2026-11-25T10:00:00Z, and what spoils them.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp(1_795_600_800_000);
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const BODY: &[u8] = b"Action=DescribeCacheClusters&Version=2015-02-02";
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 \
     Credential=AKIDEXAMPLE/20261125/eu-central-1/elasticache/aws4_request, \
     SignedHeaders=content-type;host;x-amz-date, \
     Signature=62dfdb90d7430f7a36171567e03500922c4bc45b40942e3d3b7d2f49cff2b100";
const PRESIGNED: &str = "Action=DescribeCacheClusters&Version=2015-02-02&X-Amz-Algorithm=AWS4-HMAC-SHA256\
     &X-Amz-Credential=AKIDEXAMPLE%2F20261125%2Feu-central-1%2Felasticache%2Faws4_request\
     &X-Amz-Date=20261125T100000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
     &X-Amz-Security-Token=tok%2Fen%2B1%3D\
     &X-Amz-Signature=83e6b725772818f72d6faa65c9edf06177874e0cbfc7651c3ce3eb778a749edc";

fn headers(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

fn posted(authorization: &str) -> Vec<(String, String)> {
    headers(&[
        ("Host", "127.0.0.1:8600"),
        (
            "Content-Type",
            "application/x-www-form-urlencoded; charset=utf-8",
        ),
        ("X-Amz-Date", "20261125T100000Z"),
        ("Authorization", authorization),
    ])
}

fn post<'a>(headers: &'a [(String, String)], body: &'a [u8]) -> SignedRequest<'a> {
    SignedRequest {
        method: "POST",
        path: "/",
        query: "",
        headers,
        body,
    }
}

fn keys(id: &str) -> Option<String> {
    (id == "AKIDEXAMPLE").then(|| SECRET.to_owned())
}

fn check(request: &SignedRequest<'_>, now: Timestamp) -> Result<Credential, ApiError> {
    authenticate(request, &Policy::Known(&keys), now)
}

fn refusal(request: &SignedRequest<'_>, now: Timestamp) -> (String, u16, String) {
    let error = check(request, now).expect_err("a refusal");
    (error.code.into_owned(), error.status, error.message)
}

#[test]
fn the_header_form_is_verified() {
    let headers = posted(AUTHORIZATION);
    let credential = check(&post(&headers, BODY), NOW).expect("a good signature");
    assert_eq!(
        (&*credential.access_key_id, &*credential.region),
        ("AKIDEXAMPLE", "eu-central-1")
    );
}

#[test]
fn a_get_with_a_session_token_is_verified() {
    let headers = headers(&[
        ("host", "127.0.0.1:8600"),
        ("x-amz-date", "20261125T100000Z"),
        ("x-amz-security-token", "tok/en+1="),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261125/eu-central-1/elasticache/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-security-token, \
             Signature=1f55760feacd4e2c7c71ef5b3a49f86090012d90beb42f8407b69abd960c1215",
        ),
    ]);
    let query = "Action=ListTagsForResource&Version=2015-02-02&ResourceName=arn%3Aaws%3A%20x";
    let request = SignedRequest {
        method: "GET",
        path: "/",
        query,
        headers: &headers,
        body: b"",
    };
    check(&request, NOW).expect("a good signature");
    let request = SignedRequest {
        query: "Action=ListTagsForResource",
        ..request
    };
    assert_eq!(refusal(&request, NOW).0, "SignatureDoesNotMatch");
}

#[test]
fn the_presigned_form_is_verified_and_expires() {
    let headers = headers(&[("host", "127.0.0.1:8600")]);
    let request = SignedRequest {
        method: "GET",
        path: "/",
        query: PRESIGNED,
        headers: &headers,
        body: b"",
    };
    check(&request, NOW).expect("a good signature");
    check(&request, Timestamp(NOW.0 + 60_000)).expect("the last second");
    let (code, status, _) = refusal(&request, Timestamp(NOW.0 + 61_000));
    assert_eq!((&*code, status), ("RequestExpired", 400));
    let spoilt = PRESIGNED.replace("DescribeCacheClusters", "DescribeEvents");
    let (code, status, _) = refusal(
        &SignedRequest {
            query: &spoilt,
            ..request
        },
        NOW,
    );
    assert_eq!((&*code, status), ("SignatureDoesNotMatch", 403));
}

#[test]
fn a_changed_body_or_secret_does_not_match() {
    let headers = posted(AUTHORIZATION);
    let (code, status, message) = refusal(
        &post(&headers, b"Action=DescribeEvents&Version=2015-02-02"),
        NOW,
    );
    assert_eq!((&*code, status), ("SignatureDoesNotMatch", 403));
    assert!(
        message.starts_with("The request signature we calculated does not match"),
        "{message}"
    );
    let wrong = |_: &str| Some("another".to_owned());
    let error =
        authenticate(&post(&headers, BODY), &Policy::Known(&wrong), NOW).expect_err("a refusal");
    assert_eq!(error.code, "SignatureDoesNotMatch");
}

#[test]
fn an_unknown_key_is_told_apart_from_a_wrong_secret() {
    let headers = posted(&AUTHORIZATION.replace("AKIDEXAMPLE", "AKIDUNKNOWN"));
    let (code, status, message) = refusal(&post(&headers, BODY), NOW);
    assert_eq!((&*code, status), ("InvalidClientTokenId", 403));
    assert_eq!(
        message,
        "The security token included in the request is invalid."
    );
}

#[test]
fn a_clock_off_by_more_than_a_quarter_of_an_hour_is_refused() {
    let headers = posted(AUTHORIZATION);
    let request = post(&headers, BODY);
    for seconds in [-900, 900] {
        check(&request, Timestamp(NOW.0 + seconds * 1000)).expect("just within the skew");
    }
    let (code, status, message) = refusal(&request, Timestamp(NOW.0 + 901_000));
    assert_eq!((&*code, status), ("SignatureDoesNotMatch", 403));
    assert_eq!(
        message,
        "Signature expired: 20261125T100000Z is now earlier than 20261125T100001Z (20261125T101501Z - 15 min.)"
    );
    let (_, _, message) = refusal(&request, Timestamp(NOW.0 - 901_000));
    assert!(
        message.starts_with("Signature not yet current: 20261125T100000Z is still later than"),
        "{message}"
    );
}

#[test]
fn a_scope_for_elsewhere_is_refused() {
    for (from, to, text) in [
        (
            "/elasticache/",
            "/sqs/",
            "Credential should be scoped to correct service: 'elasticache'.",
        ),
        (
            "/eu-central-1/",
            "/EU Central/",
            "Credential should be scoped to a valid region.",
        ),
        (
            "/20261125/",
            "/20261124/",
            "Date in Credential scope does not match YYYYMMDD",
        ),
        (
            "/aws4_request,",
            "/aws5_request,",
            "Credential should be scoped with a valid terminator",
        ),
    ] {
        let headers = posted(&AUTHORIZATION.replace(from, to));
        let (code, _, message) = refusal(&post(&headers, BODY), NOW);
        assert_eq!(code, "SignatureDoesNotMatch", "{to}");
        assert!(message.starts_with(text), "{message}");
    }
}

#[test]
fn a_request_without_signature_is_told_so() {
    let none = headers(&[("host", "x")]);
    let (code, status, _) = refusal(&post(&none, BODY), NOW);
    assert_eq!((&*code, status), ("MissingAuthenticationToken", 403));
}

#[test]
fn an_incomplete_signature_names_what_is_missing() {
    for (header, text) in [
        ("Basic abc", "Unsupported AWS 'algorithm': 'Basic'."),
        (
            "AWS4-HMAC-SHA256 Credential=a",
            "Authorization header requires 'Signature' parameter. ",
        ),
        (
            "AWS4-HMAC-SHA256 Credential",
            "'Credential' not a valid key=value pair (missing equal-sign)",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00",
            "Credential must have exactly 5",
        ),
    ] {
        let headers = posted(header);
        let (code, status, message) = refusal(&post(&headers, BODY), NOW);
        assert_eq!((&*code, status), ("IncompleteSignature", 400), "{header}");
        assert!(message.starts_with(text), "{message}");
    }
    let mut headers = posted(AUTHORIZATION);
    headers.retain(|(name, _)| name != "X-Amz-Date");
    assert!(
        refusal(&post(&headers, BODY), NOW)
            .2
            .contains("'X-Amz-Date' or a 'Date' header")
    );
    headers.push(("X-Amz-Date".into(), "today".into()));
    assert!(
        refusal(&post(&headers, BODY), NOW)
            .2
            .starts_with("Date must be in ISO-8601 'basic format'.")
    );
}

#[test]
fn any_credentials_are_taken_for_their_scope() {
    let headers = posted(
        &AUTHORIZATION
            .replace("AKIDEXAMPLE", "test")
            .replace("62dfdb", "000000"),
    );
    let credential =
        authenticate(&post(&headers, b""), &Policy::Any, Timestamp(0)).expect("any key is taken");
    assert_eq!(
        (&*credential.access_key_id, &*credential.region),
        ("test", "eu-central-1")
    );
}

proptest! {
    /// Whatever stands in the header or the query, the end is a verdict.
    #[test]
    fn no_signature_panics(
        parts in proptest::collection::vec(
            "(AWS4-HMAC-SHA256|Credential=|/|a|20261125|aws4_request|SignedHeaders=|host|;|,| |Signature=|=|é)",
            0..16,
        ),
        date in "([0-9]{8}T[0-9]{6}Z|[ -~é]{0,20})",
        query in "(X-Amz-Algorithm=AWS4-HMAC-SHA256|X-Amz-Credential=|X-Amz-Date=|%2F|%|&|=|[0-9]|é){0,12}",
    ) {
        let header = parts.concat();
        let rows = headers(&[("host", "x"), ("x-amz-date", &date), ("authorization", &header)]);
        let _ = check(&post(&rows, BODY), NOW);
        let request = SignedRequest { method: "GET", path: "/%é", query: &query, headers: &rows[..1], body: b"" };
        let _ = check(&request, NOW);
    }
}
