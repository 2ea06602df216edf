import PackagePlugin

/// Generates `ModuleSources.digest` for a target: the digest of its sources and of those of every target it depends on.
///
/// A library that is loaded on demand is no dependency of the module that uses it: the sources of `CXImplementation` count wherever
/// `CX` does.
@main
struct EmbedSourceDigest: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let target = target as? any SourceModuleTarget else { return [] }
    let needed = [target] + target.recursiveTargetDependencies.compactMap { $0 as? any SourceModuleTarget }
    let names = Set(needed.map { $0.name + "Implementation" })
    let loaded = context.package.targets.compactMap { $0 as? any SourceModuleTarget }.filter { names.contains($0.name) }
    let own = (needed + loaded).filter { module in
      module.directoryURL.path.hasPrefix(context.package.directoryURL.path + "/Sources/")
    }
    let sources = own.flatMap { $0.sourceFiles.filter { $0.type == .source || $0.type == .header }.map(\.url) }
      .filter { $0.path.hasPrefix(context.package.directoryURL.path + "/Sources/") }
    let output = context.pluginWorkDirectoryURL.appending(path: "ModuleSources.swift")
    return [
      .buildCommand(
        displayName: "Digest of \(target.name)'s sources", executable: try context.tool(named: "source-digest").url,
        arguments: [output.path, context.package.directoryURL.path + "/Sources"] + sources.map(\.path).sorted(),
        inputFiles: sources, outputFiles: [output])
    ]
  }
}
