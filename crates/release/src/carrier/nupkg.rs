//! A package of `NuGet`'s kind, which Chocolatey takes.
//!
//! ```text
//! _rels/.rels                 which of the files is the manifest
//! NAME.nuspec                 the manifest
//! tools/…                     the files, under the paths that they have
//! [Content_Types].xml         the kind of each file by its extension
//! package/services/metadata/core-properties/….psmdcp
//! ```
//!
//! It is an *open packaging* archive (ECMA-376, part 2): names that two parts may not share are
//! compared without case, and every extension has to have a kind. What `nuget pack` draws by lot,
//! the name of the last part and the ids of relations, follows from the manifest here.
//!
//! # Source
//!
//! <https://learn.microsoft.com/en-us/nuget/reference/nuspec>; ECMA-376; what `nuget` 2.8 writes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::file;
use crate::pack::archive::{self, Member};

use super::Package;

/// The kind of every file but the two that the format itself has one for.
const OCTETS: &str = "application/octet";

/// What the format knows of a package: a part that says it again, for readers of any package.
const PROPERTIES: &str = "package/services/metadata/core-properties";

/// The namespaces of relations, kinds and properties.
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const CORE: &str = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";

/// Packs files, one of which is `NAME.nuspec`, with the time of the release in seconds since 1970.
///
/// # Errors
///
/// Everything that keeps them from being a package, as phrases.
pub fn pack(
    (name, version): (&str, &str),
    files: &[Member],
    seconds: u64,
) -> Result<Package, Vec<String>> {
    let manifest = format!("{name}.nuspec");
    let mut problems = Vec::new();
    let Some(nuspec) = files.iter().find(|file| file.path == manifest) else {
        return Err(vec![format!("{manifest} is missing")]);
    };
    let text = String::from_utf8_lossy(&nuspec.bytes);
    for (key, value) in [("id", name), ("version", version)] {
        if !text.contains(&format!("<{key}>{value}</{key}>")) {
            problems.push(format!("{manifest} does not say that its {key} is {value}"));
        }
    }
    let mut extensions = BTreeSet::new();
    let mut paths = BTreeSet::new();
    for file in files {
        match file.path.rsplit('/').next().and_then(|last| last.rsplit_once('.')) {
            Some((_, extension)) => _ = extensions.insert(extension),
            None => problems.push(format!("{} has no extension, so no kind", file.path)),
        }
        if !paths.insert(file.path.to_ascii_lowercase()) {
            problems.push(format!("{} is there twice but for its case", file.path));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let digest = file::digest_of(&nuspec.bytes).sha256;
    let properties = format!("{PROPERTIES}/{}.psmdcp", &digest[..32]);
    let mut members =
        vec![Member::paper("_rels/.rels", relations(&manifest, &properties, &digest))];
    let mut sorted = files.to_vec();
    sorted.sort_by(|a, b| (a.path != manifest, &a.path).cmp(&(b.path != manifest, &b.path)));
    members.extend(sorted);
    members.push(Member::paper("[Content_Types].xml", types(&extensions)));
    members.push(Member::paper(properties, core(name, version)));
    let bytes = archive::zip(&members.iter().collect::<Vec<_>>(), seconds);
    Ok(Package { name: format!("{name}.{version}.nupkg"), bytes })
}

fn relations(manifest: &str, properties: &str, digest: &str) -> String {
    let kind = "http://schemas.microsoft.com/packaging/2010/07/manifest";
    let core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata";
    let (first, second) = (&digest[32..48], &digest[48..64]);
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="{RELATIONS}">
  <Relationship Type="{kind}" Target="/{manifest}" Id="R{first}" />
  <Relationship Type="{core}/core-properties" Target="/{properties}" Id="R{second}" />
</Relationships>
"#
    )
}

fn types(extensions: &BTreeSet<&str>) -> String {
    let mut text = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="{TYPES}">
"#
    );
    for (extension, kind) in [("rels", "relationships"), ("psmdcp", "core-properties")] {
        let kind = format!("application/vnd.openxmlformats-package.{kind}+xml");
        let _ = writeln!(text, r#"  <Default Extension="{extension}" ContentType="{kind}" />"#);
    }
    for extension in extensions {
        let _ = writeln!(text, r#"  <Default Extension="{extension}" ContentType="{OCTETS}" />"#);
    }
    text + "</Types>\n"
}

fn core(name: &str, version: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<coreProperties xmlns="{CORE}" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <dc:identifier>{name}</dc:identifier>
  <version>{version}</version>
</coreProperties>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::pack;
    use crate::pack::archive::{self, Member};
    use crate::target::Os;

    const NUSPEC: &str = "<package><id>lite</id><version>1.0.2</version></package>";

    fn files() -> Vec<Member> {
        vec![
            Member::paper("tools/install.ps1", "x"),
            Member::paper("lite.nuspec", NUSPEC),
            Member::paper("legal/NOTICES.txt", "y"),
        ]
    }

    #[test]
    fn a_package_is_an_open_packaging_archive() {
        let package = pack(("lite", "1.0.2"), &files(), 1_700_000_000).expect("a package");
        assert_eq!(package.name, "lite.1.0.2.nupkg");
        let members = archive::unpack(&package.bytes, Os::Windows).expect("a zip");
        let paths: Vec<&str> = members.iter().map(|member| member.path.as_str()).collect();
        // The first 32 digits of the SHA-256 of NUSPEC.
        let properties = "package/services/metadata/core-properties/\
                          042d312dd57eae8e6b74e5e5e9484260.psmdcp";
        let expected = [
            "_rels/.rels",
            "lite.nuspec",
            "legal/NOTICES.txt",
            "tools/install.ps1",
            "[Content_Types].xml",
            properties,
        ];
        assert_eq!(paths, expected);
        let text = |at: usize| String::from_utf8_lossy(&members[at].bytes).into_owned();
        assert!(text(0).contains("Target=\"/lite.nuspec\""), "{}", text(0));
        for extension in ["nuspec", "ps1", "txt", "rels", "psmdcp"] {
            assert!(text(4).contains(&format!("Extension=\"{extension}\"")), "{}", text(4));
        }
    }

    #[test]
    fn packed_twice_it_is_the_same() {
        let mut other = files();
        other.reverse();
        let packed = |files: &[Member]| pack(("lite", "1.0.2"), files, 1_700_000_000);
        assert_eq!(packed(&files()), packed(&other));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |change: &dyn Fn(&mut Vec<Member>), expected: &str| {
            let mut files = files();
            change(&mut files);
            let problems = pack(("lite", "1.0.2"), &files, 1_700_000_000).expect_err("refused");
            assert_eq!(problems, [expected]);
        };
        check(&|files| _ = files.remove(1), "lite.nuspec is missing");
        check(
            &|files| files[1].bytes = NUSPEC.replace("1.0.2", "v1.0.2").into_bytes(),
            "lite.nuspec does not say that its version is 1.0.2",
        );
        check(
            &|files| files.push(Member::paper("tools/LICENSE", "")),
            "tools/LICENSE has no extension, so no kind",
        );
        check(
            &|files| files.push(Member::paper("Tools/install.ps1", "")),
            "Tools/install.ps1 is there twice but for its case",
        );
    }
}
