//! What INFO replication and ROLE say.

use super::NodeReplication;
use crate::replica::LinkPhase;
use engine_dispatch::server::now_ms;
use proto_resp::Reply;
use std::fmt::Write;

impl NodeReplication {
    /// The lines of INFO's section, without its heading.
    pub(super) fn info_lines(&self) -> String {
        let mut out = String::new();
        self.info_role(&mut out);
        self.info_replicas(&mut out);
        self.info_history(&mut out);
        out
    }

    fn info_role(&self, out: &mut String) {
        let view = self.view.lock();
        let Some((host, port)) = &view.primary else {
            out.push_str("role:master\r\n");
            return;
        };
        let now = now_ms();
        let connected = view.phase == LinkPhase::Connected;
        let seconds = |since_ms: i64| (now - since_ms).max(0) / 1000;
        let last_io = if connected {
            seconds(view.heard_ms)
        } else {
            -1
        };
        let offset = self.server.journal.offset();
        let config = &self.server.config;
        let _ = write!(
            out,
            "role:slave\r\nmaster_host:{host}\r\nmaster_port:{port}\r\n\
             master_link_status:{}\r\nmaster_last_io_seconds_ago:{last_io}\r\n\
             master_sync_in_progress:{}\r\nslave_read_repl_offset:{offset}\r\n\
             slave_repl_offset:{offset}\r\n",
            if connected { "up" } else { "down" },
            u8::from(view.phase == LinkPhase::Sync),
        );
        if !connected {
            let down = seconds(view.down_since_ms);
            let _ = write!(out, "master_link_down_since_seconds:{down}\r\n");
        }
        let _ = write!(
            out,
            "slave_priority:{}\r\nslave_read_only:{}\r\nreplica_announced:{}\r\n",
            config.int(params::REPLICA_PRIORITY),
            u8::from(config.flag(params::REPLICA_READ_ONLY)),
            u8::from(config.flag(params::REPLICA_ANNOUNCED)),
        );
    }

    fn info_replicas(&self, out: &mut String) {
        let (now, peers) = (now_ms(), self.peers.all());
        let _ = write!(out, "connected_slaves:{}\r\n", peers.len());
        for (n, peer) in peers.iter().enumerate() {
            let lag = (now - peer.acked_at_ms()).max(0) / 1000;
            let _ = write!(
                out,
                "slave{n}:ip={},port={},state={},offset={},lag={lag}\r\n",
                peer.ip,
                peer.port,
                peer.state().name(),
                peer.acked(),
            );
        }
    }

    fn info_history(&self, out: &mut String) {
        let journal = &self.server.journal;
        let ids = journal.ids();
        let (second_id, second_offset) = ids.second();
        let (offset, first) = (journal.offset(), journal.first_offset());
        let (first_byte, length) =
            first.map_or((0, 0), |first| (first + 1, offset - first.min(offset)));
        let _ = write!(
            out,
            "master_failover_state:no-failover\r\nmaster_replid:{}\r\nmaster_replid2:{second_id}\r\n\
             master_repl_offset:{offset}\r\nsecond_repl_offset:{second_offset}\r\n\
             repl_backlog_active:{}\r\nrepl_backlog_size:{}\r\n\
             repl_backlog_first_byte_offset:{first_byte}\r\nrepl_backlog_histlen:{length}\r\n",
            ids.current,
            u8::from(first.is_some()),
            journal.backlog_bytes(),
        );
    }

    pub(super) fn write_role(&self, reply: &mut Reply<'_>) {
        let offset = self.server.journal.offset() as i64;
        let view = self.view.lock();
        if let Some((host, port)) = &view.primary {
            reply.array(5);
            reply.bulk(b"slave");
            reply.bulk(host.as_bytes());
            reply.int(i64::from(*port));
            reply.bulk(view.phase.name().as_bytes());
            reply.int(if view.phase == LinkPhase::Connected {
                offset
            } else {
                -1
            });
            return;
        }
        drop(view);
        let online: Vec<_> = self
            .peers
            .all()
            .into_iter()
            .filter(|p| p.state().name() == "online")
            .collect();
        reply.array(3);
        reply.bulk(b"master");
        reply.int(offset);
        reply.array(online.len());
        for peer in online {
            reply.array(3);
            reply.bulk(peer.ip.as_bytes());
            reply.bulk(peer.port.to_string().as_bytes());
            reply.bulk(peer.acked().to_string().as_bytes());
        }
    }
}
