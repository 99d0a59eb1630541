//! Distances on earth, and which cells cover an area around a place.

use super::shared_cell::{Area, Cell, Point, Span};

/// The earth's quadratic mean radius (WGS-84), metres.
const EARTH_RADIUS: f64 = 6_372_797.560_856;
/// Half the length of the equator in the Mercator projection, metres.
const MERCATOR_MAX: f64 = 20_037_726.37;
const DEGREE: f64 = std::f64::consts::PI / 180.0;

fn radians(degrees: f64) -> f64 {
    degrees * DEGREE
}

fn degrees(radians: f64) -> f64 {
    radians / DEGREE
}

/// The distance of two latitudes, metres.
fn latitude_distance(a: f64, b: f64) -> f64 {
    EARTH_RADIUS * (radians(b) - radians(a)).abs()
}

/// The distance of two places along a great circle (haversine), metres.
pub(crate) fn distance(a: Point, b: Point) -> f64 {
    let v = ((radians(b.longitude) - radians(a.longitude)) / 2.0).sin();
    if v == 0.0 {
        return latitude_distance(a.latitude, b.latitude);
    }
    let (from, to) = (radians(a.latitude), radians(b.latitude));
    let u = ((to - from) / 2.0).sin();
    let h = u * u + from.cos() * to.cos() * v * v;
    2.0 * EARTH_RADIUS * h.sqrt().asin()
}

/// The form of a search area, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Circle { radius: f64 },
    Box { width: f64, height: f64 },
}

impl Shape {
    /// How far a place is from the centre, if it lies within.
    pub(crate) fn reach(self, centre: Point, point: Point) -> Option<f64> {
        match self {
            Self::Circle { radius } => {
                let distance = distance(centre, point);
                (distance <= radius).then_some(distance)
            }
            Self::Box { width, height } => {
                let beside = Point {
                    longitude: centre.longitude,
                    latitude: point.latitude,
                };
                let outside = latitude_distance(point.latitude, centre.latitude) > height / 2.0
                    || distance(point, beside) > width / 2.0;
                (!outside).then(|| distance(centre, point))
            }
        }
    }

    /// Half the height and half the width.
    fn half(self) -> (f64, f64) {
        match self {
            Self::Circle { radius } => (radius, radius),
            Self::Box { width, height } => (height / 2.0, width / 2.0),
        }
    }

    /// The farthest that anything within can be from the centre.
    fn radius(self) -> f64 {
        match self {
            Self::Circle { radius } => radius,
            Self::Box { width, height } => {
                ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt()
            }
        }
    }

    /// The area in coordinates. Where its edges bend, the wider one counts.
    fn bounds(self, centre: Point) -> Area {
        let (height, width) = self.half();
        let delta = degrees(height / EARTH_RADIUS);
        let edge = if centre.latitude < 0.0 {
            centre.latitude - delta
        } else {
            centre.latitude + delta
        };
        let across = degrees(width / EARTH_RADIUS / radians(edge).cos());
        Area {
            longitude: Span {
                min: centre.longitude - across,
                max: centre.longitude + across,
            },
            latitude: Span {
                min: centre.latitude - delta,
                max: centre.latitude + delta,
            },
        }
    }
}

/// How fine the cells may be for nine of them to cover a circle.
fn estimate_step(mut radius: f64, latitude: f64) -> u32 {
    if radius == 0.0 {
        return 26;
    }
    let mut step = 1i32;
    while radius < MERCATOR_MAX {
        radius *= 2.0;
        step += 1;
    }
    step -= 2;
    // Towards the poles cells grow narrow.
    if latitude.abs() > 66.0 {
        step -= 1;
        if latitude.abs() > 80.0 {
            step -= 1;
        }
    }
    step.clamp(1, 26) as u32
}

/// Steps to the eight neighbours, east and north, in the order in which Redis searches them.
const AROUND: [(i8, i8); 8] = [
    (0, 1),
    (0, -1),
    (1, 0),
    (-1, 0),
    (1, 1),
    (-1, 1),
    (1, -1),
    (-1, -1),
];

/// The cells to search for what lies in an area: the one of the centre, then those neighbours that the area can
/// reach into.
pub(crate) fn cells(shape: Shape, centre: Point) -> Vec<Cell> {
    let bounds = shape.bounds(centre);
    let mut step = estimate_step(shape.radius(), centre.latitude);
    let mut cell = Cell::around(centre, step);
    // Near the edge of its cell an area may reach beyond the neighbours.
    let too_fine = cell.neighbour(0, 1).area().latitude.max < bounds.latitude.max
        || cell.neighbour(0, -1).area().latitude.min > bounds.latitude.min
        || cell.neighbour(1, 0).area().longitude.max < bounds.longitude.max
        || cell.neighbour(-1, 0).area().longitude.min > bounds.longitude.min;
    if step > 1 && too_fine {
        step -= 1;
        cell = Cell::around(centre, step);
    }
    let area = cell.area();
    let useless = |(east, north): (i8, i8)| {
        step >= 2
            && ((north < 0 && area.latitude.min < bounds.latitude.min)
                || (north > 0 && area.latitude.max > bounds.latitude.max)
                || (east < 0 && area.longitude.min < bounds.longitude.min)
                || (east > 0 && area.longitude.max > bounds.longitude.max))
    };
    let mut cells = vec![cell];
    for around in AROUND {
        let neighbour = cell.neighbour(around.0, around.1);
        // With few cells around the world, the next neighbour may be the same one.
        let again = cells.len() > 1 && cells.last() == Some(&neighbour);
        if !useless(around) && !again {
            cells.push(neighbour);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    const PALERMO: Point = Point {
        longitude: 13.361_389,
        latitude: 38.115_556,
    };
    const CATANIA: Point = Point {
        longitude: 15.087_269,
        latitude: 37.502_669,
    };

    #[test]
    fn distances() {
        assert!((distance(PALERMO, CATANIA) - 166_274.15).abs() < 1.0);
        assert_eq!(distance(PALERMO, PALERMO), 0.0);
    }

    #[test]
    fn boxes_end_at_their_edges() {
        let wide = Shape::Box {
            width: 400_000.0,
            height: 200_000.0,
        };
        let narrow = Shape::Box {
            width: 200_000.0,
            height: 400_000.0,
        };
        assert!(wide.reach(PALERMO, CATANIA).is_some());
        assert!(narrow.reach(PALERMO, CATANIA).is_none());
    }

    #[test]
    fn the_whole_world_is_four_cells() {
        let shape = Shape::Circle { radius: 3e7 };
        assert_eq!(cells(shape, PALERMO).len(), 4);
    }
}
