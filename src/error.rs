//! What can be wrong with a value that a caller sent, told by place. Knows nothing of HTTP.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData};
use utoipa::ToSchema;

/// One thing that is wrong with the input, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the request body; `?name` for a query parameter; empty for the whole body.
    #[schema(example = "/accounts/0/followers", max_length = 512)]
    pub pointer: String,
    /// Stable machine-readable reason.
    #[schema(example = "out_of_range", max_length = 64)]
    pub code: String,
    /// What is wrong and what would be right. Never repeats the value that was sent.
    #[schema(example = "must be between 0 and 2000000000", max_length = 1024)]
    pub detail: String,
}

impl FieldError {
    /// An error at a pointer.
    pub fn new(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() }
    }
}

/// Collects everything that is wrong with a value, so that a caller can mend it in one go.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<FieldError>,
}

impl Violations {
    /// Notes an error.
    pub fn add(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.found.push(FieldError::new(pointer, code, detail));
    }

    /// Notes errors found elsewhere.
    pub fn extend(&mut self, errors: Vec<FieldError>) {
        self.found.extend(errors);
    }

    /// Text of `min` to `max` characters without NUL, which PostgreSQL cannot store.
    pub fn text(&mut self, pointer: &str, text: &str, min: usize, max: usize) {
        // Bytes bound characters from above, so only long texts are counted.
        let length = if text.len() <= max && min <= 1 { text.len() } else { text.chars().count() };
        if text.contains('\0') {
            self.add(pointer, "nul_character", "must not contain the NUL character U+0000");
        } else if length > max {
            self.add(pointer, "too_long", format!("must have at most {max} characters"));
        } else if length < min {
            self.add(pointer, "too_short", format!("must have at least {min} characters"));
        }
    }

    /// An id of the caller's own.
    pub fn id(&mut self, pointer: &str, id: &str) {
        if !crate::ids::is_valid_id(id) {
            let code = if id.contains('\0') { "nul_character" } else { "invalid_id" };
            self.add(pointer, code, format!("must be {}", crate::ids::ID_RULE));
        }
    }

    /// At most `max` items in a list.
    pub fn at_most(&mut self, pointer: &str, count: usize, max: usize) {
        if count > max {
            self.add(pointer, "too_many", format!("must have at most {max} items"));
        }
    }

    /// True while nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The value, when nothing is wrong.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        if self.found.is_empty() { Ok(value) } else { Err(self.found) }
    }

    /// `Ok` when nothing is wrong, so that building a value can stop before it relies on checked input.
    pub fn finish(self) -> Result<(), Vec<FieldError>> {
        self.into_result(())
    }
}

/// Puts `prefix` before the pointers of errors found in a part of a document.
#[must_use]
pub fn prefixed(prefix: &str, errors: Vec<FieldError>) -> Vec<FieldError> {
    errors
        .into_iter()
        .map(|error| FieldError { pointer: format!("{prefix}{}", error.pointer), ..error })
        .collect()
}

/// Reads an optional field of a request, in which `null` is an error: optional fields are absent, never null. With
/// `#[serde(default, deserialize_with = "not_null")]`.
pub fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Reads an optional object in an object, in which `null` and an array are errors: the derived form would take an array
/// for an object, its items for the fields in their order.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    struct Object<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }
    value.deserialize_map(Object(PhantomData)).map(Some)
}

/// Reads one of several values by its name; `names` has the name of each of `values`. The derived form would also take
/// `{"name": null}`, which nobody was told of.
pub fn by_name<'de, D: Deserializer<'de>, T: Copy>(
    value: D,
    values: &[T],
    names: &'static [&'static str],
) -> Result<T, D::Error> {
    let given = std::borrow::Cow::<'de, str>::deserialize(value)?;
    let found = names.iter().zip(values).find(|(name, _)| **name == given);
    found.map(|(_, value)| *value).ok_or_else(|| D::Error::unknown_variant(&given, names))
}
