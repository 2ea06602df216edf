import ArtifactStore
import Core
import Foundation
import Remotes

/// The steps, each on a store that is opened anew.
struct StoreSteps {
  let root: String
  let store: ArtifactStore

  init(root: String) throws {
    self.root = root
    store = try ArtifactStore(project: Project(root: root)) {
      FileHandle.standardError.write(Data("\($0)\n".utf8))
    }
  }

  func run(_ step: StoreBenchmark.Step, _ words: [String]) throws {
    switch step {
    case .fill: try fill(Int(words[0]) ?? 0, Int(words[1]) ?? 0)
    case .version: try version(words[0])
    case .push: try exchange(words[0]).push()
    case .pull:
      let report = try exchange(words[0]).pull()
      guard report.refused.isEmpty else { throw Fault("refused: \(report.refused[0])") }
    case .gc: _ = try store.collect(CollectionLimits(byteLimit: words.first.flatMap { Int64($0) }, keptVersions: 3))
    case .fsck:
      let result = try store.inspect(repair: false)
      guard result.damages.isEmpty else { throw Fault("damaged: \(result.damages[0])") }
    case .write: try write(words[0])
    case .check: try check(words[0])
    }
  }

  private func exchange(_ url: String) throws -> Exchange {
    let list = RemoteList(store: store.path)
    if try !list.all().contains(where: { $0.name == "hub" }) {
      try list.add(Remote(name: "hub", url: url, policy: .trust))
    }
    return Exchange(store: store, project: Project(root: root), remote: try list.remote(named: "hub")) { _ in }
  }

  private func fill(_ count: Int, _ byteCount: Int) throws {
    for number in 0..<count { try save("\(number)", Self.bytes(byteCount, UInt64(number))) }
    try store.flush()
  }

  private func version(_ file: String) throws {
    let content = try ArtifactContent(path: file)
    let record = record(content.digest.hexadecimal, try store.put(content, format: "pairs/1"))
    try store.add(record)
    let count = try store.log(notebook: "pairs", limit: .max).count
    _ = try store.commit(
      notebook: "pairs", artifacts: [NamedContent(name: "Pairs", content: record.output)], lock: Array("{}\n".utf8),
      message: "version \(count + 1)", time: Int64(count + 1))
  }

  /// Adds results for ever: short ones, long ones, and versions.
  private func write(_ said: String) throws {
    if !FileManager.default.fileExists(atPath: said) { _ = FileManager.default.createFile(atPath: said, contents: nil) }
    guard let file = FileHandle(forWritingAtPath: said) else { throw Fault("cannot write \(said)") }
    try file.seekToEnd()
    let run = UInt64.random(in: 0...UInt64.max)
    for number in 0... {
      let name = "\(run)-\(number)"
      let record = try save(name, Self.content(name))
      if number % 7 == 6 {
        _ = try store.commit(
          notebook: "n", artifacts: [NamedContent(name: "A", content: record.output)], lock: Array(name.utf8),
          message: name,
          time: Int64(Date().timeIntervalSince1970))
      } else {
        try store.flush()
      }
      try file.write(contentsOf: Data("\(name)\n".utf8))
    }
  }

  private func check(_ said: String) throws {
    let names = String(decoding: try Data(contentsOf: URL(fileURLWithPath: said)), as: UTF8.self).split(separator: "\n")
    for name in names.map(String.init) {
      let key = record(name, StoredContent(format: "test/1", digest: Digest(of: ""), files: [])).key
      guard let outcome = try store.lookup(key) else { throw Fault("\(name) is lost") }
      guard try store.content(of: outcome).files[0].bytes() == Self.content(name) else {
        throw Fault("\(name) is another")
      }
    }
    print(names.count)
  }

  @discardableResult
  private func save(_ name: String, _ bytes: [UInt8]) throws -> StageRecord {
    let record = record(name, try store.put(ArtifactContent(bytes: bytes, name: "value.bin"), format: "test/1"))
    try store.add(record)
    return record
  }

  /// A record as a run makes it: the key is the digest of the components.
  private func record(_ name: String, _ output: StoredContent) -> StageRecord {
    let kind = CanonicalValue.list([.text("Save"), .text(output.format)]).digest
    let components =
      [KeyComponent(name: "stage", kind: .stage, digest: kind, display: "Save")]
      + (0..<6).map {
        KeyComponent(
          name: "part\($0)", kind: .parameter, digest: CanonicalValue.text("\(name) \($0)").digest, display: name)
      }
    return StageRecord(
      key: StageRecord.key(of: components), stage: "Save", components: components, output: output,
      started: Date().timeIntervalSince1970, cost: RunCost(seconds: 0.3),
      environment: ["os": "Debian 12", "cpu": "any", "compiler": "Swift"])
  }

  private static func content(_ name: String) -> [UInt8] {
    let seed = name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
    return bytes(name.utf8.last == UInt8(ascii: "3") ? 1_500_000 : 6000, seed)
  }

  /// SplitMix64: bytes that do not compress.
  private static func bytes(_ count: Int, _ seed: UInt64) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      withUnsafeBytes(of: mixed ^ mixed >> 31) { bytes.append(contentsOf: $0) }
    }
    return Array(bytes.prefix(count))
  }

  private struct Fault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }
}
