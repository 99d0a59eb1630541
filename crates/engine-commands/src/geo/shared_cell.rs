//! Geohash cells: a place on earth as the interleaved bits of its coordinates, which are the score it has in a sorted
//! set. All arithmetic is Redis's, so that scores and coordinates are the same to the last bit.

/// Bits for each coordinate in a score, which is then an integer that a double holds exactly.
pub(crate) const STEP_MAX: u32 = 26;

/// A coordinate's range, degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub min: f64,
    pub max: f64,
}

impl Span {
    pub(crate) const LONGITUDE: Span = Span {
        min: -180.0,
        max: 180.0,
    };
    /// The Mercator projection has no poles (EPSG:900913).
    pub(crate) const LATITUDE: Span = Span {
        min: -85.051_128_78,
        max: 85.051_128_78,
    };
    /// What a standard geohash counts from.
    pub(crate) const TO_THE_POLES: Span = Span {
        min: -90.0,
        max: 90.0,
    };

    pub(crate) fn contains(self, value: f64) -> bool {
        value >= self.min && value <= self.max
    }

    /// The place of a coordinate in this range, with `step` bits.
    fn index_of(self, value: f64, step: u32) -> u32 {
        let offset = (value - self.min) / (self.max - self.min);
        (offset * (1u64 << step) as f64) as u32
    }

    /// The part of this range that has this index with `step` bits.
    fn part(self, index: u32, step: u32) -> Span {
        let (scale, parts) = (self.max - self.min, (1u64 << step) as f64);
        Span {
            min: self.min + f64::from(index) / parts * scale,
            max: self.min + f64::from(index.wrapping_add(1)) / parts * scale,
        }
    }

    fn middle(self, limits: Span) -> f64 {
        ((self.min + self.max) / 2.0).clamp(limits.min, limits.max)
    }
}

/// A place, degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

impl Point {
    /// The middle of the cell that a score names.
    pub(crate) fn of_score(score: f64) -> Point {
        let cell = Cell {
            bits: score as i64 as u64,
            step: STEP_MAX,
        };
        let area = cell.area();
        Point {
            longitude: area.longitude.middle(Span::LONGITUDE),
            latitude: area.latitude.middle(Span::LATITUDE),
        }
    }

    /// The score of this place in a sorted set.
    pub(crate) fn score(self) -> u64 {
        Cell::around(self, STEP_MAX).score()
    }
}

/// What a cell covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub longitude: Span,
    pub latitude: Span,
}

/// A cell: `step` bits of latitude in the even places, of longitude in the odd ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub bits: u64,
    pub step: u32,
}

/// The places of latitude bits.
const LATITUDE_BITS: u64 = 0x5555_5555_5555_5555;
/// The places of longitude bits.
const LONGITUDE_BITS: u64 = !LATITUDE_BITS;

impl Cell {
    /// The cell that a place lies in.
    pub(crate) fn around(point: Point, step: u32) -> Cell {
        Self::within(point, step, Span::LATITUDE)
    }

    /// As [`Self::around`], with another range of latitudes.
    pub(crate) fn within(point: Point, step: u32, latitudes: Span) -> Cell {
        let latitude = latitudes.index_of(point.latitude, step);
        let longitude = Span::LONGITUDE.index_of(point.longitude, step);
        Cell {
            bits: spread(latitude) | spread(longitude) << 1,
            step,
        }
    }

    pub(crate) fn area(self) -> Area {
        Area {
            longitude: Span::LONGITUDE.part(gather(self.bits >> 1), self.step),
            latitude: Span::LATITUDE.part(gather(self.bits), self.step),
        }
    }

    /// The least score of places in this cell.
    pub(crate) fn score(self) -> u64 {
        self.bits << (2 * (STEP_MAX - self.step))
    }

    /// The least score of places behind this cell.
    pub(crate) fn score_end(self) -> u64 {
        let next = self.bits.wrapping_add(1);
        next << (2 * (STEP_MAX - self.step))
    }

    /// The cell so many places further east and north (-1, 0 or 1), around the world. A coordinate that does not move
    /// keeps the bit beyond the last cell that the easternmost and northernmost places have.
    pub(crate) fn neighbour(self, east: i8, north: i8) -> Cell {
        let used = u64::MAX >> (64 - 2 * self.step);
        let along = |places: u64, by: i8| {
            // Ones in the places between carry or borrow from one bit to the next.
            let (between, mine) = (!places & used, self.bits & places);
            let next = between.wrapping_add(1);
            match by {
                0 => mine,
                1.. => mine.wrapping_add(next) & places & used,
                _ => (mine | between).wrapping_sub(next) & places & used,
            }
        };
        Cell {
            bits: along(LONGITUDE_BITS, east) | along(LATITUDE_BITS, north),
            step: self.step,
        }
    }
}

/// Moves bit n to place 2n.
fn spread(value: u32) -> u64 {
    let mut bits = u64::from(value);
    bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF;
    bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF;
    bits = (bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
    (bits | bits << 1) & LATITUDE_BITS
}

/// Moves bit 2n to place n.
fn gather(bits: u64) -> u32 {
    let mut bits = bits & LATITUDE_BITS;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0F0F_0F0F_0F0F_0F0F;
    bits = (bits | bits >> 4) & 0x00FF_00FF_00FF_00FF;
    bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF;
    (bits | bits >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_spread_and_gathered() {
        for value in [0, 1, 2, 0x1234_5678, u32::MAX] {
            assert_eq!(gather(spread(value)), value);
        }
        assert_eq!(spread(0b1011), 0b100_0101);
    }

    /// `GEOADD Sicily 13.361389 38.115556 Palermo` in redis-server 7.0.15.
    #[test]
    fn a_known_place_has_its_score() {
        let palermo = Point {
            longitude: 13.361_389,
            latitude: 38.115_556,
        };
        assert_eq!(palermo.score(), 3_479_099_956_230_698);
        let back = Point::of_score(3_479_099_956_230_698.0);
        assert!((back.longitude - palermo.longitude).abs() < 1e-5);
        assert!((back.latitude - palermo.latitude).abs() < 1e-5);
    }

    #[test]
    fn neighbours_lie_beside_and_around_the_world() {
        let cell = Cell { bits: 0, step: 2 };
        assert_eq!(cell.neighbour(1, 0).bits, 0b10);
        assert_eq!(cell.neighbour(0, 1).bits, 0b01);
        assert_eq!(cell.neighbour(-1, 0).bits, 0b1010);
        assert_eq!(cell.neighbour(0, -1).bits, 0b0101);
        assert_eq!(cell.neighbour(1, 1).neighbour(-1, -1), cell);
    }
}
