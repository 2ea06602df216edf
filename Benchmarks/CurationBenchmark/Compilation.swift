internal import ArtifactTypes
internal import Curation
internal import FileFormats
internal import Measuring

/// Compiles a list of entries.
struct Compilation {
  /// A file of entries, one a line.
  let entries: String
  /// The index to write.
  let index: String

  func measure() throws -> Findings {
    let (list, reading) = try Cost.of { try LineStream(path: entries).all() }
    let (compiled, compiling) = try Cost.of {
      var builder = MatcherBuilder()
      for entry in list { builder.add(entry) }
      return try builder.compile()
    }
    let (_, writing) = try Cost.of {
      let file = try ArtifactFileWriter(path: index, name: "index")
      try file.write(compiled.bytes)
      _ = try file.finish()
    }
    var findings = Findings()
    findings.add("entries", compiled.entries)
    findings.add("bytes", compiled.bytes.count)
    findings.add("read", reading)
    findings.add("compile", compiling)
    findings.add("write", writing)
    findings.add("peakMemory", PeakMemory.bytes)
    return findings
  }
}
