//! LASTSAVE

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome};
use std::sync::atomic::Ordering;

pub(crate) const COMMAND: Command = Command {
    name: "lastsave",
    arity: 1,
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    acl: Acl::ADMIN.union(Acl::DANGEROUS),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Returns when the data set was last saved, seconds of Unix time.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.int(cx.server.last_save_s.load(Ordering::Relaxed));
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine_session::transcript::Stage;
    use std::sync::atomic::Ordering;

    #[test]
    fn tells_the_time_of_the_last_save() {
        let mut stage = Stage::new(crate::table());
        stage.server.last_save_s.store(1234, Ordering::Relaxed);
        stage.play("> LASTSAVE\n< :1234");
    }
}
