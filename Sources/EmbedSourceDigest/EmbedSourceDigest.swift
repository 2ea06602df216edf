import PackagePlugin

/// Generates `ModuleSources.digest` for a target: the digest of its sources and of those of every target it depends on.
@main
struct EmbedSourceDigest: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let target = target as? any SourceModuleTarget else { return [] }
    let modules = [target] + target.recursiveTargetDependencies.compactMap { $0 as? any SourceModuleTarget }
    let own = modules.filter { module in
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
