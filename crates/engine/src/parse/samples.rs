//! A rich sample of each programming language with the outline that is expected of it.
//!
//! A listing has a line for each definition (see `tests::check`) and, after `=`, the references.

use crate::language::Language;

/// A language, a text, and its expected listing.
#[allow(clippy::needless_raw_string_hashes, reason = "one form for all samples")]
pub(crate) const SAMPLES: &[(Language, &str, &str)] = &[
    (
        Language::Rust,
        r#"//! The crate.

use std::collections::BTreeMap as Map;

/// How many.
pub const LIMIT: usize = 3;

/// A job.
#[derive(Debug, Clone)]
pub struct Job<T> {
    /// Its name.
    pub name: String,
    inner: Option<T>,
}

enum State {
    Idle,
    Busy { since: u64 },
}

trait Run: Send {
    type Output;
    fn run(&self) -> Self::Output;
}

impl<T: Clone> Run for Job<T> {
    type Output = u32;

    // Plain comments count too.
    #[inline]
    fn run(&self) -> u32 {
        let local = helper(LIMIT);
        fn nested() {}
        Self::make(&local).unwrap_or_default()
    }
}

macro_rules! square {
    ($x:expr) => { $x * $x };
}

mod tests {
    static X: u8 = 1;
}
"#,
        r#"5-6 constant LIMIT `pub const LIMIT: usize = 3;` /// How many.
8-14 type Job `pub struct Job<T>` /// A job.
11-12   field name `pub name: String` /// Its name.
13-13   field inner `inner: Option<T>`
16-19 enum State `enum State`
17-17   field Idle `Idle`
18-18   field Busy `Busy`
18-18     field since `since: u64`
21-24 interface Run `trait Run: Send`
22-22   alias Output `type Output;`
23-23   method run `fn run(&self) -> Self::Output;`
26-36 implementation Job `impl<T: Clone> Run for Job<T>`
27-27   alias Output `type Output = u32;`
29-35   method run `fn run(&self) -> u32` // Plain comments count 
33-33     function nested `fn nested()`
38-40 function square `macro_rules! square {`
42-44 module tests `mod tests`
43-43   constant X `static X: u8 = 1;`
= std collections BTreeMap Map derive Debug Clone T String Option T Send Self
= Output T Clone Run T inline helper LIMIT Self make unwrap_or_default"#,
    ),
    (
        Language::Python,
        r#""""The module."""
from os import path as p
import sys

LIMIT: int = 3


@register("job")
class Job(Base, metaclass=Meta):
    """A job."""

    size = 1

    # Runs it.
    @property
    async def run(
        self, x: Config
    ) -> Result:
        '''Runs.'''
        local = helper(x)
        def inner(): pass
        return self.make(local).done(Other)


if sys.platform == "win32":
    def windows(): ...
"#,
        r#"5-5 constant LIMIT `LIMIT: int = 3`
8-22 type Job `class Job(Base, metaclass=Meta):` """A job."""
12-12   field size `size = 1`
14-22   method run `async def run(⏎        self, x: Config⏎    ) -> Result:` '''Runs.'''
21-21     function inner `def inner():`
26-26 function windows `def windows():`
= os path p sys register Base Meta property Config Result helper make done Other"#,
    ),
    (
        Language::JavaScript,
        r#"'use strict';
const fs = require('fs');
import { a as b } from './x';

/**
 * Runs.
 */
export async function run(x) {
  const local = new Foo(x);
  return local.bar(() => baz(x));
}

export const arrow = (x) => helper(x), LIMIT = 3;

/** A job. */

export default class Job extends Base {
  #size = 1;
  handler = () => {};
  static make() { return new Job(); }
  get name() { return 1; }
}

exports.send = function send(body) {};
Job.prototype.close = function () {};
module.exports = { open() {}, shut: function () {}, not: 1 };
describe('x', () => { let no = 1; const yes = function () {}; });
"#,
        r#"5-11 function run `export async function run(x)` /**⏎ * Runs.⏎ */
13-13 function arrow `export const arrow = (x) =>`
13-13 constant LIMIT `LIMIT = 3`
15-22 type Job `export default class Job extends Base` /** A job. */
18-18   field #size `#size = 1`
19-19   method handler `handler = () =>`
20-20   method make `static make()`
21-21   method name `get name()`
24-24 function send `exports.send = function send(body)`
25-25 method (Job)close `Job.prototype.close = function ()`
26-26 method open `open()`
26-26 method shut `shut: function ()`
27-27 function yes `const yes = function ()`
= require a b Foo bar baz helper Base Job Job describe"#,
    ),
    (
        Language::TypeScript,
        r#"import type { Config } from './config';

/** A job. */
@Injectable()
export abstract class Job<T> implements Run {
  private readonly size: number = 1;
  constructor(private name: string) { super(); }
  abstract stop(): void;
}

export interface Run { id: string; run(x: Config): Promise<Result>; }
export type Id = string | number;
export enum Color { Red, Green = 2 }
declare module 'x' { export function f(): void; }
namespace Space { export const inner = 1; }
export const useJob = async <T,>(x: T): Promise<T> => { return make<T>(x); };
function overload(a: string): void;
"#,
        r#"3-9 type Job `abstract class Job<T> implements Run` /** A job. */
6-6   field size `private readonly size: number = 1`
7-7   method constructor `constructor(private name: string)`
8-8   method stop `abstract stop(): void`
11-11 interface Run `export interface Run`
11-11   field id `id: string`
11-11   method run `run(x: Config): Promise<Result>`
12-12 alias Id `export type Id = string | number;`
13-13 enum Color `export enum Color`
13-13   field Red `Red`
13-13   field Green `Green = 2`
14-14 module x `declare module 'x'`
14-14   function f `export function f(): void;`
15-15 module Space `namespace Space`
15-15   constant inner `export const inner = 1;`
16-16 function useJob `export const useJob = async <T,>(x: T): Promise<T> =>`
17-17 function overload `function overload(a: string): void;`
= Config Injectable T Run super Config Promise Result T T Promise T make T"#,
    ),
    (
        Language::Go,
        r#"// Package jobs runs.
package jobs

import "fmt"

// Limits.
const (
	// Max is one.
	Max = 1
	Min, Mid = 0, 2
)

var _ Run = &Job{}

// Job is one.
type Job struct {
	Name, Title string
	*Base
}

type Run interface {
	Run(x int) error
}

type ID = string
type Handler func(x int)

// Run runs.
func (j *Job) Run(x int) error {
	local := helper(x)
	return fmt.Errorf("x %v", local, Other{}, func() {})
}

func Map[T any](in []T) []T { return nil }
"#,
        r#"8-9 constant Max `Max = 1` // Max is one.
10-10 constant Min `Min, Mid = 0, 2`
10-10 constant Mid `Min, Mid = 0, 2`
15-19 type Job `type Job struct` // Job is one.
17-17   field Name `Name, Title string`
17-17   field Title `Name, Title string`
21-23 interface Run `type Run interface`
22-22   method Run `Run(x int) error`
25-25 alias ID `type ID = string`
26-26 alias Handler `type Handler func(x int)`
28-32 method (Job)Run `func (j *Job) Run(x int) error` // Run runs.
34-34 function Map `func Map[T any](in []T) []T`
= Run Job string Base int error string int Job int error helper Errorf Other T
= any T T"#,
    ),
    (
        Language::Java,
        r#"package acme.jobs;

import java.util.List;

/**
 * A job.
 */
@Service("x")
public final class Job<T> extends Base implements Run {
    private static final int LIMIT = 3, OTHER = 4;

    /** Makes. */
    // and more
    @Inject
    public Job(String name) {
        this.name = name;
    }

    @Override
    public List<T> run(int x) throws Failure {
        Foo local = new Foo(x);
        return local.bar(() -> helper(x));
    }

    enum State { IDLE, BUSY(1); State(int x) {} }
    record Point(int x, int y) {}
    @interface Mark { String value(); }
}
"#,
        r#"5-28 type Job `public final class Job<T> extends Base implements Run` /**⏎ * A job.⏎ */
10-10   field LIMIT `private static final int LIMIT = 3, OTHER = 4;`
10-10   field OTHER `private static final int LIMIT = 3, OTHER = 4;`
12-17   method Job `public Job(String name)` /** Makes. */⏎    // and
19-23   method run `public List<T> run(int x) throws Failure`
25-25   enum State `enum State`
25-25     field IDLE `IDLE`
25-25     field BUSY `BUSY(1)`
25-25     method State `State(int x)`
26-26   type Point `record Point(int x, int y)`
27-27   interface Mark `@interface Mark`
27-27     method value `String value();`
= java util List Service T Base Run Inject String Override List T Failure Foo
= Foo bar helper String"#,
    ),
    (
        Language::C,
        r#"/* Copyright. */

#include <stdio.h>
#ifndef GUARD
#define GUARD
#define LIMIT 3
#define SQUARE(x) ((x) * (x))

/* A job. */
typedef struct job {
    char *name;
    int (*run)(struct job *j);
} job_t;

typedef unsigned int id_t;
struct list { struct list *next; };
enum state { IDLE, BUSY = 2 };
static const char *names[] = { "a" };
extern int declared(job_t *j, int x);

/* Runs it. */
static int
run(job_t *j, int (*callback)(int))
{
    int local = helper(j->name);
    return j->run(j) + SQUARE(local);
}
#endif
"#,
        r#"6-6 constant LIMIT `#define LIMIT 3`
7-7 function SQUARE `#define SQUARE(x) ((x) * (x))`
9-13 type job_t `typedef struct job` /* A job. */
11-11   field name `char *name;`
12-12   field run `int (*run)(struct job *j);`
15-15 alias id_t `typedef unsigned int id_t;`
16-16 type list `struct list`
16-16   field next `struct list *next;`
17-17 enum state `enum state`
17-17   field IDLE `IDLE`
17-17   field BUSY `BUSY = 2`
18-18 constant names `static const char *names[] = { "a" };`
19-19 function declared `extern int declared(job_t *j, int x);`
21-27 function run `static int⏎run(job_t *j, int (*callback)(int))` /* Runs it. */
= GUARD GUARD job job job_t list job_t job_t helper run SQUARE"#,
    ),
    (
        Language::Cpp,
        r#"#include "job.h"
namespace acme::jobs {
/// A job.
template <typename T>
class Job : public Base<T> {
 public:
  Job(int x) : size_(x) {}
  ~Job();
  virtual void run(const Config& c) = 0;
  bool operator==(const Job& other) const { return true; }
 private:
  int size_ = 1;
};
using Id = std::string;
enum class Color { Red };
template <typename T>
void Job<T>::run(const Config& c) {
  auto local = make<T>(c);
  local->bar([&](int x) { return helper(x); });
}
std::ostream& operator<<(std::ostream& os, const Id& id) { return os; }
int Server::close() { return detail::Helper::stop(); }
}
"#,
        r#"2-23 module jobs `namespace acme::jobs`
3-13   type Job `class Job : public Base<T>` /// A job.
7-7     method Job `Job(int x) : size_(x)`
8-8     method ~Job `~Job();`
9-9     method run `virtual void run(const Config& c) = 0;`
10-10     method operator== `bool operator==(const Job& other) const`
12-12     field size_ `int size_ = 1;`
14-14   alias Id `using Id = std::string;`
15-15   enum Color `enum class Color`
15-15     field Red `Red`
16-20   method (Job)run `void Job<T>::run(const Config& c)`
21-21   function operator<< `std::ostream& operator<<(std::ostream& os, const Id& id)`
22-22   method (Server)close `int Server::close()`
= T Base T Job Config Job string T Job T Config make T bar helper ostream
= ostream Id stop"#,
    ),
    (
        Language::CSharp,
        r#"using System;
namespace Acme.Jobs;
/// <summary>Runs jobs.</summary>
[Serializable]
public sealed class Runner<T> : Base, IRun where T : class
{
    private readonly int _limit = 3, _b;
    public event EventHandler Done;
    public string Name { get; set; } = "x";
    public int this[int i] => i;
    public delegate void Handler(int x);
    [Obsolete] public Runner(int limit) : base(limit) { _limit = limit; }
    public async Task<int> RunAsync(string s) { int Local() => 1; var x = new Foo(); return await Bar.Baz(s); }
    public static bool operator ==(Runner a, Runner b) => true;
    enum Color { Red, Green = 2 }
    ~Runner() {}
}
public record Point(int X, int Y);
public struct S { }
interface IRun { void Run(); }
"#,
        r#"2-2 module (Acme)Jobs `namespace Acme.Jobs;`
3-17 type Runner `public sealed class Runner<T> : Base, IRun where T : class` /// <summary>Runs jobs.<
7-7   field _limit `private readonly int _limit = 3, _b;`
7-7   field _b `private readonly int _limit = 3, _b;`
8-8   field Done `public event EventHandler Done;`
9-9   field Name `public string Name`
11-11   alias Handler `public delegate void Handler(int x);`
12-12   method Runner `public Runner(int limit) : base(limit)`
13-13   method RunAsync `public async Task<int> RunAsync(string s)`
13-13     function Local `int Local()`
15-15   enum Color `enum Color`
15-15     field Red `Red`
15-15     field Green `Green = 2`
16-16   method Runner `~Runner()`
18-18 type Point `public record Point(int X, int Y);`
19-19 type S `public struct S`
20-20 interface IRun `interface IRun`
20-20   method Run `void Run();`
= System Acme Serializable T Base IRun T EventHandler Obsolete Task Foo Bar Baz
= Runner Runner X Y"#,
    ),
    (
        Language::Ruby,
        r#"# Top comment
require 'set'
module Acme
  # A job.
  class Job < Base
    include Comparable
    LIMIT = 3
    attr_accessor :name, :size
    # Makes one.
    def initialize(name)
      @name = name
    end
    def self.build(*args) = new(*args)
    class << self
      def create; end
    end
    private def secret?; end
    scope :active, -> { where(active: true) }
    alias_method :a, :b
  end
end
describe "Job" do
  it "runs" do
    expect(1).to eq(1)
  end
end
"#,
        r#"3-21 module Acme `module Acme`
4-20   type Job `class Job < Base` # A job.
7-7     field LIMIT `LIMIT = 3`
8-8     field name `attr_accessor :name, :size`
8-8     field size `attr_accessor :name, :size`
9-12     method initialize `def initialize(name)` # Makes one.
13-13     method build `def self.build(*args)`
15-15     method create `def create`
17-17     method secret? `private def secret?`
18-18     method active `scope :active, -> { where(active: true) }`
19-19     method a `alias_method :a, :b`
= require Base include Comparable attr_accessor new private scope where
= alias_method describe it expect to eq"#,
    ),
    (
        Language::Php,
        r#"<?php
namespace App\Jobs;
use Foo\Bar as Baz;
/** Runs. */
#[Attr]
final class Runner extends Base implements Run
{
    use Loggable;
    const LIMIT = 3;
    protected ?string $name = null;
    /**
     * Run it.
     */
    public function run(int $x): ?Foo { $y = new Foo(); return $this->helper($x) . Bar::make() . strlen("x"); }
}
trait Loggable { abstract function log(); }
enum Suit: string { case Hearts = 'H'; case Spades = 'S'; }
interface Run {}
function helper($a) { $f = function () { return 1; }; }
define('X', 1);
const Y = 2;
"#,
        r#"2-2 module (App)Jobs `namespace App\Jobs;`
4-15 type Runner `final class Runner extends Base implements Run` /** Runs. */
9-9   field LIMIT `const LIMIT = 3;`
10-10   field name `protected ?string $name = null;`
11-14   method run `public function run(int $x): ?Foo` /**⏎     * Run it.⏎     
16-16 type Loggable `trait Loggable`
16-16   method log `abstract function log();`
17-17 enum Suit `enum Suit: string`
17-17   field Hearts `case Hearts = 'H';`
17-17   field Spades `case Spades = 'S';`
18-18 interface Run `interface Run`
19-19 function helper `function helper($a)`
21-21 constant Y `const Y = 2;`
= App Foo Bar Baz Attr Base Run Loggable Foo Foo helper Bar make strlen define"#,
    ),
    (
        Language::Swift,
        r#"import Foundation
/// A job.
@available(iOS 13, *)
public final class Job<T>: Base, Codable {
    let name: String = "x"
    static var count = 0
    /// Makes
    public init(name: String) { self.name = name }
    func run(_ x: Int) async throws -> Foo { let y = Foo(); return helper(x) }
    var computed: Int { get { 1 } }
    subscript(i: Int) -> Int { i }
    deinit {}
}
extension Job where T: Equatable { func more() {} }
struct S { var a: Int }
enum E: String { case one, two = "2"; case three(Int) }
protocol P { func p(); var q: Int { get } }
actor A {}
typealias Z = Int
func free() {}
let top = 1
"#,
        r#"2-13 type Job `public final class Job<T>: Base, Codable` /// A job.
5-5   field name `let name: String = "x"`
6-6   field count `static var count = 0`
7-8   method init `public init(name: String)` /// Makes
9-9   method run `func run(_ x: Int) async throws -> Foo`
10-10   field computed `var computed: Int`
11-11   method subscript `subscript(i: Int) -> Int`
12-12   method deinit `deinit`
14-14 implementation Job `extension Job where T: Equatable`
14-14   method more `func more()`
15-15 type S `struct S`
15-15   field a `var a: Int`
16-16 enum E `enum E: String`
16-16   field one `case one, two = "2";`
16-16   field two `case one, two = "2";`
16-16   field three `case three(Int)`
17-17 interface P `protocol P`
17-17   method p `func p()`
17-17   field q `var q: Int { get }`
18-18 type A `actor A`
19-19 alias Z `typealias Z = Int`
20-20 function free `func free()`
21-21 constant top `let top = 1`
= Foundation available T Base Codable String String Int Foo Foo helper Int Int
= Int T Equatable Int String Int Int Int"#,
    ),
    (
        Language::Kotlin,
        r#"package acme.jobs
import foo.Bar

/** A job. */
@Serializable
data class Job(val name: String, var n: Int = 0) : Base(), Run {
    val x: Int = 1

    companion object {
        const val LIMIT = 3
    }

    override fun run(a: Int): Foo = helper(a)

    init {
        val local = println("x")
    }

    constructor(a: Int) : this("", a)
}

interface Run {
    fun run(a: Int): Foo
}

enum class Color { RED, GREEN; fun mix() {} }

object Single {
    fun one() {}
}

// Extends.
fun String.ext(): Int {
    val y = Foo()
    return y.bar { it.baz() }
}

typealias Z = Int
val top = 1
"#,
        r#"4-20 type Job `data class Job(val name: String, var n: Int = 0) : Base(), Run` /** A job. */
6-6   field name `val name: String`
6-6   field n `var n: Int = 0`
7-7   field x `val x: Int = 1`
10-10   field LIMIT `const val LIMIT = 3`
13-13   method run `override fun run(a: Int): Foo`
16-16   field local `val local = println("x")`
19-19   method constructor `constructor(a: Int) : this("", a)`
22-24 interface Run `interface Run`
23-23   method run `fun run(a: Int): Foo`
26-26 enum Color `enum class Color`
26-26   field RED `RED`
26-26   field GREEN `GREEN`
26-26   method mix `fun mix()`
28-30 type Single `object Single`
29-29   method one `fun one()`
32-36 method (String)ext `fun String.ext(): Int` // Extends.
38-38 alias Z `typealias Z = Int`
39-39 constant top `val top = 1`
= foo Bar Serializable String Int Base Run Int Int Foo helper println Int Int
= Foo String Int Foo bar baz Int"#,
    ),
    (
        Language::Scala,
        r#"package acme.jobs
import foo.{Bar, Baz}
/** A job. */
@deprecated
case class Job[T](name: String) extends Base with Run {
  val x: Int = 1
  def run(a: Int): Foo = helper(a)
  type Z = Int
  private lazy val lz = new Foo()
}
object Job { def apply(): Job = new Job("x") }
trait Run { def run(a: Int): Foo; val v: Int }
enum Color { case Red, Green; case Mix(c: Int) }
given ord: Ordering[Int] = ???
extension (s: String) def ext: Int = 1
implicit class Ops(val s: String) { def up = s.toUpperCase }
package object util { def f = 1 }
"#,
        r#"3-10 type Job `case class Job[T](name: String) extends Base with Run` /** A job. */
6-6   field x `val x: Int = 1`
7-7   method run `def run(a: Int): Foo =`
8-8   alias Z `type Z = Int`
9-9   field lz `private lazy val lz = new Foo()`
11-11 type Job `object Job`
11-11   method apply `def apply(): Job =`
12-12 interface Run `trait Run`
12-12   method run `def run(a: Int): Foo`
12-12   field v `val v: Int`
13-13 enum Color `enum Color`
13-13   field Red `Red`
13-13   field Green `Green`
13-13   field Mix `Mix(c: Int)`
14-14 constant ord `given ord: Ordering[Int] =`
15-15 function ext `def ext: Int =`
16-16 type Ops `implicit class Ops(val s: String)`
16-16   method up `def up =`
17-17 module util `package object util`
17-17   function f `def f =`
= foo Bar Baz deprecated T String Base Run Int Int Foo helper Int Foo Job Job
= Int Foo Int Int Ordering Int String Int String"#,
    ),
    (
        Language::Bash,
        r#"#!/bin/bash
# does it
LIMIT=3
readonly OTHER=5
export FOO=bar
# Runs a thing
run_it() {
  local x=1
  helper "$x" | grep foo
}
function other { echo hi; }
alias ll='ls -l'
run_it
"#,
        r#"2-3 constant LIMIT `LIMIT=3` # does it
4-4 constant OTHER `readonly OTHER=5`
5-5 constant FOO `export FOO=bar`
6-10 function run_it `run_it()` # Runs a thing
11-11 function other `function other`
= helper grep echo alias run_it"#,
    ),
    (
        Language::Lua,
        r#"local M = {}
local foo = require("foo")
--- Runs
-- more
function M.run(a, b)
  local x = 1
  return foo.bar(a):baz()
end
function M:method() end
local function priv() end
M.arrow = function(x) return x end
M.LIMIT = 3
local t = { key = function() end, name = 1 }
function global() end
return M
"#,
        r#"1-1 constant M `local M = {}`
3-8 function run `function M.run(a, b)` --- Runs⏎-- more
9-9 method method `function M:method() end`
10-10 function priv `local function priv() end`
11-11 function arrow `M.arrow = function(x)`
12-12 constant LIMIT `M.LIMIT = 3`
13-13 constant t `local t = { key = function() end, name = 1 }`
13-13   method key `key = function() end`
14-14 function global `function global() end`
= require bar baz"#,
    ),
    (
        Language::Elixir,
        r#"defmodule Acme.Job do
  @moduledoc """
  Jobs.
  """
  use GenServer
  alias Foo.Bar
  @limit 3
  defstruct [:name, size: 0]
  @type t :: %__MODULE__{}
  @doc """
  Runs.
  """
  @spec run(integer) :: atom
  def run(x) when x > 0 do
    helper(x) |> Bar.baz()
  end
  def run(_), do: :error
  defp helper(x), do: x
  defmacro mac(a), do: a
  @impl true
  def init(a), do: {:ok, a}
  test "it works" do
    assert 1
  end
end
defprotocol P do
  def size(x)
end
defimpl P, for: Foo do
  def size(x), do: 1
end
"#,
        r#"1-25 module (Acme)Job `defmodule Acme.Job` """⏎  Jobs.⏎  """
7-7   constant limit `@limit 3`
9-9   alias t `@type t :: %__MODULE__{}`
10-17   function run `def run(x) when x > 0` @doc """⏎  Runs.⏎  """
18-18   function helper `defp helper(x),`
19-19   function mac `defmacro mac(a),`
20-21   function init `def init(a),`
26-28 interface P `defprotocol P`
27-27   method size `def size(x)`
29-31 implementation P `defimpl P, for: Foo`
30-30   method size `def size(x),`
= defmodule Job use GenServer alias Bar defstruct type spec run def helper Bar
= baz def run defp defmacro impl def test assert defprotocol def defimpl Foo def"#,
    ),
    (
        Language::Haskell,
        r#"{-# LANGUAGE OverloadedStrings #-}
-- | Module doc
module Acme.Job (run, Job(..)) where
import qualified Data.Map as M
-- | A job.
data Job = Job { name :: String, size :: Int } | NoJob deriving (Show)
newtype Wrap a = Wrap { unWrap :: a }
type Z = Int
-- | Runs it.
run :: Job -> Int
run (Job n s) = helper s
run NoJob = 0
helper x = x + y where y = M.size x
class Run a where
  -- | go
  go :: a -> Int
  go _ = 1
instance Run Job where
  go = size
infixl 5 +++
(+++) :: Int -> Int -> Int
a +++ b = a
pattern P x = Just x
type family F a
"#,
        r#"5-6 type Job `data Job = Job { name :: String, size :: Int } | NoJob deriving (Show)` -- | A job.
6-6   field Job `Job { name :: String, size :: Int }`
6-6     field name `name :: String`
6-6     field size `size :: Int`
6-6   field NoJob `NoJob`
7-7 type Wrap `newtype Wrap a = Wrap { unWrap :: a }`
7-7   field unWrap `unWrap :: a`
8-8 alias Z `type Z = Int`
9-12 function run `run :: Job -> Int` -- | Runs it.
13-13 function helper `helper x`
14-17 interface Run `class Run a where⏎  -- | go`
15-17   method go `go :: a -> Int` -- | go
18-19 implementation Job `instance Run Job where`
19-19   method go `go`
21-22 function +++ `(+++) :: Int -> Int -> Int`
24-24 alias F `type family F a`
= Job Data Map M String Int Show Wrap Int Job Int Job helper NoJob size Int Run
= Int Int Int P Just"#,
    ),
    (
        Language::Zig,
        r#"const std = @import("std");
/// A job.
pub const Job = struct {
    name: []const u8,
    size: usize = 0,
    /// Runs.
    pub fn run(self: *Job, x: u32) !void {
        const y = helper(x);
        std.debug.print("x", .{});
    }
    const Inner = enum { a, b };
};
pub fn helper(x: u32) u32 { return x; }
const LIMIT: u32 = 3;
pub const E = error{ Bad };
test "runs" { }
const U = union(enum) { a: u32 };
"#,
        r#"2-12 type Job `pub const Job = struct` /// A job.
4-4   field name `name: []const u8`
5-5   field size `size: usize = 0`
6-10   method run `pub fn run(self: *Job, x: u32) !void` /// Runs.
11-11   enum Inner `const Inner = enum`
11-11     field a `a`
11-11     field b `b`
13-13 function helper `pub fn helper(x: u32) u32`
14-14 constant LIMIT `const LIMIT: u32 = 3;`
15-15 enum E `pub const E = error`
17-17 enum U `const U = union(enum)`
17-17   field a `a: u32`
= Job helper print Bad"#,
    ),
];
