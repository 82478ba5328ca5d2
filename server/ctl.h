/* Control socket: a unix socket on a loop; peers are our own user or root, by their credentials
 * (threats row 33).
 *
 * One line of JSON a request (server/ctl_request.h), answered in order, one at a time per
 * connection (server/ctl_reply.h). A handler runs in the loop's thread and must not take long: it
 * finishes its reply there, or hands it to another thread that finishes it. The connection may be
 * gone by then; the reply knows, its holder need not. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/loop.h"
#include "server/ctl_reply.h"
#include "server/ctl_request.h"
#include "server/stat.h"

struct ctl;

struct ctl_command {
    const char *name; /* "zone import" */
    /* request is borrowed until return; reply is the handler's to finish exactly once, then or
     * later. context is that of ctl_options. */
    void (*handle)(void *context, const struct ctl_request *request, struct ctl_reply *reply);
    unsigned args_min, args_max;
    const char *args; /* "ZONE FILE", for people */
    const char *help;
};

struct ctl_options {
    const char *path; /* of the socket, mode 0660 */
    uid_t owner;      /* who may connect, beside root */
    const struct ctl_command *commands;
    size_t command_count;
    void *context; /* of the handlers */
};

/* Listen on the socket.
 * Shape:  ended by ctl_destroy; commands and context borrowed until then.
 * Units:  none.
 * Errors: -errno and libuv's codes: nothing is left open (the loop frees it when it runs).
 * Source: unix(7). */
int ctl_create(struct loop *loop, const struct ctl_options *options, struct stat_set *stat,
               struct ctl **out_ctl);

/* Stop listening, close connections, remove the socket. The rest is freed in the loop's last
 * callbacks, once every reply is finished and what waits has left: its holders finish theirs, and
 * loop_run goes on until it returns by itself. NULL is accepted. The loop's thread.
 * Shape: none. Units: none. Errors: none. Source: none. */
void ctl_destroy(struct ctl *ctl);
