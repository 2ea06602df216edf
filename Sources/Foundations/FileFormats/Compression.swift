/// The compression of a file, known by its first bytes; its name is a check.
package enum Compression: String, Sendable, CaseIterable {
  case none
  case gzip
  case bzip2
  case xz
  case zstd

  /// The compression by the first bytes.
  ///
  /// Sources: RFC 1952, §2.3.1; RFC 8878, §3.1; the xz file format, §2.1.1.1; bzip2's `BZh`, a digit, and the first
  /// digits of π, or those of its square root for an empty file.
  /// - Parameter head: at least ten bytes, or all of a shorter file.
  package init(head: [UInt8]) {
    func starts(_ magic: [UInt8]) -> Bool { head.starts(with: magic) }
    if starts([0x1F, 0x8B]) {
      self = .gzip
    } else if starts([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
      self = .xz
    } else if starts([0x28, 0xB5, 0x2F, 0xFD])
      || (head.count >= 4 && head[0] & 0xF0 == 0x50 && starts([head[0], 0x2A, 0x4D, 0x18]))
    {
      self = .zstd
    } else if starts(Array("BZh".utf8)), head.count >= 10,
      head[4..<10].elementsEqual([0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
        || head[4..<10].elementsEqual([0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
    {
      self = .bzip2
    } else {
      self = .none
    }
  }

  /// The compression by the ending of a name.
  package init(path: String) {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    switch ending {
    case "gz", "tgz": self = .gzip
    case "bz2", "tbz2": self = .bzip2
    case "xz", "txz": self = .xz
    case "zst", "zstd", "tzst": self = .zstd
    default: self = .none
    }
  }
}
