/* Answers that a connection gets later, or in many messages: from other threads, and from feeds.
 *
 * A connection is known by a number that no other ever has, so that an answer for one that is gone
 * finds nobody. The loop's thread, but for the send() of a way back.
 * Prefix: tcp_later_ */
#pragma once

#include "server/tcp_connection.h"
#include "server/update_return.h"

/* A source of many messages for one connection, such as a zone transfer. Embedded in its owner. */
struct tcp_later_feed {
    struct tcp_later_feed *next; /* tcp's */
    uint64_t connection;         /* tcp's: whose feed it is */
    bool waits; /* there is nothing to take before tcp_later_wake; set before a take */
    /* Write the next message into size octets and return its length; 0: there is no more. */
    size_t (*take)(struct tcp_later_feed *feed, uint8_t *out, size_t size);
    /* Once, when it is through or the connection is gone: the memory is the owner's again. */
    void (*end)(struct tcp_later_feed *feed);
};

/* Send what a feed gives to the connection whose message is being answered, as fast as its peer
 * reads and without keeping others waiting; the connection's next message waits until it is through.
 * Only inside the tcp_answer call.
 * Shape: feed is tcp's until its end(). Units: none. Errors: false: TCP_FEEDS_MAX are under way.
 * Source: RFC 5936 4.1. */
bool tcp_later_feed(struct tcp *tcp, struct tcp_later_feed *feed);

/* A feed that waits has something to take now. The loop's thread; the feed has not ended.
 * Shape: none. Units: none. Errors: none: its end may come at once. Source: none. */
void tcp_later_wake(struct tcp *tcp, struct tcp_later_feed *feed);

/* Run an item in the loop's thread, from any thread. Shape: as loop_post_send. Units: none. Errors:
 * false: tcp_destroy was called. Source: none. */
bool tcp_later_post(struct tcp *tcp, struct loop_post_item *item);

/* The way back to the connection whose message is being answered, for an answer that comes later.
 * Shape: context is the tcp (see struct query_updates). Units: none. Errors: none. Source: RFC 7766
 * 7. */
void tcp_later_fill(void *context, unsigned place, struct update_return *out_back);

/* Serve a connection's feeds for one turn. Shape: none. Units: none. Errors: false: the stream is
 * gone. Source: none. */
bool tcp_later_pump(struct tcp_connection *connection);

/* End the first feed of a connection. Shape: there is one. Units: none. Errors: none. Source: none. */
void tcp_later_end(struct tcp_connection *connection);

/* The link that holds the connection of a number, or the end of its chain. Shape: borrowed. Units:
 * none. Errors: none. Source: none. */
struct tcp_connection **tcp_later_slot(struct tcp *tcp, uint64_t id);
