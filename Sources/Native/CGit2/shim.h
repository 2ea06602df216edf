#include <git2.h>

/* git_libgit2_opts is variadic and cannot be called from Swift. */

/* Objects are checked against their SHA-256 where they are used; libgit2 need not hash them once more. */
static inline int colophon_git_disable_hash_verification(void) {
  return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
}

/* References are on disk before the call that writes them returns. */
static inline int colophon_git_enable_fsync(void) {
  return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
}

/* Settings of the user, the system or the machine do not change what a store does. */
static inline int colophon_git_ignore_configuration(int level) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
}

/* Blobs are read once: caching them would only keep memory. */
static inline int colophon_git_set_cache_limit(git_object_t type, size_t bytes) {
  return git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, type, bytes);
}

/* A store on a shared disk may belong to a colleague. */
static inline int colophon_git_disable_owner_validation(void) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

/* How much of the packs is mapped at a time, by one window and by all. */
static inline int colophon_git_set_windows(size_t window, size_t total) {
  int code = git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, window);
  return code ? code : git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, total);
}
