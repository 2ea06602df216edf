/// A reference with stage records: this store's own, or one of those that were pulled from a remote.
///
/// Pulled records stay in a reference of their remote's, so that an index that is made again knows where they came
/// from.
package enum RecordSource: Hashable, Sendable {
  /// The records of stages that ran here.
  case own
  /// Records of a remote that look-ups find.
  case pulled(String)
  /// Records of a remote that look-ups do not find: its policy holds them back.
  case withheld(String)

  static let pulledPrefix = "refs/colophon/pulled/"
  static let withheldPrefix = "refs/colophon/withheld/"

  /// The reference's name.
  var reference: String {
    switch self {
    case .own: RecordSegment.reference
    case .pulled(let remote): Self.pulledPrefix + remote
    case .withheld(let remote): Self.withheldPrefix + remote
    }
  }

  /// The prefix of a segment's name in the index.
  var mark: String {
    switch self {
    case .own: ""
    case .pulled(let remote): "pulled/\(remote)/"
    case .withheld(let remote): "withheld/\(remote)/"
    }
  }

  init?(reference: String) {
    if reference == RecordSegment.reference {
      self = .own
    } else if reference.hasPrefix(Self.pulledPrefix) {
      self = .pulled(String(reference.dropFirst(Self.pulledPrefix.count)))
    } else if reference.hasPrefix(Self.withheldPrefix) {
      self = .withheld(String(reference.dropFirst(Self.withheldPrefix.count)))
    } else {
      return nil
    }
  }

  /// The reason why a remote cannot have this name; `nil` when it can. It is part of names of references and of git's
  /// settings.
  package static func fault(inRemote name: String) -> String? {
    let allowed = name.utf8.allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
    return allowed && !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix("-")
      ? nil : "a remote's name has 1 to 64 letters a to z, digits, “-” and “_”"
  }
}

extension ArtifactStore {
  /// All references with records that there are, this store's own first.
  func recordSources() throws(StoreError) -> [RecordSource] {
    let others =
      try repository.references(under: RecordSource.pulledPrefix)
      + repository.references(under: RecordSource.withheldPrefix)
    return [.own] + others.sorted().compactMap(RecordSource.init(reference:))
  }
}
