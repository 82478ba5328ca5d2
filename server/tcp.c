#include "server/tcp.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/tcp_later.h"

static void free_when_done(struct tcp *tcp)
{
    if (tcp->is_destroyed && tcp->unfinished == 0) {
        tcp_source_finish(&tcp->sources);
        mem_free(tcp->out);
        mem_free(tcp);
    }
}

/* It no longer counts against any limit. */
static void forget(struct tcp_connection *connection)
{
    if (connection->is_listed) {
        tcp_connection_unlist(connection);
        connection->is_listed = false;
        connection->tcp->listed--;
        tcp_source_remove(&connection->source);
    }
}

static void let_go(struct tcp_connection *connection, enum stat_counter why)
{
    connection->gone_stat = why;
    stream_close(&connection->stream);
}

/* Answers one message. false: stop here. */
static bool answer_one(struct tcp_connection *connection, const uint8_t *message, size_t len)
{
    struct tcp *tcp = connection->tcp;
    uint8_t *out = tcp->out + tcp->out_len;

    const unsigned late = connection->late;
    stat_add(tcp->stat, STAT_tcp_message, 1);
    tcp->answering = connection;
    const size_t n = tcp->answer(tcp->worker, &connection->peer, message, len,
                                 out + TCP_LENGTH_SIZE, TCP_MESSAGE_MAX);
    tcp->answering = NULL;
    if (n > 0) {
        connection->late = late; /* nobody answers later what is answered now */
        tcp_connection_frame(tcp, n);
    }
    if (tcp_connection_is_out_full(tcp) ||
        connection->waiting + tcp->out_count >= tcp->options.in_flight_max) {
        return tcp_connection_flush(connection);
    }
    return true;
}

/* Answer the whole messages of the input; *out_used octets are done with.
 * false: the connection is closing, its input does not matter any more. */
static bool answer_all(struct tcp_connection *connection, const uint8_t *data, size_t len,
                       size_t *out_used, unsigned *out_answered)
{
    size_t used = 0;
    *out_answered = 0;

    while (len - used >= TCP_LENGTH_SIZE && !tcp_connection_is_busy(connection)) {
        const uint8_t *at = data + used;
        const size_t message_len = (size_t)at[0] << 8 | at[1];
        if (message_len < TCP_HEADER_SIZE) {
            tcp_connection_flush(connection);
            tcp_connection_settle(connection, 0); /* what waits keeps it out of the idle ones */
            let_go(connection, STAT_tcp_malformed);
            return false;
        }
        if (len - used - TCP_LENGTH_SIZE < message_len) {
            break;
        }
        if (!answer_one(connection, at + TCP_LENGTH_SIZE, message_len)) {
            return false;
        }
        used += TCP_LENGTH_SIZE + message_len;
        ++*out_answered;
    }
    *out_used = used;
    return tcp_connection_flush(connection) && (!connection->feeds || tcp_later_pump(connection));
}

static void answer_held(struct tcp_connection *connection)
{
    size_t used;
    do { /* again when a feed that held the next message up is through already */
        unsigned answered = 0;
        const struct tcp_input *held = &connection->held;
        used = 0;
        if (!answer_all(connection, held->data, held->len, &used, &answered)) {
            return;
        }
        tcp_input_drop(&connection->held, used);
        stream_pause(&connection->stream, tcp_connection_is_busy(connection));
        tcp_connection_settle(connection, answered);
    } while (used > 0 && connection->held.len > 0 && !tcp_connection_is_busy(connection));
}

static void on_data(struct stream *stream, const uint8_t *data, size_t len)
{
    struct tcp_connection *connection = stream->context;
    size_t used = 0;
    unsigned answered = 0;

    if (connection->held.len > 0) {
        if (tcp_input_add(&connection->held, data, len)) {
            answer_held(connection);
        } else {
            stream_reset(stream, -ENOMEM);
        }
        return;
    }
    if (!answer_all(connection, data, len, &used, &answered)) {
        return;
    }
    if (!tcp_input_add(&connection->held, data + used, len - used)) {
        stream_reset(stream, -ENOMEM);
        return;
    }
    stream_pause(stream, tcp_connection_is_busy(connection));
    tcp_connection_settle(connection, answered);
    if (answered > 0 && connection->held.len > 0 && !tcp_connection_is_busy(connection)) {
        answer_held(connection);
    }
}

static void on_drain(struct stream *stream)
{
    struct tcp_connection *connection = stream->context;

    connection->waiting = 0;
    answer_held(connection);
}

static void on_closed(struct stream *stream, int why)
{
    struct tcp_connection *connection = stream->context;
    struct tcp *tcp = connection->tcp;
    enum stat_counter counter = connection->gone_stat;

    if (why == -ETIMEDOUT) {
        counter = STAT_tcp_timeout;
    } else if (why < 0) {
        counter = STAT_tcp_error;
    }
    stat_add(tcp->stat, counter, 1);
    forget(connection);
    while (connection->feeds) {
        tcp_later_end(connection);
    }
    *tcp_later_slot(tcp, connection->id) = connection->id_next;
    tcp_input_finish(&connection->held);
    free(connection);
    tcp->unfinished--;
    free_when_done(tcp);
}

static const struct stream_hooks stream_hooks = {
    .on_data = on_data,
    .on_end = NULL, /* close: half a message is worth nothing, answers that wait still leave */
    .on_drain = on_drain,
    .on_closed = on_closed,
};

/* RFC 7766 section 6.2.2 asks for limits per client; threats row 18 for making room. */
static bool is_welcome(struct tcp *tcp, const struct query_peer *peer)
{
    if (tcp_source_count(&tcp->sources, peer) >= tcp->options.per_source_max) {
        return false;
    }
    if (tcp->listed < tcp->options.connections_max) {
        return true;
    }
    struct tcp_connection *oldest = TAILQ_FIRST(&tcp->idle);
    if (oldest) {
        forget(oldest);
        let_go(oldest, STAT_tcp_evicted);
    }
    return oldest != NULL;
}

static struct tcp_connection *make_connection(struct tcp *tcp, int fd,
                                              const struct query_peer *peer)
{
    const struct stream_limits limits = {
        .queue_max = tcp->options.backlog_max + TCP_OUT_SIZE,
        .stall_ms = tcp->options.stall_ms,
    };
    struct tcp_connection *connection = calloc(1, sizeof(*connection));
    if (connection &&
        stream_open(&connection->stream, tcp->loop, fd, &stream_hooks, &limits, connection) < 0) {
        free(connection);
        connection = NULL;
    }
    if (connection) {
        connection->tcp = tcp;
        connection->peer = *peer;
        connection->gone_stat = STAT_tcp_closed;
        connection->id = ++tcp->last_id;
        *tcp_later_slot(tcp, connection->id) = connection;
    }
    return connection;
}

static bool on_accept(struct stream_listen *listen, int fd, const struct stream_peer *from)
{
    struct tcp *tcp = listen->context;
    struct query_peer peer = {.transport = QUERY_TCP, .family = from->family, .port = from->port};

    memcpy(peer.address, from->address, sizeof(peer.address));
    struct tcp_connection *connection =
        is_welcome(tcp, &peer) ? make_connection(tcp, fd, &peer) : NULL;
    if (!connection) {
        stat_add(tcp->stat, STAT_tcp_refused, 1);
        return false;
    }
    stat_add(tcp->stat, STAT_tcp_opened, 1);
    tcp_source_add(&tcp->sources, &connection->source, &peer);
    connection->is_idle = true;
    connection->is_listed = true;
    tcp_connection_list(connection);
    tcp->listed++;
    tcp->unfinished++;
    stream_expire(&connection->stream, tcp->options.idle_ms);
    return true;
}

static void on_accept_error(struct stream_listen *listen, int err)
{
    const struct tcp *tcp = listen->context;

    (void)err; /* counted, not logged: whoever exhausts descriptors could fill the log as well */
    stat_add(tcp->stat, STAT_tcp_accept_error, 1);
}

static void on_listen_closed(struct stream_listen *listen)
{
    struct tcp *tcp = listen->context;

    tcp->unfinished--;
    free_when_done(tcp);
}

static const struct stream_listen_hooks listen_hooks = {
    .on_accept = on_accept,
    .on_error = on_accept_error,
    .on_closed = on_listen_closed,
};

int tcp_create(struct loop *loop, const struct tcp_options *options, tcp_answer *answer,
               struct query_worker *worker, struct stat_set *stat, struct tcp **out_tcp)
{
    const size_t count = options->address_count;
    struct tcp *tcp = mem_alloc(sizeof(*tcp) + count * sizeof(tcp->listens[0]));

    tcp->loop = loop;
    tcp->options = *options;
    tcp->options.addresses = NULL; /* was borrowed */
    tcp->answer = answer;
    tcp->resume = answer_held;
    tcp->worker = worker;
    tcp->stat = stat;
    tcp->out = mem_alloc(TCP_OUT_SIZE);
    TAILQ_INIT(&tcp->idle);
    TAILQ_INIT(&tcp->busy);
    tcp_source_init(&tcp->sources, options->connections_max);
    const int post_err = loop_post_open(&tcp->post, loop);
    if (post_err) {
        tcp_source_finish(&tcp->sources);
        mem_free(tcp->out);
        mem_free(tcp);
        return post_err;
    }
    tcp->unfinished++;
    for (size_t i = 0; i < count; i++) {
        const struct sockaddr *address = (const struct sockaddr *)&options->addresses[i];
        const int err = stream_listen_tcp(&tcp->listens[i], loop, address, options->reuse_port,
                                          &listen_hooks, tcp);
        if (err) {
            tcp_destroy(tcp);
            return err;
        }
        tcp->listen_count++;
        tcp->unfinished++;
    }
    *out_tcp = tcp;
    return 0;
}

static void on_post_closed(struct loop_post *post)
{
    struct tcp *tcp = (struct tcp *)(void *)((char *)post - offsetof(struct tcp, post));

    tcp->unfinished--;
    free_when_done(tcp);
}

void tcp_destroy(struct tcp *tcp)
{
    struct tcp_connection *connection;

    if (!tcp) {
        return;
    }
    tcp->is_destroyed = true;
    loop_post_close(&tcp->post, on_post_closed);
    for (size_t i = 0; i < tcp->listen_count; i++) {
        stream_listen_close(&tcp->listens[i]);
    }
    TAILQ_CONCAT(&tcp->busy, &tcp->idle, link);
    TAILQ_FOREACH(connection, &tcp->busy, link)
    {
        connection->is_idle = false; /* where it is listed now */
        stream_close(&connection->stream);
    }
    free_when_done(tcp);
}

uint16_t tcp_port(const struct tcp *tcp, size_t position)
{
    return position < tcp->listen_count ? tcp->listens[position].port : 0;
}

uint32_t tcp_idle_ms(const struct tcp *tcp)
{
    return tcp->options.idle_ms;
}

unsigned tcp_connections(const struct tcp *tcp)
{
    return tcp->listed;
}
