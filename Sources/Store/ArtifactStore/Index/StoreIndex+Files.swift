internal import Core
internal import Foundation
internal import GRDB

/// The memory of files' digests.
///
/// A digest is trusted as long as the file's size, times of modification and change, inode and device stay the same. As
/// git does for its index (“racy git”), a file that was modified less than two seconds before it was hashed is not
/// remembered: within one tick of a coarse clock it could change again and keep its time.
extension StoreIndex {
  /// 2 s, the coarsest tick of a common file system (FAT), in nanoseconds.
  static let racyInterval: Int64 = 2_000_000_000

  /// Finds the digests of files that did not change.
  /// - Parameter files: paths with the files' present states.
  /// - Returns: digests by path.
  func rememberedDigests(
    _ files: [(path: String, status: FileSystem.Status)]
  ) throws(StoreError) -> [String: Digest] {
    try read("look up files in") { database in
      // Every field of the state is compared: a difference in any means that the file may have changed.
      let statement = try database.cachedStatement(
        sql: """
          SELECT digest FROM files
          WHERE path = ? AND bytes = ? AND modified = ? AND changed = ? AND inode = ? AND device = ?
          """)

      var digests: [String: Digest] = [:]
      for (path, status) in files {
        let rows = try Row.fetchCursor(
          statement,
          arguments: [path, status.size, status.modified, status.changed, status.inode, status.device])
        if let row = try rows.next() {
          digests[path] = try row.withUnsafeData(atIndex: 0) { $0.flatMap { Digest(bytes: $0) } }
        }
      }
      return digests
    }
  }

  /// Remembers the digests of files in these states.
  func remember(_ files: [(path: String, status: FileSystem.Status, digest: Digest)]) throws(StoreError) {
    try write("remember files in") { database in
      let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)")
      for (path, status, digest) in files {
        try statement.execute(
          arguments: [
            path, status.size, status.modified, status.changed, status.inode, status.device, Data(digest.bytes),
          ])
      }
    }
  }

  // The table of copies on disk is named `brought`, as in every index of this version.

  /// True when a copy on disk was checked since this start of the machine, and is as it was then.
  func isIntactCopy(_ digest: Digest, _ status: FileSystem.Status, boot: String) throws(StoreError) -> Bool {
    try read("look up content in") { database in
      let statement = try database.cachedStatement(
        sql: "SELECT 1 FROM brought WHERE digest = ? AND bytes = ? AND modified = ? AND inode = ? AND boot = ?")
      return try Row.fetchOne(
        statement,
        arguments: [Data(digest.bytes), status.size, status.modified, status.inode, boot]) != nil
    }
  }

  /// Remembers that a copy on disk was checked in this state.
  func rememberCopy(_ digest: Digest, _ status: FileSystem.Status, boot: String) throws(StoreError) {
    try write("remember content in") { database in
      let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO brought VALUES (?, ?, ?, ?, ?)")
      try statement.execute(
        arguments: [Data(digest.bytes), status.size, status.modified, status.inode, boot])
    }
  }
}
