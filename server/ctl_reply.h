/* Control reply: the answer to one control request, finished by whoever holds it, in any thread.
 *
 * On the wire, one line each:
 *   {"part":"text"}               any number of them, only before a result that came with a file
 *   {"ok":true,"result":{...}}    or, the last line of every answer:
 *   {"ok":false,"error":{"code":-5006,"text":"no zone compute.gba"}}
 * Finishing posts the reply to the loop of the control socket, which owns it from then on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/loop_post.h"

enum {
    CTL_REPLY_MAX = 16 << 20,  /* octets of a result */
    CTL_REPLY_PART = 16384,    /* octets of a file that go into one part */
    CTL_REPLY_TEXT_MAX = 8000, /* octets of an error's text: it may list the errors of a file */
};

struct ctl_reply {
    struct loop_post_item item; /* run() is set by server/ctl.c: delivery, in the loop's thread */
    struct loop_post *post;
    void *owner;         /* server/ctl.c's */
    uint64_t connection; /* number of the connection that asked, never used twice */
    char *line;          /* last line with its end, from malloc; NULL: out of memory */
    size_t line_len;
    bool is_error; /* line tells an error */
    int fd;        /* of the parts, -1 = none */
    off_t offset;
};

/* Finish with a result. The reply is gone after it.
 * Shape:  json is one terminated JSON value in one line (json_dumps with JSON_COMPACT), from
 *         malloc, taken; NULL counts as out of memory.
 * Units:  none.
 * Errors: over CTL_REPLY_MAX an error is sent instead.
 * Source: none. */
void ctl_reply_ok(struct ctl_reply *reply, char *json);

/* Finish with an error. The reply is gone after it.
 * Shape: printf format, may have several lines; what is no UTF-8 is escaped. Units: err as in base/err.h. Errors: none.
 * Source: none. */
void ctl_reply_error(struct ctl_reply *reply, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Finish with the content of a file (a memfd where none should be left behind) in parts, then json
 * as in ctl_reply_ok. Sent as fast as the peer reads: a slow one costs a descriptor, no memory.
 * Shape:  fd is taken, read from its start; UTF-8 text. The reply is gone after it.
 * Units:  none.
 * Errors: the answer ends with an error when the file can not be read or is no UTF-8.
 * Source: none. */
void ctl_reply_file(struct ctl_reply *reply, int fd, char *json);

/* Make a reply; for server/ctl.c. Shape: post and owner are borrowed. Units: none.
 * Errors: NULL without memory. Source: none. */
struct ctl_reply *ctl_reply_create(struct loop_post *post, void (*run)(struct loop_post_item *item),
                                   void *owner, uint64_t connection);

/* Free a reply that was delivered; NULL is accepted. Shape: none. Units: none. Errors: none.
 * Source: none. */
void ctl_reply_destroy(struct ctl_reply *reply);

/* Make the next part of a finished reply: 1 = a line was made, 0 = no more, the last line is due.
 * Shape:  *out_line with its end, not terminated, from malloc, the caller's.
 * Units:  octets.
 * Errors: 0, with the last line changed to an error.
 * Source: none. */
int ctl_reply_next(struct ctl_reply *reply, char **out_line, size_t *out_len);
