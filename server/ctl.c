#include "server/ctl.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stream.h"
#include "base/stream_listen.h"

enum {
    CONNECTIONS_MAX = 16, /* also of peers that left while their request is worked on */
    IDLE_MS = 300000,     /* a person may type */
    STALL_MS = 30000,
    PARTS_AT_ONCE = 8, /* of a file, before others on the loop get their turn */
    QUEUE_MAX = 2 * CTL_REPLY_MAX,
};

struct connection {
    struct stream stream;
    struct ctl *ctl;
    uint64_t number;
    TAILQ_ENTRY(connection) link;
    struct ctl_reply *working; /* the request that is worked on; the next waits for it */
    bool is_sending;           /* working was delivered, its parts wait for the peer: it is ours */
    char *input;               /* from malloc: lines not handled yet */
    size_t input_len;
    size_t input_room;
};

TAILQ_HEAD(connections, connection);

struct ctl {
    struct loop *loop;
    struct ctl_options options;
    struct stat_set *stat;
    struct stream_listen listen;
    struct loop_post post; /* by which replies come home */
    struct connections connections;
    size_t connection_count;
    size_t reply_count;
    uint64_t last_number;
    bool is_listening; /* until the listener's last callback */
    bool is_destroyed; /* free when nothing is left */
    bool is_post_closed;
};

static void post_closed(struct loop_post *post)
{
    struct ctl *ctl = (struct ctl *)((char *)post - offsetof(struct ctl, post));
    mem_free(ctl);
}

static void free_when_done(struct ctl *ctl)
{
    if (ctl->is_destroyed && !ctl->is_listening && ctl->connection_count == 0 &&
        ctl->reply_count == 0 && !ctl->is_post_closed) {
        ctl->is_post_closed = true;
        loop_post_close(&ctl->post, post_closed);
    }
}

static struct connection *find_connection(struct ctl *ctl, uint64_t number)
{
    struct connection *connection = TAILQ_FIRST(&ctl->connections);

    while (connection && connection->number != number) {
        connection = TAILQ_NEXT(connection, link);
    }
    return connection;
}

static void end_reply(struct ctl *ctl, struct ctl_reply *reply)
{
    ctl_reply_destroy(reply);
    ctl->reply_count--;
    free_when_done(ctl);
}

static void handle_lines(struct connection *connection);

static void finish_reply(struct connection *connection)
{
    struct ctl_reply *reply = connection->working;

    connection->working = NULL;
    connection->is_sending = false;
    stat_add(connection->ctl->stat, STAT_control_error, reply->is_error);
    if (!reply->line) { /* no memory even for an error: the peer sees the end */
        stream_reset(&connection->stream, ERR_MEMORY);
    } else {
        stream_write(&connection->stream, reply->line, reply->line_len);
        stream_expire(&connection->stream, IDLE_MS);
    }
    end_reply(connection->ctl, reply);
    handle_lines(connection);
}

/* Send parts as far as the peer takes them; called again by on_drain or by our own post. */
static void send_reply(struct connection *connection)
{
    struct ctl_reply *reply = connection->working;

    connection->is_sending = true;
    for (int i = 0; i < PARTS_AT_ONCE; i++) {
        char *line;
        size_t len;
        if (stream_queued(&connection->stream) > 0) {
            return;
        }
        if (ctl_reply_next(reply, &line, &len) == 0) {
            finish_reply(connection);
            return;
        }
        const int err = stream_write(&connection->stream, line, len);
        free(line);
        if (err) {
            return; /* the stream is closing: on_closed frees the reply */
        }
    }
    connection->is_sending = false; /* the queue has it meanwhile */
    loop_post_send(&connection->ctl->post, &reply->item);
}

/* A reply came home, in the loop's thread. */
static void reply_came(struct loop_post_item *item)
{
    struct ctl_reply *reply = (struct ctl_reply *)item; /* its first member */
    struct ctl *ctl = reply->owner;
    struct connection *connection = find_connection(ctl, reply->connection);

    if (connection) {
        send_reply(connection);
    } else {
        end_reply(ctl, reply);
    }
}

static const struct ctl_command *find_command(const struct ctl *ctl, const char *name)
{
    for (size_t i = 0; i < ctl->options.command_count; i++) {
        if (strcmp(ctl->options.commands[i].name, name) == 0) {
            return &ctl->options.commands[i];
        }
    }
    return NULL;
}

static void run_request(struct connection *connection, const struct ctl_request *request)
{
    struct ctl *ctl = connection->ctl;
    const struct ctl_command *command = find_command(ctl, request->command);

    log_info("control", "command=%s uid=%u pid=%d", request->command, (unsigned)request->uid,
             (int)request->pid);
    if (!command) {
        ctl_reply_error(connection->working, ERR_UNSUPPORTED, "no such command");
    } else if (request->arg_count < command->args_min || request->arg_count > command->args_max) {
        ctl_reply_error(connection->working, ERR_VALUE, "wrong number of arguments: %s %s",
                        command->name, command->args);
    } else {
        command->handle(ctl->options.context, request, connection->working);
    }
}

static void handle_line(struct connection *connection, const char *line, size_t len)
{
    struct ctl *ctl = connection->ctl;
    struct ctl_request request;
    struct err_at at = {0};

    connection->working = ctl_reply_create(&ctl->post, reply_came, ctl, connection->number);
    if (!connection->working) {
        stream_reset(&connection->stream, ERR_MEMORY);
        return;
    }
    ctl->reply_count++;
    stat_add(ctl->stat, STAT_control_command, 1);
    stream_expire(&connection->stream, 0);
    const int err = ctl_request_parse(&request, line, len, &at);
    if (err) {
        ctl_reply_error(connection->working, err, "%s", at.text);
        return;
    }
    request.uid = connection->stream.peer.uid;
    request.pid = connection->stream.peer.pid;
    run_request(connection, &request);
    ctl_request_finish(&request);
}

static void drop_input(struct connection *connection, size_t used)
{
    connection->input_len -= used;
    memmove(connection->input, connection->input + used, connection->input_len);
}

/* Handle the next line, if nothing is being worked on; read on when there is none. */
static void handle_lines(struct connection *connection)
{
    while (!connection->working && !connection->stream.is_closing && connection->input) {
        const char *end = memchr(connection->input, '\n', connection->input_len);
        const size_t len = end ? (size_t)(end - connection->input) : connection->input_len;
        if (len > CTL_REQUEST_MAX) {
            stream_reset(&connection->stream, ERR_LIMIT);
        } else if (!end) {
            stream_pause(&connection->stream, false);
            break;
        } else {
            handle_line(connection, connection->input, len);
            drop_input(connection, len + 1);
        }
    }
    if (connection->working) {
        stream_pause(&connection->stream, true);
    } else if (connection->stream.peer_ended) {
        stream_close(&connection->stream);
    }
}

static void on_data(struct stream *stream, const uint8_t *data, size_t len)
{
    struct connection *connection = stream->context;

    /* Bounded by a request and a read: while one is worked on nothing is read. */
    if (connection->input_room < connection->input_len + len) {
        const size_t room = 2 * (connection->input_len + len);
        char *input = realloc(connection->input, room);
        if (!input) {
            stream_reset(stream, ERR_MEMORY);
            return;
        }
        connection->input = input;
        connection->input_room = room;
    }
    memcpy(connection->input + connection->input_len, data, len);
    connection->input_len += len;
    stream_expire(stream, IDLE_MS);
    handle_lines(connection);
}

/* `echo ... | nc -U`: who has said all still wants the answer. */
static void on_end(struct stream *stream)
{
    handle_lines(stream->context);
}

static void on_drain(struct stream *stream)
{
    struct connection *connection = stream->context;

    if (connection->working && connection->is_sending) {
        send_reply(connection);
    }
}

static void on_closed(struct stream *stream, int why)
{
    struct connection *connection = stream->context;
    struct ctl *ctl = connection->ctl;

    log_debug("control_closed", "why=%d", why);
    TAILQ_REMOVE(&ctl->connections, connection, link);
    ctl->connection_count--;
    if (connection->working && connection->is_sending) {
        end_reply(ctl, connection->working);
    }
    free(connection->input);
    free(connection);
    free_when_done(ctl);
}

static const struct stream_hooks stream_hooks = {
    .on_data = on_data,
    .on_end = on_end,
    .on_drain = on_drain,
    .on_closed = on_closed,
};

/* Refused, with the reason: the client is a person or a script. */
static bool refuse_peer(struct ctl *ctl, int fd, const struct stream_peer *peer, int err)
{
    char line[200];
    const int len =
        snprintf(line, sizeof(line), "{\"ok\":false,\"error\":{\"code\":%d,\"text\":\"%s\"}}\n",
                 err, err_text(err));

    stat_add(ctl->stat, STAT_control_refused, 1);
    log_warn("control_refused", "uid=%u pid=%d reason=%s", (unsigned)peer->uid, (int)peer->pid,
             err_text(err));
    /* A fresh socket takes so little; if not, the peer sees the end alone. */
    (void)!send(fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return false;
}

static bool on_accept(struct stream_listen *listen, int fd, const struct stream_peer *peer)
{
    static const struct stream_limits limits = {.queue_max = QUEUE_MAX, .stall_ms = STALL_MS};
    struct ctl *ctl = listen->context;

    if (peer->uid != 0 && peer->uid != ctl->options.owner) {
        return refuse_peer(ctl, fd, peer, ERR_DENIED);
    }
    if (ctl->connection_count >= CONNECTIONS_MAX) {
        return refuse_peer(ctl, fd, peer, ERR_LIMIT);
    }
    struct connection *connection = calloc(1, sizeof(*connection));
    if (!connection ||
        stream_open(&connection->stream, ctl->loop, fd, &stream_hooks, &limits, connection) < 0) {
        free(connection);
        return false;
    }
    connection->ctl = ctl;
    connection->number = ++ctl->last_number;
    TAILQ_INSERT_TAIL(&ctl->connections, connection, link);
    ctl->connection_count++;
    stream_expire(&connection->stream, IDLE_MS);
    return true;
}

static void on_listen_closed(struct stream_listen *listen)
{
    struct ctl *ctl = listen->context;

    ctl->is_listening = false;
    free_when_done(ctl);
}

static const struct stream_listen_hooks listen_hooks = {
    .on_accept = on_accept,
    .on_closed = on_listen_closed,
};

int ctl_create(struct loop *loop, const struct ctl_options *options, struct stat_set *stat,
               struct ctl **out_ctl)
{
    struct ctl *ctl = mem_alloc(sizeof(*ctl));
    ctl->loop = loop;
    ctl->options = *options;
    ctl->stat = stat;
    TAILQ_INIT(&ctl->connections);
    int err = loop_post_open(&ctl->post, loop);
    if (err) {
        mem_free(ctl);
        return err;
    }
    err = stream_listen_unix(&ctl->listen, loop, options->path, 0660, &listen_hooks, ctl);
    if (err) {
        ctl->is_destroyed = true;
        free_when_done(ctl);
        return err;
    }
    ctl->options.path = ctl->listen.path;
    ctl->is_listening = true;
    *out_ctl = ctl;
    return 0;
}

void ctl_destroy(struct ctl *ctl)
{
    struct connection *connection;

    if (!ctl) {
        return;
    }
    ctl->is_destroyed = true;
    stream_listen_close(&ctl->listen);
    TAILQ_FOREACH(connection, &ctl->connections, link)
    {
        connection->input_len = 0; /* what was not begun does not begin any more */
        stream_close(&connection->stream);
    }
}
