#pragma once
#include <stdint.h>

/// What a watched program asked the kernel for.
enum csandbox_kind {
  /// It opens a file for reading.
  CSANDBOX_READ = 1,
  /// It opens a file for writing, or makes one.
  CSANDBOX_WRITE = 2,
  /// It asks whether a file is there, or what it is like.
  CSANDBOX_LOOK = 3,
  /// It starts a program.
  CSANDBOX_EXECUTE = 4,
  /// It connects a socket of the local machine that has a path.
  CSANDBOX_LOCAL_SOCKET = 5,
  /// It connects or sends to an address of a network.
  CSANDBOX_NETWORK = 6,
};

enum { CSANDBOX_PATH_SIZE = 4096 };

struct csandbox_event {
  int32_t kind;
  /// The thread that asked, as the watching process numbers it.
  int32_t thread;
  /// The path as it was given, or an address such as `93.184.216.34:80`; ends in a zero byte.
  char path[CSANDBOX_PATH_SIZE];
  /// The folder that a relative path counts from; empty for an absolute one.
  char folder[CSANDBOX_PATH_SIZE];
};

/// Watches this process and all that it starts, from now on: opening, looking, starting, connecting wait until the watching process has
/// seen them. `io_uring`, which would go around this, is refused.
/// - Returns: the descriptor to watch with; -1, with errno, when the kernel cannot.
int csandbox_install(void);

/// Sends a descriptor over a socket.
/// - Returns: 0; -1, with errno.
int csandbox_send(int socket, int descriptor);

/// Waits for a descriptor that `csandbox_send` sent.
/// - Returns: the descriptor; -1 when the other side is gone, with errno 0, or after an error.
int csandbox_receive(int socket);

/// Waits for the next thing that a watched program asks for, and lets it go on.
/// - Returns: 1 with the event; 0 when nobody is left to be watched; 2 for an event that cannot be told any more.
int csandbox_next(int listener, struct csandbox_event *event);

/// Waits for the end of a child process, at most so many milliseconds. The child stays in the system's table.
/// - Returns: 1 when it has ended; 0 when the time is over; -1, with errno, when there is no such child.
int csandbox_wait(int32_t process, int32_t milliseconds);

/// Makes this process the parent of every process below it whose own parent ends.
/// - Returns: 0; -1, with errno.
int csandbox_adopt(void);

/// A pipe whose ends no program inherits that is started meanwhile: reading end first.
/// - Returns: 0; -1, with errno.
int csandbox_pipe(int32_t *ends);
