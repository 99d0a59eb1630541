//! What the API needs of the process around it.

use std::fmt;
use std::sync::Arc;

use control_store::Store;

/// Whose requests are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Requests signed with an access key of the store.
    Checked,
    /// Any request that names a region in its credential scope. Only for a service
    /// bound to loopback.
    Any,
}

/// The API's surroundings; cheap to clone.
#[derive(Clone)]
pub struct ApiContext {
    /// Where desired state is kept.
    pub store: Arc<dyn Store>,
    /// Whose requests are accepted.
    pub credentials: Credentials,
    /// The account of requests under [`Credentials::Any`]; an access key names its own.
    pub account: String,
    /// Called after every change, to wake the reconcilers.
    pub nudge: Arc<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for ApiContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiContext")
            .field("credentials", &self.credentials)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
