//! Dense registers: six bits each, the first in the lowest bits of the first byte.

use super::shared_sketch::REGISTERS;

const BITS: usize = 6;
const MASK: u16 = (1 << BITS) - 1;

/// Bytes of all registers.
pub(crate) const LEN: usize = REGISTERS * BITS / 8;

/// The first byte of a register, and how far it is shifted there.
fn locate(index: usize) -> (usize, usize) {
    (index * BITS / 8, index * BITS % 8)
}

/// A register's value.
pub(crate) fn get(registers: &[u8], index: usize) -> u8 {
    let (at, shift) = locate(index);
    let byte = |at: usize| u16::from(registers.get(at).copied().unwrap_or(0));
    ((byte(at) | byte(at + 1) << 8) >> shift & MASK) as u8
}

/// Sets a register.
pub(crate) fn set(registers: &mut [u8], index: usize, value: u8) {
    let (at, shift) = locate(index);
    let (mask, bits) = (MASK << shift, (u16::from(value) & MASK) << shift);
    for (at, mask, bits) in [(at, mask, bits), (at + 1, mask >> 8, bits >> 8)] {
        if let Some(byte) = registers.get_mut(at) {
            *byte = *byte & !(mask as u8) | bits as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_do_not_touch_each_other() {
        let mut registers = vec![0; LEN];
        let value = |index: usize, round: usize| ((index * 7 + round * 13) % 64) as u8;
        for round in 0..3 {
            for index in 0..REGISTERS {
                set(&mut registers, index, value(index, round));
                if index > 0 {
                    assert_eq!(get(&registers, index - 1), value(index - 1, round));
                }
            }
            for index in 0..REGISTERS {
                assert_eq!(get(&registers, index), value(index, round));
            }
        }
    }
}
