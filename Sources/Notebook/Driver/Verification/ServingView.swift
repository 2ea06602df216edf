internal import NotebookRuntime

/// Passes a program's questions to the server, and its events and those of the running stages to another view.
struct ServingView<Base: RunView>: RunView {
  /// The view that people see.
  var base: Base
  /// The server that answers the program.
  let server: StageServer

  mutating func message(_ text: String) { base.message(text) }

  mutating func observe(_ event: RunEvent) {
    server.take(event)
    base.observe(event)
  }

  mutating func tick() {
    for event in server.takeEvents() { base.observe(event) }
    base.tick()
  }

  mutating func end() { base.end() }
}
