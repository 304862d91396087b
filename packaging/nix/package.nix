# The released binaries, unpacked; those for Linux are static and need no patching.
{ lib, stdenvNoCC, fetchurl }:
let
  version = "@version@";
  archives = {
    x86_64-linux = {
      url = "@url-linux-amd64@";
      sha256 = "@sha256-linux-amd64@";
    };
    aarch64-linux = {
      url = "@url-linux-arm64@";
      sha256 = "@sha256-linux-arm64@";
    };
    x86_64-darwin = {
      url = "@url-darwin-amd64@";
      sha256 = "@sha256-darwin-amd64@";
    };
    aarch64-darwin = {
      url = "@url-darwin-arm64@";
      sha256 = "@sha256-darwin-arm64@";
    };
  };
  inherit (stdenvNoCC.hostPlatform) system;
in
stdenvNoCC.mkDerivation {
  pname = "@name@";
  inherit version;

  src = fetchurl (archives.${system} or (throw "@name@: there is no binary for ${system}"));
  sourceRoot = ".";
  dontConfigure = true;
  dontBuild = true;
  # What was released is what runs: signed, and compared by its users.
  dontFixup = true;

  installPhase = ''
    install -Dm755 @name@ "$out/bin/@name@"
    install -Dm644 -t "$out/share/man/man1" man/*.1
    install -Dm644 completions/@name@.bash "$out/share/bash-completion/completions/@name@"
    install -Dm644 -t "$out/share/fish/vendor_completions.d" completions/@name@.fish
    install -Dm644 -t "$out/share/zsh/site-functions" completions/_@name@
    install -Dm644 -t "$out/share/doc/@name@" README.md LICENSE THIRD-PARTY-NOTICES.txt
  '';

  meta = {
    description = "@summary@";
    homepage = "@repository-url@";
    license = lib.licenses.mit;
    mainProgram = "@name@";
    platforms = lib.attrNames archives;
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
