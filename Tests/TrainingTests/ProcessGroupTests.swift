import Core
import Foundation
import Synchronization
import Tensor
import Testing
import Training

/// Groups whose members are threads of this process: the connections are the same.
@Suite struct ProcessGroupTests {
  private static func groups(_ size: Int, timeout: Duration = .seconds(30)) throws -> [ProcessGroup] {
    var own: [Connection] = []
    var groups: [ProcessGroup] = []
    for rank in 1..<size {
      let (first, other) = try Connection.pair()
      own.append(first)
      groups.append(ProcessGroup(rank: rank, size: size, first: other, timeout: timeout))
    }
    return [ProcessGroup(first: own, timeout: timeout)] + groups
  }

  /// What `body` gives in every member of a group, by rank.
  private func results<Value: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (ProcessGroup) throws -> Value
  ) throws -> [Result<Value, any Error>] {
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
    let groups = Mutex(try Self.groups(size).map { Optional($0) })
    for rank in 0..<size {
      // A thread each, as no member goes on without the others.
      Thread.detachNewThread {
        let result = Self.run(groups.withLock { groups in groups[rank].take() }, body)
        results.withLock { $0[rank] = result }
      }
    }
    let deadline = ContinuousClock().now + .seconds(60)
    while results.withLock({ $0.count }) < size, ContinuousClock().now < deadline { usleep(1000) }
    return try results.withLock { results in try (0..<size).map { try #require(results[$0]) } }
  }

  /// More than a socket takes at once, and nothing at all.
  @Test(arguments: [0, 1, 1_000_003])
  func `Sums are those of all members, bit by bit in the order of their ranks`(_ count: Int) throws {
    @Sendable func own(_ rank: Int) -> [Float] {
      var generator = CounterGenerator(5, UInt64(rank))
      return (0..<count).map { _ in generator.uniform(-1...1) }
    }
    var expected = own(0)
    for rank in 1..<3 { for (index, element) in own(rank).enumerated() { expected[index] += element } }
    for result in try results(
      3,
      { group in
        var elements = own(group.rank)
        try group.allReduce(&elements)
        try group.barrier()
        return elements
      })
    {
      #expect(try result.get() == expected)
    }
  }

  @Test func `Everybody gets the rows of all, of any length, and what the first one has`() throws {
    for result in try results(
      3,
      { group in
        let rows = try group.allGather([Int64](repeating: Int64(group.rank), count: group.rank * 3))
        let text = try group.broadcast(group.rank == 0 ? Array("state".utf8) : [])
        return (rows, String(decoding: text, as: UTF8.self))
      })
    {
      let (rows, text) = try result.get()
      #expect(rows == [[], [1, 1, 1], [2, 2, 2, 2, 2, 2]])
      #expect(text == "state")
    }
  }

  @Test func `Who is gone is named, by the others through the first one`() throws {
    let results = try results(3) { group in
      // The third leaves before the others meet.
      if group.rank < 2 { try group.barrier() }
    }
    guard case .failure(let error as ProcessGroupError) = results[0] else {
      Issue.record("the first one has not noticed")
      return
    }
    #expect(error.other == 2 && error.cause == .gone)
    #expect(error.description == "process 0 of 3 cannot continue: process 2 has ended")
    #expect(cause(results[1]) == .gone)
  }

  @Test func `A member that answers nothing is named after the time-out`() throws {
    let groups = try Self.groups(2, timeout: .milliseconds(50))
    let error = #expect(throws: ProcessGroupError.self) { try groups[0].barrier() }
    #expect(error?.other == 1 && error?.cause == .silent(.milliseconds(50)))
    #expect(
      error?.description.hasPrefix("process 0 of 2 cannot continue: process 1 has not answered for 0.05") == true,
      "\(error!)")
  }

  @Test func `Members that make different calls, or bring different numbers, are told so`() throws {
    let calls = try results(2) { group in
      if group.rank == 0 {
        var numbers: [Float] = [1]
        try group.allReduce(&numbers)
      } else {
        try group.barrier()
      }
    }
    #expect(cause(calls[0]) == .outOfStep && cause(calls[1]) == .gone)
    let numbers = try results(2) { group in
      var numbers = [Float](repeating: 1, count: 2 + group.rank)
      try group.allReduce(&numbers)
    }
    #expect(cause(numbers[0]) == .outOfStep && cause(numbers[1]) == .gone)
  }

  @Test(arguments: [false, true])
  func `Parameters that are not the first one's are noticed by all`(_ differs: Bool) throws {
    let results = try results(3) { group in
      var parameters = Parameters()
      try parameters.add("weight", .from([1, 2, group.rank == 2 && differs ? Float(3).nextUp : 3]))
      try SharedGradients.requireEqual(parameters, after: 7, group: group)
    }
    for result in results {
      guard differs else {
        try result.get()
        continue
      }
      let error = #expect(throws: OperationError.self) { try result.get() }
      #expect(error?.subject == "3 processes after step 7")
      #expect(error?.cause.hasPrefix("the parameters of process 2 are not those of process 0") == true)
    }
  }

  /// A member that is done lets go of its connections, as a process does.
  private static func run<Value>(_ group: consuming ProcessGroup?, _ body: (ProcessGroup) throws -> Value) -> Result<
    Value, any Error
  > {
    Result { try body(#require(group)) }
  }

  private func cause(_ result: Result<Void, any Error>) -> ProcessGroupError.Cause? {
    guard case .failure(let error) = result else { return nil }
    return (error as? ProcessGroupError)?.cause
  }
}
