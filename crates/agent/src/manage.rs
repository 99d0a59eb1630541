//! A keeper's talk with its living node: readiness, adoption, role, endpoints, probes.

use std::time::{Duration, Instant};

use control_model::{EndpointKind, NodeObserved, NodeSpec, RoleSpec};
use node_api::{LinkState, NodeRole, Reply, Request, Status};

use crate::admin;
use crate::config_file::LINK_USER;
use crate::error::AgentError;
use crate::keeper::{Keeper, PROBE_PERIOD, Probe};
use crate::paths::node_id;
use crate::probe;
use crate::process::Process;

/// How long a new process may take until its admin socket answers.
const READY_TIME: Duration = Duration::from_secs(30);
/// Between two looks at a node that is on its way to what it should be.
const EAGER_PERIOD: Duration = Duration::from_millis(20);
const SYNC_PERIOD: Duration = Duration::from_millis(100);

impl Keeper {
    /// Brings a living node in line; returns how long to wait.
    pub(crate) async fn manage(&mut self, spec: &NodeSpec) -> Duration {
        if !self.ready {
            match self.greet(spec).await {
                Ok(()) => {
                    self.ready = true;
                    self.misses = 0;
                }
                Err(error) => return self.not_ready(&error).await,
            }
        }
        let hung = self.misses >= NodeObserved::HUNG_AFTER;
        for kind in &self.served {
            if let Some(key) = self.endpoint(*kind) {
                self.shared.endpoints.set_alive(&key, &self.key.1, !hung);
            }
        }
        if hung {
            return PROBE_PERIOD;
        }
        match self.align(spec).await {
            Ok(()) if self.is_as_it_should_be(spec) => PROBE_PERIOD,
            Ok(()) => SYNC_PERIOD,
            Err(error) => {
                tracing::warn!(node = %self.key.1, %error, "a node did not follow; trying again");
                SYNC_PERIOD
            }
        }
    }

    async fn not_ready(&mut self, error: &AgentError) -> Duration {
        if self.started.elapsed() < READY_TIME {
            return EAGER_PERIOD;
        }
        if self.process.as_ref().is_some_and(Process::is_adopted) {
            // It may hold the only copy of its data: whether it goes is decided
            // as for any other node that hangs.
            self.misses = NodeObserved::HUNG_AFTER;
            return PROBE_PERIOD;
        }
        tracing::error!(node = %self.key.1, %error, "a node did not become ready; it is killed");
        if let Some(process) = &self.process {
            process.kill().await;
        }
        self.has_ended(false, Some("it did not become ready"));
        PROBE_PERIOD
    }

    /// The first talk of this session: who is it, how is it, what listeners has
    /// it from an earlier session.
    async fn greet(&mut self, spec: &NodeSpec) -> Result<(), AgentError> {
        let data = self.record.as_ref().map_or(spec.data, |r| r.data);
        let expected = node_id(spec, data);
        let socket = self.admin_socket();
        let greeting = admin::ask(&socket, move |admin| {
            let hello = admin.hello()?;
            if hello.node_id != expected {
                return Err(AgentError::OtherNode(hello.node_id));
            }
            let returned = match admin.request(&Request::ReturnListeners, &[])? {
                (Reply::Listeners { endpoints }, fds) => endpoints.into_iter().zip(fds).collect(),
                _ => Vec::new(),
            };
            Ok((admin.status()?, returned))
        });
        let (status, returned) = greeting.await?;
        for (kind, listener) in returned {
            if let Some(key) = self.endpoint(kind) {
                self.shared.endpoints.hand_back(&key, listener);
                self.shared.endpoints.set_serving(&key, &self.key.1, true);
            }
        }
        self.status = Some(status);
        Ok(())
    }

    /// Role first, then endpoints: new ones before old ones are given up.
    async fn align(&mut self, spec: &NodeSpec) -> Result<(), AgentError> {
        let mut changed = false;
        if self.epoch() < spec.role.epoch() {
            self.order(role_order(spec)).await?;
            self.refresh().await?;
        }
        for kind in &spec.serves {
            if self.may_serve(spec, *kind) && !self.serves(*kind) {
                changed |= self.serve(*kind).await?;
            }
        }
        let held: Vec<_> = self.status.iter().flat_map(|s| s.serving.clone()).collect();
        for kind in held {
            if !spec.serves.contains(&kind) && kind != EndpointKind::Node {
                self.order(Request::StopServing { endpoint: kind }).await?;
                self.served.remove(&kind);
                if let Some(key) = self.endpoint(kind) {
                    self.shared.endpoints.set_serving(&key, &self.key.1, false);
                }
                changed = true;
            }
        }
        if changed {
            self.refresh().await?;
        }
        Ok(())
    }

    fn epoch(&self) -> u64 {
        self.status.as_ref().map_or(0, |s| s.epoch)
    }

    /// Handed over in this session, and the node says so.
    fn serves(&self, kind: EndpointKind) -> bool {
        let told = self
            .status
            .as_ref()
            .is_some_and(|s| s.serving.contains(&kind));
        told && self.served.contains(&kind)
    }

    /// Only the primary of the assignment's epoch gets the primary endpoint.
    fn may_serve(&self, spec: &NodeSpec, kind: EndpointKind) -> bool {
        let Some(status) = &self.status else {
            return false;
        };
        let in_epoch = status.epoch == spec.role.epoch();
        in_epoch && (kind != EndpointKind::Primary || status.role == NodeRole::Primary)
    }

    /// False: there is no listener yet.
    async fn serve(&mut self, kind: EndpointKind) -> Result<bool, AgentError> {
        let Some(key) = self.endpoint(kind) else {
            return Ok(false);
        };
        let Some(handover) = self.shared.endpoints.handover(&key, &self.key.1) else {
            return Ok(false);
        };
        let request = Request::Serve {
            endpoint: kind,
            member: handover.member,
        };
        admin::order(&self.admin_socket(), request, handover.descriptors).await?;
        self.served.insert(kind);
        self.shared.endpoints.set_serving(&key, &self.key.1, true);
        Ok(true)
    }

    async fn order(&self, request: Request) -> Result<(), AgentError> {
        admin::order(&self.admin_socket(), request, Vec::new()).await
    }

    async fn refresh(&mut self) -> Result<(), AgentError> {
        self.status = Some(admin::status(&self.admin_socket()).await?);
        Ok(())
    }

    fn is_as_it_should_be(&self, spec: &NodeSpec) -> bool {
        let Some(status) = &self.status else {
            return false;
        };
        let linked = status.role == NodeRole::Primary || status.link == LinkState::Up;
        let served = spec.serves.iter().all(|kind| self.serves(*kind));
        linked && served && !status.loading && status.epoch == spec.role.epoch()
    }

    /// How long until the data port is to be asked again, so that silences come
    /// a second apart although each takes a second to be one.
    pub(crate) fn until_ping(&self) -> Duration {
        match self.pinged {
            Some(at) if self.ready && !self.probing => PROBE_PERIOD.saturating_sub(at.elapsed()),
            _ => PROBE_PERIOD,
        }
    }

    /// Looks at the node without holding up the keeper.
    pub(crate) fn start_probe(&mut self, spec: &NodeSpec) {
        if self.probing || !self.ready {
            return;
        }
        let due = self.pinged.is_none_or(|t| t.elapsed() >= PROBE_PERIOD);
        if due {
            self.pinged = Some(Instant::now());
        }
        self.probing = true;
        let (socket, address) = (self.admin_socket(), spec.listen);
        let process = self.record.as_ref().map_or(0, |r| r.process);
        let answers = self.probes.0.clone();
        tokio::spawn(async move {
            let status = async { admin::status(&socket).await.ok() };
            let ping = async {
                match due {
                    true => Some(probe::ping(address).await),
                    false => None,
                }
            };
            let (status, ping) = tokio::join!(status, ping);
            let probe = Probe {
                process,
                status,
                ping,
            };
            let _ = answers.send(probe).await;
        });
    }

    pub(crate) fn take(&mut self, probe: Probe) {
        self.probing = false;
        let current = self.record.as_ref().map_or(0, |r| r.process) == probe.process;
        if !current || self.process.is_none() {
            return;
        }
        match probe.ping {
            Some(true) => self.misses = 0,
            Some(false) => self.misses = self.misses.saturating_add(1),
            None => {}
        }
        let newer = |s: &Status| s.epoch >= self.epoch();
        if let Some(status) = probe.status.filter(newer) {
            self.status = Some(status);
        }
    }
}

fn role_order(spec: &NodeSpec) -> Request {
    match &spec.role {
        RoleSpec::Primary { epoch, replid } => Request::Promote {
            epoch: *epoch,
            replid: replid.clone(),
        },
        RoleSpec::Replica { epoch, address, .. } => Request::Follow {
            host: address.ip().to_string(),
            port: address.port(),
            epoch: *epoch,
            user: LINK_USER.to_owned(),
            secret: spec.link_secret.clone(),
        },
    }
}
