{
  lib,
  stdenv,
  rustPlatform,
  fetchFromGitHub,
  installShellFiles,
  versionCheckHook,
  nix-update-script,
}:

rustPlatform.buildRustPackage (finalAttrs: {
  pname = "contextlite";
  version = "@version@";

  src = fetchFromGitHub {
    owner = "@owner@";
    repo = "@repository@";
    tag = "v${finalAttrs.version}";
    hash = "@source-hash@";
  };

  cargoHash = "@cargo-hash@";

  cargoBuildFlags = [
    "--package"
    "contextlite"
  ];

  # They start servers, browsers and package managers; upstream runs them for every change.
  doCheck = false;

  nativeBuildInputs = [ installShellFiles ];

  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    installShellCompletion --cmd contextlite \
      --bash <("$out/bin/contextlite" completions bash) \
      --fish <("$out/bin/contextlite" completions fish) \
      --zsh <("$out/bin/contextlite" completions zsh)
    "$out/bin/contextlite" man --out man
    installManPage man/*
  '';

  nativeInstallCheckInputs = [ versionCheckHook ];
  doInstallCheck = true;

  passthru.updateScript = nix-update-script { };

  meta = {
    description = "@summary@";
    homepage = "@repository-url@";
    changelog = "@repository-url@/releases/tag/v${finalAttrs.version}";
    license = lib.licenses.mit;
    maintainers = [ ];
    mainProgram = "contextlite";
  };
})
