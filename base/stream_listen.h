/* Stream listener: a listening TCP or unix-domain socket on a loop.
 *
 * Connections are accepted by ourselves (uv_poll + accept4, not uv_listen): the owner decides by
 * the peer's address before anything is allocated for it, and running out of descriptors pauses the
 * listener instead of shedding. The listener is embedded in its owner, whose memory must live until
 * on_closed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <uv.h>

#include "base/stream.h"

struct stream_listen;

struct stream_listen_hooks {
    /* One connection came. true: fd is the owner's now (it calls stream_open); false: refused,
     * reset. */
    bool (*on_accept)(struct stream_listen *listener, int fd, const struct stream_peer *peer);
    /* accept failed (-errno); the listener rests 100 ms when descriptors or memory are out. May be
     * NULL. */
    void (*on_error)(struct stream_listen *listener, int err);
    /* Memory is the owner's again. May be NULL. */
    void (*on_closed)(struct stream_listen *listener);
};

struct stream_listen {
    const struct stream_listen_hooks *hooks;
    void *context; /* the owner's, untouched here */
    struct loop *loop;
    uv_poll_t poll;
    uv_timer_t rest; /* until accepting again */
    int fd;
    uint16_t port;    /* bound port, host order; 0 for unix */
    unsigned handles; /* open libuv handles */
    char path[108];   /* of a unix socket, removed at close; "" for TCP */
    dev_t path_dev;   /* the file that we made at path */
    ino_t path_ino;
};

/* Listen on a TCP address. reuse_port: several listeners (one a loop) share it. IPv6 takes no IPv4.
 * Shape: address is an IPv4 or IPv6 socket address, port 0 = any free one (see listener->port). hooks
 * are borrowed. Units: none. Errors: -errno, libuv's codes: nothing to close then. Source:
 * socket(7) SO_REUSEPORT. */
int stream_listen_tcp(struct stream_listen *listener, struct loop *loop,
                      const struct sockaddr *address, bool reuse_port,
                      const struct stream_listen_hooks *hooks, void *context);

/* Listen on a unix socket. A socket file that nobody listens on any more is replaced; any other
 * file is not. Shape: path terminated, up to 107 octets; mode as 0660, never wider meanwhile.
 * Units: none. Errors: -errno (UV_EADDRINUSE: somebody listens there), UV_ENAMETOOLONG: nothing to
 * close. Source: unix(7). */
int stream_listen_unix(struct stream_listen *listener, struct loop *loop, const char *path,
                       mode_t mode, const struct stream_listen_hooks *hooks, void *context);

/* Stop listening; on_closed is called later. Once only. Shape: none. Units: none. Errors: none.
 * Source: none. */
void stream_listen_close(struct stream_listen *listener);
