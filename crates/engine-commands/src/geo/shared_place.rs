//! Places, distances and units as arguments and in replies.

use super::shared_area::Shape;
use super::shared_cell::{Point, Span};
use crate::args::{float, is};
use engine_dispatch::Error;
use engine_types::ZSet;
use proto_resp::Reply;
use proto_resp::num::parse_f64;

/// A longitude and a latitude.
///
/// # Errors
/// They are no numbers, or no place that can be indexed.
pub(crate) fn point(longitude: &[u8], latitude: &[u8]) -> Result<Point, Error> {
    let (longitude, latitude) = (float(longitude)?, float(latitude)?);
    if !Span::LONGITUDE.contains(longitude) || !Span::LATITUDE.contains(latitude) {
        return Err(Error::new(format!(
            "ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}"
        )));
    }
    Ok(Point {
        longitude,
        latitude,
    })
}

/// The place of a member.
///
/// # Errors
/// There is none.
pub(crate) fn place_of(zset: &ZSet, member: &[u8]) -> Result<Point, Error> {
    zset.score(member)
        .map(Point::of_score)
        .ok_or(Error::new("ERR could not decode requested zset member"))
}

/// How many metres a unit is.
///
/// # Errors
/// There is no such unit.
pub(crate) fn unit(arg: &[u8]) -> Result<f64, Error> {
    const UNITS: [(&str, f64); 4] = [("M", 1.0), ("KM", 1000.0), ("FT", 0.3048), ("MI", 1609.34)];
    let found = UNITS.iter().find(|(name, _)| is(arg, name));
    found.map(|(_, metres)| *metres).ok_or(Error::new(
        "ERR unsupported unit provided. please use M, KM, FT, MI",
    ))
}

/// A circle, and the unit its radius is given in.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn circle(radius: &[u8], unit_name: &[u8]) -> Result<(Shape, f64), Error> {
    let radius = parse_f64(radius).ok_or(Error::new("ERR need numeric radius"))?;
    if radius < 0.0 {
        return Err(Error::new("ERR radius cannot be negative"));
    }
    let unit = unit(unit_name)?;
    let radius = radius * unit;
    Ok((Shape::Circle { radius }, unit))
}

/// A box, and the unit its sides are given in.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn rectangle(
    width: &[u8],
    height: &[u8],
    unit_name: &[u8],
) -> Result<(Shape, f64), Error> {
    let width = parse_f64(width).ok_or(Error::new("ERR need numeric width"))?;
    let height = parse_f64(height).ok_or(Error::new("ERR need numeric height"))?;
    if width < 0.0 || height < 0.0 {
        return Err(Error::new("ERR height or width cannot be negative"));
    }
    let unit = unit(unit_name)?;
    let (width, height) = (width * unit, height * unit);
    Ok((Shape::Box { width, height }, unit))
}

/// A distance, as a string with four decimals in either version.
pub(crate) fn reply_distance(out: &mut Reply<'_>, distance: f64) {
    let rounded = (distance * 10_000.0).round_ties_even() as i64;
    let (whole, part) = (rounded / 10_000, (rounded % 10_000).abs());
    out.bulk(format!("{whole}.{part:04}").as_bytes());
}

/// A place, as an array of two numbers.
pub(crate) fn reply_point(out: &mut Reply<'_>, point: Point) {
    out.array(2);
    for coordinate in [point.longitude, point.latitude] {
        let text = format!("{coordinate:.17}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        let text = if text == "-0" { "0" } else { text };
        if out.resp3() {
            out.raw(format!(",{text}\r\n").as_bytes());
        } else {
            out.bulk(text.as_bytes());
        }
    }
}
