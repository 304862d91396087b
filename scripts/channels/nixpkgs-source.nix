# A stand-in for nixpkgs, for a package that is built from source: as much of it as the package uses.
#
# It fetches nothing and compiles nothing. The source and the crates are copied from folders, and nix
# compares them with the hashes that the package states; the program is one that was built before.
# What the package does with it afterwards is done.
{ package, source, crates, program }:
let
  system = builtins.currentSystem;
  fixed = name: hash: folder: derivation {
    inherit name system folder;
    builder = "/bin/bash";
    # A shell that became its last command would be taken for one that has ended too early.
    args = [ "-euc" "cp -RP \"$folder\" \"$out\"; true" ];
    PATH = "/usr/bin:/bin";
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    outputHash = hash;
  };
  tools = ''
    installShellCompletion() {
      local name=
      while [ $# -gt 0 ]; do
        case $1 in
          --cmd) name=$2 ;;
          --bash) install -Dm644 "$2" "$out/share/bash-completion/completions/$name" ;;
          --fish) install -Dm644 "$2" "$out/share/fish/vendor_completions.d/$name.fish" ;;
          --zsh) install -Dm644 "$2" "$out/share/zsh/site-functions/_$name" ;;
          *) return 1 ;;
        esac
        shift 2
      done
    }
    installManPage() { install -Dm644 -t "$out/share/man/man1" "$@"; }
    versionCheck() { [[ $("$out/bin/$mainProgram" --version) == *"$version"* ]]; }
  '';
  buildRustPackage = make:
    let
      attributes = make attributes;
      inherit (attributes) pname version src cargoHash postInstall meta;
    in
    assert attributes.doInstallCheck && attributes.nativeInstallCheckInputs == [ "versionCheck" ];
    assert attributes.cargoBuildFlags == [ "--package" pname ];
    assert attributes.nativeBuildInputs == [ "installShellFiles" ];
    assert builtins.stringLength meta.description < 80 && meta.license == "MIT";
    derivation {
      inherit system version postInstall program src;
      inherit (meta) mainProgram;
      name = "${pname}-${version}";
      cargoDeps = fixed "${pname}-${version}-vendor-staging" cargoHash crates;
      builder = "/bin/bash";
      PATH = "/usr/bin:/bin";
      args = [
        "-euc"
        ''
          ${tools}
          grep -q "^version = \"$version\"" "$src/Cargo.toml"
          cmp "$src/Cargo.lock" "$cargoDeps/Cargo.lock"
          install -D "$program" "$out/bin/$mainProgram"
          eval "$postInstall"
          versionCheck
          true
        ''
      ];
    };
in
import package {
  rustPlatform = { inherit buildRustPackage; };
  fetchFromGitHub = { owner, repo, tag, hash }: fixed "source" hash source;
  stdenv = {
    buildPlatform.canExecute = _: true;
    hostPlatform = { };
  };
  installShellFiles = "installShellFiles";
  versionCheckHook = "versionCheck";
  nix-update-script = _: "nix-update";
  lib = {
    licenses.mit = "MIT";
    optionalString = condition: text: if condition then text else "";
  };
}
