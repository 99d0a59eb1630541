//! The order of thought about one shard: the first rule with something to do
//! gives the next step. Pure: pictures in, step out.

use crate::picture::Picture;
use crate::step::Step;
use crate::{create, delete, failover, join, recover, roles, scale};

/// Gives 40 fresh random hexadecimal digits.
pub(crate) type Entropy<'a> = &'a dyn Fn() -> String;

/// The next step, if there is one.
pub(crate) fn next_step(picture: &Picture<'_>, entropy: Entropy<'_>) -> Option<Step> {
    if !picture.is_known() {
        return None;
    }
    if picture.wanted.deleting {
        return delete::step(picture);
    }
    let Some(shard) = picture.shard else {
        return create::begin(picture, entropy);
    };
    // The loss of a primary comes before everything else.
    failover::step(picture, shard, entropy)
        .or_else(|| recover::primary_in_place(picture, shard, entropy))
        .or_else(|| roles::step(picture, shard))
        .or_else(|| recover::replicas(picture, shard))
        .or_else(|| create::endpoints(picture))
        .or_else(|| create::assign(picture, shard))
        .or_else(|| join::members(picture, shard))
        .or_else(|| recover::hand_back(picture, shard, entropy))
        .or_else(|| scale::remove(picture, shard))
        .or_else(|| join::settle(picture, shard))
}
