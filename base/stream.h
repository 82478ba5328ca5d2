/* Stream: one connected TCP or unix-domain socket on a loop, with a bounded write queue and
 * deadlines.
 *
 * A stream is embedded in its owner's connection object. The memory is the stream's from
 * stream_open until on_closed, the last callback, which comes exactly once and from where the owner
 * frees it. Every call is from the loop's thread. Calls on a stream that is closing do nothing;
 * on_data, on_end and on_drain come no more then. Two deadlines: stream_expire (owner: idle, half a
 * message) counts only while no output waits; a waiting write must be taken whole by the peer
 * within stall_ms, so that a slow reader can not hold memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <uv.h>

#include "base/loop.h"

/* Who is at the other end. */
struct stream_peer {
    uint8_t family;      /* 4, 6; 0 for a unix socket */
    uint16_t port;       /* host order */
    uint8_t address[16]; /* network order, the first 4 octets for family 4 */
    uid_t uid;           /* unix sockets: who connected; else (uid_t)-1 */
    gid_t gid;
    pid_t pid;
};

struct stream;

struct stream_hooks {
    /* Octets came; borrowed until return. */
    void (*on_data)(struct stream *stream, const uint8_t *data, size_t len);
    /* The peer sends no more, but may still read. NULL: stream_close. */
    void (*on_end)(struct stream *stream);
    /* The write queue is empty again after output had to wait. May be NULL. */
    void (*on_drain)(struct stream *stream);
    /* All is over: 0 closed by us, -ETIMEDOUT a deadline passed, else the error. Memory is the
     * owner's again. */
    void (*on_closed)(struct stream *stream, int why);
};

struct stream_limits {
    size_t queue_max;  /* octets that may wait to be written */
    uint32_t stall_ms; /* longest wait of one write; 0 = no limit */
};

struct stream {
    const struct stream_hooks *hooks;
    void *context; /* the owner's, untouched here */
    struct stream_limits limits;
    struct stream_peer peer;
    union {
        uv_handle_t handle;
        uv_stream_t any;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    uint64_t expire_ms;       /* loop time of the owner's deadline; 0 = none */
    uint64_t expire_after_ms; /* as given to stream_expire */
    uint64_t write_since_ms;  /* since when the oldest write waits */
    size_t queued;            /* octets that wait */
    unsigned handles;         /* open libuv handles; the last close callback calls on_closed */
    bool is_closing;
    bool is_finishing; /* stream_finish was called */
    bool is_finished;  /* and all that waited is sent, with the end mark */
    bool is_lingering; /* stream_close was called: close when the queue is empty */
    bool is_paused;
    bool peer_ended;
    int why;
};

/* Take a connected socket over and read from it. Fills stream->peer.
 * Shape:  stream is overwritten; hooks are borrowed for its life; context is kept; fd is the
 *         stream's from success on.
 * Units:  see limits.
 * Errors: -errno, ERR_UNSUPPORTED (family): fd and memory stay the caller's, no hook is called.
 * Source: libuv uv_tcp_open, uv_pipe_open. */
int stream_open(struct stream *stream, struct loop *loop, int fd, const struct stream_hooks *hooks,
                const struct stream_limits *limits, void *context);

/* Write at once what the peer takes; the rest is copied and waits.
 * Shape:  data borrowed during the call.
 * Units:  octets.
 * Errors: ERR_LIMIT when len and what waits already are more than queue_max: nothing was written;
 *         ERR_NOT_NOW when closing or finished; ERR_MEMORY and libuv's codes (the peer is gone): the
 *         stream was reset.
 * Source: libuv uv_try_write, uv_write. */
int stream_write(struct stream *stream, const void *data, size_t len);

/* Octets that wait to be written. Shape: none. Units: octets. Errors: none. Source: none. */
size_t stream_queued(const struct stream *stream);

/* Stop and start reading. Shape: none. Units: none. Errors: none. Source: libuv uv_read_stop. */
void stream_pause(struct stream *stream, bool paused);

/* Set the owner's deadline: after_ms from now the stream is closed with -ETIMEDOUT. 0 takes it
 * back. While output waits it does not count; when the last output leaves it starts anew. Shape:
 * none. Units: ms. Errors: none. Source: none. */
void stream_expire(struct stream *stream, uint64_t after_ms);

/* Half-close: send no more once the queue is empty, go on reading. When the peer ends too, the
 * stream is closed. Shape: none. Units: none. Errors: none. Source: libuv uv_shutdown. */
void stream_finish(struct stream *stream);

/* Close in peace: what waits is still written (within stall_ms), nothing is read any more.
 * Shape: none. Units: none. Errors: none. Source: libuv uv_close. */
void stream_close(struct stream *stream);

/* Abort: what waits is lost, TCP sends RST. why goes to on_closed.
 * Shape: none. Units: none. Errors: none. Source: libuv uv_tcp_close_reset. */
void stream_reset(struct stream *stream, int why);

/* Read the address of the other end of a socket, and its credentials when it is a unix socket.
 * Shape: fd is connected. Units: none. Errors: -errno, ERR_UNSUPPORTED (family). Source: unix(7)
 * SO_PEERCRED. */
int stream_read_peer(int fd, struct stream_peer *out_peer);
