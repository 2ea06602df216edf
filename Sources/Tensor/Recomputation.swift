internal import CTorch
internal import Glibc

extension Torch {
  /// Computes something whose intermediate results are not kept: the backward pass computes them again.
  ///
  /// Trades a second computation for memory: of a block, only the inputs stay. Gradients are bit for bit those without it. They reach
  /// everything that `body` uses, parameters too, as long as one of the inputs needs a gradient. Source: Chen et al., 2016
  /// (arXiv 1604.06174).
  /// - Parameters:
  ///   - inputs: what gradients flow back to; `body` gets them in this order.
  ///   - body: gives the same tensors every time. What it throws in the backward pass is the cause of that pass's ``TensorError``.
  /// - Returns: what `body` gives.
  package static func recomputed(_ inputs: [Tensor], _ body: @escaping ([Tensor]) throws -> [Tensor]) throws -> [Tensor] {
    let box = Computation(table: try functions(), body: body)
    let computation = ctorch_computation(
      context: Unmanaged.passRetained(box).toOpaque(),
      run: { context, inputs, count, sink, take, error in
        guard let context else { return false }
        let box = Unmanaged<Computation>.fromOpaque(context).takeUnretainedValue()
        let tensors = (0..<Int(count)).map { Tensor(owning: inputs[$0], of: box.table) }
        do {
          for output in try box.body(tensors) { take(sink, output.handle) }
          return true
        } catch let failure {
          box.failure = failure
          error.pointee = strdup("\(failure)")
          return false
        }
      },
      release: { context in
        if let context { Unmanaged<Computation>.fromOpaque(context).release() }
      })
    let results = Results(table: box.table)
    do {
      try perform("recomputed", inputs) { table, error in
        table.recomputed(
          computation, inputs.map { $0.handle }, Int32(inputs.count), Unmanaged.passUnretained(results).toOpaque(),
          { sink, output in Unmanaged<Results>.fromOpaque(sink).takeUnretainedValue().append(output) }, error)
      }
    } catch {
      throw box.failure ?? error
    }
    return results.tensors
  }
}

/// What is computed, kept by the graph.
private final class Computation {
  let table: UnsafePointer<ctorch_api>
  let body: ([Tensor]) throws -> [Tensor]
  /// What the computation threw.
  var failure: (any Error)?

  init(table: UnsafePointer<ctorch_api>, body: @escaping ([Tensor]) throws -> [Tensor]) {
    self.table = table
    self.body = body
  }
}

/// Gathers results.
private final class Results {
  private let table: UnsafePointer<ctorch_api>
  private(set) var tensors: [Tensor] = []

  init(table: UnsafePointer<ctorch_api>) { self.table = table }

  /// Takes ownership of the handle.
  func append(_ output: OpaquePointer) { tensors.append(Tensor(owning: output, of: table)) }
}
