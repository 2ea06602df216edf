/// The old and the new one of two things that are compared.
struct Sides<Side> {
  let old: Side
  let new: Side

  init(_ old: Side, _ new: Side) {
    self.old = old
    self.new = new
  }

  /// The same made of both sides, the old one first.
  func map<Other>(_ transform: (Side) throws -> Other) rethrows -> Sides<Other> {
    try Sides<Other>(transform(old), transform(new))
  }

  /// Both sides, the old one first.
  var both: [Side] { [old, new] }
}

extension Sides: Sendable where Side: Sendable {}
