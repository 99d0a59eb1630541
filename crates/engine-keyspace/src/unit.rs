//! A unit: what runs without interleaving (a command, an EXEC, a script), and the slots it holds.
#![allow(
    unsafe_code,
    reason = "references to slot data are handed out against the lock that the unit holds"
)]

use crate::keyspace::{Keyspace, Slot, SlotId};
use crate::lock::{self, Class, Held};
use crate::slot::SlotData;
use parking_lot::MutexGuard;
use smallvec::SmallVec;
use std::time::Duration;

/// How long a unit that holds slots waits for another one.
const WAIT_HOLDING: Duration = Duration::from_micros(20);
/// How long a unit that holds nothing waits before its session is suspended.
const WAIT_IDLE: Duration = Duration::from_micros(50);
/// Restarts after which a unit asks for the wide token.
const RESTARTS_MAX: u32 = 8;

/// A lock was not had in time; the unit holds nothing and its session must be suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// This slot is held by a long unit.
    Slot(SlotId),
    /// The wide token is held by another unit.
    Token,
}

/// The slots that one unit holds.
#[derive(Debug)]
pub struct Unit<'k> {
    keyspace: &'k Keyspace,
    held: SmallVec<[(SlotId, &'k Slot); 4]>,
    token: bool,
    all: Option<MutexGuard<'k, ()>>,
    order: Option<Held>,
    token_order: Option<Held>,
}

impl<'k> Unit<'k> {
    /// A unit that holds nothing.
    #[must_use]
    pub fn new(keyspace: &'k Keyspace) -> Self {
        Self {
            keyspace,
            held: SmallVec::new(),
            token: false,
            all: None,
            order: None,
            token_order: None,
        }
    }

    /// The keyspace it works on.
    #[must_use]
    pub fn keyspace(&self) -> &'k Keyspace {
        self.keyspace
    }

    /// Whether the unit holds the wide token.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.token
    }

    /// Whether the unit holds the slot.
    #[must_use]
    pub fn holds(&self, id: SlotId) -> bool {
        self.all.is_some() || self.held.iter().any(|(held, _)| *held == id)
    }

    /// How many slots the unit holds one by one; 0 if it holds them all.
    #[must_use]
    pub fn held_count(&self) -> usize {
        self.held.len()
    }

    /// Locks the slots, which must be sorted and unique. With the wide token it waits as long as it takes.
    ///
    /// # Errors
    /// [`Busy`]: nothing is held any more (but the token, if it was), suspend and try again.
    #[inline]
    pub fn lock(&mut self, ids: &[SlotId]) -> Result<(), Busy> {
        debug_assert!(ids.is_sorted() && self.held.is_empty());
        if self.all.is_some() {
            return Ok(());
        }
        if self.order.is_none() {
            self.order = Some(lock::enter(Class::Slots));
        }
        if let [id] = ids {
            let slot = self.keyspace.slot(*id);
            let limit = (!self.token).then_some(WAIT_IDLE);
            if !slot.lock.try_lock() && !slot.lock.lock_within(limit) {
                self.release_slots();
                return Err(Busy::Slot(*id));
            }
            self.held.push((*id, slot));
            return Ok(());
        }
        self.lock_many(ids)
    }

    /// Locks one slot if it is free at this moment; for work that can as well be done in another slot.
    pub fn try_lock(&mut self, id: SlotId) -> bool {
        debug_assert!(self.held.is_empty() && self.all.is_none());
        let slot = self.keyspace.slot(id);
        let order = lock::enter(Class::Slots);
        let had = slot.lock.try_lock();
        if had {
            self.held.push((id, slot));
            self.order = Some(order);
        }
        had
    }

    fn lock_many(&mut self, ids: &[SlotId]) -> Result<(), Busy> {
        // Pages are made before anything is held: making one may wait for a unit that wants all slots.
        let slots: SmallVec<[(SlotId, &'k Slot); 8]> = ids
            .iter()
            .map(|id| (*id, self.keyspace.slot(*id)))
            .collect();
        for _ in 0..RESTARTS_MAX {
            let failed = slots.iter().find(|(id, slot)| {
                let limit = (!self.token).then_some(WAIT_HOLDING);
                let had = slot.lock.lock_within(limit);
                if had {
                    self.held.push((*id, slot));
                }
                !had
            });
            let Some((id, slot)) = failed else {
                return Ok(());
            };
            self.unlock_held();
            // Wait for it holding nothing; it is free when the next round comes to it, with luck.
            if !slot.lock.lock_within(Some(WAIT_IDLE)) {
                self.release_slots();
                return Err(Busy::Slot(*id));
            }
            slot.lock.unlock();
        }
        self.release_slots();
        Err(Busy::Token)
    }

    /// Takes the wide token, holding nothing. With it the unit may lock any slot at any time.
    ///
    /// # Errors
    /// [`Busy::Token`] if another unit has it.
    pub fn take_token(&mut self) -> Result<(), Busy> {
        debug_assert!(self.held.is_empty());
        if self.token {
            return Ok(());
        }
        let order = lock::enter(Class::Token);
        if !self.keyspace.token.try_lock() && !self.keyspace.token.lock_within(Some(WAIT_IDLE)) {
            return Err(Busy::Token);
        }
        self.token_order = Some(order);
        self.token = true;
        Ok(())
    }

    /// Takes the token, waiting as long as it takes. Only for threads that serve no clients.
    pub fn wait_for_token(&mut self) {
        while self.take_token().is_err() {
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Locks a slot that the unit did not know it would need; only the token's holder may.
    pub fn lock_more(&mut self, id: SlotId) {
        debug_assert!(
            self.token,
            "a slot is locked on demand without the wide token"
        );
        if self.holds(id) {
            return;
        }
        if self.order.is_none() {
            self.order = Some(lock::enter(Class::Slots));
        }
        let slot = self.keyspace.slot(id);
        slot.lock.lock_within(None);
        self.held.push((id, slot));
    }

    /// Locks the whole keyspace; only the token's holder may. No slot comes into being until it is released.
    pub fn lock_all(&mut self) {
        debug_assert!(self.token, "all slots are locked without the wide token");
        if self.all.is_some() {
            return;
        }
        if self.order.is_none() {
            self.order = Some(lock::enter(Class::Slots));
        }
        let making = self.keyspace.making.lock();
        'again: loop {
            let mut taken: Vec<&Slot> = Vec::new();
            for (id, slot) in self.keyspace.slots() {
                if self.held.iter().any(|(held, _)| *held == id) {
                    continue;
                }
                if !slot.lock.lock_within(Some(Duration::from_millis(1))) {
                    // A long unit holds it: let the others run meanwhile.
                    taken.iter().for_each(|s| s.lock.unlock());
                    slot.lock.lock_within(None);
                    slot.lock.unlock();
                    continue 'again;
                }
                taken.push(slot);
            }
            break;
        }
        // From here on "all" stands for every slot, those held before too.
        self.held.clear();
        self.all = Some(making);
    }

    /// The data of a slot that the unit holds.
    ///
    /// # Panics
    /// If it doesn't hold it: that would be a command that touches a key it has not declared.
    #[inline]
    #[must_use]
    pub fn data(&self, id: SlotId) -> &SlotData {
        // SAFETY: `cell` checks that this unit holds the slot's lock; `&self` allows only reading, and the
        // unit cannot release a lock while it is borrowed.
        unsafe { &*self.cell(id).0.get() }
    }

    /// The data of a slot that the unit holds, for changing.
    ///
    /// # Panics
    /// As [`Self::data`].
    #[inline]
    pub fn data_mut(&mut self, id: SlotId) -> &mut SlotData {
        // SAFETY: as above, and `&mut self` excludes every other reference made through this unit.
        unsafe { &mut *self.cell(id).0.get() }
    }

    #[inline]
    fn cell(&self, id: SlotId) -> &'k crate::keyspace::SlotCell {
        for (held, slot) in &self.held {
            if *held == id {
                return &slot.data;
            }
        }
        assert!(
            self.all.is_some(),
            "slot {id:?} is touched by a unit that does not hold it"
        );
        &self.keyspace.slot_held(id).data
    }

    /// Runs `f` on a slot, locked for that long if the unit does not hold it already.
    ///
    /// # Errors
    /// [`Busy`] if the slot could not be had in time.
    pub fn visit<R>(&mut self, id: SlotId, f: impl FnOnce(&mut SlotData) -> R) -> Result<R, Busy> {
        if self.holds(id) {
            return Ok(f(self.data_mut(id)));
        }
        if self.token {
            self.lock_more(id);
            return Ok(f(self.data_mut(id)));
        }
        let mut other = Unit::new(self.keyspace);
        other.lock(&[id])?;
        Ok(f(other.data_mut(id)))
    }

    fn unlock_held(&mut self) {
        for (_, slot) in self.held.drain(..) {
            slot.lock.unlock();
        }
    }

    /// Releases all slots, not the token.
    pub fn release_slots(&mut self) {
        if let Some(making) = self.all.take() {
            self.keyspace
                .slots()
                .for_each(|(_, slot)| slot.lock.unlock());
            drop(making);
        }
        self.unlock_held();
        self.order = None;
    }

    /// Releases everything.
    #[inline]
    pub fn release(&mut self) {
        self.release_slots();
        if self.token {
            self.token = false;
            self.keyspace.token.unlock();
            self.token_order = None;
        }
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// Asks the processor for the line of a slot's header.
#[inline]
pub fn prefetch_slot(slot: &Slot) {
    prefetch(std::ptr::from_ref(slot).cast());
}

/// Asks for the line of the table word where the search for a key begins, if the slot is free at this moment.
#[inline]
pub fn prefetch_word(slot: &Slot, hash: u64) {
    if slot.lock.try_lock() {
        // SAFETY: the lock is held.
        prefetch(unsafe { (*slot.data.0.get()).word_address(hash) }.cast());
        slot.lock.unlock();
    }
}

/// Asks for the first two lines of the entry that the search will look at, if the slot is free at this moment.
#[inline]
pub fn prefetch_entry(slot: &Slot, hash: u64) {
    if slot.lock.try_lock() {
        // SAFETY: the lock is held.
        let entry = unsafe { (*slot.data.0.get()).entry_address(hash) };
        slot.lock.unlock();
        prefetch(entry);
        prefetch(entry.wrapping_add(64));
    }
}

/// Looks at a slot if it is free at this moment.
#[inline]
pub fn glance<R>(slot: &Slot, f: impl FnOnce(&SlotData) -> R) -> Option<R> {
    if !slot.lock.try_lock() {
        return None;
    }
    // SAFETY: the lock is held, and `f` cannot keep the reference.
    let result = f(unsafe { &*slot.data.0.get() });
    slot.lock.unlock();
    Some(result)
}

#[inline]
fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint; it never faults, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch(address.cast(), std::arch::x86_64::_MM_HINT_T0);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Entry, NewValue, Value};
    use std::sync::Arc;

    fn set(unit: &mut Unit<'_>, id: SlotId, key: &[u8], value: i64) {
        let cx = unit.keyspace().context(id.db());
        let hash = cx.hasher.hash(key);
        unit.data_mut(id)
            .put(hash, Entry::new(key, NewValue::Int(value), None, 0), cx);
    }

    fn get(unit: &Unit<'_>, id: SlotId, key: &[u8]) -> i64 {
        let hash = unit.keyspace().hasher.hash(key);
        match unit.data(id).get(hash, key).map(|e| e.value()) {
            Some(Value::Int(n)) => n,
            _ => 0,
        }
    }

    #[test]
    fn transfers_between_slots_keep_the_sum_whatever_the_order_of_wishes() {
        let keyspace = Arc::new(Keyspace::new(1, 1));
        let slots: Vec<SlotId> = (0..5).map(|s| SlotId::new(0, s)).collect();
        let threads: Vec<_> = (0..4u32)
            .map(|thread| {
                let (keyspace, slots) = (keyspace.clone(), slots.clone());
                std::thread::spawn(move || {
                    let mut random = thread + 1;
                    for round in 0..4000 {
                        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let mut unit = Unit::new(&keyspace);
                        let (a, b) = (
                            slots[(random >> 8) as usize % 5],
                            slots[(random >> 16) as usize % 5],
                        );
                        if a == b {
                            continue;
                        }
                        if round % 50 == 0 {
                            unit.wait_for_token();
                            unit.lock_more(a.max(b));
                            unit.lock_more(a.min(b));
                        } else if round % 333 == 0 {
                            unit.wait_for_token();
                            unit.lock_all();
                            let sum: i64 = slots.iter().map(|s| get(&unit, *s, b"n")).sum();
                            assert_eq!(sum, 0);
                            continue;
                        } else if unit.lock(&[a.min(b), a.max(b)]).is_err() {
                            continue;
                        }
                        let (x, y) = (get(&unit, a, b"n"), get(&unit, b, b"n"));
                        set(&mut unit, a, b"n", x - 1);
                        set(&mut unit, b, b"n", y + 1);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        let mut unit = Unit::new(&keyspace);
        unit.wait_for_token();
        unit.lock_all();
        assert_eq!(slots.iter().map(|s| get(&unit, *s, b"n")).sum::<i64>(), 0);
    }

    #[test]
    fn a_slot_held_for_long_is_reported_and_nothing_kept() {
        let keyspace = Keyspace::new(1, 1);
        let (a, b) = (SlotId::new(0, 1), SlotId::new(0, 2));
        std::thread::scope(|scope| {
            let mut holder = Unit::new(&keyspace);
            holder.lock(&[b]).unwrap();
            let other = scope.spawn(|| {
                let mut unit = Unit::new(&keyspace);
                assert_eq!(unit.lock(&[a, b]), Err(Busy::Slot(b)));
                assert!(!unit.holds(a));
                assert!(!keyspace.slot(a).lock.is_held());
            });
            other.join().unwrap();
            drop(holder);
        });
    }

    #[test]
    fn a_slot_that_comes_into_being_under_all_locks_is_held_and_released() {
        let keyspace = Keyspace::new(2, 1);
        let (known, new) = (SlotId::new(0, 1), SlotId::new(1, 500));
        let mut unit = Unit::new(&keyspace);
        unit.lock(&[known]).unwrap();
        unit.release();
        unit.take_token().unwrap();
        unit.lock_all();
        set(&mut unit, new, b"n", 5);
        assert!(keyspace.existing(new).is_some_and(|s| s.lock.is_held()));
        unit.release();
        unit.lock(&[new]).unwrap();
        assert_eq!(get(&unit, new, b"n"), 5);
    }

    #[test]
    #[should_panic(expected = "does not hold it")]
    fn an_undeclared_slot_is_never_touched() {
        let keyspace = Keyspace::new(1, 1);
        let _ = Unit::new(&keyspace).data(SlotId::new(0, 3));
    }
}
