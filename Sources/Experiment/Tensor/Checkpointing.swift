internal import CTorch
package import Core
internal import Glibc

extension Torch {
  /// Runs `body` and keeps its inputs alone: its activations are computed again in the backward pass, for less memory and more time.
  ///
  /// The gradients are those without it, bit by bit, also of the parameters that `body` uses; one that several blocks share may differ in
  /// the last bits when it has a gradient already, to which each block then adds on its own. What `body` throws in the backward pass is
  /// thrown by ``Tensor/backward()``, with its description in the cause. Source: Chen et al. 2016 (arXiv 1604.06174).
  /// - Parameters:
  ///   - inputs: what `body` is given. Other tensors that it uses get gradients only when they are parameters: leaves of the graph.
  ///   - outputs: how many tensors `body` gives, all of floating-point numbers.
  ///   - body: gives the same whenever it is given the same.
  /// - Throws: ``OperationError``: what `body` throws, and when it gives another number of tensors.
  package static func checkpoint(
    _ inputs: [Tensor], outputs: Int, _ body: @escaping ([Tensor]) throws(OperationError) -> [Tensor]
  ) throws(OperationError) -> [Tensor] {
    let table = try functions()
    let block = RepeatedBlock(body, table)
    var handles = [OpaquePointer?](repeating: nil, count: outputs)
    do throws(OperationError) {
      try perform("checkpoint", inputs) { table, error in
        table.checkpoint(
          ctorch_block(
            state: Unmanaged.passRetained(block).toOpaque(),
            run: { RepeatedBlock.borrowed($0).run($1, $2, $3, $4, $5) },
            release: { Unmanaged<RepeatedBlock>.fromOpaque($0).release() }),
          inputs.map { $0.handle }, Int32(inputs.count), &handles, Int32(outputs), error)
      }
    } catch {
      throw block.failure ?? error
    }
    return handles.compactMap { $0.map { Tensor(owning: $0, of: table) } }
  }
}

/// What libtorch holds of a block.
private final class RepeatedBlock {
  private let body: ([Tensor]) throws(OperationError) -> [Tensor]
  private let table: UnsafePointer<ctorch_api>
  /// What the last run threw.
  private(set) var failure: OperationError?

  init(_ body: @escaping ([Tensor]) throws(OperationError) -> [Tensor], _ table: UnsafePointer<ctorch_api>) {
    self.body = body
    self.table = table
  }

  static func borrowed(_ state: UnsafeMutableRawPointer) -> RepeatedBlock {
    Unmanaged<RepeatedBlock>.fromOpaque(state).takeUnretainedValue()
  }

  /// Takes ownership of the inputs; gives the outputs away.
  func run(
    _ inputs: UnsafePointer<OpaquePointer>?, _ inputCount: Int32, _ outputs: UnsafeMutablePointer<OpaquePointer?>,
    _ outputCount: Int32, _ message: Torch.ErrorSlot
  ) -> Bool {
    let given = UnsafeBufferPointer(start: inputs, count: Int(inputCount)).map { Tensor(owning: $0, of: table) }
    do throws(OperationError) {
      let results = try body(given)
      guard results.count == Int(outputCount) else {
        throw OperationError(
          operation: "checkpoint", subject: "\(given)",
          cause: "the block gave \(results.count) tensors instead of \(outputCount)"
        )
      }
      for (place, result) in results.enumerated() { outputs[place] = table.pointee.share(result.handle) }
      return true
    } catch {
      failure = error
      message.pointee = strdup(error.description)
      return false
    }
  }
}
