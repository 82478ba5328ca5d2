/* The process: whose it is, how many files it may open, and telling the service manager its state.
 * Stateless. proc_drop and proc_fd_limit are called at start, before there are other threads;
 * proc_notify by any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Become a user for good, with its groups, and check that root can not come back. A process that is
 * not root may name only the user it is. NULL or "" keeps the user and is refused for root: never
 * root after start. New privileges by setuid programs end in each case.
 * Shape:  user is a login name, terminated.
 * Units:  none.
 * Errors: ERR_DENIED (root without a user, user is root, not allowed, root came back), ERR_MISSING
 *         (no such user), -errno. After an error the process must end.
 * Source: initgroups(3), setresuid(2), PR_SET_NO_NEW_PRIVS. */
int proc_drop(const char *user);

/* Make the folders above a path (and the path itself as a folder, when asked), those that do not exist;
 * made by root they belong to the user.
 * Shape: path terminated; user may be NULL. Units: none. Errors: -errno; ERR_MISSING (no such user).
 * Source: mkdir(2). */
int proc_make_folders(const char *path, bool itself, const char *user);

/* Send a state to the service manager that $NOTIFY_SOCKET names; without one nothing is done.
 * Shape:  lines such as READY=1, RELOADING=1, STOPPING=1, STATUS=text; the socket's name is a path,
 *         or @name for an abstract one.
 * Units:  none.
 * Errors: ERR_VALUE (the name is neither or too long), -errno.
 * Source: sd_notify(3). */
int proc_notify(const char *state);

/* Raise the soft limit of open files to want, or as near as the hard limit allows; never lower it.
 * Shape: none. Units: files; *out_limit is what holds now. Errors: -errno, *out_limit untouched.
 * Source: setrlimit(2). */
int proc_fd_limit(uint64_t want, uint64_t *out_limit);
