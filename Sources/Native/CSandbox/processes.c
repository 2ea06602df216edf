// What Swift cannot call itself: functions with a variable number of arguments, and a call that the C library does not have.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int csandbox_wait(int32_t process, int32_t milliseconds) {
  int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
  if (descriptor < 0) return -1;
  struct pollfd waiting = {descriptor, POLLIN, 0};
  int result = poll(&waiting, 1, milliseconds);
  close(descriptor);
  // A signal that ends the waiting early counts as the end of the time.
  return result > 0 ? 1 : 0;
}

int csandbox_adopt(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int csandbox_pipe(int32_t *ends) { return pipe2(ends, O_CLOEXEC); }
