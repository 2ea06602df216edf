internal import Glibc

/// A shared library of ours that wraps a large foreign one and is loaded only when it is first needed.
///
/// Such a library exports one function, `const struct NAME_api *NAME_api_table(void)`; the table's type is declared in a C module
/// that costs nothing to import. A command that needs no tensors never pays for libtorch.
package enum LoadedLibrary {
  /// Loads the library and returns its table; the library stays loaded until the process ends.
  /// - Parameters:
  ///   - library: the file name, for instance `libColophonTorch.so`; looked for beside the running program and this library.
  ///   - symbol: the exported function's name.
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
    throw LoadedLibraryError(library: library, reason: reasons.last ?? "it lies in none of \(folders().joined(separator: ", "))")
  }

  /// Where this code and the running program lie.
  private static func folders() -> [String] {
    var found: [String] = []
    var information = Dl_info()
    if dladdr(unsafeBitCast(marker, to: UnsafeRawPointer.self), &information) != 0, let name = information.dli_fname {
      found.append(folder(of: String(cString: name)))
    }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    if count > 0 {
      found.append(folder(of: String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)))
    }
    return found
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}

private let marker: @convention(c) () -> Void = {}

/// A library of ours that could not be loaded.
package struct LoadedLibraryError: Error, CustomStringConvertible {
  package let library: String
  package let reason: String
  package var description: String { "cannot load \(library): \(reason). `colophon doctor` says what is missing" }
}
