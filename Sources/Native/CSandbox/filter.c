// The filter: which system calls wait for the watching process.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox knows x86_64 and aarch64"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)
/// Answers `action` when the loaded number is `value`; else goes on.
#define ON(value, action) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), ANSWER(action)
#define WATCH(call) ON(SYS_##call, SECCOMP_RET_USER_NOTIF)
#define REFUSE(call) ON(SYS_##call, SECCOMP_RET_ERRNO | ENOSYS)

int csandbox_install(void) {
  struct sock_filter filter[] = {
      LOAD(arch),
      // Calls of another architecture (32 bits) have other numbers: a program that makes them is ended.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
      ANSWER(SECCOMP_RET_KILL_PROCESS),
      LOAD(nr),
#if defined(__x86_64__)
      // The same for the x32 numbers.
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
      ANSWER(SECCOMP_RET_KILL_PROCESS),
#endif
      WATCH(openat),
      WATCH(openat2),
      WATCH(newfstatat),
      WATCH(statx),
      WATCH(faccessat),
      WATCH(faccessat2),
      WATCH(readlinkat),
      WATCH(execve),
      WATCH(execveat),
      WATCH(connect),
#ifdef SYS_open
      WATCH(open),
      WATCH(creat),
      WATCH(stat),
      WATCH(lstat),
      WATCH(access),
      WATCH(readlink),
#endif
      REFUSE(io_uring_setup),
      REFUSE(io_uring_enter),
      REFUSE(io_uring_register),
      // sendto with an address: its fifth argument, whose two halves are looked at one by one.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 5),
      LOAD(args[4]),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4]) + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
      ANSWER(SECCOMP_RET_USER_NOTIF),
      ANSWER(SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}
