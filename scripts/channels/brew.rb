# A stand-in for brew: `ruby brew.rb FORMULA OS CPU FOLDER URL=>FILES [test]`.
#
# Loads the formula with as much of brew's language as it uses, takes the download of one platform
# from a folder, compares its SHA-256, unpacks it, runs `install`, and, if this machine is such a
# platform, `test`.

require "digest"
require "fileutils"
require "open3"

FORMULA, SYSTEM, PROCESSOR, FOLDER, MAP, TEST = ARGV
URL, FILES = MAP.split("=>")

# A folder that things are installed into.
class Place < String
  def install(*things)
    things.flatten.each do |thing|
      pairs = thing.is_a?(Hash) ? thing : { thing => File.basename(thing) }
      pairs.each do |from, name|
        raise "#{from} is not in the archive" unless File.exist?(from)

        FileUtils.mkdir_p(self)
        FileUtils.cp_r(from, File.join(self, name))
      end
    end
  end

  def /(other) = Place.new(File.join(self, other))

  def write(text)
    FileUtils.mkdir_p(File.dirname(self))
    File.write(self, text)
  end
end

class Formula
  FACTS = %i[desc homepage version license url sha256].freeze
  PLACES = {
    bin: "bin", man1: "share/man/man1", doc: "share/doc",
    bash_completion: "etc/bash_completion.d", fish_completion: "share/fish/vendor_completions.d",
    zsh_completion: "share/zsh/site-functions"
  }.freeze

  class << self
    attr_reader :formula, :facts, :tested

    def inherited(formula)
      super
      formula.instance_variable_set(:@facts, {})
      Formula.instance_variable_set(:@formula, formula)
    end

    FACTS.each { |fact| define_method(fact) { |value| @facts[fact] = value } }
    def on_macos = (yield if SYSTEM == "macos")
    def on_linux = (yield if SYSTEM == "linux")
    def on_arm = (yield if PROCESSOR == "arm")
    def on_intel = (yield if PROCESSOR == "intel")
    def test(&block) = @tested = block
  end

  PLACES.each { |name, path| define_method(name) { prefix / path } }
  def prefix = Place.new(File.join(FOLDER, "prefix"))
  def testpath = Place.new(File.join(FOLDER, "test"))
  def version = self.class.facts[:version]

  def shell_output(command)
    said, status = Open3.capture2(command)
    status.success? ? said : raise("#{command} failed")
  end

  def assert_match(expected, said)
    raise "#{expected.inspect} is not in #{said.inspect}" unless said.include?(expected)
  end
end

load File.expand_path(FORMULA)
formula = Formula.formula
missing = Formula::FACTS.reject { |fact| formula.facts[fact] }
abort "the formula does not say #{missing.join(", ")}" unless missing.empty?
desc = formula.facts[:desc]
abort "desc is too long or begins with an article" if desc.length > 80 || desc =~ /\A(an?|the)\s/i
url = formula.facts[:url]
abort "#{url} is not below #{URL}" unless url.start_with?(URL)
bytes = File.binread(url.sub(URL, FILES))
abort "another SHA-256" unless Digest::SHA256.hexdigest(bytes) == formula.facts[:sha256]
FileUtils.rm_rf(FOLDER)
FileUtils.mkdir_p(["#{FOLDER}/source", "#{FOLDER}/test"])
File.binwrite("#{FOLDER}/archive", bytes)
system("tar", "xf", "#{FOLDER}/archive", "-C", "#{FOLDER}/source") || abort("it does not unpack")
brewed = formula.new
Dir.chdir("#{FOLDER}/source") { brewed.install }
abort "the formula has no test" unless formula.tested
Dir.chdir("#{FOLDER}/test") { brewed.instance_eval(&formula.tested) } if TEST
puts "#{SYSTEM}/#{PROCESSOR}: installed#{" and tested" if TEST}"
