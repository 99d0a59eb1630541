//! `elastane serve` as a child of ours, and the replication group that `run` and `demo` use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::aws::{Client, text};
use crate::process::{Server, listens};

/// The group that `run` and `demo` create.
pub(crate) const GROUP: &str = "demo";
pub(crate) const REGION: &str = "us-east-1";

pub(crate) struct Service {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

/// `host:port` of the two endpoints of a replication group.
pub(crate) struct Endpoints {
    pub(crate) primary: String,
    pub(crate) reader: String,
}

impl Service {
    /// Starts the service; its own output goes to `log`, or to ours where there is none.
    pub(crate) fn start(
        binary: &Path,
        data_dir: &Path,
        api: &str,
        log: Option<&Path>,
    ) -> Result<Service> {
        if listens(api) {
            bail!("something already listens on {api}: give another address with --api");
        }
        fs::create_dir_all(data_dir)?;
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .arg("--data-dir")
            .arg(data_dir)
            .args(["--api", api]);
        if let Some(log) = log {
            let file = fs::OpenOptions::new().create(true).append(true).open(log)?;
            command
                .stdout(Stdio::from(file.try_clone()?))
                .stderr(Stdio::from(file));
        } else {
            // In the foreground a terminal's Ctrl-C would reach the service as well as us, who pass it on: twice means
            // "leave the nodes running".
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let mut server = Server::start("elastane serve", &mut command)?;
        let credentials = data_dir.join("credentials");
        server.wait_for("an open API port", Duration::from_secs(30), || {
            (listens(api) && credentials.exists()).then_some(())
        })?;
        let (key_id, secret) = read_credentials(&credentials)?;
        let client = Client {
            address: api.to_owned(),
            key_id,
            secret,
            region: REGION.to_owned(),
        };
        Ok(Service { server, client })
    }

    /// Creates the demo group where there is none and waits until it is available.
    pub(crate) fn demo_group(&self, replicas: u8) -> Result<Endpoints> {
        let id = ("ReplicationGroupId", GROUP);
        let found = self.client.call("DescribeReplicationGroups", &[id])?;
        if found.status != 200 {
            let nodes = (replicas + 1).to_string();
            self.client.must(
                "CreateReplicationGroup",
                &[
                    id,
                    ("ReplicationGroupDescription", "made by cargo xtask"),
                    ("Engine", "redis"),
                    ("CacheNodeType", "cache.t4g.micro"),
                    ("NumCacheClusters", &nodes),
                    (
                        "AutomaticFailoverEnabled",
                        if replicas > 0 { "true" } else { "false" },
                    ),
                ],
            )?;
        }
        let end = Instant::now() + Duration::from_secs(90);
        while Instant::now() < end {
            let answer = self.client.must("DescribeReplicationGroups", &[id])?;
            let status = group_status(&answer.body);
            if status == Some("available")
                && let Some(endpoints) = endpoints(&answer.body)
            {
                return Ok(endpoints);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        bail!("replication group {GROUP} was not available within 90 s")
    }
}

/// The group's own status: the one that stands outside `NodeGroups`, whose members carry statuses too.
fn group_status(body: &str) -> Option<&str> {
    let Some(start) = body.find("<NodeGroups>") else {
        return text(body, "Status");
    };
    let end = body.rfind("</NodeGroups>")?;
    text(&body[..start], "Status").or_else(|| text(&body[end..], "Status"))
}

fn endpoints(body: &str) -> Option<Endpoints> {
    let read = |element| {
        let part = text(body, element)?;
        Some(format!(
            "{}:{}",
            text(part, "Address")?,
            text(part, "Port")?
        ))
    };
    Some(Endpoints {
        primary: read("PrimaryEndpoint")?,
        reader: read("ReaderEndpoint")?,
    })
}

/// Reads the lines `export AWS_ACCESS_KEY_ID=…` and `export AWS_SECRET_ACCESS_KEY=…`.
fn read_credentials(file: &Path) -> Result<(String, String)> {
    let content = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let value = |name: &str| {
        let line = content
            .lines()
            .find_map(|line| line.trim().trim_start_matches("export ").strip_prefix(name));
        line.map(|value| value.trim_start_matches('=').trim().to_owned())
            .with_context(|| format!("{} lacks {name}", file.display()))
    };
    Ok((value("AWS_ACCESS_KEY_ID")?, value("AWS_SECRET_ACCESS_KEY")?))
}

/// A data directory for a run that leaves nothing behind: removed when dropped.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new(name: &str) -> Result<TempDir> {
        let dir = std::env::temp_dir().join(format!("elastane-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        Ok(TempDir(dir))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_own_status_is_told_from_its_node_groups() {
        let creating = "<G><NodeGroups><NodeGroup><Status>available</Status></NodeGroup></NodeGroups><Status>creating</Status></G>";
        assert_eq!(group_status(creating), Some("creating"));
        let before =
            "<G><Status>modifying</Status><NodeGroups><Status>available</Status></NodeGroups></G>";
        assert_eq!(group_status(before), Some("modifying"));
        assert_eq!(
            group_status("<G><Status>creating</Status></G>"),
            Some("creating")
        );
    }

    #[test]
    fn endpoints_need_both() {
        let body =
            "<PrimaryEndpoint><Address>127.0.1.2</Address><Port>6379</Port></PrimaryEndpoint>";
        assert!(endpoints(body).is_none());
    }
}
