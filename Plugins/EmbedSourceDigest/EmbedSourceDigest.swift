import Foundation
import PackagePlugin

/// Generates `ModuleSources.digest` for a target: the digest of its sources and of those of every target it depends on.
///
/// A library that is loaded on demand is no dependency of the module that uses it: the sources of `CXImplementation`
/// count wherever `CX` does.
@main
struct EmbedSourceDigest: BuildToolPlugin {
  /// Modules that decide no byte of a result: they only start, watch and end the programs that compute it.
  private static let uncounted: Set = ["Processes", "CSandbox"]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let target = target as? any SourceModuleTarget else { return [] }
    let dependencies = target.recursiveTargetDependencies.compactMap { $0 as? any SourceModuleTarget }
    let needed = [target] + dependencies.filter { !Self.uncounted.contains($0.name) }
    let names = Set(needed.map { $0.name + "Implementation" })
    let loaded = context.package.targets.compactMap { $0 as? any SourceModuleTarget }.filter { names.contains($0.name) }
    let root = context.package.directoryURL.path + "/Sources/"
    let own = (needed + loaded).filter { $0.directoryURL.path.hasPrefix(root) }.sorted { $0.name < $1.name }
    let output = context.pluginWorkDirectoryURL.appending(path: "ModuleSources.swift")

    // A source is named by its module and its place in it, so that moving a module's folder changes no digest.
    var arguments = [output.path]
    var inputs: [URL] = []
    for module in own {
      let sources = module.sourceFiles.filter { $0.type == .source || $0.type == .header }.map(\.url)
        .filter { $0.path.hasPrefix(root) }
        .sorted { $0.path < $1.path }
      for source in sources {
        let place = source.path.dropFirst(module.directoryURL.path.count).drop { $0 == "/" }
        arguments += ["\(module.name)/\(place)", source.path]
        inputs.append(source)
      }
    }
    return [
      .buildCommand(
        displayName: "Digest of \(target.name)'s sources", executable: try context.tool(named: "source-digest").url,
        arguments: arguments, inputFiles: inputs, outputFiles: [output])
    ]
  }
}
