#include "server/tcp_connection.h"

void tcp_connection_list(struct tcp_connection *connection)
{
    struct tcp *tcp = connection->tcp;
    TAILQ_INSERT_TAIL(connection->is_idle ? &tcp->idle : &tcp->busy, connection, link);
}

void tcp_connection_unlist(struct tcp_connection *connection)
{
    struct tcp *tcp = connection->tcp;
    TAILQ_REMOVE(connection->is_idle ? &tcp->idle : &tcp->busy, connection, link);
}

void tcp_connection_settle(struct tcp_connection *connection, unsigned answered)
{
    const struct tcp_options *options = &connection->tcp->options;
    /* What waits for an answer of ours is not the peer's delay. */
    const bool is_partial = connection->held.len > 0 && connection->late < options->in_flight_max;
    const bool is_news = answered || connection->is_fed;
    const bool is_due = connection->late > 0 && !is_partial;

    connection->is_fed = connection->feeds != NULL;
    if (connection->is_fed || is_due) {
        /* The next step is ours: a feed may have to wait, and so may an update for a slow disk. */
        stream_expire(&connection->stream, 0);
    } else if (!is_partial && (is_news || connection->is_partial)) {
        stream_expire(&connection->stream, options->idle_ms);
    } else if (is_partial && (is_news || !connection->is_partial)) {
        /* Set once per message: trickling octets wins no time. */
        stream_expire(&connection->stream, options->stall_ms);
    }
    connection->is_partial = is_partial;
    if (connection->is_listed) {
        tcp_connection_unlist(connection);
        connection->is_idle = !is_partial && stream_queued(&connection->stream) == 0 &&
                              !connection->feeds && connection->late == 0;
        tcp_connection_list(connection);
    }
}

bool tcp_connection_flush(struct tcp_connection *connection)
{
    struct tcp *tcp = connection->tcp;
    if (tcp->out_len == 0) {
        return true;
    }
    /* Can not meet the queue's limit: it is backlog_max and a whole out, see on_accept. */
    const int err = stream_write(&connection->stream, tcp->out, tcp->out_len);
    const bool waits = stream_queued(&connection->stream) > 0;
    connection->waiting = waits ? connection->waiting + tcp->out_count : 0;
    tcp->out_len = 0;
    tcp->out_count = 0;
    return err == 0;
}

bool tcp_connection_is_backlogged(const struct tcp_connection *connection)
{
    const struct tcp_options *options = &connection->tcp->options;
    return connection->waiting >= options->in_flight_max ||
           stream_queued(&connection->stream) > options->backlog_max;
}

/* RFC 7766 section 8: length and message leave in one write. The message of n octets stands behind
 * room for its length at the end of out. */
void tcp_connection_frame(struct tcp *tcp, size_t n)
{
    uint8_t *out = tcp->out + tcp->out_len;
    out[0] = (uint8_t)(n >> 8);
    out[1] = (uint8_t)n;
    tcp->out_len += TCP_LENGTH_SIZE + n;
    tcp->out_count++;
}

bool tcp_connection_is_out_full(const struct tcp *tcp)
{
    return TCP_OUT_SIZE - tcp->out_len < TCP_LENGTH_SIZE + TCP_MESSAGE_MAX;
}

bool tcp_connection_is_busy(const struct tcp_connection *connection)
{
    return connection->feeds || tcp_connection_is_backlogged(connection) ||
           connection->late + connection->waiting >= connection->tcp->options.in_flight_max;
}
