//! PFSELFTEST

use super::shared_sketch::{Encoding, add, cardinality, empty, encoding, make_dense};
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pfselftest",
    arity: 1,
    flags: Flags::ADMIN,
    acl: Acl::HYPERLOGLOG,
    group: Group::HyperLogLog,
    since: "2.8.9",
    complexity: "O(1), some tenths of a second.",
    summary: "Tests the HyperLogLogs: whether registers hold what they are given, and how good the estimates are.",
    run,
    ..Command::BASE
};

/// Distinct elements of the test.
const ELEMENTS: u64 = 1_000_000;
/// The standard error of an estimate from so many registers.
const RELATIVE_ERROR: f64 = 1.04 / 128.0;

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let sparse_max = cx.server.config.memory(params::HLL_SPARSE_MAX_BYTES);
    let seed = cx.rng().next_u64();
    let (mut grown, mut dense) = (empty(), empty());
    make_dense(&mut dense)?;
    let mut checkpoint = 1;
    for number in 1..=ELEMENTS {
        let element = (number ^ seed).to_le_bytes();
        add(&mut grown, &element, sparse_max as usize)?;
        add(&mut dense, &element, sparse_max as usize)?;
        if number == checkpoint {
            check(&grown, &dense, number, number < sparse_max / 2)?;
            checkpoint *= 10;
        }
    }
    cx.out.ok();
    Ok(())
}

/// Compares a sketch that began sparse with a dense one of the same elements, and both with the truth.
fn check(grown: &[u8], dense: &[u8], truth: u64, must_be_sparse: bool) -> Outcome {
    let failed = |what: String| Err(Error::new(format!("ERR TESTFAILED {what}")));
    let encoding = encoding(grown).unwrap_or(Encoding::Dense);
    if must_be_sparse && encoding != Encoding::Sparse {
        return failed("sparse encoding not used".to_string());
    }
    let estimate = cardinality(dense, Encoding::Dense)?;
    if estimate != cardinality(grown, encoding)? {
        return failed("dense/sparse disagree".to_string());
    }
    // Six times the standard error is not to be expected; of ten elements two may share a register.
    let most = match truth {
        10 => 1,
        _ => (RELATIVE_ERROR * 6.0 * truth as f64).ceil() as u64,
    };
    let error = estimate.abs_diff(truth);
    if error > most {
        return failed(format!("Too big error. card:{truth} abserr:{error}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn passes() {
        play(
            "> PFSELFTEST
             < +OK
             > PFSELFTEST x
             < -ERR wrong number of arguments for 'pfselftest' command",
        );
    }
}
