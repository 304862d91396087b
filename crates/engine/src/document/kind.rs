//! What a path says about a file's part in a repository.
//!
//! A kind is a prior for ranking: it holds back what nobody asked for, and yields when the
//! question asks for tests, docs or configuration. A wrong "not source" hides the answer, a wrong
//! "source" costs a place or two; so each rule that could hit product code needs a second sign.
//! The first rule that holds decides:
//!
//! 1. **Vendored**: a folder `third_party`, `node_modules`, `_vendor` … anywhere; `vendor` unless
//!    it is deep below a source root, where it is a word of the trade (`app/models/vendor/`);
//!    `deps`, `external` and `extern` only as the first folder, because deeper they are often
//!    modules of the product.
//! 2. **Generated**: lock files; names that generators give (`*.pb.go`, `*_pb2.py`, `*.g.dart`,
//!    `*.generated.*`, `*.min.js`); folders `generated` and `__generated__`; web files in `dist`.
//!    (`files` also calls source generated when its first lines say so.)
//! 3. **Test**: a name in a test runner's form (`*_test.go`, `test_*.py`, `*.spec.ts`,
//!    `FooTest.java`), or a folder:
//!    - `tests`, `__tests__`, `testdata`, `fixtures` … and names ending in "Tests": anywhere;
//!    - `test`, `bench`, `benchmark(s)`: at the top, directly in `src` (Maven, Gradle), or
//!      where no *source root* (`src`, `lib`, `sources`, `source`, `app`) is above. Below one they
//!      are often the product: `lib/phoenix/test/conn_test.ex`, `src/benchmark/`. In Python and
//!      Elixir, whose packages have no source root (`django/test/client.py`), only at the top;
//!    - `testing`, `spec`, `specs`: only at the top (a product's `Testing` package serves its
//!      users), and `spec` also anywhere in Ruby, and only for code (a specification is prose).
//! 4. **Configuration by name**, before prose: `CMakeLists.txt` is no text to read.
//! 5. **Prose**: a language for people; HTML in a documentation folder.
//! 6. **Example**: folders `examples`, `samples`, `demos`, `playground` … anywhere; `example`,
//!    `sample`, `demo` unless below a source root (`src/main/java/com/example/`); code in a top
//!    folder `docs` (not `doc`, which is a package name in Go). `templates` is no example: it is
//!    product code as often as not.
//! 7. **Configuration by extension**: TOML, INI, build files, YAML outside of locale folders.
//! 8. **Data** by extension, and locale files. 9. **Source**: all else.
//!
//! Words are compared in lower case and whole; folders above the workspace root are unknown and
//! do not count, so that a repository which itself lies in some `vendor/` is not vendored.

use super::DocumentKind;
use crate::language::Language;

/// Folders of third-party code, at any depth.
const VENDORED: &[&str] = &[
    "3rd-party",
    "3rd_party",
    "3rdparty",
    "_vendor",
    "bower_components",
    "carthage",
    "godeps",
    "node_modules",
    "pods",
    "site-packages",
    "third-party",
    "third_party",
    "thirdparty",
    "vendored",
];

/// Folders of third-party code when they stand at the top.
const VENDORED_AT_TOP: &[&str] = &["deps", "extern", "external", "externals"];

/// Folders below which a module's name says nothing about tests or examples.
const SOURCE_ROOTS: &[&str] = &["src", "lib", "sources", "source", "app"];

/// Folders of tests at any depth.
const TESTS: &[&str] = &[
    "__fixtures__",
    "__mocks__",
    "__snapshots__",
    "__tests__",
    "androidtest",
    "benches",
    "benchsuite",
    "cypress",
    "e2e",
    "fixture",
    "fixtures",
    "integration-test",
    "integration_test",
    "integrationtest",
    "test-data",
    "test-suite",
    "test_data",
    "test-utils",
    "test_utils",
    "testcases",
    "testdata",
    "testhelpers",
    "testlib",
    "tests",
    "testsuite",
    "testsupport",
    "testutil",
    "testutils",
    "unittest",
];

/// Folders of tests unless below a source root.
const TESTS_OUTSIDE_SOURCES: &[&str] = &["bench", "benchmark", "benchmarks", "perf", "test"];

/// Folders of tests only at the top.
const TESTS_AT_TOP: &[&str] = &["spec", "specs", "testing"];

/// Endings of file stems that are tests, as separate lower-case words.
const TEST_LAST_WORDS: &[&str] =
    &["bench", "benchmark", "benchmarks", "cy", "e2e", "spec", "specs", "test", "tests"];

/// What follows `test_` in the names of modules that a product offers to its users' tests.
const TEST_SUPPORT: &[&str] = &["client", "helpers", "support", "util", "utils"];

/// Endings of file stems that are tests, in camel case.
const TEST_SUFFIXES: &[&str] = &[
    "Benchmark",
    "Benchmarks",
    "IntegrationTest",
    "Spec",
    "Specs",
    "Suite",
    "Test",
    "TestCase",
    "TestCases",
    "Tests",
];

/// Folders of examples at any depth, and unless below a source root.
const EXAMPLES: &[&str] = &[
    "cookbook",
    "demos",
    "docs_src",
    "examples",
    "playground",
    "playgrounds",
    "samples",
    "tutorials",
];
const EXAMPLES_OUTSIDE_SOURCES: &[&str] =
    &["demo", "example", "quickstart", "sample", "sandbox", "tutorial"];

/// Folders of documentation.
const DOCUMENTATION: &[&str] = &["doc", "docs", "documentation", "javadoc", "man", "manual"];

/// First words of the names of files without an extension that people read.
const PROSE_FIRST_WORDS: &[&str] = &[
    "authors",
    "changelog",
    "contributors",
    "copying",
    "copyright",
    "install",
    "licence",
    "license",
    "maintainers",
    "news",
    "notice",
    "readme",
    "todo",
    "unlicense",
];

/// Folders of translations.
const LOCALES: &[&str] = &["i18n", "l10n", "lang", "langs", "locale", "locales", "translations"];

/// Names of files that configure a build or a tool, in lower case.
const CONFIGURATION_NAMES: &[&str] = &[
    "androidmanifest.xml",
    "appveyor.yml",
    "brewfile",
    "build",
    "build.bazel",
    "build.sbt",
    "build.zig",
    "cargo.toml",
    "cmakelists.txt",
    "cmakepresets.json",
    "codecov.yml",
    "composer.json",
    "conanfile.py",
    "conanfile.txt",
    "configure",
    "configure.ac",
    "constraints.txt",
    "deno.json",
    "directory.build.props",
    "directory.build.targets",
    "dockerfile",
    "dune-project",
    "gemfile",
    "global.json",
    "gnumakefile",
    "go.mod",
    "go.work",
    "gradlew",
    "jenkinsfile",
    "jsconfig.json",
    "justfile",
    "lerna.json",
    "makefile",
    "makefile.am",
    "manifest.in",
    "meson.build",
    "meson_options.txt",
    "mix.exs",
    "module.bazel",
    "mvnw",
    "noxfile.py",
    "nuget.config",
    "nx.json",
    "package.json",
    "package.swift",
    "phpunit.xml",
    "phpunit.xml.dist",
    "podfile",
    "pom.xml",
    "procfile",
    "rakefile",
    "rebar.config",
    "requirements.txt",
    "robots.txt",
    "setup.py",
    "snapcraft.yaml",
    "stack.yaml",
    "turbo.json",
    "vagrantfile",
    "vcpkg.json",
    "version.txt",
    "workspace",
];

/// Extensions of files that configure a build or a tool.
const CONFIGURATION_EXTENSIONS: &[&str] = &[
    "bazel",
    "bzl",
    "cabal",
    "cbproj",
    "cfg",
    "cmake",
    "conf",
    "config",
    "csproj",
    "editorconfig",
    "filters",
    "fsproj",
    "gemspec",
    "gradle",
    "ini",
    "mk",
    "nix",
    "nuspec",
    "pbxproj",
    "plist",
    "podspec",
    "project",
    "properties",
    "props",
    "sbt",
    "sln",
    "slnx",
    "targets",
    "toml",
    "vbproj",
    "vcproj",
    "vcxitems",
    "vcxproj",
    "wapproj",
    "xcconfig",
    "yaml",
    "yml",
];

/// Extensions of data.
const DATA_EXTENSIONS: &[&str] = &[
    "adml", "admx", "csv", "dat", "geojson", "golden", "json", "json5", "jsonc", "jsonl", "ldif",
    "log", "ndjson", "out", "po", "pot", "resw", "resx", "snap", "srt", "stderr", "stdout",
    "strings", "svg", "tsv", "xlf", "xliff", "xml",
];

impl DocumentKind {
    /// Classifies a document by its path relative to the workspace root (`/` between the parts).
    ///
    /// `language` is that of the document; the rules and their reasons stand in the source of
    /// this module.
    pub fn of_path(path: &str, language: Language) -> Self {
        let lower = path.to_ascii_lowercase();
        let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let parts = Parts {
            folders: folders.split('/').filter(|folder| !folder.is_empty()).collect(),
            cased: path,
            name,
            language,
        };
        if parts.is_vendored() {
            Self::Vendored
        } else if parts.is_generated() {
            Self::Generated
        } else if parts.is_test() {
            Self::Test
        } else if parts.is_configuration_by_name() {
            Self::Configuration
        } else if parts.is_prose() {
            Self::Prose
        } else if parts.is_example() {
            Self::Example
        } else if parts.is_configuration_by_extension() {
            Self::Configuration
        } else if parts.is_data() {
            Self::Data
        } else {
            Self::Source
        }
    }
}

/// A path taken apart.
struct Parts<'a> {
    /// The folders from the root down, in lower case.
    folders: Vec<&'a str>,
    /// The whole path as it is written.
    cased: &'a str,
    /// The file name in lower case.
    name: &'a str,
    language: Language,
}

impl Parts<'_> {
    fn is_vendored(&self) -> bool {
        self.has_folder(VENDORED)
            || self.top_is(VENDORED_AT_TOP)
            || self.has_outside_sources(&["vendor"])
            || self.is_directly_in_sources("vendor")
    }

    fn is_generated(&self) -> bool {
        const ENDS: &[&str] = &[
            ".designer.cs",
            ".freezed.dart",
            ".g.cs",
            ".g.dart",
            ".g.i.cs",
            ".gr.dart",
            ".min.css",
            ".min.js",
            ".pb.cc",
            ".pb.go",
            ".pb.gw.go",
            ".pb.h",
            ".pbjson.dart",
            ".pbobjc.m",
            "-lock.json",
            "-lock.yaml",
            ".css.map",
            ".js.map",
            ".lock",
            "_generated.go",
            "_generated.rs",
            "_grpc.pb.go",
            "_pb.js",
            "_pb2.py",
            "_pb2.pyi",
            "_pb2_grpc.py",
            "_string.go",
        ];
        let is_marked = self.name.contains(".generated.") || self.name.starts_with("zz_generated");
        let is_web = matches!(
            self.language,
            Language::JavaScript | Language::Css | Language::Html | Language::Json
        ) || self.name.ends_with(".d.ts");
        ENDS.iter().any(|end| self.name.ends_with(end))
            || matches!(self.name, "go.sum" | "go.work.sum")
            || is_marked
            || self.has_folder(&["__generated__", "generated"])
            || (is_web && self.has_folder(&["dist"]))
    }

    fn is_configuration_by_name(&self) -> bool {
        let is_ci = self.top_is(&[".circleci", ".github", ".gitlab", ".husky", ".vscode", ".idea"])
            && !self.language.is_prose();
        let is_script_configuration = self.stem_words().last() == Some(&"config")
            && self.stem().contains(".config")
            && matches!(
                self.language,
                Language::JavaScript | Language::TypeScript | Language::Json
            );
        let starts = [
            "dockerfile.",
            "docker-compose.",
            "compose.y",
            "tsconfig.",
            "tsconfig-",
            "requirements-",
            "makefile.",
            ".eslintrc",
            ".prettierrc",
            ".babelrc",
            ".gitlab-ci",
            ".travis",
            "azure-pipelines.",
            "build.gradle",
            "settings.gradle",
            "jenkinsfile.",
            "gulpfile.",
            "gruntfile.",
        ];
        is_ci
            || is_script_configuration
            || CONFIGURATION_NAMES.binary_search(&self.name).is_ok()
            || starts.iter().any(|start| self.name.starts_with(start))
            || self.name.ends_with(".dockerfile")
            || (self.name == "conf.py" && self.has_folder(DOCUMENTATION))
            || (self.name.starts_with('.') && self.language == Language::Unknown)
    }

    fn is_test(&self) -> bool {
        let is_read_me = self.language.is_prose() && self.name.starts_with("readme");
        !is_read_me && (self.is_test_by_folder() || self.is_test_by_name())
    }

    fn is_test_by_folder(&self) -> bool {
        if self.has_folder(TESTS) || self.has_tests_project() || self.has_source_set_of_tests() {
            return true;
        }
        if self.top_is(TESTS_OUTSIDE_SOURCES) {
            return true;
        }
        let is_code = !self.language.is_prose() && self.extension_is_not(DATA_EXTENSIONS);
        if is_code && self.top_is(TESTS_AT_TOP) {
            return true;
        }
        match self.language {
            Language::Python | Language::Elixir => false,
            Language::Ruby => {
                self.has_folder(&["spec", "specs"])
                    || self.has_outside_sources(TESTS_OUTSIDE_SOURCES)
            }
            _ => self.has_outside_sources(TESTS_OUTSIDE_SOURCES),
        }
    }

    /// Whether a folder is a project of tests: `Dapper.Tests`, `tests-integration`, `CoreTests`.
    fn has_tests_project(&self) -> bool {
        let mut cased = self.cased.split('/');
        let _ = cased.next_back();
        cased.any(|folder| {
            folder.strip_suffix("Tests").is_some_and(|rest| !rest.is_empty())
                || folder.split(['-', '_', '.', ' ']).any(|word| word.eq_ignore_ascii_case("tests"))
        })
    }

    /// Whether a folder directly in `src` is a set of test sources: `src/test`, `src/jvmTest`.
    fn has_source_set_of_tests(&self) -> bool {
        let names = self.folders.windows(2).filter(|pair| pair[0] == "src").map(|pair| pair[1]);
        let mut sets = names.filter(|set| {
            set.strip_suffix("test").is_some_and(|rest| !rest.ends_with("la"))
                || matches!(*set, "jmh" | "testfixtures")
        });
        sets.next().is_some()
    }

    fn is_test_by_name(&self) -> bool {
        let words = self.stem_words();
        let is_first = 1 < words.len() && words[0] == "test" && !TEST_SUPPORT.contains(&words[1]);
        // A C program named `x-benchmark` is a tool that is shipped.
        let is_last = 1 < words.len()
            && words.last().is_some_and(|last| TEST_LAST_WORDS.contains(last))
            && !(self.language == Language::C && self.name.ends_with("-benchmark.c"));
        match self.language {
            Language::Go => self.name.ends_with("_test.go"),
            Language::Elixir => self.name.ends_with("_test.exs"),
            Language::Python => is_first || is_last || self.name == "conftest.py",
            Language::Rust => {
                is_last || matches!(self.name, "tests.rs" | "test.rs" | "testutil.rs")
            }
            Language::Markdown | Language::Prose | Language::Toml | Language::Yaml => false,
            Language::Unknown | Language::Json | Language::Html | Language::Css => {
                is_last && (self.name.contains(".test.") || self.name.contains(".spec."))
            }
            Language::Php => is_last || (self.has_test_suffix() && !self.has_folder(SOURCE_ROOTS)),
            _ => is_first || is_last || self.has_test_suffix(),
        }
    }

    /// Whether the stem ends in a camel-case word of tests, with something before it.
    fn has_test_suffix(&self) -> bool {
        let name = self.cased.rsplit('/').next().unwrap_or(self.cased);
        let stem = name.split('.').next().unwrap_or(name);
        let is_ended = |suffix: &str| {
            let rest = stem.strip_suffix(suffix).unwrap_or_default();
            rest.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit())
        };
        TEST_SUFFIXES.iter().any(|suffix| is_ended(suffix))
    }

    fn is_prose(&self) -> bool {
        let first_word = self.name.split(['-', '_', '.']).next().unwrap_or_default();
        let extension = self.name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let has_no_extension = extension.bytes().all(|byte| byte.is_ascii_digit());
        self.language.is_prose()
            || (self.language == Language::Html && self.has_folder(DOCUMENTATION))
            || (has_no_extension && PROSE_FIRST_WORDS.contains(&first_word))
    }

    fn is_example(&self) -> bool {
        let last_word = |folder: &str| {
            folder.rsplit(['-', '_', '.']).next().is_some_and(|word| EXAMPLES.contains(&word))
        };
        let is_code = self.extension_is_not(DATA_EXTENSIONS)
            && self.extension_is_not(CONFIGURATION_EXTENSIONS)
            && self.language != Language::Unknown;
        self.has_folder(EXAMPLES)
            || self.folders.iter().any(|folder| last_word(folder))
            || self.has_outside_sources(EXAMPLES_OUTSIDE_SOURCES)
            || (is_code && self.top_is(&["docs", "documentation"]))
    }

    fn is_configuration_by_extension(&self) -> bool {
        let is_translation = self.has_folder(LOCALES);
        !self.extension_is_not(CONFIGURATION_EXTENSIONS) && !is_translation
    }

    fn is_data(&self) -> bool {
        let is_translation = self.has_folder(LOCALES)
            && matches!(self.language, Language::Yaml | Language::Toml | Language::Unknown);
        !self.extension_is_not(DATA_EXTENSIONS) || is_translation
    }

    fn has_folder(&self, names: &[&str]) -> bool {
        self.folders.iter().any(|folder| names.contains(folder))
    }

    /// Whether one of the folders, without leading underscores, stands above any source root.
    fn has_outside_sources(&self, names: &[&str]) -> bool {
        let above = self.folders.iter().take_while(|folder| !SOURCE_ROOTS.contains(folder));
        above.map(|folder| folder.trim_start_matches('_')).any(|folder| names.contains(&folder))
    }

    /// Whether a folder of this name stands directly in a source root.
    fn is_directly_in_sources(&self, name: &str) -> bool {
        self.folders.windows(2).any(|pair| SOURCE_ROOTS.contains(&pair[0]) && pair[1] == name)
    }

    fn top_is(&self, names: &[&str]) -> bool {
        self.folders.first().is_some_and(|top| names.contains(&top.trim_start_matches('_')))
    }

    fn extension_is_not(&self, extensions: &[&str]) -> bool {
        let extension = self.name.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_none_or(|extension| extensions.binary_search(&extension).is_err())
    }

    fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name, |(stem, _)| stem)
    }

    /// The words of the stem, separated by anything but letters and digits.
    fn stem_words(&self) -> Vec<&str> {
        let words = self.stem().split(|c: char| !c.is_alphanumeric());
        words.filter(|word| !word.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: DocumentKind, paths: &[&str]) {
        for path in paths {
            let language = Language::detect(path, "");
            assert_eq!(DocumentKind::of_path(path, language), expected, "{path}");
        }
    }

    #[test]
    fn the_searched_tables_are_sorted() {
        for table in [CONFIGURATION_NAMES, CONFIGURATION_EXTENSIONS, DATA_EXTENSIONS] {
            assert!(table.is_sorted(), "{table:?}");
        }
    }

    #[test]
    fn product_code_is_source() {
        check(
            DocumentKind::Source,
            &[
                "src/main.rs",
                "build.rs",
                "django/test/client.py",
                "lib/phoenix/test/conn_test.ex",
                "src/Illuminate/Foundation/Testing/TestCase.php",
                "src/Illuminate/Testing/TestResponse.php",
                "src/flask/testing.py",
                "scrapy/utils/test.py",
                "src/main/java/com/example/app/Main.java",
                "src/benchmark/benchmark.cc",
                "internal/external/client.go",
                "src/deps/resolve.ts",
                "tokio-test/src/io.rs",
                "pkg/latest/Contest.java",
                "src/latest/x.java",
                "src/templates/page.tpl",
                "internal/resolver/tsconfig_json.go",
                "doc/man_docs.go",
                "core/src/main/kotlin/vendors/Dialect.kt",
                "app/models/vendor/order.rb",
                "dsl/Changelog.groovy",
                "aiohttp/test_utils.py",
                "src/Illuminate/Console/Concerns/CreatesMatchingTest.php",
                "src/redis-benchmark.c",
                "lib/spec/parser.js",
                "openapi/dist.go",
                "internal/dist/dist.go",
                "Inspect.java",
                "src/attestation/attest.go",
            ],
        );
    }

    #[test]
    fn tests_are_known_by_folder_and_by_name() {
        check(
            DocumentKind::Test,
            &[
                "tests/it/main.rs",
                "crates/a/src/tests.rs",
                "crates/a/src/walk/tests.rs",
                "tests-integration/src/bin/cat.rs",
                "test/units.tcl",
                "src/test/java/a/B.java",
                "core/src/jvmTest/kotlin/A.kt",
                "pkg/a_test.go",
                "pkg/testdata/a.json",
                "a/b/test_app.py",
                "a/b/app_test.py",
                "conftest.py",
                "src/a.spec.ts",
                "src/a.test.tsx",
                "packages/x/test/a.ts",
                "packages/x/__tests__/a.ts",
                "packages/x/__tests__/__snapshots__/a.ts.snap",
                "a/FooTest.java",
                "a/FooTests.cs",
                "a/FooSpec.scala",
                "Dapper.Tests/Basic.cs",
                "Tests/AppTests/run.swift",
                "src/AppInstallerCLITests/Command.cpp",
                "spec/a_spec.rb",
                "lib/x/spec/y.rb",
                "benches/a.rs",
                "benchmark/run.js",
                "test/plug/conn_test.exs",
                "e2e/login.ts",
                "tests/fixtures/package.json",
                "test/CMakeLists.txt",
                "internal/testlib/git.go",
            ],
        );
    }

    #[test]
    fn the_other_kinds_have_their_signs() {
        check(
            DocumentKind::Prose,
            &[
                "README.md",
                "tests/README.md",
                "docs/guide.rst",
                "LICENSE",
                "LICENSE-MIT",
                "docs/api/index.html",
                "spec/format.md",
            ],
        );
        check(
            DocumentKind::Example,
            &[
                "examples/a.rs",
                "_examples/rest/main.go",
                "demo/app.js",
                "docs_src/a/tutorial001.py",
                "docs/snippets/a.py",
                "packages-private/sfc-playground/src/App.vue",
                "x/samples/y.kt",
            ],
        );
        check(
            DocumentKind::Configuration,
            &[
                "Cargo.toml",
                "CMakeLists.txt",
                "src/CMakeLists.txt",
                ".github/workflows/ci.yml",
                "Dockerfile",
                "docker-compose.yml",
                "package.json",
                "tsconfig.json",
                "a/pom.xml",
                "vite.config.ts",
                "rollup.dts.config.js",
                "build.gradle.kts",
                "docs/conf.py",
                "setup.py",
                "requirements.txt",
                "redis.conf",
                "build.zig",
                ".gitignore",
                "x/a.csproj",
                "Package.swift",
                "mix.exs",
                "go.mod",
            ],
        );
        check(
            DocumentKind::Data,
            &[
                "data/a.json",
                "a.csv",
                "assets/logo.svg",
                "config/locales/en.yml",
                "po/de.po",
                "a/b.xml",
            ],
        );
        check(
            DocumentKind::Vendored,
            &[
                "vendor/a/b.go",
                "deps/lua/src/lapi.c",
                "third_party/x.cc",
                "a/node_modules/b/c.js",
                "pip/_vendor/rich/a.py",
                "vendor/x/tests/a.go",
            ],
        );
        check(
            DocumentKind::Generated,
            &[
                "Cargo.lock",
                "api/a.pb.go",
                "x/a_pb2.py",
                "a.generated.ts",
                "packages/a/dist/a.js",
                "a/package-lock.json",
                "static/jquery.min.js",
                "a/generated/b.rs",
            ],
        );
    }

    #[test]
    fn any_path_has_a_kind() {
        check(DocumentKind::Source, &["", "/", "a", "%FF", "ü/ß.c"]);
    }
}
