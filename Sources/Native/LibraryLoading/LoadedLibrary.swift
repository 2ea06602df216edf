internal import Glibc

/// A shared library of ours that wraps a large foreign one and is loaded only when it is first needed.
///
/// Such a library exports one function, `const struct NAME_api *NAME_api_table(void)`; the table's type is declared
/// in a C module that costs nothing to import. A command that needs no tensors never pays for libtorch.
package enum LoadedLibrary {
  /// Loads the library and returns its table; the library stays loaded until the process ends.
  /// - Parameters:
  ///   - library: the file name, for instance `libColophonTorch.so`; it is in the folder of this code or of the running
  ///     program.
  ///   - symbol: the exported function's name.
  ///   - type: the C type of the table.
  /// - Throws: ``LoadedLibraryError`` with the loader's own words.
  package static func table<API>(_ library: String, symbol: String, as type: API.Type) throws -> UnsafePointer<API> {
    var reasons: [String] = []
    for folder in folders() {
      guard access("\(folder)/\(library)", R_OK) == 0 else { continue }
      guard let handle = dlopen("\(folder)/\(library)", RTLD_NOW | RTLD_LOCAL) else {
        reasons.append(String(cString: dlerror()))
        continue
      }
      guard let function = dlsym(handle, symbol) else {
        reasons.append("\(folder)/\(library) has no \(symbol)")
        continue
      }
      typealias Table = @convention(c) () -> UnsafeRawPointer
      return unsafeBitCast(function, to: Table.self)().assumingMemoryBound(to: API.self)
    }
    throw LoadedLibraryError(
      library: library, reason: reasons.last ?? "it is in none of \(folders().joined(separator: ", "))")
  }

  /// The folders of this code and of the running program.
  static func folders() -> [String] {
    var found: [String] = []
    if let own = ownFile() { found.append(folder(of: own)) }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    if count > 0 {
      found.append(folder(of: String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)))
    }
    return found
  }

  /// The file that this code was loaded from: the mapping that contains its own address.
  private static func ownFile() -> String? {
    let address = UInt(bitPattern: unsafeBitCast(marker, to: Int.self))
    guard let maps = fopen("/proc/self/maps", "r") else { return nil }
    defer { fclose(maps) }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 128)
    while fgets(&buffer, Int32(buffer.count), maps) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard range.count == 2, range[0] <= address, address < range[1] else { continue }
      return line.firstIndex(of: "/").map { String(line[$0...]) }
    }
    return nil
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}

private let marker: @convention(c) () -> Void = {}

/// The error for a library of ours that could not be loaded. A type of its own, since this module does not import Core
/// and its `OperationError`.
package struct LoadedLibraryError: Error, CustomStringConvertible {
  /// The library's file name.
  package let library: String
  /// The loader's own words, or the folders in which it was looked for.
  package let reason: String
  package var description: String {
    "cannot load \(library): \(reason). `colophon doctor` says what is missing"
  }
}
