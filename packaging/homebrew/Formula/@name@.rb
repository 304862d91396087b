# Written by `cargo ship` for every release; a change made here is overwritten by the next one.
class @class@ < Formula
  desc "@summary@"
  homepage "@repository-url@"
  version "@version@"
  license "MIT"

  on_macos do
    on_arm do
      url "@url-darwin-arm64@"
      sha256 "@sha256-darwin-arm64@"
    end
    on_intel do
      url "@url-darwin-amd64@"
      sha256 "@sha256-darwin-amd64@"
    end
  end

  on_linux do
    on_arm do
      url "@url-linux-arm64@"
      sha256 "@sha256-linux-arm64@"
    end
    on_intel do
      url "@url-linux-amd64@"
      sha256 "@sha256-linux-amd64@"
    end
  end

  def install
    bin.install "@name@"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/@name@.bash" => "@name@"
    fish_completion.install "completions/@name@.fish"
    zsh_completion.install "completions/_@name@"
    doc.install "README.md", "LICENSE", "THIRD-PARTY-NOTICES.txt"
  end

  test do
    assert_match "@name@ #{version}", shell_output("#{bin}/@name@ --version")
    (testpath/"notes/harbour.md").write "The keeper repaints the lantern room every spring.\n"
    answer = shell_output("#{bin}/@name@ context 'who repaints the lantern room' --root #{testpath}/notes --budget 400")
    assert_match "harbour.md", answer
  end
end
