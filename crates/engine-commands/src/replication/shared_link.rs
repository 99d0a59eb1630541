//! Who may open a replication link.

use engine_dispatch::{Cx, Error};

/// On a managed node (`elastane-link-user` is set) only the hidden link user may.
///
/// # Errors
/// NOPERM.
pub(super) fn permit(cx: &Cx<'_>) -> Result<(), Error> {
    let managed = !cx
        .server
        .config
        .bytes(params::ELASTANE_LINK_USER)
        .is_empty();
    if !managed || cx.client.link_user {
        return Ok(());
    }
    let user = cx.client.info.text.lock().user.clone();
    let command = &cx.command.full_name;
    Err(Error::new(format!(
        "NOPERM User {user} has no permissions to run the '{command}' command"
    )))
}

/// A replica may be followed only while it follows its primary.
///
/// # Errors
/// NOMASTERLINK.
pub(super) fn has_data(cx: &Cx<'_>) -> Result<(), Error> {
    let up = cx.server.link_up.load(std::sync::atomic::Ordering::Relaxed);
    if cx.server.is_replica() && !up {
        return Err(Error::new(
            "NOMASTERLINK Can't SYNC while not connected with my master",
        ));
    }
    Ok(())
}
