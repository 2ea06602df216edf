import Driver
import NotebookRuntime
import Testing

/// The environment variables of a notebook's programs.
@Suite struct ProgramEnvironmentTests {
  static let user = [
    "PATH": "/home/me/bin", "HOME": "/home/me", "TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8",
    "FOO": "bar", "TOKEN": "a long secret", "OMP_NUM_THREADS": "3", "LD_LIBRARY_PATH": "/opt/torch/lib",
    "SWIFT_DETERMINISTIC_HASHING": "0",
  ]

  @Test func `Only what is fixed and what belongs to the machine is there`() {
    var expected = ProgramEnvironment.fixed
    expected["OMP_NUM_THREADS"] = "3"
    expected["LD_LIBRARY_PATH"] = "/opt/torch/lib"
    expected["GOMP_SPINCOUNT"] = "1000"
    #expect(ProgramEnvironment(user: Self.user).variables == expected)
    #expect(expected["SWIFT_DETERMINISTIC_HASHING"] == "1" && expected["TZ"] == "UTC")
  }

  @Test func `Declared variables and secrets pass with their names`() {
    let environment = ProgramEnvironment(declared: ["FOO", "ABSENT"], secrets: ["TOKEN"], user: Self.user)
    #expect(environment.variables["FOO"] == "bar" && environment.variables["ABSENT"] == nil)
    #expect(environment.variables["TOKEN"] == "a long secret")
    #expect(environment.variables[DeclaredVariables.namesVariable] == "FOO\nABSENT")
    #expect(environment.variables[Secrets.namesVariable] == "TOKEN")
    #expect(environment.redacted("with a long secret, twice a long secret") == "with •••, twice •••")
  }

  @Test func `A declared variable may be one of the fixed ones`() {
    #expect(ProgramEnvironment(declared: ["TZ"], user: Self.user).variables["TZ"] == "Asia/Tokyo")
    #expect(ProgramEnvironment(declared: ["TZ"], user: [:]).variables["TZ"] == "UTC")
  }

  @Test func `The variables of one program replace others`() {
    let variables = ProgramEnvironment(user: [:]).adding(["TZ": "own", "X": "y"], folder: "/project")
    #expect(variables["TZ"] == "own" && variables["X"] == "y" && variables["PWD"] == "/project")
  }
}
