internal import ArtifactTypes
internal import FileFormats

/// What a subcommand found out, in the order in which it was added.
package struct Findings {
  private var line = JSONLine()
  private var isFirst = true

  package init() { line.raw("{") }

  /// All of it as one JSON object.
  package var json: String { String(decoding: line.bytes, as: UTF8.self) + "}" }

  package mutating func add(_ name: String, _ value: Int) {
    begin(name)
    line.integer(value)
  }

  package mutating func add(_ name: String, _ value: Double) {
    begin(name)
    line.number(value)
  }

  package mutating func add(_ name: String, _ value: String) {
    begin(name)
    line.string(value)
  }

  package mutating func add(_ name: String, _ values: [Double]) {
    begin(name)
    line.raw("[")
    for (index, value) in values.enumerated() {
      if index > 0 { line.raw(",") }
      line.number(value)
    }
    line.raw("]")
  }

  package mutating func add(_ name: String, _ values: [(name: String, value: Int)]) {
    begin(name)
    line.raw("{")
    for (index, item) in values.enumerated() {
      if index > 0 { line.raw(",") }
      line.string(item.name)
      line.raw(":")
      line.integer(item.value)
    }
    line.raw("}")
  }

  /// Adds what something took, such as `match`: `matchCPU` and `matchWall`, in seconds.
  package mutating func add(_ name: String, _ cost: Cost) {
    add(name + "CPU", cost.cpu)
    add(name + "Wall", cost.wall)
  }

  private mutating func begin(_ name: String) {
    if !isFirst { line.raw(",") }
    isFirst = false
    line.string(name)
    line.raw(":")
  }
}
