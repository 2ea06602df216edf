internal import Glibc

/// A program of this package that another of its programs starts.
package enum CompanionProgram {
  /// The path of a program in the folder of this code or of the running program.
  /// - Parameter name: the file name.
  /// - Throws: ``CompanionProgramError`` when it does not exist or may not be run.
  package static func path(_ name: String) throws -> String {
    let folders = LoadedLibrary.folders()
    guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
      throw CompanionProgramError(program: name, folders: folders)
    }
    return "\(folder)/\(name)"
  }
}

/// The error for a program of this package that is not where it should be. A type of its own, since this module does
/// not import Core and its `OperationError`.
package struct CompanionProgramError: Error, CustomStringConvertible {
  /// The program's file name.
  package let program: String
  /// The folders in which it was looked for.
  package let folders: [String]

  package var description: String {
    """
    cannot start \(program): it is in none of \(folders.joined(separator: ", ")). Build the whole package: \
    `swift build -c release`
    """
  }
}
