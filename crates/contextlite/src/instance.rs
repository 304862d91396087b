//! The file of an instance: the very numbers that were solved, and the certificate of the answer.
//!
//! `contextlite context --export-instance FILE` writes it, `contextlite verify FILE` reads it.
//! The format is JSON, version [`VERSION`]; `docs/selection.md` describes it for users:
//! ```text
//! { "format": "contextlite-instance", "version": 2,
//!   "problem": {
//!     "candidates": [{ "label", "utility", "cost", "document", "group" }],   in order of index
//!     "groups": [{ "gamma_thousandths" }],
//!     "pairs": [{ "a", "b", "value" }],
//!     "limits": { "budget", "document_overhead", "count_max", "per_document_max" },
//!     "pinned": [index], "excluded": [index], "implied": [{ "item", "needs" }] },
//!   "style": { "name": "weighted-sum" }
//!          | { "name": "lexicographic", "tiers": [{ MEASURE, "slack_thousandths" }] }
//!          | { "name": "epsilon-constraint", "bounds": [{ MEASURE, "at_least" }] },
//!   "certificate": { "digest": hex,
//!     "proofs": [{ "chosen": [index], "objective", "upper_bound", "steps": [line] }] } }
//! ```
//! MEASURE is `"utility", "coherence", "redundancy"` (whether each counts) and `"values"` (one for
//! each candidate, or none). Utilities, pair values and measure values are millionths; objectives
//! and bounds are billionths. What the numbers mean is said in `contextlite_select::problem`,
//! `style`, `certificate` and `step`.
//!
//! A step is a line of words: `set REGISTER NUMBER`, `join PAIR CLUSTER`, `fix ITEM in`,
//! `force ITEM out`, `branch ITEM in`, `close`; a register is `objective`, `price`, `count-price`,
//! `document-price N`, `pair N`, `need N`, `bound N`, `message CLUSTER ITEM`, `group-share N` or
//! `item-share N`. So a record can be read, and compared line by line.
//!
//! A file that is not exactly this is refused with the place of what is wrong: unknown fields too,
//! because who checks a claim must know all of it. Labels are for people; the certificate does not
//! cover them. In version 1 there was no register `objective`: its value was implied.

use std::fmt;

use contextlite_engine::context::Instance;
use contextlite_select::{
    Bound, Certificate, Digest, Goal, Group, Implied, Item, Limits, Measure, Pair, Problem, Proof,
    Register, Step, Style, Tier, last_aim, lp, smt,
};
use serde::{Deserialize, Serialize};

/// The version of the format; raised when a field changes its meaning.
pub const VERSION: u32 = 2;
/// The largest file that is read: four tiers with records as long as they may be.
pub const FILE_BYTES_MAX: u64 = 128 << 20;
const FORMAT: &str = "contextlite-instance";

/// The forms in which an instance is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum InstanceFormat {
    /// Instance and certificate, for `contextlite verify`.
    Json,
    /// The instance for solvers of mixed-integer linear programs (CPLEX LP).
    Lp,
    /// The question whether anything is better, for solvers of linear integer arithmetic; a
    /// solver answers `unsat` if the bound is right.
    Smt2,
}

impl InstanceFormat {
    /// The format that a file name asks for by its ending.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "lp" => Some(Self::Lp),
            "smt2" => Some(Self::Smt2),
            _ => None,
        }
    }
}

/// Writes an instance as text.
pub fn text_of(instance: &Instance, format: InstanceFormat) -> String {
    if format == InstanceFormat::Json {
        let wire = InstanceWire::from(instance);
        let text = serde_json::to_string_pretty(&wire);
        return text.expect("an instance is made of strings, numbers and lists") + "\n";
    }
    let (measure, bounds) = last_aim(&instance.style, &instance.certificate.proofs);
    if format == InstanceFormat::Lp {
        return lp(&instance.problem, &measure, &bounds);
    }
    let last = instance.certificate.proofs.last().expect("a certificate has a proof");
    smt(&instance.problem, &measure, &bounds, Goal::Exceeds(last.upper_bound))
}

/// Reads an instance from JSON.
///
/// # Errors
/// A sentence with the place of what is wrong.
pub fn read(text: &[u8]) -> Result<Instance, String> {
    let header: HeaderWire = serde_json::from_slice(text)
        .map_err(|error| format!("it is not the JSON of an instance: {error}"))?;
    if header.format != FORMAT {
        return Err(format!("its format is {:?}, not {FORMAT:?}", header.format));
    }
    if header.version != VERSION {
        return Err(format!("its version is {}, this program reads {VERSION}", header.version));
    }
    let wire: InstanceWire = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    wire.instance()
}

#[derive(Deserialize)]
struct HeaderWire {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstanceWire {
    format: String,
    version: u32,
    problem: ProblemWire,
    style: StyleWire,
    certificate: CertificateWire,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProblemWire {
    candidates: Vec<CandidateWire>,
    groups: Vec<GroupWire>,
    pairs: Vec<PairWire>,
    limits: LimitsWire,
    pinned: Vec<usize>,
    excluded: Vec<usize>,
    implied: Vec<ImpliedWire>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CandidateWire {
    label: String,
    utility: u32,
    cost: u32,
    document: u32,
    group: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupWire {
    gamma_thousandths: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairWire {
    a: usize,
    b: usize,
    value: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsWire {
    budget: u32,
    document_overhead: u32,
    count_max: Option<u32>,
    per_document_max: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImpliedWire {
    item: usize,
    needs: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
enum StyleWire {
    WeightedSum {},
    Lexicographic { tiers: Vec<TierWire> },
    EpsilonConstraint { bounds: Vec<BoundWire> },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierWire {
    utility: bool,
    coherence: bool,
    redundancy: bool,
    values: Vec<i64>,
    slack_thousandths: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundWire {
    utility: bool,
    coherence: bool,
    redundancy: bool,
    values: Vec<i64>,
    at_least: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateWire {
    digest: String,
    proofs: Vec<ProofWire>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofWire {
    chosen: Vec<usize>,
    objective: Option<i64>,
    upper_bound: i64,
    steps: Option<Vec<StepWire>>,
}

#[derive(Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[derive(Clone, Copy)]
struct StepWire(Step);

impl From<&Instance> for InstanceWire {
    fn from(instance: &Instance) -> Self {
        let proofs = instance.certificate.proofs.iter().map(|proof| ProofWire {
            chosen: proof.chosen.clone(),
            objective: proof.objective,
            upper_bound: proof.upper_bound,
            steps: proof.steps.as_ref().map(|steps| steps.iter().copied().map(StepWire).collect()),
        });
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            problem: ProblemWire::new(&instance.problem, &instance.labels),
            style: StyleWire::from(&instance.style),
            certificate: CertificateWire {
                digest: instance.certificate.digest.to_string(),
                proofs: proofs.collect(),
            },
        }
    }
}

impl InstanceWire {
    fn instance(self) -> Result<Instance, String> {
        let labels = self.problem.candidates.iter().map(|each| each.label.clone()).collect();
        let proofs = self.certificate.proofs.into_iter().map(|proof| Proof {
            chosen: proof.chosen,
            objective: proof.objective,
            upper_bound: proof.upper_bound,
            steps: proof.steps.map(|steps| steps.into_iter().map(|step| step.0).collect()),
        });
        let digest = digest_of(&self.certificate.digest)
            .ok_or("certificate.digest is not 64 hexadecimal digits")?;
        Ok(Instance {
            labels,
            problem: self.problem.problem(),
            style: self.style.style(),
            certificate: Certificate { digest, proofs: proofs.collect() },
        })
    }
}

fn digest_of(hex: &str) -> Option<Digest> {
    let mut bytes = [0; 32];
    let is_hex = hex.len() == 64 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
    for (at, byte) in bytes.iter_mut().enumerate().filter(|_| is_hex) {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    is_hex.then_some(Digest(bytes))
}

impl ProblemWire {
    fn new(problem: &Problem, labels: &[String]) -> Self {
        let candidate = |(item, label): (&Item, &String)| CandidateWire {
            label: label.clone(),
            utility: item.utility,
            cost: item.cost,
            document: item.document,
            group: item.group,
        };
        let group = |group: &Group| GroupWire { gamma_thousandths: group.gamma_thousandths };
        let pair = |pair: &Pair| PairWire { a: pair.a, b: pair.b, value: pair.value };
        let implied = |need: &Implied| ImpliedWire { item: need.item, needs: need.needs };
        let limits = problem.limits;
        Self {
            candidates: problem.items.iter().zip(labels).map(candidate).collect(),
            groups: problem.groups.iter().map(group).collect(),
            pairs: problem.pairs.iter().map(pair).collect(),
            limits: LimitsWire {
                budget: limits.budget,
                document_overhead: limits.document_overhead,
                count_max: limits.count_max,
                per_document_max: limits.per_document_max,
            },
            pinned: problem.pinned.clone(),
            excluded: problem.excluded.clone(),
            implied: problem.implied.iter().map(implied).collect(),
        }
    }

    fn problem(self) -> Problem {
        let item = |each: CandidateWire| Item {
            utility: each.utility,
            cost: each.cost,
            document: each.document,
            group: each.group,
        };
        let group = |each: GroupWire| Group { gamma_thousandths: each.gamma_thousandths };
        let pair = |each: PairWire| Pair { a: each.a, b: each.b, value: each.value };
        let implied = |each: ImpliedWire| Implied { item: each.item, needs: each.needs };
        Problem {
            items: self.candidates.into_iter().map(item).collect(),
            groups: self.groups.into_iter().map(group).collect(),
            pairs: self.pairs.into_iter().map(pair).collect(),
            limits: Limits {
                budget: self.limits.budget,
                document_overhead: self.limits.document_overhead,
                count_max: self.limits.count_max,
                per_document_max: self.limits.per_document_max,
            },
            pinned: self.pinned,
            excluded: self.excluded,
            implied: self.implied.into_iter().map(implied).collect(),
        }
    }
}

impl From<&Style> for StyleWire {
    fn from(style: &Style) -> Self {
        let tier = |tier: &Tier| TierWire {
            utility: tier.measure.utility,
            coherence: tier.measure.coherence,
            redundancy: tier.measure.redundancy,
            values: tier.measure.values.clone(),
            slack_thousandths: tier.slack_thousandths,
        };
        let bound = |bound: &Bound| BoundWire {
            utility: bound.measure.utility,
            coherence: bound.measure.coherence,
            redundancy: bound.measure.redundancy,
            values: bound.measure.values.clone(),
            at_least: bound.at_least,
        };
        match style {
            Style::WeightedSum => Self::WeightedSum {},
            Style::Lexicographic(tiers) => {
                Self::Lexicographic { tiers: tiers.iter().map(tier).collect() }
            }
            Style::EpsilonConstraint(bounds) => {
                Self::EpsilonConstraint { bounds: bounds.iter().map(bound).collect() }
            }
        }
    }
}

impl StyleWire {
    fn style(self) -> Style {
        let tier = |each: TierWire| Tier {
            measure: Measure {
                utility: each.utility,
                coherence: each.coherence,
                redundancy: each.redundancy,
                values: each.values,
            },
            slack_thousandths: each.slack_thousandths,
        };
        let bound = |each: BoundWire| Bound {
            measure: Measure {
                utility: each.utility,
                coherence: each.coherence,
                redundancy: each.redundancy,
                values: each.values,
            },
            at_least: each.at_least,
        };
        match self {
            Self::WeightedSum {} => Style::WeightedSum,
            Self::Lexicographic { tiers } => {
                Style::Lexicographic(tiers.into_iter().map(tier).collect())
            }
            Self::EpsilonConstraint { bounds } => {
                Style::EpsilonConstraint(bounds.into_iter().map(bound).collect())
            }
        }
    }
}

impl From<StepWire> for String {
    fn from(step: StepWire) -> Self {
        step.to_string()
    }
}

impl fmt::Display for StepWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |is_in| if is_in { "in" } else { "out" };
        match self.0 {
            Step::Set(register, value) => {
                f.write_str("set ")?;
                match register {
                    Register::Objective => f.write_str("objective"),
                    Register::Price => f.write_str("price"),
                    Register::CountPrice => f.write_str("count-price"),
                    Register::DocumentPrice(label) => write!(f, "document-price {label}"),
                    Register::Pair(pair) => write!(f, "pair {pair}"),
                    Register::Need(need) => write!(f, "need {need}"),
                    Register::Bound(bound) => write!(f, "bound {bound}"),
                    Register::Message { cluster, item } => write!(f, "message {cluster} {item}"),
                    Register::GroupShare(group) => write!(f, "group-share {group}"),
                    Register::ItemShare(item) => write!(f, "item-share {item}"),
                }?;
                write!(f, " {value}")
            }
            Step::Join { pair, cluster } => write!(f, "join {pair} {cluster}"),
            Step::Fix { item, is_in } => write!(f, "fix {item} {}", side(is_in)),
            Step::Force { item, is_in } => write!(f, "force {item} {}", side(is_in)),
            Step::Branch { item, is_in } => write!(f, "branch {item} {}", side(is_in)),
            Step::Close => f.write_str("close"),
        }
    }
}

impl TryFrom<String> for StepWire {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        step_of(&text).map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            format!("{shown:?} is not a step of a branch record")
        })
    }
}

fn step_of(text: &str) -> Option<Step> {
    let words: Vec<&str> = text.split(' ').collect();
    let number = |text: &str| text.parse::<u32>().ok();
    let side = |text: &str| match text {
        "in" => Some(true),
        "out" => Some(false),
        _ => None,
    };
    Some(match words.as_slice() {
        ["close"] => Step::Close,
        ["join", pair, cluster] => Step::Join { pair: number(pair)?, cluster: number(cluster)? },
        ["fix", item, is_in] => Step::Fix { item: number(item)?, is_in: side(is_in)? },
        ["force", item, is_in] => Step::Force { item: number(item)?, is_in: side(is_in)? },
        ["branch", item, is_in] => Step::Branch { item: number(item)?, is_in: side(is_in)? },
        ["set", register @ .., value] => {
            let register = match register {
                ["objective"] => Register::Objective,
                ["price"] => Register::Price,
                ["count-price"] => Register::CountPrice,
                ["document-price", label] => Register::DocumentPrice(number(label)?),
                ["pair", pair] => Register::Pair(number(pair)?),
                ["need", need] => Register::Need(number(need)?),
                ["bound", bound] => Register::Bound(number(bound)?),
                ["message", cluster, item] => {
                    Register::Message { cluster: number(cluster)?, item: number(item)? }
                }
                ["group-share", group] => Register::GroupShare(number(group)?),
                ["item-share", item] => Register::ItemShare(number(item)?),
                _ => return None,
            };
            Step::Set(register, value.parse().ok()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_read_back() {
        let registers = [
            Register::Objective,
            Register::Price,
            Register::CountPrice,
            Register::DocumentPrice(7),
            Register::Pair(1),
            Register::Need(2),
            Register::Bound(3),
            Register::Message { cluster: 4, item: 5 },
            Register::GroupShare(6),
            Register::ItemShare(u32::MAX),
        ];
        let mut steps: Vec<Step> =
            registers.into_iter().map(|register| Step::Set(register, i64::MIN)).collect();
        steps.extend([
            Step::Join { pair: 1, cluster: 2 },
            Step::Fix { item: 3, is_in: true },
            Step::Force { item: 4, is_in: false },
            Step::Branch { item: 5, is_in: true },
            Step::Close,
        ]);
        for step in steps {
            assert_eq!(step_of(&StepWire(step).to_string()), Some(step));
        }
        let wrong = ["", "close ", "fix 3", "fix 3 maybe", "set 3", "set pair 1", "join -1 2"];
        for text in wrong {
            assert_eq!(step_of(text), None, "{text:?}");
        }
    }

    fn check_refused(text: &str, expected: &str) {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{text:.80} gave {error}");
    }

    #[test]
    fn files_that_are_no_instances_are_refused() {
        check_refused("", "EOF");
        check_refused("[1, 2]", "not the JSON of an instance");
        check_refused(&"[".repeat(100_000), "line 1 column 1");
        check_refused(&format!("{{\"x\": {}", "[".repeat(100_000)), "EOF");
        check_refused(r#"{"format": "x", "version": 1}"#, "\"x\"");
        check_refused(r#"{"format": "contextlite-instance", "version": 1}"#, "version is 1");
        check_refused(r#"{"format": "contextlite-instance", "version": 2}"#, "missing field");
        check_refused(
            r#"{"format": "contextlite-instance", "version": 2, "x": 0}"#,
            "unknown field",
        );
        check_refused(r#"{"format": "contextlite-instance", "version": "2"}"#, "line 1");
    }

    /// Exported with `--export-instance` from the engine's quality corpus, one for each style.
    #[test]
    fn exported_instances_keep_their_form() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        for name in ["sum", "bounds", "tiers"] {
            let golden = |form: &str| {
                std::fs::read_to_string(folder.join(format!("instance-{name}.{form}"))).unwrap()
            };
            let instance = read(golden("json").as_bytes()).unwrap();
            assert_eq!(text_of(&instance, InstanceFormat::Json), golden("json"), "{name}");
            assert_eq!(text_of(&instance, InstanceFormat::Lp), golden("lp"), "{name}");
            assert_eq!(text_of(&instance, InstanceFormat::Smt2), golden("smt2"), "{name}");
            let Instance { problem, style, certificate, .. } = instance;
            let verdict = contextlite_select::verify(&problem, &style, &certificate).unwrap();
            assert!(verdict.is_proven, "{name}");
        }
    }
}
