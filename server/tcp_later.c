#include "server/tcp_later.h"

#include <string.h>

#include "base/mem.h"

enum { FEED_TURN = 16 }; /* messages of feeds that one connection gets before others have a turn */

void tcp_later_end(struct tcp_connection *connection)
{
    struct tcp_later_feed *feed = connection->feeds;
    connection->feeds = feed->next;
    connection->tcp->feeds--;
    feed->end(feed);
}

/* A turn of a connection's feeds that is due later, or an answer that was late. */
struct errand {
    struct loop_post_item item;
    struct tcp *tcp;
    uint64_t id;
    size_t len; /* 0: a turn */
    uint8_t octets[];
};

static void run_errand(struct loop_post_item *item);

static void send_errand(struct tcp *tcp, uint64_t id, const uint8_t *octets, size_t len)
{
    struct errand *errand = mem_alloc(sizeof(*errand) + len);
    errand->item.run = run_errand;
    errand->tcp = tcp;
    errand->id = id;
    errand->len = len;
    if (len > 0) {
        memcpy(errand->octets, octets, len);
    }
    if (!loop_post_send(&tcp->post, &errand->item)) {
        mem_free(errand);
    }
}

/* One turn of what feeds have to say. false: the stream is gone. */
bool tcp_later_pump(struct tcp_connection *connection)
{
    struct tcp *tcp = connection->tcp;
    for (unsigned turn = 0; connection->feeds && !connection->feeds->waits &&
                            !tcp_connection_is_backlogged(connection);
         turn++) {
        if (turn == FEED_TURN) {
            send_errand(tcp, connection->id, NULL, 0);
            break;
        }
        uint8_t *out = tcp->out + tcp->out_len + TCP_LENGTH_SIZE;
        size_t n = connection->feeds->take(connection->feeds, out, TCP_MESSAGE_MAX);
        if (n == 0) {
            tcp_later_end(connection);
            continue;
        }
        tcp_connection_frame(tcp, n);
        if (tcp_connection_is_out_full(tcp) && !tcp_connection_flush(connection)) {
            return false;
        }
    }
    return tcp_connection_flush(connection);
}

struct tcp_connection **tcp_later_slot(struct tcp *tcp, uint64_t id)
{
    struct tcp_connection **slot = &tcp->by_id[id % TCP_IDS];
    while (*slot && (*slot)->id != id) {
        slot = &(*slot)->id_next;
    }
    return slot;
}

/* Answer what was asked meanwhile, unless tcp is closing: nobody takes an update any more then. */
static void go_on(struct tcp_connection *connection)
{
    if (!connection->tcp->is_destroyed) {
        connection->tcp->resume(connection);
    }
}

/* Serve the feeds of a connection, if it is still there, and what was asked after them. */
static void serve(struct tcp_connection *connection)
{
    if (connection && tcp_later_pump(connection)) {
        tcp_connection_settle(connection, 1);
        go_on(connection);
    }
}

void tcp_later_wake(struct tcp *tcp, struct tcp_later_feed *feed)
{
    feed->waits = false;
    serve(*tcp_later_slot(tcp, feed->connection));
}

bool tcp_later_post(struct tcp *tcp, struct loop_post_item *item)
{
    return loop_post_send(&tcp->post, item);
}

static void run_errand(struct loop_post_item *item)
{
    struct errand *errand = (struct errand *)(void *)item; /* item is the first member */
    struct tcp *tcp = errand->tcp;
    struct tcp_connection *connection = *tcp_later_slot(tcp, errand->id);
    if (connection && errand->len > 0) {
        const bool was_busy = !connection->feeds && tcp_connection_is_busy(connection);
        connection->late--;
        memcpy(tcp->out + TCP_LENGTH_SIZE, errand->octets, errand->len);
        tcp_connection_frame(tcp, errand->len);
        if (tcp_connection_flush(connection)) {
            tcp_connection_settle(connection, 1);
            if (was_busy) { /* its next message may have waited for this answer */
                go_on(connection);
            }
        }
    } else {
        serve(connection);
    }
    mem_free(errand);
}

static void send_back(const struct update_return *back, const uint8_t *message, size_t len)
{
    send_errand(back->transport, back->connection, message, len);
}

void tcp_later_fill(void *context, unsigned place, struct update_return *out_back)
{
    struct tcp *tcp = context;
    (void)place; /* streams answer one at a time */
    tcp->answering->late++;
    *out_back = (struct update_return){
        .send = send_back, .transport = tcp, .connection = tcp->answering->id};
}

bool tcp_later_feed(struct tcp *tcp, struct tcp_later_feed *feed)
{
    if (tcp->feeds >= TCP_FEEDS_MAX) {
        return false;
    }
    tcp->feeds++;
    feed->connection = tcp->answering->id;
    struct tcp_later_feed **last = &tcp->answering->feeds;
    while (*last) {
        last = &(*last)->next;
    }
    feed->next = NULL;
    *last = feed;
    return true;
}
