//! CRC-64 as Redis computes it: Jones's polynomial, reflected, initial value 0, no final xor.

/// 0xad93d23594c935a9 with its bits reversed.
const POLYNOMIAL: u64 = 0x95ac_9329_ac4b_c9b5;

/// Bytes consumed a step: `TABLES[k][b]` is the checksum of byte `b` followed by `k` zero bytes.
const STRIDE: usize = 16;

static TABLES: [[u64; 256]; STRIDE] = tables();

const fn tables() -> [[u64; 256]; STRIDE] {
    let mut tables = [[0; 256]; STRIDE];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ POLYNOMIAL
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut k = 1;
    while k < STRIDE {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
}

/// Continues the checksum `crc` over `bytes`; begin with 0.
pub fn crc64(mut crc: u64, bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<STRIDE>();
    for block in blocks {
        let mut mixed = *block;
        for (byte, crc_byte) in mixed.iter_mut().zip(crc.to_le_bytes()) {
            *byte ^= crc_byte;
        }
        crc = 0;
        for (k, byte) in mixed.into_iter().enumerate() {
            crc ^= TABLES[STRIDE - 1 - k][usize::from(byte)];
        }
    }
    for &byte in rest {
        crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value() {
        assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
    }

    #[test]
    fn continuing_equals_one_go() {
        let bytes: Vec<u8> = (0..200u32).map(|n| (n * n) as u8).collect();
        let whole = crc64(0, &bytes);
        for cut in 0..bytes.len() {
            let (a, b) = bytes.split_at(cut);
            assert_eq!(crc64(crc64(0, a), b), whole, "cut at {cut}");
        }
    }
}
