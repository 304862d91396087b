//! What a binary is, as its own headers tell: for which system and processor, and what it needs.
//!
//! A binary that was built for another platform cannot be run here, but a wrong one can be found
//! out all the same. It has to be of the format and processor that the target says, and it may
//! need nothing that a user's machine might lack:
//!
//! - Linux: ELF without interpreter and without libraries, so that any distribution runs it;
//! - macOS: Mach-O for macOS 11.0, whose libraries all belong to the system, and on ARM signed,
//!   because an unsigned program is killed there;
//! - Windows: PE for the console, whose libraries all belong to the system.

use std::collections::BTreeSet;

use object::elf::{ET_DYN, ET_EXEC, PT_INTERP};
use object::macho::{LC_CODE_SIGNATURE, MH_EXECUTE, PLATFORM_MACOS};
use object::pe::IMAGE_SUBSYSTEM_WINDOWS_CUI;
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::read::macho::{MachHeader as _, MachOFile64};
use object::read::pe::{ImageNtHeaders as _, ImageOptionalHeader as _, PeFile64};
use object::{Architecture, Endianness, Object};

use crate::target::{Arch, MACOS_VERSION_MIN, Os, Target};

/// Where the libraries of macOS itself are.
const MACOS_FOLDERS: [&str; 2] = ["/usr/lib/", "/System/Library/"];

/// The libraries that every Windows from version 10 on has; those of the universal C runtime
/// begin with `api-ms-win-`.
const WINDOWS_LIBRARIES: [&str; 21] = [
    "advapi32.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "combase.dll",
    "crypt32.dll",
    "dbghelp.dll",
    "gdi32.dll",
    "iphlpapi.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleaut32.dll",
    "psapi.dll",
    "rpcrt4.dll",
    "secur32.dll",
    "shell32.dll",
    "ucrtbase.dll",
    "user32.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// Says what a binary is, in a phrase, once it is what `target` says.
///
/// # Errors
///
/// Everything in which it is something else, as phrases.
pub fn inspect(binary: &[u8], target: &Target) -> Result<String, Vec<String>> {
    let read = match target.os {
        Os::Linux => linux(binary, target.arch),
        Os::Darwin => macos(binary, target.arch),
        Os::Windows => windows(binary, target.arch),
    };
    match read {
        Ok((phrase, faults)) if faults.is_empty() => Ok(phrase),
        Ok((_, faults)) => Err(faults),
        Err(error) => Err(vec![format!("it is no {} program: {error}", format_of(target.os))]),
    }
}

/// What a binary is, and what is wrong with it.
type Found = (String, Vec<String>);

fn format_of(os: Os) -> &'static str {
    match os {
        Os::Linux => "ELF",
        Os::Darwin => "Mach-O",
        Os::Windows => "PE",
    }
}

fn linux(binary: &[u8], arch: Arch) -> object::read::Result<Found> {
    let file = ElfFile64::<Endianness>::parse(binary)?;
    let endian = file.endian();
    let mut faults = architecture_fault(&file, arch);
    let file_type = file.elf_header().e_type(endian);
    if file_type != ET_EXEC && file_type != ET_DYN {
        faults.push(format!("it is of ELF type {file_type}, not a program"));
    }
    if file.elf_program_headers().iter().any(|header| header.p_type(endian) == PT_INTERP) {
        faults.push("it needs an interpreter, so it is not static".to_owned());
    }
    faults.extend(libraries(&file)?.iter().map(|name| format!("it needs the library {name}")));
    Ok((format!("ELF {}, static", arch.name()), faults))
}

fn macos(binary: &[u8], arch: Arch) -> object::read::Result<Found> {
    let file = MachOFile64::<Endianness>::parse(binary)?;
    let endian = file.endian();
    let mut faults = architecture_fault(&file, arch);
    let file_type = file.macho_header().filetype(endian);
    if file_type != MH_EXECUTE {
        faults.push(format!("it is of Mach-O type {file_type}, not a program"));
    }
    let (major, minor) = MACOS_VERSION_MIN;
    match file.build_version()? {
        Some((build, _)) if build.platform.get(endian) == PLATFORM_MACOS => {
            let least = build.minos.get(endian);
            if (least.major(), least.minor()) != (u16::from(major), minor) {
                faults.push(format!("it starts on macOS {least}, not on {major}.{minor}"));
            }
        }
        _ => faults.push("it does not say that it is for macOS".to_owned()),
    }
    for name in libraries(&file)? {
        if !MACOS_FOLDERS.iter().any(|folder| name.starts_with(folder)) {
            faults.push(format!("it needs the library {name}, which macOS does not have"));
        }
    }
    let mut commands = file.macho_load_commands()?;
    let mut is_signed = false;
    while let Some(command) = commands.next()? {
        is_signed |= command.cmd() == LC_CODE_SIGNATURE;
    }
    if !is_signed && arch == Arch::Arm64 {
        faults.push("it has no signature, so macOS would kill it".to_owned());
    }
    let signed = if is_signed { "signed" } else { "unsigned" };
    Ok((format!("Mach-O {}, macOS {major}.{minor}, {signed}", arch.name()), faults))
}

fn windows(binary: &[u8], arch: Arch) -> object::read::Result<Found> {
    let file = PeFile64::parse(binary)?;
    let mut faults = architecture_fault(&file, arch);
    let subsystem = file.nt_headers().optional_header().subsystem();
    if subsystem != IMAGE_SUBSYSTEM_WINDOWS_CUI {
        faults.push(format!("it is for subsystem {subsystem}, not for the console"));
    }
    for name in libraries(&file)? {
        let lower = name.to_ascii_lowercase();
        let is_known = WINDOWS_LIBRARIES.contains(&lower.as_str());
        if !is_known && !lower.starts_with("api-ms-win-") {
            faults.push(format!("it needs the library {name}, which Windows may lack"));
        }
    }
    Ok((format!("PE {}, console", arch.name()), faults))
}

fn architecture_fault<'a>(file: &impl Object<'a>, arch: Arch) -> Vec<String> {
    let expected = match arch {
        Arch::Amd64 => Architecture::X86_64,
        Arch::Arm64 => Architecture::Aarch64,
    };
    let found = file.architecture();
    let is_other = found != expected;
    is_other.then(|| format!("it is for {found:?}, not for {}", arch.name())).into_iter().collect()
}

fn libraries<'a>(file: &impl Object<'a>) -> object::read::Result<BTreeSet<String>> {
    let name =
        |library: object::ImportLibrary<'_>| String::from_utf8_lossy(library.name()).into_owned();
    file.import_libraries()?.map(|library| library.map(name)).collect()
}
