internal import Glibc

/// The processes that compute one thing together, as one of them sees them.
///
/// All make the same calls in the same order. The first process takes what the others send, in the order of their ranks, and sends
/// every one the result: sums are added in that order, so that they repeat bit by bit and are the same in all processes.
///
/// The processes talk over stream sockets of one machine. libtorch's own group of processes (gloo) is not used: its C++ header needs
/// those of gloo, which libtorch does not bring, and what another package has of them need not fit the gloo inside libtorch.
package struct ProcessGroup: Sendable {
  /// Which of the processes this one is, from 0.
  package let rank: Int
  /// How many processes there are.
  package let size: Int
  /// To all others in the first process, to the first in the others.
  private let connections: [(rank: Int, connection: Connection)]
  private let timeout: Duration

  /// One process alone.
  package static let alone = ProcessGroup(rank: 0, size: 1, connections: [], timeout: .zero)

  /// How long a process waits for another by default. Processes of equal machines are never far apart; only loading differs.
  package static let patience = Duration.seconds(1800)

  private init(rank: Int, size: Int, connections: [(rank: Int, connection: Connection)], timeout: Duration) {
    self.rank = rank
    self.size = size
    self.connections = connections
    self.timeout = timeout
  }

  /// The first process.
  /// - Parameters:
  ///   - others: to the other processes, in the order of their ranks.
  ///   - timeout: how long to wait until something comes from another process.
  package init(first others: [Connection], timeout: Duration = patience) {
    self.init(
      rank: 0, size: others.count + 1, connections: others.enumerated().map { ($0.offset + 1, $0.element) },
      timeout: timeout)
  }

  /// Another process than the first.
  package init(rank: Int, size: Int, first: Connection, timeout: Duration = patience) {
    precondition(0 < rank && rank < size, "the first process is told apart from the others")
    self.init(rank: rank, size: size, connections: [(0, first)], timeout: timeout)
  }

  /// What every process has, in the order of their ranks; their numbers of elements may differ.
  /// - Throws: ``ProcessGroupError``.
  package func allGather<Element: BitwiseCopyable>(_ own: [Element]) throws(ProcessGroupError) -> [[Element]] {
    if rank > 0 {
      try send(own, .gather, to: connections[0])
      var all: [[Element]] = []
      for _ in 0..<size { all.append(try receive(.gather, from: connections[0])) }
      return all
    }
    var all = [own]
    for peer in connections { all.append(try receive(.gather, from: peer)) }
    for peer in connections {
      for part in all { try send(part, .gather, to: peer) }
    }
    return all
  }

  /// Replaces every element by its sum over the processes, added in the order of their ranks.
  /// - Parameter elements: as many in every process.
  /// - Throws: ``ProcessGroupError``, also when the numbers of elements differ.
  package func allReduce(_ elements: inout [Float]) throws(ProcessGroupError) {
    if rank > 0 {
      try send(elements, .reduce, to: connections[0])
      let sums: [Float] = try receive(.reduce, from: connections[0])
      elements = sums
      return
    }
    for peer in connections { try add(from: peer, to: &elements) }
    for peer in connections { try send(elements, .reduce, to: peer) }
  }

  /// What the first process has; what the others give is not used.
  /// - Throws: ``ProcessGroupError``.
  package func broadcast<Element: BitwiseCopyable>(_ elements: [Element]) throws(ProcessGroupError) -> [Element] {
    if rank > 0 { return try receive(.broadcast, from: connections[0]) }
    for peer in connections { try send(elements, .broadcast, to: peer) }
    return elements
  }

  /// Waits until every process has come here.
  /// - Throws: ``ProcessGroupError``.
  package func barrier() throws(ProcessGroupError) { _ = try allGather([UInt8]()) }

  // MARK: Messages

  /// What a message belongs to: processes that have come apart are noticed.
  private enum Kind: UInt64 {
    case gather = 1
    case reduce = 2
    case broadcast = 3
  }

  private typealias Peer = (rank: Int, connection: Connection)

  private func send<Element: BitwiseCopyable>(_ elements: [Element], _ kind: Kind, to peer: Peer)
    throws(ProcessGroupError)
  {
    do throws(Connection.Fault) {
      // What kind, and how many bytes follow.
      let head = [kind.rawValue, UInt64(elements.count * MemoryLayout<Element>.stride)]
      try Self.withBytes(of: head) { bytes throws(Connection.Fault) in try peer.connection.send(bytes, timeout: timeout)
      }
      try Self.withBytes(of: elements) { bytes throws(Connection.Fault) in
        try peer.connection.send(bytes, timeout: timeout)
      }
    } catch {
      throw failure(error, of: peer.rank)
    }
  }

  private func receive<Element: BitwiseCopyable>(_ kind: Kind, from peer: Peer) throws(ProcessGroupError) -> [Element] {
    let byteCount = try receiveHead(kind, from: peer)
    guard byteCount.isMultiple(of: MemoryLayout<Element>.stride) else { throw apart(peer.rank) }
    return try receiveElements(byteCount / MemoryLayout<Element>.stride, from: peer)
  }

  /// Receives as many numbers as there are, piece by piece, and adds them.
  private func add(from peer: Peer, to sums: inout [Float]) throws(ProcessGroupError) {
    guard try receiveHead(.reduce, from: peer) == sums.count * MemoryLayout<Float>.stride else {
      throw apart(peer.rank)
    }
    var start = 0
    while start < sums.count {
      let piece: [Float] = try receiveElements(min(1 << 18, sums.count - start), from: peer)
      for (offset, element) in piece.enumerated() { sums[start + offset] += element }
      start += piece.count
    }
  }

  /// - Returns: how many bytes follow.
  private func receiveHead(_ kind: Kind, from peer: Peer) throws(ProcessGroupError) -> Int {
    let head: [UInt64] = try receiveElements(2, from: peer)
    guard head[0] == kind.rawValue, let byteCount = Int(exactly: head[1]) else { throw apart(peer.rank) }
    return byteCount
  }

  private func receiveElements<Element: BitwiseCopyable>(
    _ count: Int, from peer: Peer
  ) throws(ProcessGroupError) -> [Element] {
    var fault: Connection.Fault?
    let elements = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(Connection.Fault) {
        let wanted = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
        try peer.connection.receive(UnsafeMutableRawBufferPointer(wanted), timeout: timeout)
        initialized = count
      } catch {
        fault = error
      }
    }
    if let fault { throw failure(fault, of: peer.rank) }
    return elements
  }

  private static func withBytes<Element: BitwiseCopyable>(
    of elements: [Element], _ body: (UnsafeRawBufferPointer) throws(Connection.Fault) -> Void
  ) throws(Connection.Fault) {
    let result = elements.withUnsafeBytes { bytes in
      Result { () throws(Connection.Fault) in try body(bytes) }
    }
    try result.get()
  }

  private func failure(_ fault: Connection.Fault, of other: Int) -> ProcessGroupError {
    let cause: ProcessGroupError.Cause
    switch fault {
    case .closed: cause = .gone
    case .timedOut: cause = .silent(timeout)
    case .system(let number): cause = .unreachable(String(cString: strerror(number)))
    }
    return ProcessGroupError(rank: rank, other: other, size: size, cause: cause)
  }

  private func apart(_ other: Int) -> ProcessGroupError {
    ProcessGroupError(rank: rank, other: other, size: size, cause: .apart)
  }
}

/// A process of a group that cannot be talked to.
package struct ProcessGroupError: Error, CustomStringConvertible, Sendable {
  package enum Cause: Equatable, Sendable {
    /// It has ended.
    case gone
    /// Nothing came from it for that long.
    case silent(Duration)
    /// It makes other calls than this process, or with other numbers of elements.
    case apart
    /// The system's reason.
    case unreachable(String)
  }

  /// The process that noticed.
  package let rank: Int
  /// The process that cannot be talked to.
  package let other: Int
  package let size: Int
  package let cause: Cause

  package var description: String {
    let what =
      switch cause {
      case .gone: "has ended"
      case .silent(let duration): "has not answered for \(duration)"
      case .apart: "is at another place of the computation"
      case .unreachable(let reason): "cannot be reached: \(reason)"
      }
    return "process \(rank) of \(size) cannot go on: process \(other) \(what)"
  }
}
