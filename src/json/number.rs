//! Numbers, by value and never through a float.

use alloc::{boxed::Box, string::ToString};
use core::fmt;

use super::error::JsonError;

/// The largest integer that canonical JSON can hold, 2^53−1.
const LARGEST: u64 = (1 << 53) - 1;
/// Decimal digits of [`LARGEST`].
const MOST_DIGITS: usize = 16;

/// A JSON number.
///
/// Integers of at most 53 bits are one value, however they are written (`1`,
/// `1.0`, `100e-2`, and `-0` is `0`). All others keep their text: they can be
/// handed on, but have no canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(Repr);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Repr {
    Integer(i64),
    Other(Box<str>),
}

impl Number {
    /// The value, when it is an integer from −(2^53−1) to 2^53−1.
    #[must_use]
    pub const fn as_integer(&self) -> Option<i64> {
        match self.0 {
            Repr::Integer(value) => Some(value),
            Repr::Other(_) => None,
        }
    }

    /// Reads a number that was found to be JSON's, or at least looks like it.
    pub(super) fn parse(text: &str) -> Result<Self, JsonError> {
        let parts = Parts::split(text).ok_or(JsonError::Syntax)?;
        Ok(Self(
            parts
                .integer()
                .map_or_else(|| Repr::Other(text.into()), Repr::Integer),
        ))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Integer(value) => value.fmt(f),
            Repr::Other(text) => f.write_str(text),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(if value.unsigned_abs() <= LARGEST {
            Repr::Integer(value)
        } else {
            Repr::Other(value.to_string().into())
        })
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        i64::try_from(value)
            .map_or_else(|_| Self(Repr::Other(value.to_string().into())), Self::from)
    }
}

/// The parts of a number's text.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_value(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        (!whole.is_empty() && !leading_zero && digits(whole) && digits(fraction)).then_some(Self {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// The value, when it is an integer in the range.
    fn integer(&self) -> Option<i64> {
        let digits = || self.whole.bytes().chain(self.fraction.bytes());
        let count = self.whole.len().checked_add(self.fraction.len())?;
        let Some(last) = digits()
            .enumerate()
            .filter(|(_, digit)| *digit != b'0')
            .map(|(place, _)| place)
            .last()
        else {
            return Some(0);
        };
        // The value is the digits up to the last that counts, times 10^zeros.
        let trailing = i64::try_from(count.checked_sub(last)?.checked_sub(1)?).ok()?;
        let zeros = self
            .exponent
            .checked_sub(i64::try_from(self.fraction.len()).ok()?)?
            .checked_add(trailing)?;
        let zeros = usize::try_from(zeros).ok()?;
        let significant = || {
            digits()
                .take(last.saturating_add(1))
                .skip_while(|d| *d == b'0')
        };
        if significant().count().checked_add(zeros)? > MOST_DIGITS {
            return None;
        }
        let mut value: u64 = 0;
        for digit in significant().chain(core::iter::repeat_n(b'0', zeros)) {
            value = value
                .checked_mul(10)?
                .checked_add(u64::from(digit.checked_sub(b'0')?))?;
        }
        let value = i64::try_from(value).ok().filter(|_| value <= LARGEST)?;
        if self.negative {
            value.checked_neg()
        } else {
            Some(value)
        }
    }
}

/// The exponent, held within bounds in which no sum overflows.
fn exponent_value(text: &str) -> Option<i64> {
    const BOUND: i64 = 1 << 40;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for digit in digits.bytes() {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value = value
            .saturating_mul(10)
            .saturating_add(digit.into())
            .min(BOUND);
    }
    if negative {
        value.checked_neg()
    } else {
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_by_value() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("0.000", 0),
            ("0e999999999999999999999", 0),
            ("1e10", 10_000_000_000),
            ("1.0", 1),
            ("100e-2", 1),
            ("-12.50e1", -125),
            ("9007199254740991", 9_007_199_254_740_991),
            ("-9007199254740991", -9_007_199_254_740_991),
            ("9007199254740991.000", 9_007_199_254_740_991),
            ("90071992547409910e-1", 9_007_199_254_740_991),
        ] {
            assert_eq!(
                Number::parse(text).unwrap().as_integer(),
                Some(value),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_integer_keeps_its_text() {
        for text in [
            "1.5",
            "0.00012E+4",
            "1e-3",
            "9007199254740992",
            "9007199254740991.4",
            "9007199254740993",
            "18446744073709551616",
            "1e999999999",
            "1e99999999999999999999999999",
            "1e-99999999999999999999999999",
            "-9007199254740992",
        ] {
            let number = Number::parse(text).unwrap();
            assert_eq!(number.as_integer(), None, "{text}");
            assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "", "-", "+1", "01", "-01", ".5", "1.", "1.e3", "1e", "1e+", "1e1.5", "0x1", "NaN",
            "--1", "1_0", "Infinity",
        ] {
            assert_eq!(Number::parse(text), Err(JsonError::Syntax), "{text}");
        }
    }

    #[test]
    fn machine_integers_beyond_the_range_are_not_canonical() {
        assert_eq!(Number::from(i64::MIN).as_integer(), None);
        assert_eq!(Number::from(u64::MAX).as_integer(), None);
        assert_eq!(
            Number::from(-9_007_199_254_740_991_i64).as_integer(),
            Some(-9_007_199_254_740_991)
        );
        assert_eq!(Number::from(1_u64 << 53).as_integer(), None);
    }
}
