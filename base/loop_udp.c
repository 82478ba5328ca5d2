#include "base/loop_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/check.h"

enum { TAKE_MAX = 32 }; /* datagrams of one round, so that others on the loop get their turn */

static socklen_t address_len(const struct sockaddr *address)
{
    return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct loop_udp *udp = poll->data;
    struct loop *loop = poll->loop->data;
    (void)events;
    loop_awake(loop);
    if (status < 0) {
        return;
    }
    for (int i = 0; i < TAKE_MAX && !uv_is_closing((uv_handle_t *)poll); i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t from_len = sizeof(from);
        ssize_t len = recvfrom(udp->fd, loop->scratch, LOOP_SCRATCH, MSG_DONTWAIT,
                               (struct sockaddr *)&from, &from_len);
        if (len < 0 && errno == EAGAIN) {
            return;
        }
        if (len >= 0) { /* else what an ICMP message said of an earlier datagram */
            udp->hooks->on_message(udp, (struct sockaddr *)&from, loop->scratch, (size_t)len);
        }
    }
}

static int bind_udp(int fd, const struct sockaddr *address, uint16_t *out_port)
{
    const int on = 1;
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t bound_len = sizeof(bound);
    if (address->sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) {
        return -errno;
    }
    if (bind(fd, address, address_len(address)) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &bound_len) < 0) {
        return -errno;
    }
    *out_port = ntohs(address->sa_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                     : ((struct sockaddr_in *)&bound)->sin_port);
    return 0;
}

int loop_udp_open(struct loop_udp *udp, struct loop *loop, const struct sockaddr *address,
                  const struct loop_udp_hooks *hooks, void *context)
{
    int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    uint16_t port = 0;
    int err = bind_udp(fd, address, &port);
    err = err ? err : uv_poll_init(&loop->uv, &udp->poll, fd);
    if (err) {
        close(fd);
        return err;
    }
    udp->hooks = hooks;
    udp->context = context;
    udp->fd = fd;
    udp->port = port;
    udp->poll.data = udp;
    CHECK(uv_poll_start(&udp->poll, UV_READABLE, on_readable) == 0);
    return 0;
}

int loop_udp_send(struct loop_udp *udp, const struct sockaddr *to, const uint8_t *data, size_t len)
{
    return sendto(udp->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL, to, address_len(to)) < 0 ? -errno
                                                                                            : 0;
}

static void poll_closed(uv_handle_t *poll)
{
    struct loop_udp *udp = poll->data;
    if (udp->hooks->on_closed) {
        udp->hooks->on_closed(udp);
    }
}

void loop_udp_close(struct loop_udp *udp)
{
    uv_poll_stop(&udp->poll);
    close(udp->fd); /* libuv has forgotten it */
    uv_close((uv_handle_t *)&udp->poll, poll_closed);
}
