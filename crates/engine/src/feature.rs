//! The seven features of a candidate, each in [0, 1], each visible in every answer.

/// The names of the features, in the order of [`Features::values`].
pub const FEATURE_NAMES: [&str; 7] =
    ["relevance", "recency", "entanglement", "prior", "authority", "specificity", "uncertainty"];

/// The seven features of one candidate, each in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Features {
    /// How well passage and file answer the question.
    pub relevance: f32,
    /// How recently the file was changed.
    pub recency: f32,
    /// How strongly the passage's terms go with the question's in the corpus.
    pub entanglement: f32,
    /// How often passages of this file were accepted before.
    pub prior: f32,
    /// How much of the code leans on the file.
    pub authority: f32,
    /// How much of the passage is about the question.
    pub specificity: f32,
    /// How much the estimators of relevance disagree; subtracted.
    pub uncertainty: f32,
}

impl Features {
    /// The features in the order of [`FEATURE_NAMES`].
    pub fn values(&self) -> [f32; 7] {
        [
            self.relevance,
            self.recency,
            self.entanglement,
            self.prior,
            self.authority,
            self.specificity,
            self.uncertainty,
        ]
    }
}
