//! The shop over HTTP.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::shop::Shop;

pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/products/{id}", get(product))
        .route("/sessions/{token}", get(session))
        .route("/leaderboard", get(leaderboard))
        .route("/orders/{product}", post(order))
        .with_state(shop)
}

async fn product(State(shop): State<Arc<Shop>>, Path(id): Path<i64>) -> Response {
    page(shop.product(id).await)
}

async fn session(State(shop): State<Arc<Shop>>, Path(token): Path<i64>) -> Response {
    page(shop.session(token).await)
}

async fn leaderboard(State(shop): State<Arc<Shop>>) -> Response {
    page(
        shop.leaders()
            .await
            .and_then(|leaders| Ok(Some(serde_json::to_string(&leaders)?))),
    )
}

async fn order(State(shop): State<Arc<Shop>>, Path(product): Path<i64>) -> Response {
    page(shop.order(product).await.map(|()| Some("{}".to_owned())))
}

fn page(result: Result<Option<String>>) -> Response {
    match result {
        Ok(Some(page)) => ([(header::CONTENT_TYPE, "application/json")], page).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}
