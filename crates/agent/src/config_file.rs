//! The configuration a node is started with: a redis.conf, written anew before
//! each start.

use std::fmt::Write;
use std::path::Path;

use control_model::NodeSpec;
use node_api::directives;

use crate::paths::node_id;

/// The hidden user that replicas log in as.
pub(crate) const LINK_USER: &str = "elastane-link";

pub(crate) fn render(spec: &NodeSpec, data_dir: &Path, admin_socket: &Path) -> String {
    let mut lines = String::from("# Written by the agent before each start; changes are lost.\n");
    let mut line = |name: &str, value: &str| {
        writeln!(lines, "{name} {value}").expect("writing to a string");
    };
    line("bind", &spec.listen.ip().to_string());
    line("port", &spec.listen.port().to_string());
    line("dir", &quote(&data_dir.display().to_string()));
    for (name, value) in &spec.directives {
        line(name, value);
    }
    let socket = admin_socket.display().to_string();
    line(directives::ADMIN_SOCKET, &quote(&socket));
    line(directives::NODE_ID, &node_id(spec, spec.data));
    line(directives::LINK_USER, LINK_USER);
    line(directives::LINK_SECRET, &spec.link_secret);
    lines
}

/// In double quotes, as redis.conf has it.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_file_has_one_directive_a_line() {
        let group = control_model::testing::group("demo", 2);
        let spec = control_model::testing::spec(&group, 2, |s| {
            s.listen = ([127, 64, 0, 9], 6379).into();
            s.directives = vec![("maxmemory".into(), "100".into())];
        });
        let text = render(&spec, Path::new("/a b/\"x\""), Path::new("/run/1.sock"));
        let expected = "bind 127.64.0.9\nport 6379\ndir \"/a b/\\\"x\\\"\"\nmaxmemory 100\n\
            admin-socket \"/run/1.sock\"\nelastane-node-id 123456789012/us-east-1/demo-002/1\n\
            elastane-link-user elastane-link\nelastane-link-secret secret\n";
        assert_eq!(text.split_once('\n').unwrap().1, expected);
    }
}
