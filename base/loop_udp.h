/* Loop UDP: one datagram socket on a loop, for the few messages that a server sends by itself (the
 * many that it answers have threads of their own).
 *
 * Embedded in its owner, whose memory must live until on_closed. A full send buffer loses the
 * datagram, as the network might: who needs it sends again. The loop's thread only. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/loop.h"

struct loop_udp;

struct loop_udp_hooks {
    /* A datagram came, cut at LOOP_SCRATCH octets; borrowed until return. */
    void (*on_message)(struct loop_udp *udp, const struct sockaddr *from, const uint8_t *data,
                       size_t len);
    /* Memory is the owner's again. May be NULL. */
    void (*on_closed)(struct loop_udp *udp);
};

struct loop_udp {
    uv_poll_t poll;
    const struct loop_udp_hooks *hooks;
    void *context; /* the owner's, untouched here */
    int fd;
    uint16_t port; /* bound port, host order */
};

/* Open and bind a socket; an open one keeps loop_run running. IPv6 takes no IPv4.
 * Shape: embedded; address of either family, port 0 = any free one; hooks are borrowed. Units:
 * none. Errors: -errno, libuv's codes: nothing to close then. Source: udp(7). */
int loop_udp_open(struct loop_udp *udp, struct loop *loop, const struct sockaddr *address,
                  const struct loop_udp_hooks *hooks, void *context);

/* Send one datagram, now or not at all. Shape: to is of the socket's family; data borrowed. Units:
 * octets. Errors: -errno: it is lost. Source: sendto(2). */
int loop_udp_send(struct loop_udp *udp, const struct sockaddr *to, const uint8_t *data, size_t len);

/* Close; on_closed is called later, on_message no more. Once only. Shape: none. Units: none.
 * Errors: none. Source: libuv uv_close. */
void loop_udp_close(struct loop_udp *udp);
