#include "base/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"

/* Output that waits for the peer. */
struct output {
    uv_write_t request;
    struct stream *stream;
    size_t len;
    uint8_t data[];
};

static void handle_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;

    if (--stream->handles == 0) {
        stream->hooks->on_closed(stream, stream->why);
    }
}

static void close_now(struct stream *stream, int why)
{
    if (stream->is_closing) {
        return;
    }
    stream->is_closing = true;
    stream->why = why;
    uv_close(&stream->uv.handle, handle_closed);
    uv_close((uv_handle_t *)&stream->timer, handle_closed);
}

static bool is_past(uint64_t due_ms, uint64_t now_ms)
{
    return due_ms && now_ms >= due_ms;
}

/* The next deadline, 0 for none: output that waits goes by the stall limit alone. */
static uint64_t next_deadline(const struct stream *stream)
{
    if (stream->queued > 0) {
        return stream->limits.stall_ms ? stream->write_since_ms + stream->limits.stall_ms : 0;
    }
    return stream->expire_ms;
}

static void timer_fired(uv_timer_t *timer);

/* A timer that is early does no harm: it looks again when it fires. So a deadline that moves away,
 * as it does with each message, costs nothing. */
static void set_timer(struct stream *stream)
{
    const uint64_t due_ms = next_deadline(stream);
    if (!due_ms || stream->is_closing) {
        return;
    }
    const uint64_t now_ms = uv_now(stream->timer.loop);
    const uint64_t in_ms = due_ms > now_ms ? due_ms - now_ms : 0;
    if (!uv_is_active((uv_handle_t *)&stream->timer) ||
        uv_timer_get_due_in(&stream->timer) > in_ms) {
        uv_timer_start(&stream->timer, timer_fired, in_ms, 0);
    }
}

static void timer_fired(uv_timer_t *timer)
{
    struct stream *stream = timer->data;

    loop_awake(timer->loop->data);
    if (!is_past(next_deadline(stream), uv_now(timer->loop))) {
        set_timer(stream);
    } else if (stream->queued > 0) {
        stream_reset(stream, UV_ETIMEDOUT);
    } else {
        close_now(stream, UV_ETIMEDOUT);
    }
}

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *out_buffer)
{
    (void)wanted;
    struct loop *loop = handle->loop->data;
    *out_buffer = uv_buf_init((char *)loop->scratch, LOOP_SCRATCH);
}

static void peer_ended(struct stream *stream)
{
    stream->peer_ended = true;
    uv_read_stop(&stream->uv.any);
    if (stream->is_finished) {
        close_now(stream, 0);
    } else if (stream->hooks->on_end) {
        stream->hooks->on_end(stream);
    } else {
        stream_close(stream);
    }
}

static void data_came(uv_stream_t *uv, ssize_t len, const uv_buf_t *buffer)
{
    struct stream *stream = uv->data;

    loop_awake(uv->loop->data);
    if (len > 0) {
        stream->hooks->on_data(stream, (const uint8_t *)buffer->base, (size_t)len);
    } else if (len == UV_EOF) {
        peer_ended(stream);
    } else if (len < 0) {
        close_now(stream, (int)len);
    }
}

static int read_credentials(int fd, struct stream_peer *peer)
{
    struct ucred who;
    socklen_t len = sizeof(who);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) {
        return -errno;
    }
    peer->uid = who.uid;
    peer->gid = who.gid;
    peer->pid = who.pid;
    return 0;
}

int stream_read_peer(int fd, struct stream_peer *out_peer)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } address;
    socklen_t len = sizeof(address);
    struct stream_peer peer = {.uid = (uid_t)-1, .gid = (gid_t)-1};
    int err = 0;

    if (getpeername(fd, &address.any, &len) < 0) {
        return -errno;
    }
    switch (address.any.sa_family) {
    case AF_INET:
        peer.family = 4;
        peer.port = ntohs(address.v4.sin_port);
        memcpy(peer.address, &address.v4.sin_addr, 4);
        break;
    case AF_INET6:
        peer.family = 6;
        peer.port = ntohs(address.v6.sin6_port);
        memcpy(peer.address, &address.v6.sin6_addr, 16);
        break;
    case AF_UNIX:
        err = read_credentials(fd, &peer);
        break;
    default:
        err = ERR_UNSUPPORTED;
    }
    if (!err) {
        *out_peer = peer;
    }
    return err;
}

int stream_open(struct stream *stream, struct loop *loop, int fd, const struct stream_hooks *hooks,
                const struct stream_limits *limits, void *context)
{
    struct stream_peer peer = {0};
    const int err = stream_read_peer(fd, &peer);
    if (err) {
        return err;
    }
    memset(stream, 0, sizeof(*stream));
    stream->hooks = hooks;
    stream->context = context;
    stream->limits = *limits;
    stream->peer = peer;
    /* None of these fails on a connected socket: they fill fields and set it non-blocking. */
    if (peer.family) {
        CHECK(uv_tcp_init(&loop->uv, &stream->uv.tcp) == 0);
        CHECK(uv_tcp_open(&stream->uv.tcp, fd) == 0);
        uv_tcp_nodelay(&stream->uv.tcp, 1); /* may fail: the peer can be gone already */
    } else {
        CHECK(uv_pipe_init(&loop->uv, &stream->uv.pipe, 0) == 0);
        CHECK(uv_pipe_open(&stream->uv.pipe, fd) == 0);
    }
    CHECK(uv_timer_init(&loop->uv, &stream->timer) == 0);
    CHECK(uv_read_start(&stream->uv.any, give_buffer, data_came) == 0);
    stream->uv.handle.data = stream;
    stream->timer.data = stream;
    stream->handles = 2;
    return 0;
}

/* The last output left: what waited for that happens now. */
static void drained(struct stream *stream)
{
    if (stream->is_lingering) {
        close_now(stream, 0);
        return;
    }
    if (stream->expire_ms) {
        stream_expire(stream, stream->expire_after_ms);
    }
    if (stream->hooks->on_drain && !stream->is_finishing) {
        stream->hooks->on_drain(stream);
    }
}

static void output_done(uv_write_t *request, int status)
{
    struct output *output = (struct output *)request; /* its first member */
    struct stream *stream = output->stream;

    loop_awake(request->handle->loop->data);
    stream->queued -= output->len;
    stream->write_since_ms = uv_now(stream->timer.loop);
    free(output);
    if (stream->is_closing) {
        return;
    }
    if (status < 0) {
        stream_reset(stream, status);
    } else if (stream->queued == 0) {
        drained(stream);
    }
}

static int enqueue(struct stream *stream, const uint8_t *data, size_t len)
{
    struct output *output = malloc(sizeof(*output) + len);
    if (!output) {
        return ERR_MEMORY;
    }
    output->stream = stream;
    output->len = len;
    memcpy(output->data, data, len);
    const uv_buf_t buffer = uv_buf_init((char *)output->data, (unsigned)len);
    const int err = uv_write(&output->request, &stream->uv.any, &buffer, 1, output_done);
    if (err) {
        free(output);
        return err;
    }
    if (stream->queued == 0) {
        stream->write_since_ms = uv_now(stream->timer.loop);
    }
    stream->queued += len;
    set_timer(stream);
    return 0;
}

int stream_write(struct stream *stream, const void *data, size_t len)
{
    if (stream->is_closing || stream->is_finishing || stream->is_lingering) {
        return ERR_NOT_NOW;
    }
    if (len > stream->limits.queue_max || stream->queued > stream->limits.queue_max - len) {
        return ERR_LIMIT;
    }
    size_t written = 0;
    int err = 0;
    if (stream->queued == 0 && len > 0) {
        const uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)data, (unsigned)len);
        const int n = uv_try_write(&stream->uv.any, &buffer, 1);
        written = n > 0 ? (size_t)n : 0;
        err = n < 0 && n != UV_EAGAIN ? n : 0;
    }
    if (!err && written < len) {
        err = enqueue(stream, (const uint8_t *)data + written, len - written);
    }
    if (err) { /* part of it may be out: the peer can not make sense of what would follow */
        stream_reset(stream, err);
    }
    return err;
}

size_t stream_queued(const struct stream *stream)
{
    return stream->queued;
}

void stream_pause(struct stream *stream, bool paused)
{
    if (stream->is_closing || stream->is_lingering || stream->peer_ended ||
        stream->is_paused == paused) {
        return;
    }
    stream->is_paused = paused;
    if (paused) {
        uv_read_stop(&stream->uv.any);
    } else {
        CHECK(uv_read_start(&stream->uv.any, give_buffer, data_came) == 0);
    }
}

void stream_expire(struct stream *stream, uint64_t after_ms)
{
    stream->expire_after_ms = after_ms;
    stream->expire_ms = after_ms ? uv_now(stream->timer.loop) + after_ms : 0;
    set_timer(stream);
}

static void finished(uv_shutdown_t *request, int status)
{
    struct stream *stream = request->handle->data;

    loop_awake(request->handle->loop->data);
    stream->is_finished = true;
    if (!stream->is_closing && (status < 0 || stream->peer_ended)) {
        close_now(stream, status);
    }
}

void stream_finish(struct stream *stream)
{
    if (stream->is_closing || stream->is_lingering || stream->is_finishing) {
        return;
    }
    stream->is_finishing = true;
    const int err = uv_shutdown(&stream->shutdown, &stream->uv.any, finished);
    if (err) {
        close_now(stream, err);
    }
}

void stream_close(struct stream *stream)
{
    if (stream->is_closing || stream->is_lingering) {
        return;
    }
    if (stream->queued == 0) {
        close_now(stream, 0);
        return;
    }
    uv_read_stop(&stream->uv.any);
    stream->is_lingering = true;
}

void stream_reset(struct stream *stream, int why)
{
    const struct linger abort_now = {.l_onoff = 1, .l_linger = 0};
    uv_os_fd_t fd;

    /* Not uv_tcp_close_reset: it refuses after uv_shutdown, this is the same for both states. */
    if (!stream->is_closing && stream->peer.family && uv_fileno(&stream->uv.handle, &fd) == 0) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_now, sizeof(abort_now));
    }
    close_now(stream, why);
}
