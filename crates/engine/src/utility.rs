//! One number for a candidate: the weighted sum of its features.
//!
//! The historic weights (.30 .20 .15 .15 .10 .05 .05) rank by how new a file is as much as by
//! what it says. The defaults here were measured on `bench/`: relevance carries the ranking, the
//! others decide between what is about as relevant. Weights that a workspace stores replace them
//! one by one.

use crate::error::{Error, Result};
use crate::feature::{FEATURE_NAMES, Features};

/// The weights of the seven features, in the order of [`FEATURE_NAMES`]; uncertainty's is taken
/// off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights(pub [f32; 7]);

/// The weights that hold until others are learned or set; they sum to one.
pub const DEFAULT_WEIGHTS: [f64; 7] = [0.9, 0.005, 0.015, 0.05, 0.005, 0.02, 0.005];

impl Default for Weights {
    fn default() -> Self {
        Self(DEFAULT_WEIGHTS.map(|weight| weight as f32))
    }
}

impl Weights {
    /// The defaults, replaced by the named ones.
    ///
    /// # Errors
    /// `InvalidInput` on `weights` for a name that is no feature or a value outside [0, 1].
    pub fn with(named: &[(String, f64)]) -> Result<Self> {
        let mut weights = Self::default();
        for (name, value) in named {
            let known = FEATURE_NAMES.iter().position(|feature| feature == name);
            let at = known.filter(|_| (0.0..=1.0).contains(value)).ok_or_else(|| {
                let names = FEATURE_NAMES.join(", ");
                let message = format!("{name} = {value}: give a value in [0, 1] to one of {names}");
                Error::InvalidInput { field: "weights", message }
            })?;
            weights.0[at] = *value as f32;
        }
        Ok(weights)
    }

    /// The utility of a candidate: `Σ w f`, uncertainty subtracted, never under 0.
    pub fn utility(&self, features: &Features) -> f32 {
        let values = features.values();
        let gains: f32 = self.0[..6].iter().zip(&values[..6]).map(|(w, f)| w * f).sum();
        (gains - self.0[6] * values[6]).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_enter_the_utility_and_uncertainty_is_taken_off() {
        let features = Features { relevance: 0.5, uncertainty: 1.0, ..Features::default() };
        let weights = Weights([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25]);
        assert!((weights.utility(&features) - 0.25).abs() < 1e-6);
        let named = Weights::with(&[("relevance".to_owned(), 0.1)]).expect("the name is known");
        assert!((named.0[0] - 0.1).abs() < 1e-6);
        assert!(Weights::with(&[("size".to_owned(), 0.1)]).is_err());
        assert!(Weights::with(&[("prior".to_owned(), 1.5)]).is_err());
    }
}
