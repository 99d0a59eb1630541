//! Clients of an endpoint that nobody serves wait in its queue for the next
//! server; after two seconds the agent accepts and resets them, so that they
//! learn of it.

use std::sync::Arc;
use std::time::Duration;

use crate::endpoints::Endpoints;
use crate::socket;

/// How long clients are left to wait.
const PATIENCE: Duration = Duration::from_secs(2);
const PERIOD: Duration = Duration::from_millis(100);

pub(crate) async fn run(endpoints: Arc<Endpoints>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        for listener in endpoints.unserved(PATIENCE) {
            socket::reset_waiting(&listener);
        }
    }
}
