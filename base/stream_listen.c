#include "base/stream_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"

enum {
    BACKLOG = 1024,  /* connections that wait in the kernel; it cuts this to somaxconn */
    ACCEPT_MAX = 32, /* connections taken in one round, so that others on the loop get their turn */
    REST_MS = 100,   /* when descriptors or memory are out */
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void rested(uv_timer_t *timer)
{
    struct stream_listen *listener = timer->data;

    loop_awake(timer->loop->data);
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

/* What accept4 says of the connection, not of us: the connection is gone, take the next.
 * Source: accept(2), "Error handling". */
static bool is_of_connection(int err)
{
    static const int errors[] = {ECONNABORTED, EINTR,       ENETDOWN, EPROTO,
                                 ENOPROTOOPT,  EHOSTDOWN,   ENONET,   EHOSTUNREACH,
                                 EOPNOTSUPP,   ENETUNREACH, EPERM};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (err == errors[i]) {
            return true;
        }
    }
    return false;
}

static void accept_failed(struct stream_listen *listener, int err)
{
    if (!is_of_connection(err)) {
        uv_poll_stop(&listener->poll);
        uv_timer_start(&listener->rest, rested, REST_MS, 0);
    }
    if (listener->hooks->on_error) {
        listener->hooks->on_error(listener, -err);
    }
}

static void refuse(int fd)
{
    const struct linger abort_now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_now, sizeof(abort_now)); /* no TIME_WAIT for it */
    close(fd);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct stream_listen *listener = poll->data;

    (void)events;
    loop_awake(poll->loop->data);
    if (status < 0) {
        accept_failed(listener, -status);
        return;
    }
    for (int i = 0; i < ACCEPT_MAX && !uv_is_closing((uv_handle_t *)poll); i++) {
        const int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct stream_peer peer;
        if (fd < 0) {
            if (errno != EAGAIN) {
                accept_failed(listener, errno);
            }
            return;
        }
        if (stream_read_peer(fd, &peer) || !listener->hooks->on_accept(listener, fd, &peer)) {
            refuse(fd);
        }
    }
}

/* Everything that may fail is done: put the socket on the loop. */
static void start(struct stream_listen *listener, struct loop *loop, int fd,
                  const struct stream_listen_hooks *hooks, void *context)
{
    listener->hooks = hooks;
    listener->context = context;
    listener->loop = loop;
    listener->fd = fd;
    CHECK(uv_poll_init(&loop->uv, &listener->poll, fd) == 0);
    CHECK(uv_timer_init(&loop->uv, &listener->rest) == 0);
    CHECK(uv_poll_start(&listener->poll, UV_READABLE, on_readable) == 0);
    listener->poll.data = listener;
    listener->rest.data = listener;
    listener->handles = 2;
}

static int set_flag(int fd, int level, int option)
{
    const int on = 1;

    return setsockopt(fd, level, option, &on, sizeof(on)) < 0 ? -errno : 0;
}

static int bind_tcp(int fd, const struct sockaddr *address, bool reuse_port)
{
    const socklen_t len =
        address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    /* Without it a restart had to wait until the old connections are out of TIME_WAIT. */
    int err = set_flag(fd, SOL_SOCKET, SO_REUSEADDR);

    if (!err && reuse_port) {
        err = set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
    }
    if (!err && address->sa_family == AF_INET6) {
        err = set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    }
    if (!err && (bind(fd, address, len) < 0 || listen(fd, BACKLOG) < 0)) {
        err = -errno;
    }
    return err;
}

static uint16_t bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any.sa_family = AF_UNSPEC};
    socklen_t len = sizeof(address);

    if (getsockname(fd, &address.any, &len) < 0) {
        return 0;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

int stream_listen_tcp(struct stream_listen *listener, struct loop *loop,
                      const struct sockaddr *address, bool reuse_port,
                      const struct stream_listen_hooks *hooks, void *context)
{
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
        return ERR_UNSUPPORTED;
    }
    const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const int err = bind_tcp(fd, address, reuse_port);
    if (err) {
        close(fd);
        return err;
    }
    memset(listener, 0, sizeof(*listener));
    listener->port = bound_port(fd);
    start(listener, loop, fd, hooks, context);
    return 0;
}

/* Remove a socket file that no process listens on: what a killed server leaves behind. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) < 0) {
        return -errno;
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const int refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
                        errno == ECONNREFUSED;
    close(fd);
    if (!S_ISSOCK(st.st_mode) || !refused) {
        return -EADDRINUSE;
    }
    return unlink(address->sun_path) < 0 ? -errno : 0;
}

/* The umask may have taken bits away. By way of a descriptor that follows no link, so that nobody
 * who can write to the folder makes us change another file. */
static int set_mode(const char *path, mode_t mode, struct stat *out_st)
{
    char by_fd[32];
    int err = 0;
    const int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", fd);
    if (fstat(fd, out_st) < 0) {
        err = -errno;
    } else if (!S_ISSOCK(out_st->st_mode)) {
        err = -EADDRINUSE;
    } else if ((out_st->st_mode & 07777) != mode) {
        err = chmod(by_fd, mode) < 0 ? -errno : 0;
    }
    close(fd);
    return err;
}

static int bind_unix(int fd, const struct sockaddr_un *address, mode_t mode, struct stat *out_st)
{
    if (fchmod(fd, mode) < 0) { /* on Linux the file is made with the mode of the socket */
        return -errno;
    }
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        if (errno != EADDRINUSE) {
            return -errno;
        }
        const int err = remove_stale(address);
        if (err) {
            return err;
        }
        if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
            return -errno;
        }
    }
    const int err = set_mode(address->sun_path, mode, out_st);
    if (err) {
        return err;
    }
    return listen(fd, BACKLOG) < 0 ? -errno : 0;
}

int stream_listen_unix(struct stream_listen *listener, struct loop *loop, const char *path,
                       mode_t mode, const struct stream_listen_hooks *hooks, void *context)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st = {0};

    if (strlen(path) >= sizeof(address.sun_path)) {
        return UV_ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const int err = bind_unix(fd, &address, mode, &st);
    if (err) {
        close(fd);
        return err;
    }
    memset(listener, 0, sizeof(*listener));
    memcpy(listener->path, address.sun_path, sizeof(listener->path));
    listener->path_dev = st.st_dev;
    listener->path_ino = st.st_ino;
    start(listener, loop, fd, hooks, context);
    return 0;
}

static void handle_closed(uv_handle_t *handle)
{
    struct stream_listen *listener = handle->data;

    if (--listener->handles == 0 && listener->hooks->on_closed) {
        listener->hooks->on_closed(listener);
    }
}

void stream_listen_close(struct stream_listen *listener)
{
    struct stat st;

    uv_poll_stop(&listener->poll);
    uv_close((uv_handle_t *)&listener->poll, handle_closed);
    uv_close((uv_handle_t *)&listener->rest, handle_closed);
    close(listener->fd); /* uv_poll does not own it, and has let go of it above */
    /* A server that was started meanwhile may have put its own socket there. */
    if (listener->path[0] && lstat(listener->path, &st) == 0 && st.st_dev == listener->path_dev &&
        st.st_ino == listener->path_ino) {
        unlink(listener->path);
    }
}
