/* Control request: one line of JSON, parsed under limits: 64 KiB, depth 32, no duplicate keys, no
 * other keys.
 *
 *   {"cmd": "zone import", "args": ["compute.gba", "/srv/compute.gba.zone"]}
 *
 * args may be absent; it is a list of up to CTL_REQUEST_ARGS strings. A parsed request is owned by
 * its caller. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { CTL_REQUEST_MAX = 65536, CTL_REQUEST_ARGS = 16 }; /* octets without the line end; strings */

struct ctl_request {
    const char *command; /* terminated UTF-8 without control characters, as args */
    const char *args[CTL_REQUEST_ARGS];
    size_t arg_count;
    uid_t uid; /* who asks; filled by server/ctl.c */
    pid_t pid;
    void *document; /* holds the texts */
};

/* Parse one line. Shape: line without its end, not terminated; the request is ended by
 * ctl_request_finish. Units: octets. Errors: ERR_LIMIT, ERR_SYNTAX, ERR_VALUE, ERR_MEMORY, with at
 * (may be NULL) filled; nothing to finish. Source: RFC 8259. */
int ctl_request_parse(struct ctl_request *request, const char *line, size_t len, struct err_at *at);

/* Free the texts; a zeroed request is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void ctl_request_finish(struct ctl_request *request);
