#include "base/stream_connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/check.h"

static void handle_closed(uv_handle_t *handle)
{
    struct stream_connect *connect = handle->data;
    if (--connect->handles > 0) {
        return;
    }
    if (connect->result < 0) {
        close(connect->fd);
    }
    connect->on_done(connect, connect->result < 0 ? connect->result : connect->fd);
}

/* The first outcome counts. */
static void finish(struct stream_connect *connect, int result)
{
    if (uv_is_closing((uv_handle_t *)&connect->poll)) {
        return;
    }
    connect->result = result;
    uv_poll_stop(&connect->poll);
    uv_close((uv_handle_t *)&connect->poll, handle_closed);
    uv_close((uv_handle_t *)&connect->timer, handle_closed);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct stream_connect *connect = poll->data;
    int error = 0;
    socklen_t len = sizeof(error);
    (void)events;
    loop_awake(poll->loop->data);
    if (getsockopt(connect->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
        error = errno;
    }
    finish(connect, error ? -error : status); /* libuv has one status for every failure */
}

static void on_late(uv_timer_t *timer)
{
    loop_awake(timer->loop->data);
    finish(timer->data, -ETIMEDOUT);
}

/* The system's connect: the name is taken below. */
static int begin(int fd, const struct sockaddr *address)
{
    const socklen_t len =
        address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    return connect(fd, address, len) < 0 && errno != EINPROGRESS ? -errno : 0;
}

int stream_connect_start(struct stream_connect *connect, struct loop *loop,
                         const struct sockaddr *address, uint32_t within_ms,
                         void (*on_done)(struct stream_connect *connect, int fd), void *context)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    int err = begin(fd, address);
    err = err ? err : uv_poll_init(&loop->uv, &connect->poll, fd);
    if (err) {
        close(fd);
        return err;
    }
    CHECK(uv_timer_init(&loop->uv, &connect->timer) == 0);
    connect->poll.data = connect;
    connect->timer.data = connect;
    connect->on_done = on_done;
    connect->context = context;
    connect->fd = fd;
    connect->handles = 2;
    CHECK(uv_poll_start(&connect->poll, UV_WRITABLE, on_writable) == 0);
    uv_update_time(&loop->uv); /* the cached time may be as old as the present round */
    CHECK(uv_timer_start(&connect->timer, on_late, within_ms, 0) == 0);
    return 0;
}

void stream_connect_stop(struct stream_connect *connect)
{
    finish(connect, UV_ECANCELED);
}
