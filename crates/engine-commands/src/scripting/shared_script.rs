//! What the commands that run scripts have in common.

use engine_dispatch::Flags;

/// Flags of every command that runs a script or a function.
pub(crate) const SCRIPT_FLAGS: Flags = Flags::NOSCRIPT
    .union(Flags::STALE)
    .union(Flags::SKIP_MONITOR)
    .union(Flags::NO_MANDATORY_KEYS)
    .union(Flags::MOVABLE_KEYS);
