internal import Core
internal import Synchronization

extension ArtifactStore {
  /// Reads everything that records and versions name, and checks it against its digest.
  /// - Parameter progress: called with the number of bytes checked so far.
  /// - Returns: one error for each file that is damaged, in the order of their digests; running its stage again repairs
  ///   it.
  package func verify(progress: (Int64) -> Void = { _ in }) throws(StoreError) -> [StoreError] {
    try flush()
    var faults: [StoreError] = []
    var checked: Int64 = 0
    for file in try namedFiles().values.sorted(by: { $0.digest < $1.digest }) {
      do throws(StoreError) { try check(file) } catch {
        // An error of another kind says nothing about the file.
        guard error.isDamage else { throw error }
        faults.append(error)
      }
      checked += file.byteCount
      progress(checked)
    }
    return faults
  }

  /// All files that records and versions name, by the digest of their bytes.
  private func namedFiles() throws(StoreError) -> [Digest: StoredFile] {
    var files: [Digest: StoredFile] = [:]
    for content in try recovering({ () throws(StoreError) in try index.allOutputs() }) {
      for file in content.files { files[file.digest] = file }
    }
    for notebook in try notebooks() {
      for version in try log(notebook: notebook, limit: .max) {
        for artifact in try artifacts(at: version.id.hexadecimal) {
          for file in artifact.content.files { files[file.digest] = file }
        }
      }
    }
    return files
  }
}
