internal import ArtifactTypes

extension Pairs {
  /// The ids of the pictures that the pairs name.
  func imageIDs() throws -> Set<String> {
    var ids: Set<String> = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try forEach { ids.insert($0.image) }
    return ids
  }

  /// The groups that the pairs have.
  func groups() throws -> Set<String> {
    var groups: Set<String> = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try forEach { pair in if let group = pair.group { groups.insert(group) } }
    return groups
  }
}
