//! What ElastiCache says of the parameters it has in its parameter groups.

use crate::table::{self, Id};

/// When a change of a parameter group reaches a running node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// At once.
    Immediate,
    /// When the node is started again.
    Reboot,
}

/// A parameter as ElastiCache's parameter groups show it.
#[derive(Clone, Copy, Debug)]
pub struct Managed {
    /// The engine's parameter.
    pub id: Id,
    /// `AllowedValues`.
    pub allowed: &'static str,
    /// `DataType`: `string` or `integer`.
    pub data_type: &'static str,
    /// `IsModifiable`.
    pub modifiable: bool,
    /// `ChangeType`.
    pub applied: Applied,
}

impl Managed {
    /// `ParameterName`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.id.name()
    }
}

/// What ElastiCache says of a parameter, if it has it.
#[must_use]
pub fn managed(id: Id) -> Option<&'static Managed> {
    MANAGED.iter().find(|entry| entry.id == id)
}

const fn immediate(id: Id, data_type: &'static str, allowed: &'static str) -> Managed {
    Managed {
        id,
        allowed,
        data_type,
        modifiable: true,
        applied: Applied::Immediate,
    }
}

const MANAGED: &[Managed] = &[
    immediate(table::ACTIVEDEFRAG, "string", "yes,no"),
    immediate(
        table::MAXMEMORY_POLICY,
        "string",
        "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction",
    ),
    immediate(table::MAXMEMORY_SAMPLES, "integer", "1-"),
    immediate(table::TCP_KEEPALIVE, "integer", "0-"),
    immediate(table::TIMEOUT, "integer", "0,20-"),
    immediate(table::SLOWLOG_LOG_SLOWER_THAN, "integer", "-1-"),
    immediate(table::SLOWLOG_MAX_LEN, "integer", "0-"),
];
