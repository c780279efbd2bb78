//! Several byte strings in one: `length (4, big-endian) ‖ bytes`, and so on.

use alloc::vec::Vec;

use zeroize::Zeroizing;

/// A length is not there, or a string is longer than 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ItemsError;

pub(super) fn join(items: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, ItemsError> {
    let total = items.iter().map(|item| item.len().saturating_add(4)).sum();
    // The whole length, as growing would leave a copy behind.
    let mut joined = Zeroizing::new(Vec::with_capacity(total));
    for item in items {
        let length = u32::try_from(item.len()).map_err(|_| ItemsError)?;
        joined.extend_from_slice(&length.to_be_bytes());
        joined.extend_from_slice(item);
    }
    Ok(joined)
}

pub(super) fn split(mut joined: &[u8]) -> Result<Vec<&[u8]>, ItemsError> {
    let mut items = Vec::new();
    while !joined.is_empty() {
        let (item, rest) = split_first(joined).ok_or(ItemsError)?;
        items.push(item);
        joined = rest;
    }
    Ok(items)
}

/// The first of them, and the others.
pub(super) fn split_first(joined: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = joined.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_joined_is_split_and_what_was_cut_is_not() {
        let items = [&b""[..], b"one", &[7; 300]];
        let joined = join(&items).unwrap();
        assert_eq!(split(&joined).unwrap(), items);
        let ends: Vec<usize> = (0..=items.len())
            .map(|count| join(&items[..count]).unwrap().len())
            .collect();
        for length in 0..joined.len() {
            let cut = split(&joined[..length]);
            assert_eq!(cut.is_ok(), ends.contains(&length), "{length}");
        }
    }
}
