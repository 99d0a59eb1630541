//! From an HTTP request to its answer: who asks, for what, and what comes of it.

use control_model::{AccessKey, Scope, Timestamp, keys};
use control_store::StoreExt;
use proto_awsquery::sigv4::{self, Authorization, SignedRequest};
use proto_awsquery::{API_VERSION, ApiError, CommonError, Form, encode, operations};
use uuid::Uuid;

use crate::call::{Call, store_failed};
use crate::context::{ApiContext, Credentials};
use crate::dispatch::dispatch;
use crate::http::{HttpRequest, HttpResponse};

/// No request of the API comes near; beyond it is a mistake or an attack.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Answers one request.
pub async fn handle(context: &ApiContext, request: &HttpRequest) -> HttpResponse {
    let request_id = Uuid::new_v4().to_string();
    let (status, body) = match answer(context, request, &request_id).await {
        Ok(xml) => (200, xml),
        Err(error) => {
            if error.status >= 500 {
                tracing::error!(%error, request_id, "a request failed");
            } else {
                tracing::debug!(%error, request_id, "a request was refused");
            }
            (error.status, encode::error(&error, &request_id))
        }
    };
    let headers = vec![
        ("content-type", "text/xml".to_owned()),
        ("x-amzn-requestid", request_id),
    ];
    HttpResponse {
        status,
        headers,
        body,
    }
}

async fn answer(
    context: &ApiContext,
    request: &HttpRequest,
    request_id: &str,
) -> Result<String, ApiError> {
    if request.body.len() > BODY_BYTES_MAX {
        return Err(CommonError::RequestEntityTooLarge.with(format!(
            "A request body may have at most {BODY_BYTES_MAX} bytes."
        )));
    }
    let (path, query) = request.uri.split_once('?').unwrap_or((&request.uri, ""));
    let signed = SignedRequest {
        method: &request.method,
        path,
        query,
        headers: &request.headers,
        body: &request.body,
    };
    let scope = authenticate(context, &signed, request.now).await?;
    let mut form = Form::parse(query.as_bytes());
    form.extend(&request.body);
    let action = form.action()?;
    let version = form.get("Version").unwrap_or(API_VERSION);
    let Some(operation) = operations::find(action).filter(|_| version == API_VERSION) else {
        return Err(CommonError::InvalidAction.with(format!(
            "Could not find operation {action} for version {version}"
        )));
    };
    let call = Call {
        store: context.store.clone(),
        nudge: context.nudge.clone(),
        scope,
        now: request.now,
        request_id: request_id.to_owned(),
    };
    match dispatch(&call, operation.name, &form).await {
        Some(answer) => answer,
        None => Err(CommonError::InvalidAction.with(format!(
            "{} is not carried out by this version of Elastane; see docs/reference/actions.md",
            operation.name
        ))),
    }
}

/// Who asks decides the account, the credential scope the region.
async fn authenticate(
    context: &ApiContext,
    request: &SignedRequest<'_>,
    now: Timestamp,
) -> Result<Scope, ApiError> {
    let authorization = Authorization::parse(request)?;
    let account = match context.credentials {
        Credentials::Any => context.account.clone(),
        Credentials::Checked => {
            let key = keys::credential(&authorization.credential.access_key_id);
            let found = context
                .store
                .get_json::<AccessKey>(&key)
                .await
                .map_err(store_failed)?;
            let (key, _) = found.ok_or_else(sigv4::unknown_key)?;
            authorization.verify(request, &key.secret, proto_time(now))?;
            key.account
        }
    };
    Scope::new(&account, &authorization.credential.region).map_err(|_| {
        CommonError::SignatureDoesNotMatch.with("Credential should be scoped to a valid region.")
    })
}

/// The model counts time from 1970 without a sign, the wire with one.
pub(crate) fn proto_time(time: Timestamp) -> proto_awsquery::Timestamp {
    proto_awsquery::Timestamp(i64::try_from(time.0).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Api, NOW};

    /// HTTP servers move the answer's future between threads.
    #[tokio::test]
    async fn the_future_can_move_between_threads() {
        fn moves<T: Send>(future: T) -> T {
            future
        }
        let api = Api::start().await;
        let request = api.request("DescribeEvents", "");
        assert_eq!(moves(handle(&api.context, &request)).await.status, 200);
    }

    #[tokio::test]
    async fn operations_not_carried_out_say_so() {
        let api = Api::start().await;
        let refusal = api
            .refusal(
                "CreateServerlessCache",
                "ServerlessCacheName=s&Engine=redis",
            )
            .await;
        refusal.is(
            400,
            "InvalidAction",
            "CreateServerlessCache is not carried out by this version of Elastane; see docs/reference/actions.md",
        );
    }

    #[tokio::test]
    async fn unknown_operations_and_versions_are_told_apart() {
        let api = Api::start().await;
        let refusal = api.refusal("CreateCache", "").await;
        refusal.is(
            400,
            "InvalidAction",
            "Could not find operation CreateCache for version 2015-02-02",
        );
        let refusal = api.refusal("DescribeEvents", "Version=2014-09-30").await;
        refusal.is(
            400,
            "InvalidAction",
            "Could not find operation DescribeEvents for version 2014-09-30",
        );
        assert_eq!(api.refusal("", "").await.code, "MissingAction");
    }

    #[tokio::test]
    async fn a_body_without_end_is_refused() {
        let api = Api::start().await;
        assert_eq!(
            api.refusal("DescribeEvents", &"a=b&".repeat(300_000))
                .await
                .status,
            413
        );
    }

    #[tokio::test]
    async fn an_answer_carries_its_request_id_twice() {
        let api = Api::start().await;
        let answer = api.send("DescribeEvents", "").await;
        assert_eq!(answer.status, 200);
        let id = &answer
            .headers
            .iter()
            .find(|(name, _)| *name == "x-amzn-requestid")
            .expect("a request id")
            .1;
        assert!(
            answer
                .body
                .contains(&format!("<RequestId>{id}</RequestId>"))
        );
    }

    #[tokio::test]
    async fn signatures_are_checked_against_the_stores_keys() {
        let api = Api::start().await;
        let mut context = api.context.clone();
        context.credentials = Credentials::Checked;
        let request = api.request("DescribeEvents", "");
        let unknown = handle(&context, &request).await;
        assert_eq!(unknown.status, 403);
        assert!(
            unknown.body.contains("<Code>InvalidClientTokenId</Code>"),
            "{}",
            unknown.body
        );
        api.put(&AccessKey {
            id: "test".into(),
            secret: "secret".into(),
            account: "1".into(),
            created_at: NOW,
        })
        .await;
        let wrong = handle(&context, &request).await;
        assert_eq!(wrong.status, 403);
        assert!(
            wrong.body.contains("<Code>SignatureDoesNotMatch</Code>"),
            "{}",
            wrong.body
        );
    }

    #[tokio::test]
    async fn a_request_without_signature_is_refused_in_every_mode() {
        let api = Api::start().await;
        let mut request = api.request("DescribeEvents", "");
        request.headers.retain(|(name, _)| name != "authorization");
        let answer = handle(&api.context, &request).await;
        assert_eq!(answer.status, 403);
        assert!(
            answer
                .body
                .contains("<Code>MissingAuthenticationToken</Code>"),
            "{}",
            answer.body
        );
    }
}
