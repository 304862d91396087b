//! The list of dependencies inside the binary, so that a copied binary can still be audited.
//!
//! Years later somebody has the binary and nothing else, and wants to know whether it holds a
//! crate with a known fault. So the linked packages are written into the binary: as JSON,
//! compressed by zlib, in a section `.dep-v0` of its own, which no code reads. This is the format
//! of `cargo auditable`, so `cargo audit bin` and the scanners that know it work on our binaries.
//!
//! The section is made here and handed to the linker as one more object file, rather than by the
//! `cargo auditable` subcommand: that wraps the compiler, and so does the cross linker, and a
//! list which is made here is the same list that the notices and the bill of materials are made
//! from.
//!
//! # Source
//!
//! <https://github.com/rust-secure-code/cargo-auditable>, `PARSING.md` and the JSON schema there.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use object::write::{
    MachOBuildVersion, Object as Writer, SectionId, Symbol, SymbolId, SymbolSection,
};
use object::{
    Architecture, BinaryFormat, Endianness, Object as _, ObjectSection as _, SectionFlags,
    SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf, macho,
};
use serde::Serialize;

use crate::dependency::{Graph, Package};
use crate::target::{Arch, MACOS_VERSION_MIN, Os, Target};

/// The name of the section.
const SECTION: &[u8] = b".dep-v0";

/// The symbol that stands at its start.
const SYMBOL: &[u8] = b"AUDITABLE_VERSION_INFO";

/// The form of the list: made from what cargo resolved, procedural macros left out.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct List<'a> {
    packages: Vec<Item<'a>>,
    format: u32,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    version: &'a str,
    source: String,
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    dependencies: &'a [usize],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    root: bool,
}

/// Returns an object file for `target` whose one section is the list of what is linked.
pub fn object_file(graph: &Graph, target: &Target) -> Vec<u8> {
    let (format, section_kind) = match target.os {
        Os::Linux => (BinaryFormat::Elf, SectionKind::Metadata),
        Os::Darwin => (BinaryFormat::MachO, SectionKind::ReadOnlyData),
        Os::Windows => (BinaryFormat::Coff, SectionKind::ReadOnlyData),
    };
    let architecture = match target.arch {
        Arch::Amd64 => Architecture::X86_64,
        Arch::Arm64 => Architecture::Aarch64,
    };
    let mut object = Writer::new(format, architecture, Endianness::Little);
    let segment = match target.os {
        Os::Darwin => b"__DATA".to_vec(),
        Os::Linux | Os::Windows => Vec::new(),
    };
    let list = compressed(&json(graph));
    let section = object.add_section(segment, SECTION.to_vec(), section_kind);
    let offset = object.append_section_data(section, &list, 1);
    let symbol = object.add_symbol(Symbol {
        name: SYMBOL.to_vec(),
        value: offset,
        size: list.len() as u64,
        kind: SymbolKind::Data,
        scope: SymbolScope::Dynamic,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    });
    match target.os {
        Os::Linux => is_not_loaded(&mut object, section),
        Os::Darwin => is_kept(&mut object, symbol),
        Os::Windows => {}
    }
    object.write().expect("one section of plain bytes fits every format")
}

/// In ELF the section is not loaded into memory; it only lies in the file.
fn is_not_loaded(object: &mut Writer<'_>, section: SectionId) {
    let flags = SectionFlags::Elf { sh_type: elf::SHT_PROGBITS, sh_flags: elf::SectionFlags(0) };
    object.section_mut(section).flags = flags;
}

/// In Mach-O what nothing names is dropped unless it says otherwise, and an object says for
/// which system it is.
fn is_kept(object: &mut Writer<'_>, symbol: SymbolId) {
    if let SymbolFlags::MachO { n_desc, .. } = object.symbol_flags_mut(symbol) {
        *n_desc = macho::N_NO_DEAD_STRIP;
    }
    let (major, minor) = MACOS_VERSION_MIN;
    let version = macho::Version(u32::from(major) << 16 | u32::from(minor) << 8);
    let platform = macho::PLATFORM_MACOS;
    let mut build = MachOBuildVersion::default();
    (build.platform, build.minos, build.sdk) = (platform, version, version);
    object.set_macho_build_version(build);
}

/// Returns whether a binary carries the list of what is linked.
pub fn is_in(binary: &[u8], graph: &Graph) -> bool {
    let expected = compressed(&json(graph));
    let file = object::File::parse(binary);
    file.is_ok_and(|file| {
        let mut sections = file.sections().filter(|section| section.name_bytes() == Ok(SECTION));
        // Windows fills a section up to whole pages.
        sections.any(|section| section.data().is_ok_and(|data| data.starts_with(&expected)))
    })
}

fn json(graph: &Graph) -> Vec<u8> {
    let packages = graph.packages.iter().enumerate().map(|(place, package)| Item {
        name: &package.name,
        version: &package.version,
        source: source(package),
        dependencies: &package.needs,
        root: place == graph.root,
    });
    let list = List { packages: packages.collect(), format: FORMAT };
    serde_json::to_vec(&list).expect("a list of texts and numbers")
}

/// Where a package is from, as the format calls it.
///
/// An index is named by its repository without `-index`, so the default index by its own name.
fn source(package: &Package) -> String {
    let Some(source) = &package.source else {
        return "local".to_owned();
    };
    let Some(registry) = source.strip_prefix("registry+") else {
        return source.split('+').next().unwrap_or(source).to_owned();
    };
    let last = registry.rsplit('/').next().unwrap_or_default();
    last.strip_suffix("-index").unwrap_or("registry").to_owned()
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory can be written to");
    encoder.finish().expect("memory can be written to")
}
