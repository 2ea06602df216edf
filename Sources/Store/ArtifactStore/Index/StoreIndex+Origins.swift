internal import Core
internal import Foundation
internal import GRDB

/// The remotes that records came from.
extension StoreIndex {
  /// Adds records that no look-up may find: they are only compared with what this store computes.
  func withhold(
    _ records: [StageRecord], contents: [StoredFile], segment: String, remote: String
  ) throws(StoreError) {
    try add([], contents: contents, segment: nil)
    try write("add records to") { database in
      let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO withheld VALUES (?, ?, ?)")
      for record in records {
        try statement.execute(arguments: [Data(record.key.bytes), remote, Data(record.output.digest.bytes)])
      }
      try database.execute(sql: "INSERT OR IGNORE INTO segments VALUES (?)", arguments: [segment])
    }
  }

  /// True when any record is withheld.
  func hasWithheld() throws(StoreError) -> Bool {
    try read("look up records in") { try Row.fetchOne($0, sql: "SELECT 1 FROM withheld LIMIT 1") != nil }
  }

  /// The withheld records of a key: their remotes, in order, and their outputs' digests.
  func withheld(_ key: Digest) throws(StoreError) -> [(remote: String, digest: Digest)] {
    try read("look up records in") { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT remote, digest FROM withheld WHERE key = ? ORDER BY remote",
        arguments: [Data(key.bytes)])
      return rows.compactMap { row in Digest(bytes: row["digest"] as Data).map { (row["remote"], $0) } }
    }
  }

  /// The remote that the outcome of a key was pulled from; `nil` when this store computed it, or has none.
  func remote(of key: Digest) throws(StoreError) -> String? {
    try read("look up records in") { database in
      try String.fetchOne(
        database, sql: "SELECT remote FROM outcomes WHERE key = ? AND remote IS NOT NULL",
        arguments: [Data(key.bytes)])
    }
  }

  /// Forgets everything that came from the repository, but not what is known of files on disk.
  func forgetRecords() throws(StoreError) {
    try write("empty") { database in
      for table in ["outcomes", "records", "contents", "segments", "withheld"] {
        try database.execute(sql: "DELETE FROM \(table)")
      }
    }
  }

  /// Forgets the places of contents whose objects are gone.
  func forgetContents(of objects: Set<ObjectID>) throws(StoreError) {
    try write("clean") { database in
      let gone = try Row.fetchAll(database, sql: "SELECT digest, object FROM contents").filter { row in
        ObjectID(bytes: row["object"] as Data).map { objects.contains($0) } ?? true
      }
      for row in gone {
        try database.execute(sql: "DELETE FROM contents WHERE digest = ?", arguments: [row["digest"] as Data])
      }
    }
  }

  /// SQLite's first finding about the file; `nil` when it is sound.
  func fault() throws(StoreError) -> String? {
    try read("check") { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }.flatMap { $0 == "ok" ? nil : $0 }
  }

  /// The content that a row of outcomes names, for each key; rows that cannot be read are `nil`.
  func allOutcomes() throws(StoreError) -> [Digest: StoredContent?] {
    try read("list the outcomes of") { database in
      var found: [Digest: StoredContent?] = [:]
      let rows = try Row.fetchCursor(database, sql: "SELECT key, output FROM outcomes")
      while let row = try rows.next() {
        guard let key = Digest(bytes: row["key"] as Data) else { continue }
        found.updateValue((row["output"] as Data).withUnsafeBytes { OutputEncoding.decode($0) }, forKey: key)
      }
      return found
    }
  }
}
