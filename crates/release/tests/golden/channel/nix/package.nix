# The released binaries, unpacked; those for Linux are static and need no patching.
{ lib, stdenvNoCC, fetchurl }:
let
  version = "1.0.2";
  archives = {
    x86_64-linux = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-amd64.tar.gz";
      sha256 = "033ea7bd82e30846976b7ae422319efaf15e95b6f95e9a8d88c8030a815df626";
    };
    aarch64-linux = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-arm64.tar.gz";
      sha256 = "bb03be92ccf385c1c44a525f64f591b3720f652426cad60f1c857036f2c3c9d3";
    };
    x86_64-darwin = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-amd64.tar.gz";
      sha256 = "dff9ccde6d0709dbd39a6840092b7255f32d60895f0ff7e35ae55715c215f8fb";
    };
    aarch64-darwin = {
      url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-arm64.tar.gz";
      sha256 = "926dced3f6b9449684151bf3f8aad9358e5d820682f7f7757352bb8dc4c44f6e";
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
