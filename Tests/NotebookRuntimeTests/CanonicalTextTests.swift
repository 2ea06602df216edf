import Core
import Foundation
import NotebookRuntime
import Testing

/// Shown values, declared variables and secrets, as texts.
@Suite struct CanonicalTextTests {
  struct Held {
    var names: Set<String> = ["b", "a", "c"]
    var limit: Int? = 3
  }

  enum Choice {
    case none
    case some(Set<Int>)
    case both(first: Int, rest: [String: Int])
  }

  struct Described: CustomStringConvertible {
    var members: Set<Int> = [1, 2, 3]
    var description: String { "its own words" }
  }

  static let start = Date(timeIntervalSince1970: 0)

  @Test func `Equal values have equal texts`() {
    let module = String(reflecting: Held.self)
    let values: [(Any, String)] = [
      (Set(["z", "y", "x"]), #"["x", "y", "z"]"#), (Set([10, 9, -1]), "[-1, 9, 10]"),
      (Set([0.5, -1, .infinity]), "[-1.0, 0.5, inf]"), (Set<Int>(), "[]"),
      (["b": 1, "a": 2], #"["a": 2, "b": 1]"#), ([10: "x", 9: "y"], #"[9: "y", 10: "x"]"#), ([String: Int](), "[:]"),
      (["k": Set([2, 1])], #"["k": Set([1, 2])]"#), ([Set([2, 1])], "[Set([1, 2])]"),
      (Held(), #"Held(names: Set(["a", "b", "c"]), limit: Optional(3))"#),
      ([Held()], "[\(module)(names: Set([\"a\", \"b\", \"c\"]), limit: Optional(3))]"),
      (Choice.none, "none"), (Choice.some([2, 1]), "some(Set([1, 2]))"),
      (Choice.both(first: 1, rest: ["b": 2, "a": 1]), #"both(first: 1, rest: ["a": 1, "b": 2])"#),
      ((1, Set([2, 1])), "(1, Set([1, 2]))"), (Optional(Set([2, 1])) as Any, "[1, 2]"),
      (Self.start, "1970-01-01T00:00:00Z"), ([Date(timeIntervalSince1970: 0.25)], "[1970-01-01T00:00:00.250Z]"),
      (Described(), "its own words"), ([0.1 + 0.2], "[0.30000000000000004]"), (Float(0.1), "0.1"), ("text", "text"),
      (["text"], #"["text"]"#), (1...3, "1...3"),
    ]
    for (value, text) in values { #expect(CanonicalText.text(of: value) == text) }
  }

  @Test func `A value without sets dictionaries and dates is shown as print does`() {
    let values: [Any] = [
      1, 1.5, "a", [1, 2], [[1.5]], ["x"], (a: 1, b: "x"), Choice.none, Optional(1) as Any, [1...3],
    ]
    for value in values { #expect(CanonicalText.text(of: value) == "\(value)") }
  }

  @Test func `A variable that is not set differs from an empty one`() {
    let components = ["", "x"].map { value in DeclaredVariables.components(of: ["FOO"]) { _ in value } }
    let absent = DeclaredVariables.components(of: ["FOO"]) { _ in nil }
    #expect(Set((components + [absent]).map { $0[0].digest }).count == 3)
    #expect(absent[0].display == "(not set)" && components[1][0].display == "x")
    #expect(components[1][0].name == "FOO" && components[1][0].kind == .facet)
  }

  @Test(arguments: [
    ("nothing here", ["a-secret-value"], "nothing here"), ("a-secret-value", ["a-secret-value"], "•••"),
    ("x long-secret-more y", ["long-secret", "long-secret-more"], "x ••• y"), ("a b", ["a", ""], "a b"),
  ])
  func `Secrets are replaced and short ones are not looked for`(text: String, values: [String], expected: String) {
    #expect(Secrets.redacted(text, values) == expected)
  }
}
