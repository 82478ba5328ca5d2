/* Stream connect: the way out, a TCP connection to another server, within a deadline.
 *
 * Embedded in its owner. The memory is the connect's from stream_connect_start until on_done, its
 * only callback, which comes exactly once, with the connected socket (for stream_open) or with the
 * error. The loop's thread only. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/loop.h"

struct stream_connect {
    uv_poll_t poll;
    uv_timer_t timer;
    /* fd: connected, non-blocking, the owner's; or an error below 0: -errno, -ETIMEDOUT when the
     * deadline passed, UV_ECANCELED after stream_connect_stop. */
    void (*on_done)(struct stream_connect *connect, int fd);
    void *context; /* the owner's, untouched here */
    int fd;
    int result;       /* for on_done */
    unsigned handles; /* open ones; the last close callback calls on_done */
};

/* Begin to connect.
 * Shape: embedded; address of either family, borrowed during the call. Units: ms. Errors: -errno,
 * libuv's codes: nothing has begun, on_done does not come. Source: connect(2). */
int stream_connect_start(struct stream_connect *connect, struct loop *loop,
                         const struct sockaddr *address, uint32_t within_ms,
                         void (*on_done)(struct stream_connect *connect, int fd), void *context);

/* Give up: on_done comes soon, with UV_ECANCELED unless the outcome was there already.
 * Shape: none. Units: none. Errors: none. Source: none. */
void stream_connect_stop(struct stream_connect *connect);
