package import Core
package import Foundation

/// A lock file in which git has left a conflict: the two sides of a merge that both changed it.
package struct LockConflict: Sendable, Equatable {
  /// One side of the merge.
  package struct Side: Sendable, Equatable {
    /// The name that git gives the side: `HEAD`, a branch, a commit.
    package var name: String
    /// The notebook's path; `nil` when the side does not have its line.
    package var notebook: String?
    /// The entries of the lines that can be read.
    package var stages: [LockFile.Entry]
  }

  /// The side that git names first: the branch that was merged into.
  package var ours: Side
  /// The side that git names last: the branch that was merged.
  package var theirs: Side

  /// The length of git's marks. Source: gitattributes(5), conflict-marker-size.
  private static let markLength = 7

  /// Reads the two sides of a conflict.
  /// - Returns: `nil` for bytes without git's marks.
  package init?(data: Data) {
    var sides = (ours: [Substring](), theirs: [Substring]())
    var names = (ours: "", theirs: "")
    var place = Place.outside
    var isConflict = false
    let text = String(decoding: data, as: UTF8.self)

    // Lines outside of the marks are those on which both sides agree.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      switch (place, Self.mark(of: line)) {
      case (.outside, "<"):
        names.ours = Self.name(after: line)
        place = .ours
      case (.ours, "|"): place = .ancestor
      case (.ours, "="), (.ancestor, "="): place = .theirs
      case (.theirs, ">"):
        names.theirs = Self.name(after: line)
        place = .outside
        isConflict = true
      case (.outside, _):
        sides.ours.append(line)
        sides.theirs.append(line)
      case (.ours, _): sides.ours.append(line)
      case (.theirs, _): sides.theirs.append(line)
      case (.ancestor, _): break
      }
    }

    guard isConflict else { return nil }
    ours = Side(name: names.ours.isEmpty ? "ours" : names.ours, lines: sides.ours)
    theirs = Side(name: names.theirs.isEmpty ? "theirs" : names.theirs, lines: sides.theirs)
  }

  private enum Place { case outside, ours, ancestor, theirs }

  /// The sign of a line that is one of git's marks: seven of one sign, alone or before a space.
  private static func mark(of line: Substring) -> Character? {
    guard let sign = line.first, "<|=>".contains(sign) else { return nil }
    let rest = line.drop { $0 == sign }
    guard line.count - rest.count == markLength, rest.first.map({ $0 == " " || $0 == "\r" }) ?? true else { return nil }
    return sign
  }

  private static func name(after line: Substring) -> String {
    let name = line.dropFirst(markLength).trimmingCharacters(in: .whitespaces)
    // Of a commit without a branch, as many digits as `colophon log` prints.
    return name.count == 40 && name.allSatisfy(\.isHexDigit) ? String(name.prefix(10)) : name
  }

  /// True for text in which git has left a conflict.
  package static func isIn(_ data: Data) -> Bool { LockConflict(data: data) != nil }

  /// Both sides' digests where they differ, in words: at most three outputs are named.
  package var summary: String {
    let (mine, other) = (Self.byName(ours.stages), Self.byName(theirs.stages))
    var seen: Set<String> = []
    let names = (ours.stages + theirs.stages).map(\.artifact).filter { seen.insert($0).inserted }
    let differing = names.filter { mine[$0]?.key != other[$0]?.key || mine[$0]?.output != other[$0]?.output }
    let shown = differing.prefix(3).map { name in
      "\(name) is \(Self.text(mine[name], other[name])) in \(ours.name) "
        + "and \(Self.text(other[name], mine[name])) in \(theirs.name)"
    }
    let rest = differing.count > 3 ? ["\(differing.count - 3) more outputs differ"] : []
    let parts = ["git has left a conflict between \(ours.name) and \(theirs.name) in it"] + shown + rest
    return parts.joined(separator: ", ")
  }

  private static func byName(_ stages: [LockFile.Entry]) -> [String: LockFile.Entry] {
    Dictionary(stages.map { ($0.artifact, $0) }) { first, _ in first }
  }

  /// An output's digest; its key, too, where the outputs are equal.
  private static func text(_ entry: LockFile.Entry?, _ other: LockFile.Entry?) -> String {
    guard let entry else { return "missing" }
    let digest = entry.output.digest
    return digest == other?.output.digest ? "\(digest.short) of key \(entry.key.short)" : digest.short
  }
}

extension LockConflict.Side {
  /// A side of these lines. A merge that is only partly in conflict may leave a comma too many: then the lines are read
  /// one by one, each of which is a stage call.
  fileprivate init(name: String, lines: [Substring]) {
    self.name = name
    if let whole = try? JSONDecoder().decode(LockFile.self, from: Data(lines.joined(separator: "\n").utf8)) {
      notebook = whole.notebook
      stages = whole.stages
      return
    }

    stages = []
    for line in lines {
      let part = line.trimmingCharacters(in: .whitespaces.union(CharacterSet(charactersIn: ",\r")))
      if let entry = try? JSONDecoder().decode(LockFile.Entry.self, from: Data(part.utf8)) {
        stages.append(entry)
      } else if part.hasPrefix("\"notebook\"") {
        notebook = (try? JSONDecoder().decode([String: String].self, from: Data("{\(part)}".utf8)))?["notebook"]
      }
    }
  }
}

/// A lock file as it is on disk.
package enum FoundLock: Sendable {
  /// There is no file.
  case missing
  /// A lock file.
  case whole(LockFile)
  /// A lock file in conflict, and the error for those who need a whole one.
  case conflict(LockConflict, OperationError)
  /// Something else than a lock file.
  case unreadable(OperationError)
  /// A lock file of a newer Colophon, which this one must not replace.
  case newer(OperationError)

  /// Reads the file at a path.
  package init(path: String) {
    guard let data = FileManager.default.contents(atPath: path) else {
      self = .missing
      return
    }
    do throws(OperationError) { self = .whole(try LockFile(data: data, name: path)) } catch {
      if let conflict = LockConflict(data: data) {
        self = .conflict(conflict, error)
      } else {
        self = LockFile.isNewer(data) ? .newer(error) : .unreadable(error)
      }
    }
  }

  /// The notebooks that a lock file on disk belongs to, as ``notebooks``. The stages of a whole file, of which there
  /// may be thousands, are not decoded.
  package static func notebooks(path: String) -> Set<String> {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    if let owner = try? JSONDecoder().decode(LockOwner.self, from: data), owner.format <= LockFile.currentFormat {
      return [owner.notebook]
    }
    return FoundLock(path: path).notebooks
  }

  /// The stage calls with which new keys are compared: for a conflict, those of both sides.
  package var stages: [LockFile.Entry] {
    switch self {
    case .whole(let lock): lock.stages
    case .conflict(let conflict, _):
      conflict.ours.stages + conflict.theirs.stages.filter { !conflict.ours.stages.contains($0) }
    case .missing, .unreadable, .newer: []
    }
  }

  /// The paths of the notebooks that the file belongs to: two for the conflict of two notebooks; empty when it does not
  /// say it.
  package var notebooks: Set<String> {
    switch self {
    case .whole(let lock): [lock.notebook]
    case .conflict(let conflict, _): Set([conflict.ours.notebook, conflict.theirs.notebook].compactMap { $0 })
    case .missing, .unreadable, .newer: []
    }
  }

  /// The reason why the file cannot be used; `nil` when there is none, also when there is no file.
  package var fault: OperationError? {
    switch self {
    case .missing, .whole: nil
    case .conflict(_, let error), .unreadable(let error), .newer(let error): error
    }
  }
}

/// The beginning of a lock file.
private struct LockOwner: Decodable {
  var format: Int
  var notebook: String
}
