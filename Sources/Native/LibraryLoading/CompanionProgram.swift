internal import Glibc

/// A program of this package that another of its programs starts.
package enum CompanionProgram {
  /// The path of a program that lies beside this code or the running program.
  /// - Parameter name: the file name.
  /// - Throws: ``CompanionProgramError`` when it is not there or may not be run.
  package static func path(_ name: String) throws -> String {
    let folders = LoadedLibrary.folders()
    guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
      throw CompanionProgramError(program: name, folders: folders)
    }
    return "\(folder)/\(name)"
  }
}

/// A program of this package that is not where it should be.
package struct CompanionProgramError: Error, CustomStringConvertible {
  package let program: String
  /// Where it was looked for.
  package let folders: [String]

  package var description: String {
    "cannot start \(program): it lies in none of \(folders.joined(separator: ", ")). Build the whole package: `swift build -c release`"
  }
}
