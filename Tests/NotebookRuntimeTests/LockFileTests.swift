import Core
import Foundation
import NotebookRuntime
import TestSupport
import Testing

@Suite struct LockFileTests {
  let lock = LockFile(
    notebook: "a \"quoted\" näme.md",
    stages: [
      .init(
        artifact: "Counts", stage: "Count", cell: "count", key: Digest(of: "key"),
        output: OutputSummary(format: "json/Int", digest: Digest(of: "1"), byteCount: 1)),
      .init(
        artifact: "犬", stage: "Inu", cell: "2", key: Digest(of: "k2"),
        output: OutputSummary(format: "pairs/1", digest: Digest(of: "2"), byteCount: 1 << 40)),
    ])

  @Test func `A lock reads back as it was written`() throws {
    #expect(try LockFile(data: Data(lock.bytes), name: "lock.json") == lock)
  }

  @Test func `Parameters are kept in the order of their names, and no parameters leave no trace`() throws {
    #expect(!String(decoding: lock.bytes, as: UTF8.self).contains("parameters"))
    let set = LockFile(notebook: "n.md", parameters: ["b": "1", "größe": "\"x\"\n", "a": "0.5"], stages: lock.stages)
    let text = String(decoding: set.bytes, as: UTF8.self)
    #expect(
      text.contains("\n\"parameters\": {\"a\": \"0.5\", \"b\": \"1\", \"größe\": \"\\\"x\\\"\\n\"},\n\"stages\": ["),
      "\(text)")
    #expect(try LockFile(data: Data(set.bytes), name: "lock.json") == set)
  }

  @Test(arguments: ["", "{}", "[1]", "{\"format\": 1}"])
  func `What is no lock file is refused by name`(text: String) {
    #expect {
      _ = try LockFile(data: Data(text.utf8), name: "some/lock.json")
    } throws: {
      "\($0)".contains("some/lock.json")
    }
  }

  @Test func `A newer format is refused`() throws {
    var newer = lock
    newer.format = 99
    #expect {
      _ = try LockFile(data: Data(newer.bytes), name: "lock.json")
    } throws: {
      "\($0)".contains("99")
    }
  }

  /// Marks of git between the lines of two locks, from the first line that differs to the last.
  private func conflict(_ first: LockFile, _ second: LockFile, ancestor: LockFile? = nil) -> Data {
    func lines(_ lock: LockFile) -> [Substring] { String(decoding: lock.bytes, as: UTF8.self).split(separator: "\n") }
    let (a, b) = (lines(first), lines(second))
    let head = zip(a, b).prefix { $0 == $1 }.count
    let tail = min(zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count, min(a.count, b.count) - head)
    func middle(_ lines: [Substring]) -> ArraySlice<Substring> { lines.dropFirst(head).dropLast(tail) }
    var all: [Substring] = Array(a.prefix(head))
    all.append("<<<<<<< HEAD")
    all += middle(a)
    if let ancestor {
      all.append("||||||| 1a2b3c4")
      all += middle(lines(ancestor))
    }
    all.append("=======")
    all += middle(b)
    all.append(">>>>>>> feature/x")
    all += a.suffix(tail)
    return Data(all.joined(separator: "\n").utf8)
  }

  @Test(arguments: [false, true])
  func `Both sides of a conflict are read, and their digests told where they differ`(hasAncestor: Bool) throws {
    var other = lock
    other.notebook = "sub/n.md"
    other.stages[1].output.digest = Digest(of: "3")
    other.stages.append(other.stages[0])
    other.stages[2].artifact = "New"
    let data = conflict(lock, other, ancestor: hasAncestor ? LockFile(notebook: "n.md", stages: []) : nil)

    let found = try #require(LockConflict(data: data))
    #expect(found.ours.name == "HEAD" && found.theirs.name == "feature/x")
    #expect(found.ours.notebook == lock.notebook && found.theirs.notebook == "sub/n.md")
    #expect(found.ours.stages == lock.stages && found.theirs.stages == other.stages)
    #expect(found.summary.contains("犬 is \(Digest(of: "2").short) in HEAD and \(Digest(of: "3").short) in feature/x"))
    #expect(found.summary.contains("New is missing in HEAD") && !found.summary.contains("Counts is"))
    #expect {
      _ = try LockFile(data: data, name: "some/lock.json")
    } throws: {
      "\($0)".contains("some/lock.json") && "\($0)".contains("run the notebook again")
    }
  }

  @Test func `A merge that leaves a comma too many is still read line by line`() throws {
    var other = lock
    other.stages[1].key = Digest(of: "other")
    var text = String(decoding: conflict(lock, other), as: UTF8.self)
    text = text.replacing("\n=======", with: ",\n=======")
    let found = try #require(LockConflict(data: Data(text.utf8)))
    #expect(found.ours.stages == lock.stages && found.theirs.stages == other.stages)
    #expect(found.summary.contains("of key \(Digest(of: "other").short) in feature/x"))
  }

  @Test(arguments: [
    "", "<<<<<<< HEAD\n", "<<<<<<< HEAD\n=======\n", "<<<<<<\n=======\n>>>>>>>\n", "a\n=======\n>>>>>>> b\n",
    "<<<<<<<x\n=======\n>>>>>>> y\n", "Title\n=======\ntext\n",
  ])
  func `Text without all of git's marks is no conflict`(text: String) {
    #expect(LockConflict(data: Data(text.utf8)) == nil)
  }

  @Test func `A lock of a newer Colophon is told from one that is damaged`() throws {
    let path = temporaryPath("lock")
    for (text, isNewer) in [("{", false), ("{\"format\": 99, \"notebook\": \"n.md\", \"stages\": []}", true)] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      switch FoundLock(path: path) {
      case .newer: #expect(isNewer)
      case .unreadable: #expect(!isNewer)
      default: Issue.record("a lock was read from \(text)")
      }
    }
    guard case .missing = FoundLock(path: path + ".none") else {
      Issue.record("a lock was found where nothing is")
      return
    }
  }
}
