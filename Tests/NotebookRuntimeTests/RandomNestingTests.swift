import Core
import NotebookRuntime
import TestSupport
import Testing

/// Inputs in random nestings, compared with those that a naive walk finds.
@Suite struct RandomNestingTests {
  struct Blob: FileArtifact, Hashable {
    static var format: String { "blob/1" }
    let content: ArtifactContent
    init(content: ArtifactContent) { self.content = content }
    init(_ text: String) { content = ArtifactContent(bytes: Array(text.utf8), name: "blob") }
  }

  struct Scores: Artifact, Hashable { var text: String }

  struct Pair: Codable, Hashable {
    var first: Tree
    var second: Tree?
  }

  struct Held: Stage, Hashable {
    var tree: Tree
    func run(_ context: StageContext) async throws -> Int { 0 }
  }

  indirect enum Tree: Codable, Hashable, Sendable {
    case number(Int)
    case text(String)
    case blob(Blob)
    case scores(Scores)
    case file(InputFile)
    case folder(InputFolder)
    case list([Tree])
    case named([String: Tree])
    case numbered([Int: Tree])
    case files(Set<InputFile>)
    case maybe(Tree?)
    case both(Tree, Tree)
    case pair(Pair)
    case held(Held)
  }

  /// The content of a file on disk is its path.
  struct Digests: StageInputs.FileDigests {
    func digest(of file: InputFile) -> Digest { Digest(of: file.path) }
    func digest(of folder: InputFolder) -> Digest { Digest(of: folder.path) }
  }

  /// Makes trees whose leaves are all different.
  struct Maker {
    var random: SplitMix64
    var leaves = 0

    mutating func leaf() -> String {
      leaves += 1
      return "leaf \(leaves)"
    }

    mutating func tree(_ depth: Int) -> Tree {
      func members(_ maker: inout Maker) -> [Tree] {
        (0..<Int.random(in: 0...3, using: &maker.random)).map { _ in maker.tree(depth - 1) }
      }
      switch Int.random(in: depth > 0 ? 0..<14 : 0..<6, using: &random) {
      case 0:
        leaves += 1
        return .number(leaves)
      case 1: return .text(leaf())
      case 2: return .blob(Blob(leaf()))
      case 3: return .scores(Scores(text: leaf()))
      case 4: return .file(InputFile(leaf()))
      case 5: return .folder(InputFolder(leaf()))
      case 6: return .list(members(&self))
      case 7:
        let names = ["en", "a.b", "x]y", "", "日本", "\"", "0"].shuffled(using: &random)
        return .named(Dictionary(uniqueKeysWithValues: zip(names, members(&self))))
      case 8: return .numbered(Dictionary(uniqueKeysWithValues: zip([-5, 0, 7, 300], members(&self))))
      case 9: return .files(Set((0..<Int.random(in: 0...3, using: &random)).map { _ in InputFile(leaf()) }))
      case 10: return .maybe(Bool.random(using: &random) ? tree(depth - 1) : nil)
      case 11: return .both(tree(depth - 1), tree(depth - 1))
      case 12: return .pair(Pair(first: tree(depth - 1), second: Bool.random(using: &random) ? tree(depth - 1) : nil))
      default: return .held(Held(tree: tree(depth - 1)))
      }
    }
  }

  /// A leaf of a tree: its path, the kind of component that it is, and its text.
  struct Leaf: Hashable {
    var path: String
    var kind: KeyComponent.Kind
    var text: String
    /// True for a member of a set, whose path depends on the other members.
    var isMember = false
  }

  static func leaves(_ tree: Tree, _ path: String) -> [Leaf] {
    switch tree {
    case .number(let number): [Leaf(path: path + ".number", kind: .parameter, text: "\(number)")]
    case .text(let text): [Leaf(path: path + ".text", kind: .parameter, text: text)]
    case .blob(let blob):
      [Leaf(path: path + ".blob", kind: .artifact, text: blob.content.digest.hexadecimal)]
    case .scores(let scores):
      [
        Leaf(
          path: path + ".scores", kind: .artifact,
          text: Digest(of: "{\"text\":\(JSONText.quoted(scores.text))}").hexadecimal)
      ]
    case .file(let file): [Leaf(path: path + ".file", kind: .file, text: Digest(of: file.path).hexadecimal)]
    case .folder(let folder): [Leaf(path: path + ".folder", kind: .folder, text: Digest(of: folder.path).hexadecimal)]
    case .list(let members):
      members.enumerated().flatMap { leaves($1, path + ".list[\($0)]") }
    case .named(let members):
      members.flatMap { name, member in
        leaves(member, path + ".named[\(["x]y", "", "\""].contains(name) ? JSONText.quoted(name) : name)]")
      }
    case .numbered(let members): members.flatMap { leaves($1, path + ".numbered[\($0)]") }
    case .files(let files):
      files.map { Digest(of: $0.path) }.sorted().enumerated().map {
        Leaf(path: path + ".files[\($0)]", kind: .file, text: $1.hexadecimal, isMember: true)
      }
    case .maybe(let member): member.map { leaves($0, path + ".maybe") } ?? []
    case .both(let first, let second): leaves(first, path + ".both._0") + leaves(second, path + ".both._1")
    case .pair(let pair):
      leaves(pair.first, path + ".pair.first") + (pair.second.map { leaves($0, path + ".pair.second") } ?? [])
    case .held(let held): leaves(held.tree, path + ".held.tree")
    }
  }

  /// The tree with another text, number or content in the leaf of this number, counted as in ``leaves(_:_:)``.
  static func changed(_ tree: Tree, _ number: inout Int) -> Tree {
    func isChosen() -> Bool {
      number -= 1
      return number == -1
    }
    switch tree {
    case .number(let value): return .number(isChosen() ? -value : value)
    case .text(let text): return .text(isChosen() ? text + "!" : text)
    case .blob(let blob): return .blob(isChosen() ? Blob("another") : blob)
    case .scores(let scores): return .scores(isChosen() ? Scores(text: "another") : scores)
    case .file(let file): return .file(isChosen() ? InputFile("another") : file)
    case .folder(let folder): return .folder(isChosen() ? InputFolder("another") : folder)
    case .files(let files):
      let sorted = files.sorted { Digest(of: $0.path) < Digest(of: $1.path) }
      return .files(Set(sorted.map { isChosen() ? InputFile("another") : $0 }))
    case .list(let members): return .list(members.map { changed($0, &number) })
    case .named(let members): return .named(members.mapValues { changed($0, &number) })
    case .numbered(let members): return .numbered(members.mapValues { changed($0, &number) })
    case .maybe(let member): return .maybe(member.map { changed($0, &number) })
    case .both(let first, let second):
      let first = changed(first, &number)
      return .both(first, changed(second, &number))
    case .pair(let pair):
      let first = changed(pair.first, &number)
      return .pair(Pair(first: first, second: pair.second.map { changed($0, &number) }))
    case .held(let held): return .held(Held(tree: changed(held.tree, &number)))
    }
  }

  static func components(_ tree: Tree) throws -> [KeyComponent] {
    let inputs = try StageInputs(of: Held(tree: tree), digests: Digests())
    return StageKey(of: Held.self, inputs: inputs, libraryCode: StageKeyTests.library, isBuiltIn: true).components
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `The inputs found are those of a naive walk`(seed: UInt64) throws {
    var maker = Maker(random: SplitMix64(seed))
    let tree = maker.tree(5)
    let components = try Self.components(tree)
    let found = components.filter { [.artifact, .file, .folder].contains($0.kind) }
      .map { "\($0.name) \($0.kind.rawValue) \($0.digest.hexadecimal)" }
    let expected = Self.leaves(tree, "tree").filter { $0.kind != .parameter }
      .map { "\($0.path) \($0.kind.rawValue) \($0.text)" }
    #expect(found.sorted() == expected.sorted())
    #expect(Set(components.map { "\($0.kind.rawValue) \($0.name)" }).count == components.count)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `A change of one leaf changes exactly its component`(seed: UInt64) throws {
    var maker = Maker(random: SplitMix64(seed))
    let tree = maker.tree(4)
    let before = try Self.components(tree)
    for (position, leaf) in Self.leaves(tree, "tree").enumerated() {
      var number = position
      let changes = KeyChange.between(before, try Self.components(Self.changed(tree, &number)))
      if leaf.isMember {
        let set = leaf.path.prefix(upTo: try #require(leaf.path.lastIndex(of: "[")))
        #expect(!changes.isEmpty && changes.allSatisfy { $0.kind == .file && $0.name.hasPrefix(set) }, "\(leaf)")
      } else {
        #expect(changes.map(\.name) == [leaf.kind == .parameter ? "tree" : leaf.path], "\(leaf)")
      }
    }
  }

  @Test func `Different trees have different keys, and equal ones the same`() throws {
    var known: [[KeyComponent]: Tree] = [:]
    for seed in 0..<3_000 as Range<UInt64> {
      // Leaves are counted from 1 in every tree: many trees differ only in their shapes, and some are equal.
      var maker = Maker(random: SplitMix64(seed))
      let tree = maker.tree(2)
      let components = try Self.components(tree)
      if let other = known[components] { #expect(other == tree) }
      known[components] = tree
    }
    #expect(Set(known.values).count == known.count)
  }
}
