// colophon-sandbox SOCKET PROGRAM [ARGUMENT…]
//
// Runs within a sandbox, as its first program: installs the watch, hands it to the watching process over the socket, and becomes the
// program.
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count < 3) {
    fputs("colophon-sandbox is started by `colophon verify`\n", stderr);
    return 64;
  }
  int socket = atoi(arguments[1]);
  // When the machine runs out of memory, the kernel must end this program and nothing else.
  int score = open("/proc/self/oom_score_adj", O_WRONLY);
  if (score >= 0) {
    if (write(score, "1000", 4) != 4) errno = 0;
    close(score);
  }
  int listener = csandbox_install();
  if (listener < 0) {
    fprintf(stderr, "cannot watch the program's reads (seccomp): %s\n", strerror(errno));
    return 125;
  }
  if (csandbox_send(socket, listener) != 0) {
    fprintf(stderr, "cannot hand over the watch: %s\n", strerror(errno));
    return 125;
  }
  close(listener);
  close(socket);
  execv(arguments[2], arguments + 2);
  fprintf(stderr, "cannot start %s: %s\n", arguments[2], strerror(errno));
  return 126;
}
