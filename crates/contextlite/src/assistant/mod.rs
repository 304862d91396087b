//! The assistants that can start ContextLite, and where each keeps its list of servers.
//!
//! ```text
//! ASSISTANTS: which there are -> edit: the text of a list with or without us
//!    -> registration: the file, with a backup that gives it back byte for byte
//! ```

mod edit;
mod registration;

use std::path::PathBuf;

pub use self::edit::Form;
pub use self::registration::{Registrations, Standing};

/// An operating system, as far as programs keep their settings in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux and what is like it.
    Linux,
    /// macOS.
    Mac,
    /// Windows.
    Windows,
}

impl System {
    /// The one that this program was built for.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Mac
    } else {
        Self::Linux
    };
}

/// The folders below which programs keep the settings of a user.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The system.
    pub system: System,
    /// The user's home.
    pub home: PathBuf,
    /// `$XDG_CONFIG_HOME`, on Windows `%APPDATA%`, where it is set.
    pub config: Option<PathBuf>,
    /// The folders that programs are looked for in.
    pub programs: Vec<PathBuf>,
}

impl Folders {
    /// Where programs with windows keep their settings.
    fn applications(&self) -> PathBuf {
        match self.system {
            System::Linux => self.config.clone().unwrap_or_else(|| self.home.join(".config")),
            System::Mac => self.home.join("Library/Application Support"),
            System::Windows => {
                self.config.clone().unwrap_or_else(|| self.home.join("AppData/Roaming"))
            }
        }
    }

    /// Where programs of the terminal keep their settings, on macOS too.
    fn terminal(&self) -> PathBuf {
        let is_unix = self.system != System::Windows;
        let named = self.config.clone().filter(|_| is_unix);
        named.unwrap_or_else(|| self.home.join(".config"))
    }

    fn has_program(&self, name: &str) -> bool {
        let ending = if self.system == System::Windows { ".exe" } else { "" };
        self.programs.iter().any(|folder| folder.join(format!("{name}{ending}")).is_file())
    }
}

/// An assistant.
#[derive(Debug, Clone, Copy)]
pub struct Assistant {
    /// Its name in arguments.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The programs that say that it is installed, beside its folder.
    programs: &'static [&'static str],
    /// The folder that it makes when it is used first.
    folder: fn(&Folders) -> PathBuf,
    /// The file with its list of servers.
    file: fn(&Folders) -> PathBuf,
    /// How a server stands in that file.
    pub form: Form,
}

impl Assistant {
    /// Whether it is installed for this user.
    pub fn is_present(&self, folders: &Folders) -> bool {
        (self.folder)(folders).is_dir()
            || self.file(folders).is_file()
            || self.programs.iter().any(|program| folders.has_program(program))
    }

    /// The file with its list of servers, whether it exists or not.
    pub fn file(&self, folders: &Folders) -> PathBuf {
        let file = (self.file)(folders);
        // Where both spellings are taken, the one that is there is meant.
        let commented = file.with_extension("jsonc");
        if self.id == "opencode" && !file.exists() && commented.exists() { commented } else { file }
    }
}

/// The key of most lists of servers.
const USUAL: Form = Form::Json { key: "mcpServers", kind: edit::Kind::Plain };

/// All of them, in the order in which they are shown.
///
/// # Source
/// The manual of each, read in November 2026.
pub const ASSISTANTS: [Assistant; 9] = [
    Assistant {
        id: "claude-code",
        title: "Claude Code",
        programs: &["claude"],
        folder: |it| it.home.join(".claude"),
        file: |it| it.home.join(".claude.json"),
        form: Form::Json { key: "mcpServers", kind: edit::Kind::Typed },
    },
    Assistant {
        id: "claude-desktop",
        title: "Claude Desktop",
        programs: &[],
        folder: |it| it.applications().join("Claude"),
        file: |it| it.applications().join("Claude/claude_desktop_config.json"),
        form: USUAL,
    },
    Assistant {
        id: "cursor",
        title: "Cursor",
        programs: &["cursor", "cursor-agent"],
        folder: |it| it.home.join(".cursor"),
        file: |it| it.home.join(".cursor/mcp.json"),
        form: USUAL,
    },
    Assistant {
        id: "vscode",
        title: "VS Code",
        programs: &["code"],
        folder: |it| it.applications().join("Code/User"),
        file: |it| it.applications().join("Code/User/mcp.json"),
        form: Form::Json { key: "servers", kind: edit::Kind::Typed },
    },
    Assistant {
        id: "windsurf",
        title: "Windsurf",
        programs: &["windsurf"],
        folder: |it| it.home.join(".codeium/windsurf"),
        file: |it| it.home.join(".codeium/windsurf/mcp_config.json"),
        form: USUAL,
    },
    Assistant {
        id: "zed",
        title: "Zed",
        programs: &["zed"],
        folder: zed,
        file: |it| zed(it).join("settings.json"),
        form: Form::Json { key: "context_servers", kind: edit::Kind::Sourced },
    },
    Assistant {
        id: "codex",
        title: "Codex",
        programs: &["codex"],
        folder: |it| it.home.join(".codex"),
        file: |it| it.home.join(".codex/config.toml"),
        form: Form::Toml { table: "mcp_servers" },
    },
    Assistant {
        id: "gemini",
        title: "Gemini CLI",
        programs: &["gemini"],
        folder: |it| it.home.join(".gemini"),
        file: |it| it.home.join(".gemini/settings.json"),
        form: USUAL,
    },
    Assistant {
        id: "opencode",
        title: "opencode",
        programs: &["opencode"],
        folder: |it| it.terminal().join("opencode"),
        file: |it| it.terminal().join("opencode/opencode.json"),
        form: Form::Json { key: "mcp", kind: edit::Kind::Listed },
    },
];

fn zed(folders: &Folders) -> PathBuf {
    match folders.system {
        System::Windows => folders.applications().join("Zed"),
        _ => folders.terminal().join("zed"),
    }
}

/// The assistant of a name that was typed.
pub fn named(id: &str) -> Option<&'static Assistant> {
    ASSISTANTS.iter().find(|assistant| assistant.id == id)
}

/// How this program is started as a server: its path, then what follows it.
pub fn arguments() -> &'static [&'static str] {
    &["mcp"]
}

#[cfg(test)]
mod tests {
    use super::{ASSISTANTS, Folders, System};

    #[test]
    fn each_system_has_its_places() {
        let check = |system, expected: [&str; 9]| {
            let folders = Folders { system, home: "/u".into(), config: None, programs: Vec::new() };
            let files = ASSISTANTS
                .map(|assistant| assistant.file(&folders).to_string_lossy().replace('\\', "/"));
            assert_eq!(files, expected);
        };
        check(
            System::Linux,
            [
                "/u/.claude.json",
                "/u/.config/Claude/claude_desktop_config.json",
                "/u/.cursor/mcp.json",
                "/u/.config/Code/User/mcp.json",
                "/u/.codeium/windsurf/mcp_config.json",
                "/u/.config/zed/settings.json",
                "/u/.codex/config.toml",
                "/u/.gemini/settings.json",
                "/u/.config/opencode/opencode.json",
            ],
        );
        check(
            System::Mac,
            [
                "/u/.claude.json",
                "/u/Library/Application Support/Claude/claude_desktop_config.json",
                "/u/.cursor/mcp.json",
                "/u/Library/Application Support/Code/User/mcp.json",
                "/u/.codeium/windsurf/mcp_config.json",
                "/u/.config/zed/settings.json",
                "/u/.codex/config.toml",
                "/u/.gemini/settings.json",
                "/u/.config/opencode/opencode.json",
            ],
        );
        check(
            System::Windows,
            [
                "/u/.claude.json",
                "/u/AppData/Roaming/Claude/claude_desktop_config.json",
                "/u/.cursor/mcp.json",
                "/u/AppData/Roaming/Code/User/mcp.json",
                "/u/.codeium/windsurf/mcp_config.json",
                "/u/AppData/Roaming/Zed/settings.json",
                "/u/.codex/config.toml",
                "/u/.gemini/settings.json",
                "/u/.config/opencode/opencode.json",
            ],
        );
    }
}
