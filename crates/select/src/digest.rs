//! A digest that names an instance: SHA-256 of a canonical encoding.
//!
//! # The encoding
//! The text `contextlite-select 1`, then each field of the problem in the order of the struct, then
//! the style. Every number is 8 bytes, little-endian, two's complement; every list is preceded by
//! its length; an optional number is preceded by 1, and a missing one is 0. A style is its number
//! (0 weighted sum, 1 lexicographic, 2 epsilon-constraint) and its list of tiers or bounds; a
//! measure is its three flags and its values.
//!
//! # Source
//! The hash: FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1 and 6.2. Written here because this crate has
//! no dependencies; it hashes a few kilobytes per answer, so speed does not matter.

use crate::problem::Problem;
use crate::style::{Measure, Style};

/// The digest of an instance, SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl std::fmt::Display for Digest {
    /// Writes 64 hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Returns the digest of a problem in a style.
pub fn digest(problem: &Problem, style: &Style) -> Digest {
    let mut bytes = Encoding(b"contextlite-select 1".to_vec());
    bytes.list(&problem.items, |bytes, item| {
        for field in [item.utility, item.cost, item.document, item.group] {
            bytes.number(field);
        }
    });
    bytes.list(&problem.groups, |bytes, group| bytes.number(group.gamma_thousandths));
    bytes.list(&problem.pairs, |bytes, pair| {
        bytes.number(pair.a as i64);
        bytes.number(pair.b as i64);
        bytes.number(pair.value);
    });
    let limits = &problem.limits;
    bytes.number(limits.budget);
    bytes.number(limits.document_overhead);
    bytes.list(limits.count_max.as_slice(), |bytes, most| bytes.number(*most));
    bytes.list(limits.per_document_max.as_slice(), |bytes, most| bytes.number(*most));
    bytes.list(&problem.pinned, |bytes, item| bytes.number(*item as i64));
    bytes.list(&problem.excluded, |bytes, item| bytes.number(*item as i64));
    bytes.list(&problem.implied, |bytes, need| {
        bytes.number(need.item as i64);
        bytes.number(need.needs as i64);
    });
    match style {
        Style::WeightedSum => bytes.number(0),
        Style::Lexicographic(tiers) => {
            bytes.number(1);
            bytes.list(tiers, |bytes, tier| {
                bytes.measure(&tier.measure);
                bytes.number(tier.slack_thousandths);
            });
        }
        Style::EpsilonConstraint(bounds) => {
            bytes.number(2);
            bytes.list(bounds, |bytes, bound| {
                bytes.measure(&bound.measure);
                bytes.number(bound.at_least);
            });
        }
    }
    Digest(sha256(&bytes.0))
}

struct Encoding(Vec<u8>);

impl Encoding {
    fn number(&mut self, number: impl Into<i64>) {
        self.0.extend(number.into().to_le_bytes());
    }

    fn list<T>(&mut self, list: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(list.len() as i64);
        for entry in list {
            write(self, entry);
        }
    }

    fn measure(&mut self, measure: &Measure) {
        for flag in [measure.utility, measure.coherence, measure.redundancy] {
            self.number(flag);
        }
        self.list(&measure.values, |bytes, value| bytes.number(*value));
    }
}

/// Returns the first 32 bits of the fractional parts of the roots of the first primes.
///
/// `root` is 2 for the square root (the initial hash) and 3 for the cube root (the round
/// constants). Found by bisection in integers, so that no table has to be trusted.
fn prime_roots<const COUNT: usize>(root: u32) -> [u32; COUNT] {
    let is_prime = |n: &u64| (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    let mut primes = (2..).filter(is_prime);
    std::array::from_fn(|_| {
        let prime = u128::from(primes.next().expect("there is always a next prime"));
        let target = prime << (32 * root);
        let (mut low, mut high) = (0u128, 1u128 << 40);
        while 1 < high - low {
            let middle = u128::midpoint(low, high);
            if middle.pow(root) <= target {
                low = middle;
            } else {
                high = middle;
            }
        }
        low as u32
    })
}

fn sha256(message: &[u8]) -> [u8; 32] {
    let mut hash: [u32; 8] = prime_roots(2);
    let constants: [u32; 64] = prime_roots(3);
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut words = [0u32; 64];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = u32::from_be_bytes(bytes.try_into().expect("the chunk has four bytes"));
        }
        for place in 16..64 {
            let (a, b) = (words[place - 15], words[place - 2]);
            let small = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let large = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words[place] = words[place - 16]
                .wrapping_add(small)
                .wrapping_add(words[place - 7])
                .wrapping_add(large);
        }
        compress(&mut hash, &words, &constants);
    }
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(hash) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

#[allow(clippy::many_single_char_names, reason = "the standard's names")]
fn compress(hash: &mut [u32; 8], words: &[u32; 64], constants: &[u32; 64]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *hash;
    for (word, constant) in words.iter().zip(constants) {
        let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first =
            h.wrapping_add(sum).wrapping_add(choice).wrapping_add(*constant).wrapping_add(*word);
        let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(sum).wrapping_add(majority));
    }
    for (word, mixed) in hash.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(mixed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, sha256};

    fn check(message: &[u8], expected: &str) {
        assert_eq!(Digest(sha256(message)).to_string(), expected);
    }

    #[test]
    fn the_standard_examples_hold() {
        check(b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        check(b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check(
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        );
        check(&[b'a'; 119], "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
    }
}
