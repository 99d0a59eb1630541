//! HTTP around the API: requests are turned into plain data and back, nothing more.

use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use control_api::{ApiContext, HttpRequest, HttpResponse, handle};

/// One byte more than the API takes; it refuses what is longer.
const BODY_BYTES_MAX: usize = (1 << 20) + 1;

pub(crate) fn router(context: ApiContext) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(answer)
        .with_state(context)
}

async fn answer(State(context): State<ApiContext>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    let body = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => body.to_vec(),
        // Too long, or the client went away: the API answers the first, the
        // second hears no answer.
        Err(_) => vec![0; BODY_BYTES_MAX],
    };
    let uri = parts.uri.path_and_query().map_or("/", |pq| pq.as_str());
    let request = HttpRequest {
        method: parts.method.as_str().to_owned(),
        uri: uri.to_owned(),
        headers,
        body,
        now: SystemTime::now().into(),
    };
    response(handle(&context, &request).await)
}

fn response(answer: HttpResponse) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use control_api::Credentials;
    use control_store::EmbeddedStore;
    use std::sync::Arc;
    use tower::ServiceExt;

    async fn ask(request: Request) -> (StatusCode, String, Option<String>) {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&dir.path().join("s.redb"))
            .await
            .unwrap();
        let context = ApiContext {
            store: Arc::new(store),
            credentials: Credentials::Any,
            account: "123456789012".to_owned(),
            nudge: Arc::new(|| {}),
        };
        let response = router(context).oneshot(request).await.unwrap();
        let status = response.status();
        let kind = response.headers().get("content-type").cloned();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let kind = kind.map(|k| k.to_str().unwrap().to_owned());
        (status, String::from_utf8(body.to_vec()).unwrap(), kind)
    }

    #[tokio::test]
    async fn health_is_told_without_a_signature() {
        let (status, body, _) = ask(Request::get("/healthz").body(Body::empty()).unwrap()).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "ok\n"));
    }

    #[tokio::test]
    async fn everything_else_is_the_apis_to_answer() {
        let body = Body::from("Action=DescribeReplicationGroups&Version=2015-02-02");
        let (status, body, kind) = ask(Request::post("/").body(body).unwrap()).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(body.contains("<ErrorResponse"), "{body}");
        assert_eq!(kind.as_deref(), Some("text/xml"));
    }

    #[tokio::test]
    async fn a_body_too_long_is_the_apis_to_refuse() {
        let body = Body::from(vec![b'a'; BODY_BYTES_MAX + 1]);
        let (status, _, _) = ask(Request::post("/").body(body).unwrap()).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
