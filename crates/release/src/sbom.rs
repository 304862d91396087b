//! The bill of materials: what is in the binary, for programs that look for known faults.
//!
//! The form is `CycloneDX` 1.6 as JSON. The package that is released is the subject, every linked
//! package a component with its address as a package URL, its licence as an SPDX expression and
//! the SHA-256 of its source, and the graph of who needs whom follows. It is made from the same
//! graph as the list inside the binary, and holds no clock and no chance: its serial number is
//! made from its content, its time is the day of the release.
//!
//! # Source
//!
//! <https://cyclonedx.org/docs/1.6/json/>; the package URLs of crates,
//! <https://github.com/package-url/purl-spec>.

use serde_json::{Value, json};
use spdx::{Expression, ParseMode};

use crate::dependency::{Graph, Package};
use crate::file;

/// Returns the bill of materials of a graph, released on `date` (`YYYY-MM-DD`).
pub fn json(graph: &Graph, date: &str) -> String {
    let components: Vec<Value> =
        places(graph).map(|package| component(package, "library")).collect();
    let dependencies: Vec<Value> = graph
        .packages
        .iter()
        .map(|package| {
            let needs = package.needs.iter().map(|&need| reference(&graph.packages[need]));
            json!({"ref": reference(package), "dependsOn": needs.collect::<Vec<_>>()})
        })
        .collect();
    let subject = &graph.packages[graph.root];
    let tool = json!({
        "type": "application",
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
    });
    let mut bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": format!("{date}T00:00:00Z"),
            "tools": {"components": [tool]},
            "component": component(subject, "application"),
        },
        "components": components,
        "dependencies": dependencies,
    });
    let content = bill.to_string();
    bill["serialNumber"] = Value::String(serial_number(content.as_bytes()));
    serde_json::to_string_pretty(&bill).expect("a bill is made of texts and lists") + "\n"
}

/// Every package but the one that is released.
fn places(graph: &Graph) -> impl Iterator<Item = &Package> {
    let others = graph.packages.iter().enumerate().filter(|(place, _)| *place != graph.root);
    others.map(|(_, package)| package)
}

fn component(package: &Package, kind: &str) -> Value {
    let mut component = json!({
        "type": kind,
        "bom-ref": reference(package),
        "name": package.name,
        "version": package.version,
        "scope": "required",
        "purl": reference(package),
    });
    if let Some(description) = &package.description {
        component["description"] = Value::String(description.trim().to_owned());
    }
    if let Some(expression) = package.licence.as_deref().and_then(canonical) {
        component["licenses"] = json!([{"expression": expression}]);
    }
    if let Some(sha256) = &package.sha256 {
        component["hashes"] = json!([{"alg": "SHA-256", "content": sha256}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

/// A licence as SPDX spells it today; crates of old write `MIT/Apache-2.0`.
fn canonical(licence: &str) -> Option<String> {
    let text = Expression::canonicalize(licence).ok()?.unwrap_or_else(|| licence.to_owned());
    Expression::parse_mode(&text, ParseMode::LAX).ok().map(|_| text)
}

/// The package URL, which is also the name inside the bill.
fn reference(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.replace('+', "%2B"))
}

/// A UUID whose free bits are a digest of the content, in the form of version 8 (RFC 9562).
fn serial_number(content: &[u8]) -> String {
    let digest = file::digest_of(content).sha256;
    let variant = ["8", "9", "a", "b"][digest.as_bytes()[16] as usize % 4];
    format!(
        "urn:uuid:{}-{}-8{}-{variant}{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}
