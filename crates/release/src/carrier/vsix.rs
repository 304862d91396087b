//! The extension for VS Code, once for each platform, with the program inside.
//!
//! ```text
//! [Content_Types].xml        the kind of each file by its extension
//! extension.vsixmanifest     what the marketplace shows, made of package.json
//! extension/package.json     with version and addresses
//! extension/out/…            the bundle
//! extension/media/…          icons, and what the view shows
//! extension/bin/contextlite  the binary
//! extension/…                README, change log, licence, notices
//! ```
//!
//! A file of this kind is an *open packaging* archive. What stands in the manifest is what `vsce`
//! writes for the same `package.json`; the test of the editor compares the two. A key of
//! `package.json` that would change that manifest and is not known here is refused.
//!
//! # Source
//!
//! <https://code.visualstudio.com/api/working-with-extensions/publishing-extension>; `vsce` 3.9.

use std::fmt::Write as _;

use crate::error::{Error, Result};
use crate::pack::archive::{self, Member};
use crate::target::{Os, Target};

use super::package_json::{NAME as MANIFEST, PackageJson, built};
use super::{Load, Package, npm, page};

/// The folder of the extension, below the root.
pub const FOLDER: &str = "editors/vscode";

/// Where the bundle is.
const BUILT: &str = "out";
/// What an extension shows: icons, style.
const MEDIA: &str = "media/";

const NOTICES: &str = "THIRD-PARTY-NOTICES.txt";

/// The keys that the manifest is made of, or that say nothing in it.
const KEYS: [&str; 15] = [
    "name",
    "displayName",
    "description",
    "publisher",
    "license",
    "author",
    "icon",
    "galleryBanner",
    "keywords",
    "categories",
    "engines",
    "extensionKind",
    "activationEvents",
    "main",
    "contributes",
];
/// The keys that only the editor reads.
const KEYS_OF_EDITOR: [&str; 1] = ["capabilities"];

/// The kinds of files, by extension; a file of no other kind is packed.
const CONTENT_TYPES: [(&str, &str); 9] = [
    (".css", "text/css"),
    (".exe", "application/x-msdos-program"),
    (".js", "application/javascript"),
    (".json", "application/json"),
    (".md", "text/markdown"),
    (".png", "image/png"),
    (".svg", "image/svg+xml"),
    (".txt", "text/plain"),
    (".vsixmanifest", "text/xml"),
];

/// The names of the marketplace for a platform. The binary is static on Linux, so it runs with
/// Alpine's C library too.
pub fn names(target: &Target) -> Vec<String> {
    let (os, cpu) = npm::names(target);
    let mut names = vec![format!("{os}-{cpu}")];
    if target.os == Os::Linux {
        names.push(format!("alpine-{cpu}"));
    }
    names
}

/// Packs the extension, once for each of the platform's names.
///
/// # Errors
///
/// [`Error::Client`] with everything that is wrong with the extension's files, or for a
/// prerelease, which the marketplace has no versions for.
pub fn pack(load: &Load<'_>) -> Result<Vec<Package>> {
    let refuse = |problems| Error::Client { path: FOLDER.into(), problems };
    if load.tag.is_prerelease() {
        let version = load.tag.version();
        return Err(refuse(vec![format!("the marketplace takes no version such as {version}")]));
    }
    let mut file = PackageJson::read(load.client).map_err(refuse)?;
    let about = About::read(&file).map_err(refuse)?;
    file.fill(FOLDER, load);
    let members = members(load, &about, &file).map_err(refuse)?;
    let names = names(load.target);
    let packages = names.iter().map(|platform| {
        let manifest = about.manifest(platform, load);
        let mut all = vec![
            Member::paper("[Content_Types].xml", content_types()),
            Member::paper("extension.vsixmanifest", manifest),
        ];
        all.extend_from_slice(&members);
        let bytes = archive::zip(&all.iter().collect::<Vec<_>>(), load.seconds);
        let name = format!("{}-{platform}-{}.vsix", about.name, load.tag.version());
        Package { name, bytes }
    });
    Ok(packages.collect())
}

/// The files of the extension, in the order of their paths.
fn members(
    load: &Load<'_>,
    about: &About,
    file: &PackageJson,
) -> std::result::Result<Vec<Member>, Vec<String>> {
    let mut members = built(load.client, BUILT)?;
    members.extend(load.client.iter().filter(|member| member.path.starts_with(MEDIA)).cloned());
    let mut problems = Vec::new();
    for name in ["README.md", "CHANGELOG.md"] {
        match load.client.iter().find(|member| member.path == name) {
            Some(member) => {
                let text = page(&String::from_utf8_lossy(&member.bytes), FOLDER, load);
                members.push(Member::paper(name, text));
            }
            None => problems.push(format!("{name} is missing")),
        }
    }
    members.push(Member::paper("LICENSE.txt", load.licence));
    members.push(Member::paper(NOTICES, load.notices));
    members.push(Member {
        path: format!("bin/{}", load.target.program(&about.name)),
        bytes: load.binary.to_vec(),
        is_program: true,
    });
    for named in [&about.main, &about.icon] {
        let path = named.strip_prefix("./").unwrap_or(named);
        if members.iter().all(|member| member.path != path) {
            problems.push(format!("{MANIFEST} names {named}, which is missing"));
        }
    }
    members.push(Member::paper(MANIFEST, file.bytes()));
    let is_known = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        !name.contains('.') || CONTENT_TYPES.iter().any(|(end, _)| name.ends_with(end))
    };
    let strange = members.iter().filter(|member| !is_known(&member.path));
    problems.extend(strange.map(|member| format!("{} is of no known kind", member.path)));
    if !problems.is_empty() {
        return Err(problems);
    }
    for member in &mut members {
        member.path.insert_str(0, "extension/");
    }
    members.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(members)
}

/// What `package.json` says to the marketplace.
#[derive(Debug)]
struct About {
    name: String,
    publisher: String,
    display_name: String,
    description: String,
    icon: String,
    main: String,
    engine: String,
    tags: Vec<String>,
    categories: Vec<String>,
    kinds: Vec<String>,
    banner: [Option<String>; 2],
}

impl About {
    fn read(file: &PackageJson) -> std::result::Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        for key in file.keys() {
            if !KEYS.contains(&key) && !KEYS_OF_EDITOR.contains(&key) {
                problems.push(format!("{MANIFEST} {key} is not carried into an extension"));
            }
        }
        let mut line = |key: &str| match file.line(key) {
            Ok(text) => text,
            Err(problem) => {
                problems.push(problem);
                String::new()
            }
        };
        let [name, publisher, display_name] = ["name", "publisher", "displayName"].map(&mut line);
        let [description, icon, main] = ["description", "icon", "main"].map(&mut line);
        let mut list = |key: &str| match file.lines(key) {
            Ok(texts) => texts,
            Err(problem) => {
                problems.push(problem);
                Vec::new()
            }
        };
        let [keywords, categories, kinds] =
            ["keywords", "categories", "extensionKind"].map(&mut list);
        let mut tags = keywords;
        let contributes = file.value("contributes");
        let offers = |key: &str| contributes[key].as_array().is_some_and(|list| !list.is_empty());
        if offers("keybindings") {
            tags.push("keybindings".to_owned());
        }
        if offers("languageModelTools") {
            tags.extend(["tools", "language-model-tools"].map(str::to_owned));
        }
        let engine = file.value("engines")["vscode"].as_str().unwrap_or_default().to_owned();
        if engine.is_empty() {
            problems.push(format!("{MANIFEST} engines.vscode has to say a version"));
        }
        let banner = file.value("galleryBanner");
        let banner = ["color", "theme"].map(|key| banner[key].as_str().map(str::to_owned));
        let about = Self {
            name,
            publisher,
            display_name,
            description,
            icon,
            main,
            engine,
            tags,
            categories,
            kinds,
            banner,
        };
        if problems.is_empty() { Ok(about) } else { Err(problems) }
    }

    /// The manifest for one of the platform's names.
    fn manifest(&self, platform: &str, load: &Load<'_>) -> String {
        let icon = format!("extension/{}", self.icon.trim_start_matches("./"));
        let assets = [
            ("Code.Manifest", "extension/package.json"),
            ("Services.Content.Details", "extension/README.md"),
            ("Services.Content.Changelog", "extension/CHANGELOG.md"),
            ("Services.Content.License", "extension/LICENSE.txt"),
            ("Services.Icons.Default", &icon),
        ];
        let mut text = String::new();
        let _ = write!(
            text,
            r#"<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="{SCHEMA}" xmlns:d="{SCHEMA_DESIGN}">
  <Metadata>
    <Identity Language="en-US" Id="{}" Version="{}" Publisher="{}" TargetPlatform="{platform}"/>
    <DisplayName>{}</DisplayName>
    <Description xml:space="preserve">{}</Description>
    <Tags>{}</Tags>
    <Categories>{}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
"#,
            escaped(&self.name),
            load.tag.version(),
            escaped(&self.publisher),
            escaped(&self.display_name),
            escaped(&self.description),
            escaped(&self.tags.join(",")),
            escaped(&self.categories.join(",")),
        );
        text += &self.properties(load);
        let _ = write!(
            text,
            r#"    </Properties>
    <License>extension/LICENSE.txt</License>
    <Icon>{}</Icon>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
"#,
            escaped(&icon)
        );
        for (kind, path) in assets {
            let (kind, path) = (format!("Microsoft.VisualStudio.{kind}"), escaped(path));
            let _ =
                writeln!(text, r#"    <Asset Type="{kind}" Path="{path}" Addressable="true"/>"#);
        }
        text + "  </Assets>\n</PackageManifest>\n"
    }

    /// The properties of the manifest, one a line.
    fn properties(&self, load: &Load<'_>) -> String {
        let git = format!("{}.git", load.repository);
        let issues = format!("{}/issues", load.repository);
        let home = format!("{}#readme", load.repository);
        let mut properties: Vec<(&str, &str)> = Vec::new();
        let kinds = self.kinds.join(",");
        for (key, value) in [
            ("Code.Engine", self.engine.as_str()),
            ("Code.ExtensionDependencies", ""),
            ("Code.ExtensionPack", ""),
            ("Code.ExtensionKind", &kinds),
            ("Code.LocalizedLanguages", ""),
            ("Code.EnabledApiProposals", ""),
            ("Code.ExecutesCode", "true"),
            ("Services.Links.Source", &git),
            ("Services.Links.Getstarted", &git),
            ("Services.Links.GitHub", &git),
            ("Services.Links.Support", &issues),
            ("Services.Links.Learn", &home),
        ] {
            properties.push((key, value));
        }
        let branding = ["Services.Branding.Color", "Services.Branding.Theme"];
        for (key, value) in branding.into_iter().zip(&self.banner) {
            properties.extend(value.as_deref().map(|value| (key, value)));
        }
        properties.push(("Services.GitHubFlavoredMarkdown", "true"));
        properties.push(("Services.Content.Pricing", "Free"));
        let mut text = String::new();
        for (key, value) in properties {
            let value = escaped(value);
            let _ = writeln!(
                text,
                r#"      <Property Id="Microsoft.VisualStudio.{key}" Value="{value}"/>"#
            );
        }
        text
    }
}

const SCHEMA: &str = "http://schemas.microsoft.com/developer/vsx-schema/2011";
const SCHEMA_DESIGN: &str = "http://schemas.microsoft.com/developer/vsx-schema-design/2011";

fn content_types() -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Types \
                    xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\n"
        .to_owned();
    for (extension, kind) in CONTENT_TYPES {
        let _ = writeln!(text, r#"  <Default Extension="{extension}" ContentType="{kind}"/>"#);
    }
    text + "</Types>\n"
}

/// A text as XML has it, inside and outside of quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::{escaped, names, pack};
    use crate::carrier::Load;
    use crate::pack::archive::Member;
    use crate::tag::Tag;
    use crate::target::{TARGETS, Target};

    const MANIFEST: &str = r##"{
  "name": "lite",
  "displayName": "Lite & more",
  "description": "An \"extension\"",
  "publisher": "someone",
  "icon": "media/icon.png",
  "galleryBanner": { "color": "#000000", "theme": "dark" },
  "keywords": ["one", "two"],
  "categories": ["AI"],
  "engines": { "vscode": "^1.99.0" },
  "extensionKind": ["workspace"],
  "main": "./out/extension.js",
  "contributes": { "languageModelTools": [{}], "keybindings": [] },
  "scripts": { "build": "x" }
}"##;

    /// `echo x | sha256sum`
    const SOURCES: &str =
        "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac  src/extension.ts\n";

    fn files(manifest: &str) -> Vec<Member> {
        vec![
            Member::paper("CHANGELOG.md", "# Changes\n"),
            Member::paper("README.md", "![view](pictures/view.png)\n"),
            Member::paper("media/icon.png", "picture"),
            Member::paper("out/SOURCES", SOURCES),
            Member::paper("out/extension.js", "x"),
            Member::paper("package.json", manifest),
            Member::paper("pictures/view.png", "large"),
            Member::paper("src/extension.ts", "x\n"),
        ]
    }

    fn load<'a>(tag: &'a Tag, target: &'static Target, client: &'a [Member]) -> Load<'a> {
        Load {
            tag,
            repository: "https://git.example.org/o/lite",
            seconds: 1_700_000_000,
            target,
            binary: b"the program",
            licence: b"our licence\n",
            notices: "the notices\n",
            client,
        }
    }

    fn tag(text: &str) -> Tag {
        Tag::parse(text).expect("a tag")
    }

    fn unpacked(bytes: &[u8]) -> Vec<(String, u32, String)> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
        let count = archive.len();
        let mut read = |index| {
            let mut file = archive.by_index(index).expect("a file");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("a text");
            let name = file.name().expect("a name").into_owned();
            (name, file.unix_mode().unwrap_or_default() & 0o777, text)
        };
        (0..count).map(&mut read).collect()
    }

    #[test]
    fn an_extension_carries_the_program_and_what_the_marketplace_shows() {
        let (tag, files) = (tag("v1.0.2"), files(MANIFEST));
        let packages = pack(&load(&tag, &TARGETS[0], &files)).expect("extensions");
        let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["lite-linux-x64-1.0.2.vsix", "lite-alpine-x64-1.0.2.vsix"]);
        let found = unpacked(&packages[0].bytes);
        let list: Vec<(&str, u32)> =
            found.iter().map(|(path, mode, _)| (path.as_str(), *mode)).collect();
        let expected = [
            ("[Content_Types].xml", 0o644),
            ("extension.vsixmanifest", 0o644),
            ("extension/CHANGELOG.md", 0o644),
            ("extension/LICENSE.txt", 0o644),
            ("extension/README.md", 0o644),
            ("extension/THIRD-PARTY-NOTICES.txt", 0o644),
            ("extension/bin/lite", 0o755),
            ("extension/media/icon.png", 0o644),
            ("extension/out/extension.js", 0o644),
            ("extension/package.json", 0o644),
        ];
        assert_eq!(list, expected);
        assert_eq!(found[1].2, include_str!("../../tests/golden/vsix/extension.vsixmanifest"));
        let picture =
            "![view](https://git.example.org/o/lite/raw/v1.0.2/editors/vscode/pictures/view.png)\n";
        assert_eq!(found[4].2, picture);
        assert!(found[9].2.starts_with("{\n  \"name\": \"lite\",\n  \"version\": \"1.0.2\",\n"));
        assert!(!found[9].2.contains("scripts"));
    }

    #[test]
    fn each_platform_has_its_names() {
        let found: Vec<String> = TARGETS.iter().flat_map(names).collect();
        let expected = [
            "linux-x64",
            "alpine-x64",
            "linux-arm64",
            "alpine-arm64",
            "darwin-x64",
            "darwin-arm64",
            "win32-x64",
            "win32-arm64",
        ];
        assert_eq!(found, expected);
        let (tag, files) = (tag("v1.0.2"), files(MANIFEST));
        let packages = pack(&load(&tag, &TARGETS[4], &files)).expect("extensions");
        let found = unpacked(&packages[0].bytes);
        assert!(found.iter().any(|(path, ..)| path == "extension/bin/lite.exe"));
    }

    #[test]
    fn packed_twice_they_are_the_same() {
        let (tag, mut files) = (tag("v1.0.2"), files(MANIFEST));
        let first = pack(&load(&tag, &TARGETS[0], &files)).expect("extensions");
        files.reverse();
        assert_eq!(first, pack(&load(&tag, &TARGETS[0], &files)).expect("extensions"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |version: &str, change: &dyn Fn(&mut Vec<Member>), expected: &str| {
            let (tag, mut files) = (tag(version), files(MANIFEST));
            change(&mut files);
            let error = pack(&load(&tag, &TARGETS[0], &files)).expect_err("refused");
            let text = error.to_string();
            assert!(text.contains("editors/vscode cannot become a package:"), "{text}");
            assert!(text.contains(expected), "{text}");
        };
        let manifest = |from: &'static str, to: &'static str| {
            move |files: &mut Vec<Member>| {
                files[5].bytes = MANIFEST.replace(from, to).into_bytes();
            }
        };
        check("v1.0.2-rc.1", &|_| {}, "the marketplace takes no version such as 1.0.2-rc.1");
        check("v1.0.2", &|files| _ = files.remove(1), "README.md is missing");
        check("v1.0.2", &|files| _ = files.remove(2), "names media/icon.png, which is missing");
        check("v1.0.2", &|files| _ = files.remove(4), "names ./out/extension.js, which is missing");
        let odd = |files: &mut Vec<Member>| files.push(Member::paper("media/a.exe.bak", ""));
        check("v1.0.2", &odd, "media/a.exe.bak is of no known kind");
        check("v1.0.2", &manifest("\"icon\"", "\"badges\""), "badges is not carried");
        check("v1.0.2", &manifest("^1.99.0", ""), "engines.vscode has to say a version");
        check("v1.0.2", &manifest("[\"AI\"]", "\"AI\""), "categories has to be a list of texts");
    }

    #[test]
    fn xml_is_escaped() {
        assert_eq!(escaped("a<b & 'c' > \"d\""), "a&lt;b &amp; &apos;c&apos; &gt; &quot;d&quot;");
    }
}
