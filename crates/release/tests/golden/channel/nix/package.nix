# The released binaries, unpacked; those for Linux are static and need no patching.
{ lib, stdenvNoCC, fetchurl }:
let
  version = "1.0.2";
  archives = {
    x86_64-linux = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-amd64.tar.gz";
      sha256 = "c139476dda03e95f911d645539f1484dc3da3434b61618ceb776788f7d528c8d";
    };
    aarch64-linux = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-arm64.tar.gz";
      sha256 = "4c6d566791cba2ff106e8ee71e6e5c85dee193f8804a4c7881e3ec510ee2bd2b";
    };
    x86_64-darwin = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-amd64.tar.gz";
      sha256 = "ee6b4890b8fbc91c54b4bb8a8b6dcdfcc2b02e6fc19a44084aeb21b51b0b8dad";
    };
    aarch64-darwin = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-arm64.tar.gz";
      sha256 = "1a128347c724278b22b1e5cf147bb5f368834480d53d41a3cca9dafa9b48de6f";
    };
  };
  inherit (stdenvNoCC.hostPlatform) system;
in
stdenvNoCC.mkDerivation {
  pname = "contextlite";
  inherit version;

  src = fetchurl (archives.${system} or (throw "contextlite: there is no binary for ${system}"));
  sourceRoot = ".";
  dontConfigure = true;
  dontBuild = true;
  # What was released is what runs: signed, and compared by its users.
  dontFixup = true;

  installPhase = ''
    install -Dm755 contextlite "$out/bin/contextlite"
    install -Dm644 -t "$out/share/man/man1" man/*.1
    install -Dm644 completions/contextlite.bash "$out/share/bash-completion/completions/contextlite"
    install -Dm644 -t "$out/share/fish/vendor_completions.d" completions/contextlite.fish
    install -Dm644 -t "$out/share/zsh/site-functions" completions/_contextlite
    install -Dm644 -t "$out/share/doc/contextlite" README.md LICENSE THIRD-PARTY-NOTICES.txt
  '';

  meta = {
    description = "Local context engine: cited passages within a token budget, with a proof";
    homepage = "https://github.com/Michael-A-Kuykendall/contextlite";
    license = lib.licenses.mit;
    mainProgram = "contextlite";
    platforms = lib.attrNames archives;
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
