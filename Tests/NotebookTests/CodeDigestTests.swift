import Core
import Notebook
import Testing

@Suite struct CodeDigestTests {
  static let base = [
    "struct A: Stage { var x: Int; func run() -> Int { helper(x) } }",
    "struct B: Stage { func run() -> Int { 1 +++ 2 } }",
    "struct C: Stage { func run() -> String { \"a\".shout } }",
    "struct D<S: Scorer>: Stage { var s: S; func run() -> Int { s.score() } }",
    "enum Outer { struct Inner: Colophon.Stage { func run() -> Int { 3 } } }",
    "func helper(_ x: Int) -> Int { deeper(x) + 1 }",
    "func deeper(_ x: Int) -> Int { x * 2 }",
    "infix operator +++\nfunc +++ (a: Int, b: Int) -> Int { a - b }",
    "extension String { var shout: String { uppercased() } }",
    "protocol Scorer: Codable { func score() -> Int }",
    "struct Nine: Scorer { func score() -> Int { 9 } }",
    "extension A { static let version = 1 }",
    "typealias Unused = Int",
  ]

  static func digests(_ cells: [String]) -> [String: Digest] {
    let (document, _) = parsed(cells.map { "```swift\n\($0)\n```\n" }.joined(separator: "\n"))
    return Dictionary(uniqueKeysWithValues: CodeDigest.all(in: document).map { ($0.name, $0.digest) })
  }

  @Test(arguments: [
    ("x * 2", "x * 3", ["A"]), ("deeper(x) + 1", "deeper(x) + 2", ["A"]), ("a - b", "b - a", ["B"]),
    ("infix operator +++", "infix operator +++ : AdditionPrecedence", ["B"]), ("uppercased()", "lowercased()", ["C"]),
    ("{ 9 }", "{ 8 }", ["D"]), ("func score() -> Int }", "func score() -> Int; func more() }", ["D"]),
    ("{ 3 }", "{ 4 }", ["Outer.Inner"]),
    ("version = 1", "version = 2", ["A"]), ("Unused = Int", "Unused = String", []), ("1 +++ 2", "1 +++ 3", ["B"]),
    ("var x: Int;", "var x: Int = 3;", ["A"]),
  ])
  func `A change reaches exactly the stages that use it`(old: String, new: String, changed: [String]) {
    let before = Self.digests(Self.base)
    let after = Self.digests(Self.base.map { $0.replacing(old, with: new) })
    #expect(before.count == 5)
    #expect(before.keys.filter { before[$0] != after[$0] }.sorted() == changed)
  }

  @Test func `Comments, white space and order change no digest`() {
    let before = Self.digests(Self.base)
    let spread = Self.base.map { "// about\n" + $0.replacing("{", with: "{ /* b */\n").replacing(";", with: "\n") }
    #expect(Self.digests(spread) == before)
    #expect(Self.digests(spread.reversed()) == before)
    #expect(Self.digests([Self.base.joined(separator: "\n\n")]) == before)
  }

  @Test func `Where one statement ends counts`() {
    let one = Self.digests(["struct A: Stage { func run() { let a = f\n(b) } }"])
    let two = Self.digests(["struct A: Stage { func run() { let a = f(b) } }"])
    #expect(one != two)
    #expect(
      Self.digests(["struct A: Stage { func run() { a - b } }"])
        != Self.digests(["struct A: Stage { func run() { a\n-b } }"]))
  }

  @Test func `An extension makes a stage, and so does a protocol of the notebook`() {
    let found = Self.digests([
      "struct A {}", "extension A: Stage {}", "protocol Mine: Stage {}", "struct B: Mine {}", "struct N {}",
    ])
    #expect(found.keys.sorted() == ["A", "B"])
  }

  @Test func `Values that no type can see do not count`() {
    let before = Self.digests(["let k = 1", "func helper() -> Int { k }", "struct A: Stage { var helper = 1 }"])
    #expect(
      Self.digests(["let k = 2", "func helper() -> Int { k + 1 }", "struct A: Stage { var helper = 1 }"]) == before)
  }

  /// Stages with a constant, a constant behind a function and a computed property; and one with members of such names.
  static let values = [
    "struct A: Stage { func run() -> Int { k } }", "struct B: Stage { func run() -> Int { helper() } }",
    "struct C: Stage { func run() -> Int { factor } }",
    "struct D: Stage { var k: Int; var factor = 2; func run() -> Int { k + factor + self.k } }",
    "extension D { func more(names: [Int]) -> Int { k + names.count } }",
    "let k = 1, other = 2", "let names = [1]", "func helper() -> Int { names.count }", "var factor: Int { 3 }",
    "let unused = 4",
  ]

  @Test(arguments: [
    ("k = 1", "k = 5", ["A"]), ("names = [1]", "names = [1, 2]", ["B"]), ("{ 3 }", "{ 4 }", ["C"]),
    ("unused = 4", "unused = 5", []), ("other = 2", "other = 3", ["A"]), ("names.count }", "names.count + 1 }", ["B"]),
  ])
  func `A constant and a computed property count where they are reached`(old: String, new: String, changed: [String]) {
    let before = Self.digests(Self.values)
    let last = Self.values.count - 1
    let after = Self.digests(Self.values[..<5] + Self.values[5...last].map { $0.replacing(old, with: new) })
    #expect(before.count == 4)
    #expect(before.keys.filter { before[$0] != after[$0] }.sorted() == changed)
    #expect(Self.digests(Self.values.reversed()) == before)
  }

  @Test func `Values at file scope change no key of a stage that does not reach them`() {
    let stage = """
      struct A: Stage { var k = 1; func run(_ factor: Int) -> Int { let names = 2; return k + factor + names } }
      """
    let needed = "struct B: Stage { func run() -> Int { k + factor + names } }"
    let alone = Self.digests([stage])
    let beside = Self.digests([stage, needed, "let k = 3", "var factor: Int { 4 }", "let names = 5"])
    #expect(beside["A"] == alone["A"] && beside.count == 2)
  }

  @Test func `The encoding is the published one`() {
    let found = Self.digests(["struct A: Stage { func run() -> Int { f() } }", "func f() -> Int { -1 }"])
    #expect(found["A"]?.hexadecimal == "bc0f231ece50cb805ec48642317add845491d8c2f0e02f3b18d00bc38b9ada14")
  }
}
