import Core
import Driver
import Foundation
import NotebookRuntime
import Synchronization
import Testing
import TextFormatting

/// Hostile progress reports of a notebook's program: nothing in them is trusted.
@Suite struct HostileProgressTests {
  static let numbers = [0, 1, -1, 1e15, 1e300, -1e300, Double.greatestFiniteMagnitude, .infinity, -.infinity, .nan]

  @Test(arguments: numbers)
  func `Times that are not finite are unknown`(seconds: Double) {
    let isTime = seconds.magnitude < 1e12
    #expect((NumberText.duration(seconds) == "unknown") == !(isTime && seconds >= 0))
    #expect((TimeText.date(seconds) == "unknown") == !isTime)
    #expect((TimeText.ago(seconds) == "at an unknown time") == !isTime)
  }

  @Test(arguments: numbers)
  func `Progress of any size is drawn`(done: Double) {
    for total in Self.numbers {
      let written = Self.lines { view in
        view.observe(
          .stageStarted(id: 1, stage: "S", key: Digest(of: "k"), place: .init(cell: 1, line: 1), reason: "new"))
        view.observe(.stageProgress(id: 1, done: -done, total: total, unit: "rows"))
        view.observe(.stageProgress(id: 1, done: done, total: total, unit: "rows"))
        view.tick()
      }
      #expect(written.contains("● S"), "\(written)")
    }
  }

  @Test func `No text steers the terminal`() {
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}\r\u{7}"
    let written = Self.lines { view in
      view.observe(
        .stageStarted(id: 1, stage: "S" + evil, key: Digest(of: "k"), place: .init(cell: 1, line: 1), reason: evil))
      view.observe(.stageProgress(id: 1, done: 1, total: 2, unit: evil))
      view.observe(.stageNote(id: 1, text: evil))
      view.tick()
      view.observe(.message(evil))
      view.message(evil)
    }
    // What it draws with, and nothing else.
    let own = written.replacing(#/\u{1b}\[(\d+A|J|\d+m)/#, with: "")
    #expect(
      written.contains("[2J")
        && !own.unicodeScalars.contains { ["\u{1b}", "\u{9b}", "\u{202e}", "\r", "\u{7}"].contains($0) })
  }

  private static func lines(_ body: (inout LiveView) -> Void) -> String {
    let written = Written()
    var view = LiveView(columns: { 120 }, write: { written.append($0) })
    body(&view)
    view.end()
    return written.text
  }
}

/// The text that a view has written.
private final class Written: Sendable {
  private let content = Mutex("")

  var text: String { content.withLock { $0 } }
  func append(_ more: String) { content.withLock { $0 += more } }
}
