//! One multiplier of the relaxation, and how it moves.
//!
//! The value is an integer; the direction is a float and only steers. See the module `ascent`.

/// Weight of the direction before in the deflected direction.
const DEFLECTION: f64 = 0.7;

/// A multiplier with what the ascent remembers of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Multiplier {
    pub now: i64,
    pub best: i64,
    pub direction: f64,
}

impl Multiplier {
    /// Turns the direction to a new slope; returns its square. The range is `0 ..= most`.
    pub fn turn(&mut self, slope: f64, most: i64) -> f64 {
        self.turn_within(slope, (0, most))
    }

    /// The same for a multiplier with another range.
    pub fn turn_within(&mut self, slope: f64, (least, most): (i64, i64)) -> f64 {
        self.direction = slope + DEFLECTION * self.direction;
        let is_stuck = (self.now <= least && 0.0 < self.direction)
            || (most <= self.now && self.direction < 0.0);
        if is_stuck {
            self.direction = 0.0;
        }
        self.direction * self.direction
    }

    /// Goes against the direction, inside the range `0 ..= most`.
    pub fn go(&mut self, length: f64, most: i64) {
        self.go_within(length, (0, most));
    }

    /// The same, by at least one: where one unit moves the bound by much, a step that is cut to
    /// nothing would leave the multiplier where it is for ever.
    pub fn go_on(&mut self, length: f64, most: i64) {
        let before = self.now;
        self.go(length, most);
        if self.now == before && self.direction != 0.0 {
            let step = if self.direction < 0.0 { 1 } else { -1 };
            self.now = (before + step).clamp(0, most);
        }
    }

    /// The same for a multiplier with another range.
    pub fn go_within(&mut self, length: f64, (least, most): (i64, i64)) {
        let step = (length * self.direction) as i64;
        self.now = self.now.saturating_sub(step).clamp(least, most);
    }
}
