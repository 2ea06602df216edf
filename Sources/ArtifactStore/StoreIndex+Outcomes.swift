internal import Foundation
internal import GRDB
internal import Provenance

extension StoreIndex {
  private static let select = "SELECT stage, finished, seconds, output, inline FROM outcomes WHERE key = ?"

  func outcome(_ key: Digest) throws(StoreError) -> StoredOutcome? {
    try read("look up the key in") { try Self.outcome(key, $0) }
  }

  func outcomes(_ keys: [Digest]) throws(StoreError) -> [Digest: StoredOutcome] {
    try read("look up keys in") { database in
      var found: [Digest: StoredOutcome] = [:]
      for key in keys { found[key] = try Self.outcome(key, database) }
      return found
    }
  }

  private static func outcome(_ key: Digest, _ database: Database) throws -> StoredOutcome? {
    let statement = try database.cachedStatement(sql: select)
    let rows = try Row.fetchCursor(statement, arguments: [Data(key.bytes)])
    guard let row = try rows.next() else { return nil }
    let output = try row.withUnsafeData(atIndex: 3) { $0?.withUnsafeBytes { OutputEncoding.decode($0) } }
    // A row that cannot be read is no outcome: the stage runs again and replaces it.
    guard let output else { return nil }
    let inline = try row.withUnsafeData(atIndex: 4) { $0.map { Array($0) } }
    return StoredOutcome(key: key, stage: row[0], output: output, inline: inline, finished: row[1], seconds: row[2])
  }

  func record(_ key: Digest) throws(StoreError) -> StageRecord? {
    try read("read a record from") { database in
      try Data.fetchOne(database, sql: "SELECT json FROM records WHERE key = ?", arguments: [Data(key.bytes)])
    }.flatMap { RecordSegment.decode($0) }
  }

  func records(ofStage name: String, limit: Int) throws(StoreError) -> [StageRecord] {
    try read("read records from") { database in
      try Data.fetchAll(
        database, sql: "SELECT json FROM records WHERE stage = ? ORDER BY finished DESC LIMIT ?", arguments: [name, limit])
    }.compactMap { RecordSegment.decode($0) }
  }

  func stageNames() throws(StoreError) -> [String] {
    try read("list the stages of") { try String.fetchAll($0, sql: "SELECT DISTINCT stage FROM records ORDER BY stage") }
  }

  /// Where the bytes with this digest are; the file's name is empty.
  func content(_ digest: Digest) throws(StoreError) -> StoredFile? {
    try read("look up content in") { database in
      let statement = try database.cachedStatement(sql: "SELECT bytes, object, chunked FROM contents WHERE digest = ?")
      guard let row = try Row.fetchOne(statement, arguments: [Data(digest.bytes)]), let object = ObjectID(bytes: row[1] as Data)
      else {
        return nil
      }
      return StoredFile(name: "", digest: digest, byteCount: row[0], object: object, chunked: row[2])
    }
  }

  /// What one flush adds.
  struct Addition {
    var record: StageRecord
    /// The record's JSON without a line break.
    var json: ArraySlice<UInt8>
    var inline: [UInt8]?
  }

  /// Adds the rows of a segment. Of records with one key the one that finished last stays.
  func add(_ additions: [Addition], contents: [StoredFile], segment: String?) throws(StoreError) {
    try write("add records to") { database in
      let outcome = try database.cachedStatement(
        sql: """
          INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET stage = excluded.stage,
          finished = excluded.finished, seconds = excluded.seconds, output = excluded.output, inline = excluded.inline
          WHERE excluded.finished >= outcomes.finished
          """)
      let record = try database.cachedStatement(
        sql: """
          INSERT INTO records VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET stage = excluded.stage,
          finished = excluded.finished, json = excluded.json WHERE excluded.finished >= records.finished
          """)
      for addition in additions {
        let key = Data(addition.record.key.bytes)
        let value = addition.record
        try outcome.execute(
          arguments: [
            key, value.stage, value.finished, value.seconds, Data(OutputEncoding.encode(value.output)),
            addition.inline.map { Data($0) },
          ])
        try record.execute(arguments: [key, value.stage, value.finished, Data(addition.json)])
        try Self.add(value.output.files, database)
      }
      try Self.add(contents, database)
      if let segment {
        try database.execute(sql: "INSERT OR IGNORE INTO segments VALUES (?)", arguments: [segment])
      }
    }
  }

  private static func add(_ contents: [StoredFile], _ database: Database) throws {
    let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)")
    for file in contents {
      try statement.execute(
        arguments: [Data(file.digest.bytes), file.byteCount, Data(file.object.bytes), file.chunked])
    }
  }

  /// Names of the segments whose records are in the index.
  func segments() throws(StoreError) -> Set<String> {
    try read("read the segments of") { try Set(String.fetchAll($0, sql: "SELECT name FROM segments")) }
  }

  /// Remembers that these segments' records are now in another one.
  func replaceSegments(_ old: [String], with new: String) throws(StoreError) {
    try write("merge segments in") { database in
      for name in old { try database.execute(sql: "DELETE FROM segments WHERE name = ?", arguments: [name]) }
      try database.execute(sql: "INSERT OR IGNORE INTO segments VALUES (?)", arguments: [new])
    }
  }
}
