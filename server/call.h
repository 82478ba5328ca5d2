/* Call: a TCP connection to another server for one request and the messages of its answer.
 *
 * Everything has a deadline: connecting, each step without progress, and the whole. It frees itself
 * after on_end, or after call_stop. The loop's thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "server/conf_value.h"

struct call;

struct call_options {
    const struct server_conf_address *to;
    const uint8_t *message; /* the request, without its length */
    size_t len;
    uint32_t connect_ms, stall_ms; /* stall: without an octet from there */
    uint64_t whole_ms;
    /* A message of the answer, borrowed until return; false: that was all. */
    bool (*on_message)(void *context, const uint8_t *data, size_t len);
    /* Once, and last: 0 after on_message was false; -ETIMEDOUT; ERR_SHORT when the peer ended; or
     * the error. */
    void (*on_end)(void *context, int err);
    void *context;
};

/* Call. Shape: everything but context is copied. Units: ms, octets. Errors: -errno, libuv's codes:
 * no callback comes. Source: RFC 7766 8. */
int call_start(struct loop *loop, const struct call_options *options, struct call **out_call);

/* Hang up: no callback comes. NULL is accepted. Shape: none. Units: none. Errors: none. Source: none.
 */
void call_stop(struct call *call);
