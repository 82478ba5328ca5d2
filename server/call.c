#include "server/call.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/stream.h"
#include "base/stream_connect.h"

enum { LENGTH_SIZE = 2, MESSAGE_MAX = 65535 };

struct call {
    struct loop *loop;
    struct call_options options; /* message: ours */
    struct stream_connect connect;
    struct stream stream;
    bool is_connecting, is_open;
    bool is_over;    /* on_end was called, or is not wanted */
    bool is_through; /* that was all */
    uint64_t end_ms; /* of the whole */
    size_t have;     /* octets of `input` */
    uint8_t input[LENGTH_SIZE + MESSAGE_MAX];
    uint8_t message[]; /* with its length */
};

static void end(struct call *call, int err)
{
    if (!call->is_over) {
        call->is_over = true;
        call->options.on_end(call->options.context, err);
    }
}

/* Hand over the message at a place of the input and step over it; false: it is not whole yet. */
static bool take_message(struct call *call, size_t *at)
{
    const uint8_t *input = call->input + *at;
    size_t have = call->have - *at;
    size_t len = have < LENGTH_SIZE ? 0 : (size_t)(input[0] << 8 | input[1]);
    if (call->is_over || call->is_through || have < LENGTH_SIZE + len) {
        return false;
    }
    call->is_through = !call->options.on_message(call->options.context, input + LENGTH_SIZE, len);
    *at += LENGTH_SIZE + len;
    return true;
}

static void on_data(struct stream *stream, const uint8_t *data, size_t len)
{
    struct call *call = stream->context;
    while (len > 0 && !call->is_over && !call->is_through) {
        size_t room = sizeof(call->input) - call->have;
        size_t part = len < room ? len : room;
        memcpy(call->input + call->have, data, part);
        call->have += part;
        data += part;
        len -= part;
        size_t at = 0;
        while (take_message(call, &at)) {
        }
        call->have -= at;
        memmove(call->input, call->input + at, call->have);
    }
    uint64_t now = loop_now_ms(call->loop);
    if (call->is_over || call->is_through) {
        stream_close(stream);
    } else if (now >= call->end_ms) { /* octet by octet it could go on for ever */
        stream_reset(stream, -ETIMEDOUT);
    } else {
        stream_expire(stream, call->options.stall_ms);
    }
}

static void on_end(struct stream *stream)
{
    stream_reset(stream, ERR_SHORT);
}

static void on_closed(struct stream *stream, int why)
{
    struct call *call = stream->context;
    end(call, call->is_through ? 0 : why ? why : ERR_SHORT);
    mem_free(call);
}

static void on_connected(struct stream_connect *connecting, int fd)
{
    static const struct stream_hooks hooks = {on_data, on_end, NULL, on_closed};
    struct call *call = connecting->context;
    struct stream_limits limits = {LENGTH_SIZE + MESSAGE_MAX, call->options.stall_ms};
    int err = fd < 0 ? fd : 0;
    call->is_connecting = false;
    if (!err && !call->is_over) {
        err = stream_open(&call->stream, call->loop, fd, &hooks, &limits, call);
    }
    if (err || call->is_over) {
        if (fd >= 0) {
            close(fd);
        }
        end(call, err);
        mem_free(call);
        return;
    }
    call->is_open = true;
    stream_expire(&call->stream, call->options.stall_ms);
    (void)stream_write(&call->stream, call->message, LENGTH_SIZE + call->options.len);
}

int call_start(struct loop *loop, const struct call_options *options, struct call **out_call)
{
    struct call *call = mem_alloc(sizeof(*call) + LENGTH_SIZE + options->len);
    struct sockaddr_storage to;
    struct wr wr = wr_make(call->message, LENGTH_SIZE + options->len);
    wr_u16(&wr, (unsigned)options->len);
    wr_bytes(&wr, options->message, options->len);
    call->loop = loop;
    call->options = *options;
    call->end_ms = loop_now_ms(loop) + options->whole_ms;
    server_conf_value_fill_address(options->to, &to);
    call->is_connecting = true;
    int err = stream_connect_start(&call->connect, loop, (struct sockaddr *)&to,
                                   options->connect_ms, on_connected, call);
    if (err) {
        mem_free(call);
        return err;
    }
    *out_call = call;
    return 0;
}

void call_stop(struct call *call)
{
    if (!call || call->is_over) {
        return;
    }
    call->is_over = true;
    if (call->is_connecting) {
        stream_connect_stop(&call->connect);
    } else if (call->is_open) {
        stream_reset(&call->stream, ERR_NOT_NOW);
    }
}
