internal import ArgumentParser
internal import ArtifactStore
internal import Core
internal import Driver
internal import Foundation
internal import NotebookRuntime
internal import Remotes
internal import TextFormatting

/// A size in bytes, as people write it: `20G`, `1.5T`, `500M`, `1000`.
struct ByteSize: ExpressibleByArgument {
  var byteCount: Int64

  init?(argument: String) {
    let units: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
    let text = argument.uppercased().trimmingSuffix { $0 == "B" }
    let unit = text.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? text : text.dropLast()), number >= 0, number.isFinite else { return nil }
    let bytes = number * (unit ?? 1)
    guard bytes < 1e18 else { return nil }
    byteCount = Int64(bytes)
  }
}

extension String {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return rest
  }
}

struct GCCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove what is not needed, and under a limit what is cheapest to compute again.",
    discussion: """
      Without a limit only what nothing names any more goes: objects of runs that were killed, copies on disk of \
      results that are gone, parts of results that are finished, programs not used for 30 days.

      `colophon gc --max-size 20G --dry-run` says what would go so that the store and the copies on disk take at \
      most 20 GB, and exactly that goes without --dry-run: first copies on disk, then results with the fewest \
      seconds of computing per byte. What the project's lock.json files, tags, and the last ten versions of every \
      branch (--keep-runs) need always stays. Older versions that lose a result go, with all before them; git sees a \
      shorter history, and commits that stay keep their names.
      """)

  @Option(name: .long, help: ArgumentHelp("The most that may stay, such as 20G.", valueName: "size")) var maxSize:
    ByteSize?
  @Option(name: .long, help: ArgumentHelp("The number of versions of every branch that always stay.", valueName: "n"))
  var keepRuns = 10
  @Flag(name: .long, help: "Only say what would go.") var dryRun = false
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  func validate() throws { if keepRuns < 1 { throw ValidationError("--keep-runs must be at least 1") } }

  private struct Outcome: Encodable {
    var isDryRun: Bool
    var store: CollectionPlan
    var cache: [CacheUpkeep.Item]
  }

  func run() throws {
    let found = try project.found()
    let lock = try project.upkeepLock()
    let runLock = try RunLock(project: found) { holder in
      Terminal.error("waiting for a run in this project\(holder.map { " (process \($0))" } ?? "") to end")
    }
    defer {
      _ = lock
      _ = runLock
    }

    let store = try project.store()
    let limits = CollectionLimits(
      byteLimit: maxSize?.byteCount, keptVersions: keepRuns, locked: try Self.locked(in: found))
    let upkeep = CacheUpkeep(project: found)
    let items = upkeep.items { ((try? store.lookup($0)) ?? nil) != nil }
    let plan = dryRun ? try store.planCollection(limits) : try store.collect(limits)
    if !dryRun { try upkeep.remove(items) }
    if json { return try Terminal.print(json: Outcome(isDryRun: dryRun, store: plan, cache: items)) }
    describe(plan, items)
  }

  /// The results that the project's lock files need. A lock that cannot be read stops the collection, since it might
  /// need any result.
  private static func locked(in project: Project) throws -> [(key: Digest, output: Digest)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: project.artifacts)) ?? []
    return try names.sorted().flatMap { name in
      let lock = FoundLock(path: project.lock(named: name))
      // Of a lock in conflict, what either side needs stays.
      if case .conflict = lock {} else if let fault = lock.fault { throw fault }
      return lock.stages.map { ($0.key, $0.output.digest) }
    }
  }

  private func describe(_ plan: CollectionPlan, _ items: [CacheUpkeep.Item]) {
    for eviction in plan.evictions {
      let size = NumberText.bytes(eviction.byteCount)
      let time = NumberText.duration(eviction.seconds)
      Terminal.error("\(eviction.stage) \(eviction.key.short): \(size), \(time) to compute")
    }
    for (branch, count) in plan.cutVersions.sorted(by: { $0.key < $1.key }) {
      Terminal.error("\(branch) loses its \(NumberText.count(count, "oldest version"))")
    }

    let verb = dryRun ? "would go" : "are gone"
    var lines = [
      """
      \(NumberText.integer(plan.removedObjects)) of \(NumberText.count(plan.objects, "object")), \
      \(NumberText.bytes(plan.removedBytes)), \(verb); \
      \(NumberText.count(plan.evictions.count, "result")) among them
      """
    ]
    if plan.contentFiles > 0 {
      let copies = NumberText.count(plan.contentFiles, "copy", plural: "copies")
      lines.append("\(copies) on disk, \(NumberText.bytes(plan.contentBytes)), \(verb)")
    }
    let bytes = items.reduce(0) { $0 + $1.byteCount }
    if !items.isEmpty {
      let count = NumberText.integer(items.count)
      lines.append("\(count) old programs and partial results, \(NumberText.bytes(bytes)), \(verb)")
    }
    lines.append("\(NumberText.bytes(plan.remainingBytes)) \(dryRun ? "would stay" : "stay")")
    Terminal.tell(lines.joined(separator: "\n"))
    if plan.exceedsLimit {
      Terminal.error(
        "what locks, tags and the last versions need is more than --max-size: fewer --keep-runs make it less")
    }
  }
}

struct FsckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fsck", abstract: "Check every object, record, version, row and copy on disk.",
    discussion: """
      Everything is read and hashed. `colophon fsck --repair` removes what is damaged and the records that need it, \
      so that their stages run again, and makes the index again from the repository; a version that needs a damaged \
      output is complete again after its notebook was run. Exit status 1 when something is damaged and was not \
      repaired.
      """)

  @Flag(name: .long, help: "Remove what is damaged, and make the index again.") var repair = false
  @Flag(name: .long, help: "Print JSON.") var json = false
  @OptionGroup var project: ProjectOptions

  func run() throws {
    let found = try project.found()
    let lock = try project.upkeepLock()
    let runLock = try RunLock(project: found) { holder in
      Terminal.error("waiting for a run in this project\(holder.map { " (process \($0))" } ?? "") to end")
    }
    defer {
      _ = lock
      _ = runLock
    }

    let result = try project.store().inspect(repair: repair) { Terminal.error($0) }
    for damage in result.damages { Terminal.error("\(damage)") }

    if json {
      try Terminal.print(json: result)
    } else {
      Terminal.print(
        """
        \(NumberText.count(result.objects, "object")), \(NumberText.count(result.records, "record")), \
        \(NumberText.count(result.versions, "version")), \(NumberText.count(result.rows, "row")), \
        \(NumberText.count(result.contentFiles, "copy", plural: "copies")) on disk: \
        \(result.damages.isEmpty ? "all sound" : NumberText.count(result.damages.count, "damage"))
        """)
    }
    if !result.isSound {
      Terminal.error(
        repair ? "run the notebooks of these versions again" : "`colophon fsck --repair` removes what is damaged")
      throw ExitCode(1)
    }
  }
}
