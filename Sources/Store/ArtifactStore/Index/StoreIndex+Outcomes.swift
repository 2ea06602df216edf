internal import Core
internal import Foundation
internal import GRDB
internal import GRDBSQLite

/// The outcomes of stages, their records, and the places of contents.
extension StoreIndex {
  private static let select = "SELECT stage, finished, seconds, output, inline FROM outcomes WHERE key = ?"

  /// The outcome of a key; `nil` when there is none, or its row cannot be read.
  func outcome(_ key: Digest) throws(StoreError) -> StoredOutcome? {
    try read("look up the key in") { try Self.outcome(key, $0) }
  }

  /// The outcomes of many keys.
  func outcomes(_ keys: [Digest]) throws(StoreError) -> [Digest: StoredOutcome] {
    try read("look up keys in") { database in
      var found: [Digest: StoredOutcome] = [:]
      found.reserveCapacity(keys.count)
      // One transaction, so that the file is locked once.
      try database.inTransaction(.deferred) {
        for key in keys { found[key] = try Self.outcome(key, database) }
        return .commit
      }
      return found
    }
  }

  private static func outcome(_ key: Digest, _ database: Database) throws -> StoredOutcome? {
    try row(of: select, for: key, in: database) { row in
      // A row that cannot be read is no outcome: the stage runs again and replaces it.
      guard let output = OutputEncoding.decode(row.bytes(3)) else { return nil }
      return StoredOutcome(
        key: key, stage: row.text(0), output: output, inline: row.isNull(4) ? nil : Array(row.bytes(4)),
        finished: row.number(1), seconds: row.number(2))
    }
  }

  /// The row of a statement with one argument, read by SQLite's own functions: that is a third of the time of GRDB's
  /// rows, and a run looks up every stage before anything else.
  private static func row<Result>(
    of sql: String, for digest: Digest, in database: Database, _ body: (SQLiteRow) -> Result?
  ) throws -> Result? {
    let statement = try database.cachedStatement(sql: sql).sqliteStatement
    return try digest.bytes.withUnsafeBufferPointer { digest in
      // Borrowed by SQLite until the reset.
      sqlite3_bind_blob(statement, 1, digest.baseAddress, Int32(digest.count), nil)
      defer {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
      }
      switch sqlite3_step(statement) {
      case SQLITE_ROW: return body(SQLiteRow(statement: statement))
      case SQLITE_DONE: return nil
      case let code:
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage, sql: sql)
      }
    }
  }

  /// The present row of a statement; what it returns is borrowed until the next step.
  private struct SQLiteRow {
    let statement: SQLiteStatement

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
    func number(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
    func text(_ column: Int32) -> String { sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "" }
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(
        start: sqlite3_column_blob(statement, column), count: Int(sqlite3_column_bytes(statement, column)))
    }
  }

  /// The outputs of all outcomes.
  func allOutputs() throws(StoreError) -> [StoredContent] {
    try read("list the outputs of") { database in
      try Data.fetchAll(database, sql: "SELECT output FROM outcomes").compactMap { data in
        data.withUnsafeBytes { OutputEncoding.decode($0) }
      }
    }
  }

  /// The record of a key; `nil` when there is none, or it does not decode.
  func record(_ key: Digest) throws(StoreError) -> StageRecord? {
    try read("read a record from") { database in
      try Data.fetchOne(database, sql: "SELECT json FROM records WHERE key = ?", arguments: [Data(key.bytes)])
    }.flatMap { RecordSegment.decode($0) }
  }

  /// The records of those keys that begin with calls of stages, as the JSON of a record with calls does: its fields
  /// are in the order of their names. A run asks for all its stages, and few have any.
  func recordsWithCalls(_ keys: [Digest]) throws(StoreError) -> [Digest: StageRecord] {
    let beginning = Data("{\"calls\":".utf8)
    let sql = "SELECT json FROM records WHERE key = ? AND substr(CAST(json AS BLOB), 1, \(beginning.count)) = ?"
    return try read("read records from") { database in
      var found: [Digest: StageRecord] = [:]
      // One transaction, so that the file is locked once.
      try database.inTransaction(.deferred) {
        let statement = try database.cachedStatement(sql: sql)
        for key in keys {
          if let json = try Data.fetchOne(statement, arguments: [Data(key.bytes), beginning]) {
            found[key] = RecordSegment.decode(json)
          }
        }
        return .commit
      }
      return found
    }
  }

  /// The newest records of a stage.
  func records(ofStage name: String, limit: Int) throws(StoreError) -> [StageRecord] {
    try read("read records from") { database in
      try Data.fetchAll(
        database, sql: "SELECT json FROM records WHERE stage = ? ORDER BY finished DESC LIMIT ?",
        arguments: [name, limit])
    }.compactMap { RecordSegment.decode($0) }
  }

  /// Names of all stages with records, in the order of their bytes.
  func stageNames() throws(StoreError) -> [String] {
    try read("list the stages of") {
      try String.fetchAll($0, sql: "SELECT DISTINCT stage FROM records ORDER BY stage")
    }
  }

  /// The place of the bytes with this digest; the file's name is empty.
  func content(_ digest: Digest) throws(StoreError) -> StoredFile? {
    let sql = "SELECT bytes, object, chunked FROM contents WHERE digest = ?"
    return try read("look up content in") { database in
      try Self.row(of: sql, for: digest, in: database) { row in
        guard row.bytes(1).count == ObjectID.byteCount else { return nil }
        return StoredFile(
          name: "", digest: digest, byteCount: row.integer(0), object: ObjectID(raw: row.bytes(1)),
          chunked: row.integer(2) == 1)
      }
    }
  }

  // MARK: Writing

  /// The rows of one record.
  struct Addition {
    var record: StageRecord
    /// The record's JSON without a line break.
    var json: ArraySlice<UInt8>
    var inline: [UInt8]?
  }

  /// Adds the rows of a segment. Of records with one key the one that finished last stays, but what this store computed
  /// always goes before what was pulled.
  /// - Parameters:
  ///   - contents: the places of further files.
  ///   - segment: the segment's name, with its source's mark; `nil` for none.
  ///   - remote: the remote that the records were pulled from; `nil` for those of this store.
  func add(
    _ additions: [Addition], contents: [StoredFile], segment: String?, remote: String? = nil
  ) throws(StoreError) {
    try write("add records to") { database in
      let outcome = try Self.outcomeInsertion(pulled: remote != nil, in: database)
      let record = try Self.recordInsertion(pulled: remote != nil, in: database)
      for addition in additions {
        let key = Data(addition.record.key.bytes)
        let value = addition.record
        try outcome.execute(
          arguments: [
            key, value.stage, value.finished, value.cost.seconds, Data(OutputEncoding.encode(value.output)),
            addition.inline.map { Data($0) }, remote,
          ])
        try record.execute(arguments: [key, value.stage, value.finished, Data(addition.json), remote])
        try Self.add(value.output.files, to: database)
      }

      // In the same transaction: a segment is in the index with all its rows or not at all.
      try Self.add(contents, to: database)
      if let segment {
        try database.execute(sql: "INSERT OR IGNORE INTO segments VALUES (?)", arguments: [segment])
      }
    }
  }

  private static func outcomeInsertion(pulled: Bool, in database: Database) throws -> Statement {
    try database.cachedStatement(
      sql: """
        INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET stage = excluded.stage,
        finished = excluded.finished, seconds = excluded.seconds, output = excluded.output, inline = excluded.inline,
        remote = excluded.remote \(isNewer(than: "outcomes", pulled: pulled))
        """)
  }

  private static func recordInsertion(pulled: Bool, in database: Database) throws -> Statement {
    try database.cachedStatement(
      sql: """
        INSERT INTO records VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET stage = excluded.stage,
        finished = excluded.finished, json = excluded.json,
        remote = excluded.remote \(isNewer(than: "records", pulled: pulled))
        """)
  }

  /// The condition under which a row replaces the one of its key: a later one of the same origin, or an own one for a
  /// pulled one.
  private static func isNewer(than table: String, pulled: Bool) -> String {
    pulled
      ? "WHERE \(table).remote IS NOT NULL AND excluded.finished >= \(table).finished"
      : "WHERE \(table).remote IS NOT NULL OR excluded.finished >= \(table).finished"
  }

  private static func add(_ contents: [StoredFile], to database: Database) throws {
    let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)")
    for file in contents {
      try statement.execute(
        arguments: [Data(file.digest.bytes), file.byteCount, Data(file.object.bytes), file.chunked])
    }
  }

  // MARK: Segments

  /// Names of the segments whose records are in the index, with their sources' marks.
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
