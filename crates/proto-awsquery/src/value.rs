//! The tree between wire and structs: the codec reads and writes it along the shape
//! table, the generated structs convert from and to it.

use crate::Timestamp;
use crate::shape::StructureShape;

/// One value of a request or an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    String(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A 32-bit integer.
    Integer(i32),
    /// A floating-point number.
    Double(f64),
    /// A point in time.
    Timestamp(Timestamp),
    /// A list; present though it may be empty.
    List(Vec<Value>),
    /// A structure: one entry a member, in the shape's order.
    Structure(Vec<Option<Value>>),
}

/// A struct generated from the model.
pub trait Structure: Sized + Default {
    /// Its entry in the shape table.
    const SHAPE: &'static StructureShape;
    /// Builds the struct from one entry a member, in the shape's order. An entry of
    /// the wrong kind counts as absent; the codec never makes one.
    fn from_fields(fields: Vec<Option<Value>>) -> Self;
    /// The reverse.
    fn to_fields(&self) -> Vec<Option<Value>>;
}

/// What a member of a generated struct can be.
pub trait Field: Sized {
    /// The field's value, unless the tree holds another kind.
    fn from_value(value: Value) -> Option<Self>;
    /// The tree's value.
    fn to_value(&self) -> Value;
}

macro_rules! scalar_field {
    ($type:ty, $variant:ident) => {
        impl Field for $type {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }
            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }
        }
    };
}

scalar_field!(String, String);
scalar_field!(bool, Boolean);
scalar_field!(i32, Integer);
scalar_field!(f64, Double);
scalar_field!(Timestamp, Timestamp);

impl<T: Field> Field for Vec<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(T::to_value).collect())
    }
}

pub(crate) fn take<T: Field>(fields: &mut std::vec::IntoIter<Option<Value>>) -> Option<T> {
    fields.next().flatten().and_then(T::from_value)
}

pub(crate) fn put<T: Field>(field: &Option<T>) -> Option<Value> {
    field.as_ref().map(T::to_value)
}

pub(crate) fn structure_from_value<T: Structure>(value: Value) -> Option<T> {
    match value {
        Value::Structure(fields) => Some(T::from_fields(fields)),
        _ => None,
    }
}
