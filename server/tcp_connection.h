/* Connections of server/tcp.h from within: their state, the lists they stand in, and how answers leave.
 *
 * For the tcp files only. Everything belongs to the loop's thread.
 * Prefix: tcp_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/loop_post.h"
#include "base/stream.h"
#include "base/stream_listen.h"
#include "server/stat.h"
#include "server/tcp_input.h"
#include "server/tcp_options.h"
#include "server/tcp_source.h"

struct tcp_later_feed;

enum {
    TCP_LENGTH_SIZE = 2, /* RFC 1035 section 4.2.2: two octets before each message */
    TCP_HEADER_SIZE = 12,
    TCP_MESSAGE_MAX = 65535,
    TCP_OUT_SIZE = 2 * (TCP_LENGTH_SIZE + TCP_MESSAGE_MAX), /* answers that leave by one write */
    TCP_IDS = 1024,     /* slots of the table of connections by number */
    TCP_FEEDS_MAX = 64, /* transfers at one time, of all connections */
};

/* Life: on_accept makes it, on_closed frees it. It is listed and counted from the first until it is
 * told to go (forget) or is closed. */
struct tcp_connection {
    struct stream stream;
    struct tcp *tcp;
    struct query_peer peer;
    struct tcp_source source;
    TAILQ_ENTRY(tcp_connection) link; /* in tcp->idle or tcp->busy, the longest there first */
    struct tcp_input held;            /* not answered yet */
    uint64_t id;                      /* for answers that come later */
    struct tcp_connection *id_next;   /* in the same slot of tcp->by_id */
    struct tcp_later_feed *feeds;     /* the first is served */
    unsigned late;                    /* answers that another thread will give */
    unsigned waiting;                 /* answers in the stream's queue */
    bool is_listed;
    bool is_idle;                /* listed in tcp->idle: nothing held, waiting, fed or due */
    bool is_partial;             /* part of a message is held */
    bool is_fed;                 /* a feed was under way when it was settled last */
    enum stat_counter gone_stat; /* counted when it is closed by us */
};

/* TAILQ_HEAD, spelled out. */
struct tcp_connections {
    struct tcp_connection *tqh_first;
    struct tcp_connection **tqh_last;
};

struct tcp {
    struct loop *loop;
    struct tcp_options options;
    tcp_answer *answer;
    struct query_worker *worker;
    struct stat_set *stat;
    struct tcp_source_table sources;
    struct tcp_connections idle, busy;
    struct tcp_connection *by_id[TCP_IDS];
    struct tcp_connection *answering; /* inside tcp->answer */
    uint64_t last_id;
    unsigned feeds;                                    /* of all connections */
    void (*resume)(struct tcp_connection *connection); /* goes on with what is held */
    struct loop_post post; /* answers from other threads, and further turns of feeds */
    unsigned listed;       /* connections in both */
    size_t unfinished;     /* listeners and connections whose last callback is due */
    bool is_destroyed;     /* free when unfinished is 0 */
    uint8_t *out;          /* TCP_OUT_SIZE octets, empty between callbacks */
    size_t out_len;        /* octets in out */
    unsigned out_count;    /* answers in out */
    size_t listen_count;
    struct stream_listen listens[];
};

/* Put a connection into the list that it belongs to. Shape: none. Units: none. Errors: none. Source:
 * none. */
void tcp_connection_list(struct tcp_connection *connection);

/* Take it out. Shape: none. Units: none. Errors: none. Source: none. */
void tcp_connection_unlist(struct tcp_connection *connection);

/* Keep the lists true and the deadline right after input was handled or output left; answered counts
 * the messages that were. Shape: none. Units: messages. Errors: none. Source: RFC 7766 6.2.3. */
void tcp_connection_settle(struct tcp_connection *connection, unsigned answered);

/* Write what stands in tcp->out. Shape: none. Units: none. Errors: false: the stream is gone. Source:
 * none. */
bool tcp_connection_flush(struct tcp_connection *connection);

/* True when the peer's next message has to wait: it must read first, a feed is under way, or as many
 * answers are due as may be in flight.
 * Shape: none. Units: none. Errors: none. Source: none. */
bool tcp_connection_is_busy(const struct tcp_connection *connection);

/* True when the peer has to read before we answer more. Shape: none. Units: none. Errors: none.
 * Source: none. */
bool tcp_connection_is_backlogged(const struct tcp_connection *connection);

/* Finish a message of n octets that stands behind room for its length at the end of tcp->out: length
 * and message leave in one write. Shape: none. Units: octets. Errors: none. Source: RFC 7766 8. */
void tcp_connection_frame(struct tcp *tcp, size_t n);

/* True when no further message is sure to fit in tcp->out. Shape: none. Units: none. Errors: none.
 * Source: none. */
bool tcp_connection_is_out_full(const struct tcp *tcp);
