// The watching side: what the kernel tells of a waiting call becomes an event.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

// Newer than the headers of Debian 12. Source: Linux 6.6, include/uapi/linux/seccomp.h.
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

int csandbox_send(int socket, int descriptor) {
  char byte = 0;
  struct iovec part = {&byte, 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

int csandbox_receive(int socket) {
  char byte;
  struct iovec part = {&byte, 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t count;
  do count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count == 0) errno = 0;
  if (count <= 0) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) {
    errno = EPROTO;
    return -1;
  }
  int descriptor;
  memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  // Asker and watcher wait for each other in turn: told so, the kernel keeps them on one core. An older one does not know it.
  ioctl(descriptor, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  return descriptor;
}

/// Copies from the memory of a thread, at most to the end of the page in which it becomes unreadable.
static ssize_t copy_memory(int thread, uint64_t address, void *target, size_t size) {
  struct iovec own = {target, size};
  struct iovec other = {(void *)(uintptr_t)address, size};
  return process_vm_readv(thread, &own, 1, &other, 1, 0);
}

/// A text that ends in a zero byte, read page by page since the next page may not be there.
static int copy_text(int thread, uint64_t address, char *target, size_t size) {
  size_t filled = 0;
  while (filled < size) {
    size_t part = 4096 - (address + filled) % 4096;
    if (part > size - filled) part = size - filled;
    ssize_t count = copy_memory(thread, address + filled, target + filled, part);
    if (count <= 0) return -1;
    if (memchr(target + filled, 0, (size_t)count)) return 0;
    filled += (size_t)count;
  }
  return -1;
}

static void copy_link(char *target, const char *format, int thread, int descriptor) {
  char name[64];
  snprintf(name, sizeof name, format, thread, descriptor);
  ssize_t count = readlink(name, target, CSANDBOX_PATH_SIZE - 1);
  target[count > 0 ? count : 0] = 0;
}

static int take_path(struct csandbox_event *event, int kind, int descriptor, uint64_t address) {
  event->kind = kind;
  if (copy_text(event->thread, address, event->path, sizeof event->path) != 0) return 2;
  // An empty path means the descriptor itself, which was opened before.
  if (!event->path[0]) return 2;
  if (event->path[0] == '/') return 1;
  if (descriptor == AT_FDCWD) {
    copy_link(event->folder, "/proc/%d/cwd", event->thread, 0);
  } else {
    copy_link(event->folder, "/proc/%d/fd/%d", event->thread, descriptor);
  }
  return 1;
}

static int take_address(struct csandbox_event *event, uint64_t address, uint64_t size) {
  struct sockaddr_storage storage;
  memset(&storage, 0, sizeof storage);
  if (size > sizeof storage) size = sizeof storage;
  if (size < sizeof(sa_family_t) || copy_memory(event->thread, address, &storage, size) != (ssize_t)size) return 2;
  event->kind = CSANDBOX_NETWORK;
  char text[INET6_ADDRSTRLEN];
  switch (storage.ss_family) {
  case AF_INET: {
    struct sockaddr_in *in = (struct sockaddr_in *)&storage;
    snprintf(event->path, sizeof event->path, "%s:%d", inet_ntop(AF_INET, &in->sin_addr, text, sizeof text), ntohs(in->sin_port));
    return 1;
  }
  case AF_INET6: {
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&storage;
    snprintf(
        event->path, sizeof event->path, "[%s]:%d", inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text), ntohs(in->sin6_port));
    return 1;
  }
  case AF_UNIX: {
    struct sockaddr_un *local = (struct sockaddr_un *)&storage;
    if (size <= offsetof(struct sockaddr_un, sun_path) || !local->sun_path[0]) return 2;
    event->kind = CSANDBOX_LOCAL_SOCKET;
    snprintf(event->path, sizeof event->path, "%.*s", (int)(size - offsetof(struct sockaddr_un, sun_path)), local->sun_path);
    return 1;
  }
  default: return 2;
  }
}

/// What opening with these flags is for.
static int kind_of(uint64_t flags) {
  if (flags & O_PATH) return CSANDBOX_LOOK;
  return (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT) ? CSANDBOX_READ : CSANDBOX_WRITE;
}

static int describe(const struct seccomp_notif *call, struct csandbox_event *event) {
  const __u64 *arguments = call->data.args;
  int folder = (int)arguments[0];
  switch (call->data.nr) {
  case SYS_openat: return take_path(event, kind_of(arguments[2]), folder, arguments[1]);
  case SYS_openat2: {
    struct open_how how;
    if (copy_memory(event->thread, arguments[2], &how, sizeof how) != sizeof how) return 2;
    return take_path(event, kind_of(how.flags), folder, arguments[1]);
  }
  case SYS_newfstatat:
  case SYS_statx:
  case SYS_faccessat:
  case SYS_faccessat2:
  case SYS_readlinkat: return take_path(event, CSANDBOX_LOOK, folder, arguments[1]);
  case SYS_execve: return take_path(event, CSANDBOX_EXECUTE, AT_FDCWD, arguments[0]);
  case SYS_execveat: return take_path(event, CSANDBOX_EXECUTE, folder, arguments[1]);
  case SYS_connect: return take_address(event, arguments[1], arguments[2]);
  case SYS_sendto: return take_address(event, arguments[4], arguments[5]);
#ifdef SYS_open
  case SYS_open: return take_path(event, kind_of(arguments[1]), AT_FDCWD, arguments[0]);
  case SYS_creat: return take_path(event, CSANDBOX_WRITE, AT_FDCWD, arguments[0]);
  case SYS_stat:
  case SYS_lstat:
  case SYS_access:
  case SYS_readlink: return take_path(event, CSANDBOX_LOOK, AT_FDCWD, arguments[0]);
#endif
  default: return 2;
  }
}

int csandbox_next(int listener, struct csandbox_event *event) {
  struct seccomp_notif call;
  for (;;) {
    // Receiving alone would wait for ever when the last watched process has ended.
    struct pollfd waiting = {listener, POLLIN, 0};
    if (poll(&waiting, 1, -1) < 0) {
      if (errno == EINTR) continue;
      return 0;
    }
    if (!(waiting.revents & POLLIN)) return 0;
    memset(&call, 0, sizeof call);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0) break;
    // ENOENT: the asking thread was ended in between.
    if (errno != EINTR && errno != ENOENT) return 0;
  }
  event->thread = (int32_t)call.pid;
  event->path[0] = event->folder[0] = 0;
  int result = describe(&call, event);
  // The number of an ended thread may be another's by now: what was read is only believed while the call still waits.
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) != 0) return 2;
  struct seccomp_notif_resp answer = {.id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  return result;
}
