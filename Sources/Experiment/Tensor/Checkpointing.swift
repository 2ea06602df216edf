internal import CTorch
package import Core
internal import Glibc

extension Torch {
  /// Runs `body` and keeps only its inputs. Its activations are computed again in the backward pass, for less memory
  /// and more time.
  ///
  /// The gradients are the same as without checkpointing, bit by bit, also those of the parameters that `body` uses. A
  /// parameter that several blocks share may differ in the last bits when it has a gradient already, to which each
  /// block then adds its own. An error of `body` in the backward pass is thrown by ``Tensor/backward()``, with its
  /// description in the cause.
  /// Source: Chen et al. 2016 (arXiv 1604.06174).
  /// - Parameters:
  ///   - inputs: the arguments of `body`. Other tensors that it uses get gradients only when they are parameters,
  ///     leaves of the graph.
  ///   - outputs: the number of tensors that `body` returns, all of floating-point numbers.
  ///   - body: returns equal tensors for equal arguments.
  /// - Throws: ``OperationError``: the errors of `body`, and one when it returns another number of tensors.
  package static func checkpoint(
    _ inputs: [Tensor], outputs: Int, _ body: @escaping ([Tensor]) throws(OperationError) -> [Tensor]
  ) throws(OperationError) -> [Tensor] {
    let table = try functions()
    let block = RepeatedBlock(body, table)
    var handles = [OpaquePointer?](repeating: nil, count: outputs)

    // The block lives until libtorch releases it, after the backward pass.
    do throws(OperationError) {
      try perform("checkpoint", inputs) { table, error in
        table.checkpoint(
          ctorch_block(
            state: Unmanaged.passRetained(block).toOpaque(),
            run: {
              RepeatedBlock.borrowed($0).run($1, count: $2, outputs: $3, outputCount: $4, message: $5)
            },
            release: { Unmanaged<RepeatedBlock>.fromOpaque($0).release() }),
          inputs.map { $0.handle }, Int32(inputs.count), &handles, Int32(outputs), error)
      }
    } catch {
      throw block.failure ?? error
    }

    return handles.compactMap { $0.map { Tensor(owning: $0, of: table) } }
  }
}

/// A block that libtorch keeps and runs again in the backward pass.
private final class RepeatedBlock {
  private let body: ([Tensor]) throws(OperationError) -> [Tensor]
  private let table: UnsafePointer<ctorch_api>
  /// The error of the last run.
  private(set) var failure: OperationError?

  init(_ body: @escaping ([Tensor]) throws(OperationError) -> [Tensor], _ table: UnsafePointer<ctorch_api>) {
    self.body = body
    self.table = table
  }

  static func borrowed(_ state: UnsafeMutableRawPointer) -> RepeatedBlock {
    Unmanaged<RepeatedBlock>.fromOpaque(state).takeUnretainedValue()
  }

  /// Takes ownership of the inputs, and passes that of the outputs to libtorch.
  func run(
    _ inputs: UnsafePointer<OpaquePointer>?, count inputCount: Int32, outputs: UnsafeMutablePointer<OpaquePointer?>,
    outputCount: Int32, message: Torch.ErrorSlot
  ) -> Bool {
    let given = UnsafeBufferPointer(start: inputs, count: Int(inputCount)).map { Tensor(owning: $0, of: table) }

    do throws(OperationError) {
      let results = try body(given)
      guard results.count == Int(outputCount) else {
        throw OperationError(
          operation: "checkpoint", subject: "\(given)",
          cause: "the block returned \(results.count) tensors instead of \(outputCount)"
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
