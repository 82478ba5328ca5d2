/* What a TCP server is given: addresses, limits, and who answers.
 *
 * Plain data, no owner.
 * Prefix: tcp_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "server/query_peer.h"

struct query_worker;

/* As query_handle of server/query.h. */
typedef size_t tcp_answer(struct query_worker *worker, const struct query_peer *peer,
                          const uint8_t *message, size_t len, uint8_t *out, size_t size);

struct tcp_options {
    const struct sockaddr_storage *addresses; /* borrowed during tcp_create */
    size_t address_count;
    bool reuse_port;          /* several loops share the addresses */
    unsigned connections_max; /* in all */
    unsigned per_source_max;  /* per IPv4 address or IPv6 /64 */
    unsigned in_flight_max;   /* answers of one connection that wait for their peer */
    size_t backlog_max; /* octets of one connection that wait for their peer before reading stops */
    uint32_t idle_ms;   /* connection without a query */
    uint32_t stall_ms;  /* half a message, or an answer that is not taken */
};
