//! The reader page: 4,096 shared bytes by which the replicas behind one reader
//! listener keep their connection counts even.
//!
//! ```text
//! line 0      magic "ELRDPAGE", then u32 version (1)
//! line 1+m    member m: u32 alive (0 or 1), u32 connections
//! ```
//!
//! A line is 64 bytes, so that members do not share cache lines; numbers are
//! little endian. `alive` is written by the agent only, `connections` by the
//! member only, which also sets it to its present count when it is given the
//! page.

/// Bytes of the page.
pub const PAGE_BYTES: usize = 4096;
/// Members a page has room for.
pub const MEMBERS_MAX: u32 = 63;
/// The first bytes.
pub const MAGIC: &[u8; 8] = b"ELRDPAGE";
/// The version, at offset 8.
pub const VERSION: u32 = 1;
/// How far above the emptiest member a member may still accept.
pub const SLACK: u32 = 4;

const LINE: usize = 64;

/// Offset of a member's `alive`.
pub fn alive_offset(member: u32) -> usize {
    assert!(member < MEMBERS_MAX, "member {member} of a reader page");
    LINE * (1 + member as usize)
}

/// Offset of a member's `connections`.
pub fn connections_offset(member: u32) -> usize {
    alive_offset(member) + 4
}

/// A fresh page: nobody alive.
pub fn new_page() -> [u8; PAGE_BYTES] {
    let mut page = [0; PAGE_BYTES];
    page[..8].copy_from_slice(MAGIC);
    page[8..12].copy_from_slice(&VERSION.to_le_bytes());
    page
}

/// Whether a member with `own` connections may accept one more now. `counts`:
/// the connections of all living members, itself included or not. If not, it
/// looks again after a millisecond and accepts anyway if somebody still waits.
pub fn may_accept(own: u32, counts: impl IntoIterator<Item = u32>) -> bool {
    match counts.into_iter().min() {
        Some(least) => own <= least.saturating_add(SLACK),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_do_not_overlap_and_end_with_the_page() {
        assert_eq!(alive_offset(0), 64);
        assert_eq!(connections_offset(MEMBERS_MAX - 1) + 4 + 56, PAGE_BYTES);
    }

    #[test]
    fn a_full_member_leaves_the_next_client_to_an_emptier_one() {
        assert!(may_accept(4, [0, 4]));
        assert!(!may_accept(5, [0, 5]));
        assert!(may_accept(1000, []));
        assert!(may_accept(7, [7]));
    }
}
