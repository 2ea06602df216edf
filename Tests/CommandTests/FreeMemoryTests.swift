import Foundation
import Processes
import TestSupport
import Testing

/// The memory that a run may take when it is given no limit.
@Suite struct FreeMemoryTests {
  let root: URL

  init() throws { root = URL(fileURLWithPath: try temporaryFolder()) }

  func write(_ path: String, _ text: String) throws {
    let file = root.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  static let machine = "MemTotal:       16777216 kB\nMemFree:         1000000 kB\nMemAvailable:    8388608 kB\n"

  @Test func `It is what the machine has free less a reserve`() throws {
    try write("proc/meminfo", Self.machine)
    let memory = try #require(FreeMemory(root: root.path))
    #expect(memory.bytes == 8 << 30)
    #expect(memory.limit == 7 << 30)
    #expect(FreeMemory(root: root.path + "/nowhere") == nil)
    let own = try #require(FreeMemory())
    #expect(own.limit > 0 && own.limit < own.bytes && own.bytes <= own.totalBytes)
  }

  @Test func `A machine with little free leaves half of it`() throws {
    try write("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 409600 kB\n")
    #expect(FreeMemory(root: root.path)?.limit == 200 << 20)
  }

  @Test func `A limit of a control group counts, also of one above`() throws {
    try write("proc/meminfo", Self.machine)
    try write("proc/self/cgroup", "0::/user.slice/run.scope\n")
    let folder = "sys/fs/cgroup/user.slice"
    try write("\(folder)/run.scope/memory.max", "max\n")
    try write("\(folder)/run.scope/memory.current", "1\n")
    try write("\(folder)/memory.max", "\(4 << 30)\n")
    try write("\(folder)/memory.current", "\(3 << 30)\n")
    // What the group has read from files can be read again.
    try write("\(folder)/memory.stat", "anon 5\ninactive_file \(1 << 30)\nactive_file 0\n")
    let memory = try #require(FreeMemory(root: root.path))
    #expect(memory.bytes == 2 << 30 && memory.totalBytes == 4 << 30)
    #expect(memory.limit == (2 << 30) - (512 << 20))
  }

  @Test func `Control groups of version 1 count, of a container too`() throws {
    try write("proc/meminfo", Self.machine)
    // The path is that of the host, which the container does not see.
    try write("proc/self/cgroup", "9:name=systemd:/\n4:memory:/docker/abc\n0::/\n")
    try write("sys/fs/cgroup/memory/memory.limit_in_bytes", "\(1 << 30)\n")
    try write("sys/fs/cgroup/memory/memory.usage_in_bytes", "\(1 << 28)\n")
    try write("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 0\n")
    #expect(FreeMemory(root: root.path)?.bytes == (1 << 30) - (1 << 28))
    // Without a limit the file has a number that no machine has.
    try write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    #expect(FreeMemory(root: root.path)?.bytes == 8 << 30)
  }
}
