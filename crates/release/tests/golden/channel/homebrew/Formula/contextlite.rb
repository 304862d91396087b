# Written by `cargo ship` for every release; a change made here is overwritten by the next one.
class Contextlite < Formula
  desc "Local context engine: cited passages within a token budget, with a proof"
  homepage "https://github.com/Michael-A-Kuykendall/contextlite"
  version "1.0.2"
  license "MIT"

  on_macos do
    on_arm do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-arm64.tar.gz"
      sha256 "926dced3f6b9449684151bf3f8aad9358e5d820682f7f7757352bb8dc4c44f6e"
    end
    on_intel do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-darwin-amd64.tar.gz"
      sha256 "dff9ccde6d0709dbd39a6840092b7255f32d60895f0ff7e35ae55715c215f8fb"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-arm64.tar.gz"
      sha256 "bb03be92ccf385c1c44a525f64f591b3720f652426cad60f1c857036f2c3c9d3"
    end
    on_intel do
      url "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-linux-amd64.tar.gz"
      sha256 "033ea7bd82e30846976b7ae422319efaf15e95b6f95e9a8d88c8030a815df626"
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
