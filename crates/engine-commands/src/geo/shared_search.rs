//! GEOSEARCH and its older forms, GEORADIUS and GEORADIUSBYMEMBER.

use super::shared_area::{Shape, cells};
use super::shared_cell::Point;
use super::shared_place::{circle, place_of, point, rectangle, reply_distance, reply_point};
use crate::args::int;
use crate::items;
use crate::zset::shared_combine::put_or_remove;
use engine_dispatch::{Cx, Error, Outcome};
use engine_keyspace::{SlotId, slot_of};
use engine_types::{ItemRef, ScoreBound, ZSet};
use proto_resp::Reply;
use proto_resp::num::INT_LEN_MAX;

/// Which of the commands it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `key longitude latitude radius unit`; may it STORE?
    Radius(bool),
    /// `key member radius unit`; may it STORE?
    ByMember(bool),
    /// `key`
    Search,
    /// `destination key`
    SearchStore,
}

impl Form {
    fn searches(self) -> bool {
        matches!(self, Self::Search | Self::SearchStore)
    }

    fn may_store(self) -> bool {
        matches!(self, Self::Radius(true) | Self::ByMember(true))
    }
}

/// Where the centre of the area comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Member,
    Place,
}

#[derive(Debug, Default)]
struct Options<'a> {
    dist: bool,
    hash: bool,
    coord: bool,
    any: bool,
    /// 0 for all.
    count: usize,
    descending: Option<bool>,
    /// Where the result is stored.
    store: Option<&'a [u8]>,
    /// The scores stored are distances.
    store_dist: bool,
    from: Option<Origin>,
    centre: Option<Point>,
    /// And the metres of the unit it was given in.
    shape: Option<(Shape, f64)>,
}

impl<'a> Options<'a> {
    /// Takes one option; how many of the words behind it belong to it.
    fn take(
        &mut self,
        word: &[u8],
        rest: &[&'a [u8]],
        form: Form,
        zset: Option<&ZSet>,
    ) -> Result<usize, Error> {
        let is_circle = matches!(self.shape, Some((Shape::Circle { .. }, _)));
        let is_box = matches!(self.shape, Some((Shape::Box { .. }, _)));
        match (word.to_ascii_uppercase().as_slice(), rest) {
            (b"WITHDIST", _) => self.dist = true,
            (b"WITHHASH", _) => self.hash = true,
            (b"WITHCOORD", _) => self.coord = true,
            (b"ANY", _) => self.any = true,
            (b"ASC", _) => self.descending = Some(false),
            (b"DESC", _) => self.descending = Some(true),
            (b"COUNT", [count, ..]) => {
                let count = int(count)?;
                if count <= 0 {
                    return Err(Error::new("ERR COUNT must be > 0"));
                }
                self.count = count as usize;
                return Ok(1);
            }
            (b"STORE" | b"STOREDIST", [key, ..]) if form.may_store() => {
                self.store = Some(key);
                self.store_dist = word.len() > b"STORE".len();
                return Ok(1);
            }
            (b"STOREDIST", _) if form == Form::SearchStore => self.store_dist = true,
            (b"FROMMEMBER", [member, ..])
                if form.searches() && self.from != Some(Origin::Place) =>
            {
                self.from = Some(Origin::Member);
                if let Some(zset) = zset {
                    self.centre = Some(place_of(zset, member)?);
                }
                return Ok(1);
            }
            (b"FROMLONLAT", [longitude, latitude, ..])
                if form.searches() && self.from != Some(Origin::Member) =>
            {
                self.from = Some(Origin::Place);
                self.centre = Some(point(longitude, latitude)?);
                return Ok(2);
            }
            (b"BYRADIUS", [radius, unit, ..]) if form.searches() && !is_box => {
                self.shape = Some(circle(radius, unit)?);
                return Ok(2);
            }
            (b"BYBOX", [width, height, unit, ..]) if form.searches() && !is_circle => {
                self.shape = Some(rectangle(width, height, unit)?);
                return Ok(3);
            }
            _ => return Err(Error::SYNTAX),
        }
        Ok(0)
    }

    /// Whether the options go together.
    fn check(&self, form: Form, name: &[u8]) -> Outcome {
        let name = String::from_utf8_lossy(name);
        let text = if self.store.is_some() && (self.dist || self.hash || self.coord) {
            let what = match form {
                Form::SearchStore => "GEOSEARCHSTORE",
                _ => "STORE option in GEORADIUS",
            };
            format!("ERR {what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
        } else if form.searches() && self.from.is_none() {
            format!("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {name}")
        } else if form.searches() && self.shape.is_none() {
            format!("ERR exactly one of BYRADIUS and BYBOX can be specified for {name}")
        } else if self.any && self.count == 0 {
            "ERR the ANY argument requires COUNT argument".to_string()
        } else {
            return Ok(());
        };
        Err(Error::new(text))
    }

    /// What lies in the area, in the order asked for.
    fn find<'z>(&self, zset: &'z ZSet) -> Vec<Found<'z>> {
        let (Some(centre), Some((shape, unit))) = (self.centre, self.shape) else {
            return Vec::new();
        };
        let enough = if self.any { self.count } else { usize::MAX };
        let mut all = Vec::new();
        'cells: for cell in cells(shape, centre) {
            let (min, max) = (cell.score() as f64, cell.score_end() as f64);
            let ranks = zset.ranks_by_score(ScoreBound::inclusive(min), ScoreBound::exclusive(max));
            for (member, score) in zset.range(ranks) {
                let point = Point::of_score(score);
                if let Some(distance) = shape.reach(centre, point) {
                    all.push(Found {
                        member,
                        score,
                        point,
                        distance,
                    });
                }
                if all.len() >= enough {
                    break 'cells;
                }
            }
        }
        // The nearest so many, unless any will do.
        let nearest = (self.count > 0 && !self.any).then_some(false);
        if let Some(descending) = self.descending.or(nearest) {
            all.sort_by(|a, b| {
                let order = a.distance.total_cmp(&b.distance);
                if descending { order.reverse() } else { order }
            });
        }
        if self.count > 0 {
            all.truncate(self.count);
        }
        for found in &mut all {
            found.distance /= unit;
        }
        all
    }

    fn reply(&self, out: &mut Reply<'_>, all: &[Found<'_>]) {
        let details = [self.dist, self.hash, self.coord]
            .iter()
            .filter(|with| **with)
            .count();
        out.array(all.len());
        for found in all {
            if details > 0 {
                out.array(details + 1);
            }
            items::bulk(out, found.member);
            if self.dist {
                reply_distance(out, found.distance);
            }
            if self.hash {
                out.int(found.score as i64);
            }
            if self.coord {
                reply_point(out, found.point);
            }
        }
    }
}

/// A member in the area.
#[derive(Debug)]
struct Found<'z> {
    member: ItemRef<'z>,
    score: f64,
    point: Point,
    /// From the centre, in metres until the result is complete, then in the unit asked for.
    distance: f64,
}

/// The whole of such a command.
pub(crate) fn search(cx: &mut Cx<'_>, args: &[&[u8]], form: Form) -> Outcome {
    let source = args[if form == Form::SearchStore { 2 } else { 1 }];
    let zset = cx.db.read::<ZSet>(source)?;
    let mut options = Options::default();
    let mut rest = match form {
        Form::Radius(_) => {
            options.centre = Some(point(args[2], args[3])?);
            options.shape = Some(circle(args[4], args[5])?);
            &args[6..]
        }
        Form::ByMember(_) => {
            // Without a key only the options behind are looked at: they decide on the reply.
            if let Some(zset) = zset {
                options.centre = Some(place_of(zset, args[2])?);
                options.shape = Some(circle(args[3], args[4])?);
            }
            &args[5..]
        }
        Form::Search => &args[2..],
        Form::SearchStore => {
            options.store = Some(args[1]);
            &args[3..]
        }
    };
    while let Some((word, behind)) = rest.split_first() {
        let taken = options.take(word, behind, form, zset)?;
        rest = behind.get(taken..).unwrap_or_default();
    }
    options.check(form, args[0])?;
    let found = zset.map(|zset| options.find(zset)).unwrap_or_default();
    let Some(destination) = options.store else {
        options.reply(&mut cx.out, &found);
        return Ok(());
    };
    let limits = cx.server.limits();
    let mut stored = ZSet::new();
    let mut text = [0; INT_LEN_MAX];
    for found in &found {
        let score = if options.store_dist {
            found.distance
        } else {
            found.score
        };
        stored.insert(found.member.as_bytes(&mut text), score, &limits);
    }
    // Only the first STORE is a declared key; another one's slot may not be held.
    if !cx
        .db
        .unit
        .holds(SlotId::new(cx.db.db, slot_of(destination)))
    {
        return Err(Error::SYNTAX);
    }
    let event = if form == Form::SearchStore {
        "geosearchstore"
    } else {
        "georadiusstore"
    };
    put_or_remove(cx, destination, stored, event);
    Ok(())
}
