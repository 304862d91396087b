# Written by `cargo ship` for every release; a change made here is overwritten by the next one.
class Contextlite < Formula
  desc "Local context engine: cited passages within a token budget, with a proof"
  homepage "https://github.com/Michael-A-Kuykendall/contextlite"
  version "1.0.2"
  license "MIT"

  on_macos do
    on_arm do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-arm64.tar.gz"
      sha256 "1a128347c724278b22b1e5cf147bb5f368834480d53d41a3cca9dafa9b48de6f"
    end
    on_intel do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-amd64.tar.gz"
      sha256 "ee6b4890b8fbc91c54b4bb8a8b6dcdfcc2b02e6fc19a44084aeb21b51b0b8dad"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-arm64.tar.gz"
      sha256 "4c6d566791cba2ff106e8ee71e6e5c85dee193f8804a4c7881e3ec510ee2bd2b"
    end
    on_intel do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-amd64.tar.gz"
      sha256 "c139476dda03e95f911d645539f1484dc3da3434b61618ceb776788f7d528c8d"
    end
  end

  def install
    bin.install "contextlite"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/contextlite.bash" => "contextlite"
    fish_completion.install "completions/contextlite.fish"
    zsh_completion.install "completions/_contextlite"
    doc.install "README.md", "LICENSE", "THIRD-PARTY-NOTICES.txt"
  end

  test do
    assert_match "contextlite #{version}", shell_output("#{bin}/contextlite --version")
    (testpath/"notes/harbour.md").write "The keeper repaints the lantern room every spring.\n"
    answer = shell_output("#{bin}/contextlite context 'who repaints the lantern room' --root #{testpath}/notes --budget 400")
    assert_match "harbour.md", answer
  end
end
