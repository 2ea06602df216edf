internal import Glibc

/// The processes that compute one result together, as one of them sees them.
///
/// All make the same calls in the same order. The first process receives from the others, in the order of their ranks,
/// and sends the result to each of them: sums are added in that order, so that they repeat bit by bit and are the same
/// in all processes.
///
/// The processes communicate over stream sockets of one machine. libtorch's own group of processes (gloo) is not used:
/// its C++ header needs those of gloo, which libtorch does not contain, and the headers of another package need not fit
/// the gloo inside libtorch.
package struct ProcessGroup: Sendable {
  /// The number of this process among the others, from 0.
  package let rank: Int
  /// The number of processes.
  package let size: Int
  /// To all others in the first process, to the first in the others.
  private let connections: [(rank: Int, connection: Connection)]
  private let timeout: Duration

  /// A group of one process.
  package static let single = ProcessGroup(rank: 0, size: 1, connections: [], timeout: .zero)

  /// The default time for which a process waits for another. The processes of one machine are never far apart; only the
  /// time that loading takes differs.
  package static let patience = Duration.seconds(1800)

  private init(rank: Int, size: Int, connections: [(rank: Int, connection: Connection)], timeout: Duration) {
    self.rank = rank
    self.size = size
    self.connections = connections
    self.timeout = timeout
  }

  /// The group as the first process sees it.
  /// - Parameters:
  ///   - others: the connections to the other processes, in the order of their ranks.
  ///   - timeout: the longest wait for data from another process.
  package init(first others: [Connection], timeout: Duration = patience) {
    self.init(
      rank: 0, size: others.count + 1, connections: others.enumerated().map { ($0.offset + 1, $0.element) },
      timeout: timeout)
  }

  /// The group as one of the other processes sees it.
  /// - Parameters:
  ///   - rank: from 1 to `size` − 1.
  ///   - first: the connection to the first process.
  ///   - timeout: the longest wait for data from the first process.
  package init(rank: Int, size: Int, first: Connection, timeout: Duration = patience) {
    precondition(0 < rank && rank < size, "the first process has an initialiser of its own")
    self.init(rank: rank, size: size, connections: [(0, first)], timeout: timeout)
  }

  /// The elements of every process, in the order of their ranks; their numbers may differ.
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
  /// - Parameter elements: the same number of them in every process.
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

  /// The elements of the first process; those that the others pass are ignored.
  /// - Throws: ``ProcessGroupError``.
  package func broadcast<Element: BitwiseCopyable>(_ elements: [Element]) throws(ProcessGroupError) -> [Element] {
    if rank > 0 { return try receive(.broadcast, from: connections[0]) }
    for peer in connections { try send(elements, .broadcast, to: peer) }
    return elements
  }

  /// Waits until every process has called this.
  /// - Throws: ``ProcessGroupError``.
  package func barrier() throws(ProcessGroupError) { _ = try allGather([UInt8]()) }

  // MARK: Messages

  /// The call that a message belongs to, by which processes that are out of step are noticed.
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
      // The kind, and the number of bytes that follow.
      let head = [kind.rawValue, UInt64(elements.count * MemoryLayout<Element>.stride)]
      try Self.withBytes(of: head) { bytes throws(Connection.Fault) in
        try peer.connection.send(bytes, timeout: timeout)
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
    guard byteCount.isMultiple(of: MemoryLayout<Element>.stride) else { throw outOfStep(peer.rank) }
    return try receiveElements(byteCount / MemoryLayout<Element>.stride, from: peer)
  }

  /// Receives as many numbers as there are sums, piece by piece, and adds them.
  private func add(from peer: Peer, to sums: inout [Float]) throws(ProcessGroupError) {
    guard try receiveHead(.reduce, from: peer) == sums.count * MemoryLayout<Float>.stride else {
      throw outOfStep(peer.rank)
    }
    var start = 0
    while start < sums.count {
      let piece: [Float] = try receiveElements(min(1 << 18, sums.count - start), from: peer)
      for (offset, element) in piece.enumerated() { sums[start + offset] += element }
      start += piece.count
    }
  }

  /// Receives the beginning of a message.
  /// - Returns: the number of bytes that follow.
  private func receiveHead(_ kind: Kind, from peer: Peer) throws(ProcessGroupError) -> Int {
    let head: [UInt64] = try receiveElements(2, from: peer)
    guard head[0] == kind.rawValue, let byteCount = Int(exactly: head[1]) else { throw outOfStep(peer.rank) }
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

  private func outOfStep(_ other: Int) -> ProcessGroupError {
    ProcessGroupError(rank: rank, other: other, size: size, cause: .outOfStep)
  }
}

/// The failure of one process of a group to communicate with another. A type of its own, since a training switches over
/// the cause to name the process that failed first.
package struct ProcessGroupError: Error, CustomStringConvertible, Sendable {
  /// The state of the other process.
  package enum Cause: Equatable, Sendable {
    /// It has ended.
    case gone
    /// Nothing was received from it for that long.
    case silent(Duration)
    /// It makes other calls than this process, or with other numbers of elements.
    case outOfStep
    /// The system's reason.
    case unreachable(String)
  }

  /// The rank of the process that noticed.
  package let rank: Int
  /// The rank of the other process.
  package let other: Int
  /// The number of processes of the group.
  package let size: Int
  /// The state of the other process.
  package let cause: Cause

  package var description: String {
    let state =
      switch cause {
      case .gone: "has ended"
      case .silent(let duration): "has not answered for \(duration)"
      case .outOfStep: "is at another step of the computation"
      case .unreachable(let reason): "cannot be reached: \(reason)"
      }
    return "process \(rank) of \(size) cannot continue: process \(other) \(state)"
  }
}
