//! Random small instances against every subset: `cargo bench -p contextlite-select --bench fuzz`.
//!
//! Arguments after `--`: how many instances (one million unless told), and the first seed. Each is
//! made of random bytes and checked as `tests/it/bytes.rs` says; every 64th is certified and its
//! certificate checked. It stops at the first instance that is not right, and prints it.

#[path = "../tests/it/bytes.rs"]
mod bytes;

/// Enough random bytes for the largest instance.
const BYTES: usize = 256;

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let mut number = |default| words.next().and_then(|word| word.parse().ok()).unwrap_or(default);
    let (count, first) = (number(1_000_000u64), number(0u64));
    let mut infeasible = 0u64;
    for seed in first..first + count {
        let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut input = [0; BYTES];
        input.as_chunks_mut::<8>().0.iter_mut().for_each(|chunk| *chunk = random.next());
        let problem = bytes::problem(&input);
        infeasible += u64::from(!bytes::check(&problem, seed % 64 == 0));
    }
    println!("{count} instances equal brute force, {infeasible} of them infeasible");
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> [u8; 8] {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()
    }
}
