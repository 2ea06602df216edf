internal import Core
internal import Foundation
internal import GRDB
internal import Synchronization

/// The SQLite index: finds outcomes by key and objects by digest, remembers the digests of files.
///
/// Everything but the memory of files can be made again from the repository. Rows are written after the objects they
/// name.
final class StoreIndex: Sendable {
  /// Raised when the tables change: an index of another version is made again.
  private static let version = 2
  private static let tables = ["outcomes", "records", "contents", "segments", "withheld", "files", "brought"]

  let path: String
  private let queue: Mutex<DatabaseQueue>

  /// Opens the index at `path`; one that is missing is made, one that is damaged or of another version is moved aside.
  /// - Returns: the index, and the fault of one that was moved aside.
  static func open(_ path: String) throws(StoreError) -> (index: StoreIndex, replaced: String?) {
    do {
      return (StoreIndex(path, try connect(path)), nil)
    } catch let error where isDamage(error) {
      try moveAside(path)
      let replaced = error is WrongTables ? "from another version of Colophon" : "damaged (\(error))"
      do { return (StoreIndex(path, try connect(path)), replaced) } catch {
        throw failure("make the index", path, because: error)
      }
    } catch { throw failure("open the index", path, because: error) }
  }

  private init(_ path: String, _ queue: DatabaseQueue) {
    self.path = path
    self.queue = Mutex(queue)
  }

  /// Moves the index aside and begins an empty one.
  func replace() throws(StoreError) {
    do {
      try? queue.withLock { $0 }.close()
      try Self.moveAside(path)
      let fresh = try Self.connect(path)
      queue.withLock { $0 = fresh }
    } catch { throw Self.failure("make the index", path, because: error) }
  }

  /// Runs statements outside a transaction.
  func read<Result>(_ operation: String, _ body: (Database) throws -> Result) throws(StoreError) -> Result {
    do { return try queue.withLock { $0 }.inDatabase(body) } catch {
      throw Self.failure(operation, path, because: error)
    }
  }

  /// Runs statements in one transaction.
  func write<Result>(_ operation: String, _ body: (Database) throws -> Result) throws(StoreError) -> Result {
    do {
      return try queue.withLock { $0 }.inDatabase { database in
        var result: Result?
        try database.inTransaction(.immediate) {
          result = try body(database)
          return .commit
        }
        guard let result else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
        return result
      }
    } catch { throw Self.failure(operation, path, because: error) }
  }

  // MARK: Errors

  /// True when the file is no database, an inconsistent one, or has other tables than it should.
  private static func isDamage(_ error: any Error) -> Bool {
    if error is WrongTables { return true }
    guard let error = error as? DatabaseError else { return false }
    return [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT].contains(error.resultCode)
      || error.resultCode == .SQLITE_ERROR && (error.message ?? "").contains("no such")
  }

  private struct WrongTables: Error, CustomStringConvertible {
    var description: String { "its tables are of another version" }
  }

  private static func failure(_ operation: String, _ path: String, because error: any Error) -> StoreError {
    if let error = error as? StoreError { return error }
    if isDamage(error) {
      return StoreError(operation: operation, subject: path, cause: .damagedIndex(reason: "\(error)"))
    }
    let cause: StoreError.Cause =
      switch (error as? DatabaseError)?.resultCode {
      case .SQLITE_FULL: .diskFull
      case .SQLITE_READONLY: .readOnly
      case .SQLITE_PERM, .SQLITE_CANTOPEN: .permissionDenied
      default: .index(reason: "\(error)")
      }
    return StoreError(operation: operation, subject: path, cause: cause)
  }

  // MARK: The file

  private static func moveAside(_ path: String) throws(StoreError) {
    let aside = path + ".old-\(Int(FileSystem.now))"
    for suffix in ["-wal", "-shm"] { FileSystem.remove(path + suffix) }
    if FileSystem.exists(path) { try FileSystem.rename(path, to: aside) }
  }

  private static func connect(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(60)
    configuration.label = "colophon.index"
    configuration.prepareDatabase { database in
      // After a power failure rows may be missing, never wrong; they come back from the repository.
      try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000")
    }

    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.inDatabase { database in
      // In one transaction: of two processes that open a new index one makes the tables.
      try database.inTransaction(.immediate) {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let present = try Set(String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'"))
        if version == 0, present.isEmpty {
          try database.execute(sql: schema + "PRAGMA user_version = \(Self.version);")
        } else if version != Self.version || !present.isSuperset(of: tables) {
          throw WrongTables()
        }
        return .commit
      }
    }
    return queue
  }

  private static let schema = """
    CREATE TABLE outcomes (key BLOB PRIMARY KEY, stage TEXT NOT NULL, finished REAL NOT NULL, seconds REAL NOT NULL,
      output BLOB NOT NULL, inline BLOB, remote TEXT) WITHOUT ROWID;
    CREATE TABLE records (key BLOB NOT NULL UNIQUE, stage TEXT NOT NULL, finished REAL NOT NULL, json BLOB NOT NULL,
      remote TEXT);
    CREATE INDEX recordsOfStage ON records (stage, finished);
    CREATE TABLE contents (digest BLOB PRIMARY KEY, bytes INTEGER NOT NULL, object BLOB NOT NULL,
      chunked INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE segments (name TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE withheld (key BLOB NOT NULL, remote TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (key, remote))
      WITHOUT ROWID;
    CREATE TABLE files (path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, modified INTEGER NOT NULL,
      changed INTEGER NOT NULL, inode INTEGER NOT NULL, device INTEGER NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE brought (digest BLOB PRIMARY KEY, bytes INTEGER NOT NULL, modified INTEGER NOT NULL,
      inode INTEGER NOT NULL, boot TEXT NOT NULL) WITHOUT ROWID;

    """
}
