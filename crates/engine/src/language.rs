//! The languages that documents are written in, and how one is recognised.
//!
//! The path decides: first the whole file name, then the extension; a file without either is
//! looked at (`#!` line). What is not recognised is [`Language::Unknown`] and is split by lines.

/// A language that the engine knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Language {
    /// Not recognised.
    Unknown = 0,
    /// `rust`.
    Rust = 1,
    /// `python`.
    Python = 2,
    /// `javascript`.
    JavaScript = 3,
    /// `typescript`.
    TypeScript = 4,
    /// `tsx`.
    Tsx = 5,
    /// `go`.
    Go = 6,
    /// `java`.
    Java = 7,
    /// `c`.
    C = 8,
    /// `cpp`.
    Cpp = 9,
    /// `csharp`.
    CSharp = 10,
    /// `ruby`.
    Ruby = 11,
    /// `php`.
    Php = 12,
    /// `swift`.
    Swift = 13,
    /// `kotlin`.
    Kotlin = 14,
    /// `scala`.
    Scala = 15,
    /// `bash`.
    Bash = 16,
    /// `lua`.
    Lua = 17,
    /// `elixir`.
    Elixir = 18,
    /// `haskell`.
    Haskell = 19,
    /// `zig`.
    Zig = 20,
    /// `markdown`.
    Markdown = 21,
    /// `html`.
    Html = 22,
    /// `css`.
    Css = 23,
    /// `json`.
    Json = 24,
    /// `yaml`.
    Yaml = 25,
    /// `toml`.
    Toml = 26,
    /// `notebook`.
    Notebook = 27,
    /// `prose`.
    Prose = 28,
}

/// Each language with its name and its file extensions (lower case, without the dot).
const LANGUAGES: &[(Language, &str, &[&str])] = &[
    (Language::Unknown, "unknown", &[]),
    (Language::Rust, "rust", &["rs"]),
    (Language::Python, "python", &["py", "pyi", "pyw"]),
    (Language::JavaScript, "javascript", &["js", "mjs", "cjs", "jsx"]),
    (Language::TypeScript, "typescript", &["ts", "mts", "cts"]),
    (Language::Tsx, "tsx", &["tsx"]),
    (Language::Go, "go", &["go"]),
    (Language::Java, "java", &["java"]),
    (Language::C, "c", &["c"]),
    (
        Language::Cpp,
        "cpp",
        &[
            "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "h++", "inl", "ipp", "tpp", "cu",
            "cuh",
        ],
    ),
    (Language::CSharp, "csharp", &["cs", "csx"]),
    (Language::Ruby, "ruby", &["rb", "rake", "gemspec", "ru"]),
    (Language::Php, "php", &["php", "phtml"]),
    (Language::Swift, "swift", &["swift"]),
    (Language::Kotlin, "kotlin", &["kt", "kts"]),
    (Language::Scala, "scala", &["scala", "sc", "sbt"]),
    (Language::Bash, "bash", &["sh", "bash", "zsh", "ksh", "bats"]),
    (Language::Lua, "lua", &["lua"]),
    (Language::Elixir, "elixir", &["ex", "exs"]),
    (Language::Haskell, "haskell", &["hs", "lhs", "hs-boot"]),
    (Language::Zig, "zig", &["zig", "zon"]),
    (Language::Markdown, "markdown", &["md", "markdown", "mdx", "mkd"]),
    (Language::Html, "html", &["html", "htm", "xhtml", "vue", "svelte", "astro"]),
    (Language::Css, "css", &["css", "scss", "less"]),
    (Language::Json, "json", &["json", "jsonc", "json5", "webmanifest"]),
    (Language::Yaml, "yaml", &["yaml", "yml"]),
    (Language::Toml, "toml", &["toml"]),
    (Language::Notebook, "notebook", &["ipynb"]),
    (
        Language::Prose,
        "prose",
        &["txt", "text", "rst", "adoc", "asciidoc", "org", "tex", "pod", "rdoc"],
    ),
];

/// File names that say the language although their extension does not.
const FILE_NAMES: &[(&str, Language)] = &[
    ("rakefile", Language::Ruby),
    ("gemfile", Language::Ruby),
    ("podfile", Language::Ruby),
    ("vagrantfile", Language::Ruby),
    ("pkgbuild", Language::Bash),
    (".bashrc", Language::Bash),
    (".zshrc", Language::Bash),
    (".profile", Language::Bash),
    ("readme", Language::Prose),
    ("changelog", Language::Prose),
    ("changes", Language::Prose),
    ("contributing", Language::Prose),
    ("license", Language::Prose),
    ("copying", Language::Prose),
    ("authors", Language::Prose),
    ("notice", Language::Prose),
];

/// Interpreters of `#!` lines.
const INTERPRETERS: &[(&str, Language)] = &[
    ("python", Language::Python),
    ("bash", Language::Bash),
    ("dash", Language::Bash),
    ("zsh", Language::Bash),
    ("ksh", Language::Bash),
    ("sh", Language::Bash),
    ("node", Language::JavaScript),
    ("deno", Language::TypeScript),
    ("ruby", Language::Ruby),
    ("php", Language::Php),
    ("lua", Language::Lua),
    ("elixir", Language::Elixir),
    ("swift", Language::Swift),
    ("runhaskell", Language::Haskell),
];

/// What editors and forges call languages, where that is neither a name nor an extension above.
const OTHER_NAMES: &[(&str, Language)] = &[
    ("plaintext", Language::Prose),
    ("restructuredtext", Language::Prose),
    ("latex", Language::Prose),
    ("shell", Language::Bash),
    ("shellscript", Language::Bash),
    ("golang", Language::Go),
    ("c#", Language::CSharp),
    ("javascriptreact", Language::JavaScript),
    ("typescriptreact", Language::Tsx),
];

impl Language {
    /// Recognises the language of a document from its path (`/`-separated) and its text.
    pub fn detect(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        if let Some(&(_, language)) = FILE_NAMES.iter().find(|(known, _)| *known == name) {
            return language;
        }
        match name.rsplit_once('.') {
            Some((_, extension)) => {
                Self::of_extension(extension).unwrap_or_else(|| Self::of_shebang(text))
            }
            None => Self::of_shebang(text),
        }
    }

    /// The lower-case name that the faces print and accept.
    pub fn name(self) -> &'static str {
        LANGUAGES[self as usize].1
    }

    /// The language of a name that [`Language::name`] prints.
    pub fn from_name(name: &str) -> Option<Self> {
        LANGUAGES.iter().find(|(_, known, _)| *known == name).map(|&(language, ..)| language)
    }

    /// The language of a name, a file extension, or what editors call it, in any case.
    ///
    /// # Errors
    /// The known name that is most like `name`.
    pub fn named(name: &str) -> Result<Self, &'static str> {
        let name = name.trim().to_lowercase();
        let others = OTHER_NAMES.iter().find(|(known, _)| *known == name);
        let known = Self::from_name(&name).or_else(|| Self::of_extension(&name));
        known.or(others.map(|&(_, language)| language)).ok_or_else(|| {
            let names = LANGUAGES.iter().map(|&(_, known, _)| known);
            let names = names.chain(OTHER_NAMES.iter().map(|&(known, _)| known));
            let likeness = |known: &&str| strsim::normalized_damerau_levenshtein(&name, known);
            names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)).then(b.cmp(a))).unwrap_or("")
        })
    }

    /// The language of a number (`language as u8`), as stores keep it.
    pub fn from_number(number: u8) -> Option<Self> {
        LANGUAGES.get(usize::from(number)).map(|&(language, ..)| language)
    }

    /// Whether this is written for people rather than for a machine.
    pub fn is_prose(self) -> bool {
        matches!(self, Self::Markdown | Self::Prose)
    }

    /// Whether programs are written in this, rather than prose, configuration or data.
    pub fn is_program(self) -> bool {
        let number = self as u8;
        Self::Rust as u8 <= number && number <= Self::Zig as u8
    }

    fn of_extension(extension: &str) -> Option<Self> {
        LANGUAGES
            .iter()
            .find(|(_, _, extensions)| extensions.contains(&extension))
            .map(|&(language, ..)| language)
    }

    fn of_shebang(text: &str) -> Self {
        let Some(line) = text.strip_prefix("#!").and_then(|rest| rest.lines().next()) else {
            return Self::Unknown;
        };
        line.split(|c: char| c == '/' || c.is_whitespace())
            .find_map(|word| {
                let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                INTERPRETERS.iter().find(|(known, _)| *known == word)
            })
            .map_or(Self::Unknown, |&(_, language)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: Language) {
        assert_eq!(Language::detect(path, text), expected, "{path}");
    }

    #[test]
    fn the_table_is_in_the_order_of_the_numbers() {
        for (at, (language, name, _)) in LANGUAGES.iter().enumerate() {
            assert_eq!(*language as usize, at);
            assert_eq!(Language::from_name(name), Some(*language));
        }
    }

    #[test]
    fn a_language_goes_by_several_names() {
        let expected = [
            ("Python", Language::Python),
            ("yml", Language::Yaml),
            ("c++", Language::Cpp),
            ("plaintext", Language::Prose),
        ];
        for (name, language) in expected {
            assert_eq!(Language::named(name), Ok(language), "{name}");
        }
        assert_eq!(Language::named("pyhton"), Err("python"));
        assert_eq!(Language::named("type script"), Err("typescript"));
    }

    #[test]
    fn path_then_first_line_decide() {
        check("src/lib.rs", "", Language::Rust);
        check("a/Rakefile", "", Language::Ruby);
        check("x.TSX", "", Language::Tsx);
        check("bin/run", "#!/usr/bin/env python3\n", Language::Python);
        check("bin/run", "#!/bin/sh -e\n", Language::Bash);
        check("bin/run", "hello", Language::Unknown);
    }
}
