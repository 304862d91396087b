# Written by `cargo ship` for every release; a change made here is overwritten by the next one.
{
  description = "Local context engine: cited passages within a token budget, with a proof";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: rec {
        contextlite = pkgs.callPackage ./package.nix { };
        default = contextlite;
      });
    };
}
