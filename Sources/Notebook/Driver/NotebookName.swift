internal import ArtifactStore
package import Core
internal import Foundation
internal import Glibc
internal import NotebookRuntime

/// The names under which a notebook's results are kept: of its folder in `Artifacts`, and of its branch.
///
/// A notebook is named after its file. When the results of that name belong to another notebook of the project, the
/// name is made of the whole path: `sub/n.md` is `sub-n`. A folder belongs to the notebook that its lock names; without
/// a lock, to the one that wrote its report here, or to the one of the branch's last version. A notebook that was moved
/// keeps its name, since the path in its lock leads nowhere any more.
package struct NotebookName {
  /// The notebook's project.
  package let project: Project
  /// The notebook's path from the project's folder. All paths to one file give the same one: links are followed as long
  /// as they stay in the project.
  package let path: String

  /// A notebook of a project.
  /// - Parameters:
  ///   - notebook: a path, relative to the working directory or absolute; it need not exist.
  ///   - project: the project that the notebook belongs to.
  package init(_ notebook: String, in project: Project) {
    self.project = project
    path = Self.path(URL(fileURLWithPath: notebook).standardizedFileURL.path, in: project)
  }

  /// The path from the project's folder that all paths to a file have in common.
  private static func path(_ notebook: String, in project: Project) -> String {
    // The real path of a file that is missing is that of its folder.
    let (folder, file) = ((notebook as NSString).deletingLastPathComponent, (notebook as NSString).lastPathComponent)
    let followed = real(notebook) ?? real(folder).map { ($0 as NSString).appendingPathComponent(file) }
    let root = real(project.root) ?? project.root
    if let followed, let inner = inner(followed, of: root) {
      // Tools keep what links lead to in hidden folders, under names that mean nothing.
      if !inner.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { return inner }
    }
    return inner(notebook, of: project.root) ?? notebook
  }

  private static func inner(_ path: String, of folder: String) -> String? {
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
  }

  private static func real(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  // MARK: Names

  /// The relation of a notebook to the results of a name.
  private enum Claim {
    /// They are this notebook's.
    case own
    /// Nobody has results of that name.
    case free
    /// They are of a notebook that is no longer there: it was moved here, or removed.
    case left(String)
    /// They are another notebook's.
    case taken(String)
  }

  /// A name that was chosen, and the reason where it is not what users expect.
  package struct Choice {
    /// The notebook's name; those of runs with other parameters begin with it.
    package var base: String
    /// A sentence about the choice, for its first run; `nil` in the ordinary case.
    package var note: String?
  }

  /// The possible names, in the order of preference.
  private var candidates: [String] {
    let file = Project.name(of: path)
    let folders = path.split(separator: "/").dropLast().map(String.init)
    return folders.isEmpty || path.hasPrefix("/") ? [file] : [file, (folders + [file]).joined(separator: "-")]
  }

  /// The name that the notebook has or gets.
  /// - Parameter variant: the name of a run's results, made of the notebook's name.
  /// - Throws: ``OperationError`` when all possible names are other notebooks'.
  package func choose(variant: (String) -> String = { $0 }) throws(OperationError) -> Choice {
    let names = candidates
    let claims = names.map { [claim(on: $0), claim(on: variant($0))] }

    // The name that it has goes before one that has become free.
    for (name, claims) in zip(names, claims) where claims.contains(where: { if case .own = $0 { true } else { false } })
    {
      if holder(claims) == nil { return Choice(base: name) }
    }
    for (name, claims) in zip(names, claims) where holder(claims) == nil {
      if name != names[0], let holder = self.holder(claim: names[0]) {
        let note = "Artifacts/\(names[0]) has the results of \(holder): those of \(path) go to Artifacts/\(name)"
        return Choice(base: name, note: note + " and the branch of that name")
      }
      if case .left(let former)? = claims.first {
        return Choice(base: name, note: "\(path) takes the name \(name) over from \(former), which is gone")
      }
      return Choice(base: name)
    }
    throw refusal(of: names[0], holder: claims.compactMap { holder($0) }.first ?? "another notebook")
  }

  /// Checks that the results of a name that the user chose are not another notebook's.
  /// - Throws: ``OperationError`` when they are.
  package func check(output name: String) throws(OperationError) {
    if case .taken(let holder) = claim(on: name) { throw refusal(of: name, holder: holder) }
  }

  private func refusal(of name: String, holder: String) -> OperationError {
    OperationError(
      operation: "write the results of", subject: path,
      reason: "\(project.reports(named: name)) holds the results of \(holder)",
      advice: "rename one of the two, or give this one a name of its own with --output NAME")
  }

  private func holder(_ claims: [Claim]) -> String? {
    for case .taken(let holder) in claims { return holder }
    return nil
  }

  private func holder(claim name: String) -> String? { holder([claim(on: name)]) }

  // MARK: Owners

  private func claim(on name: String) -> Claim {
    let owners = owners(of: name).map { Self.path(($0.hasPrefix("/") ? "" : project.root + "/") + $0, in: project) }
    if owners.isEmpty { return .free }
    if owners.contains(path) { return .own }
    let present = owners.sorted().first {
      FileManager.default.fileExists(atPath: $0.hasPrefix("/") ? $0 : "\(project.root)/\($0)")
    }
    return present.map { .taken($0) } ?? .left(owners.sorted()[0])
  }

  /// The paths of the notebooks that the results of a name are of.
  private func owners(of name: String) -> Set<String> {
    let locked = FoundLock.notebooks(path: project.lock(named: name))
    if !locked.isEmpty { return locked }
    if let noted = FileManager.default.contents(atPath: Self.note(of: name, in: project)) {
      return [String(decoding: noted, as: UTF8.self)]
    }

    // Versions may be here before any report is, such as after a pull.
    guard let bytes = try? ArtifactStore.lock(ofNotebook: name, in: project),
      let lock = try? LockFile(data: Data(bytes), name: name)
    else { return [] }
    return [lock.notebook]
  }

  private static func note(of name: String, in project: Project) -> String { "\(project.cache)/names/\(name)" }

  /// Notes that the results of a name are this notebook's: the report of a run that failed has no lock that says it.
  func note(_ name: String) {
    let path = Self.note(of: name, in: project)
    let bytes = Data(self.path.utf8)
    guard FileManager.default.contents(atPath: path) != bytes else { return }
    // A note that cannot be written is no reason to fail: the lock counts first.
    try? FileManager.default.createDirectory(atPath: "\(project.cache)/names", withIntermediateDirectories: true)
    try? bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  /// The name that a command's word stands for: a name, or the path of a notebook.
  /// - Parameters:
  ///   - word: the user's word.
  ///   - project: the project of the command.
  ///   - isKnown: true for a name that has versions.
  package static func name(
    of word: String, in project: Project, isKnown: (String) throws -> Bool
  ) rethrows -> String {
    if try isKnown(word) { return word }
    // A run with other parameters may be named `x-with-rate-0.5`, which is no path with an extension.
    let isFile = FileManager.default.fileExists(atPath: word)
    guard isFile || (word as NSString).pathExtension == "md" else {
      return word.contains("/") ? Project.name(of: word) : word
    }
    return (try? NotebookName(word, in: project).choose().base) ?? Project.name(of: word)
  }
}
