/* UDP: workers that answer queries in batches, each with sockets of its own on the shared
 * addresses.
 *
 * A worker is a thread: it waits offline, takes up to `batch` datagrams in one call, answers
 * them inside one RCU read section and sends them in one call; no lock and no allocation on that
 * way. Sockets are opened (as root, perhaps) before the workers start. The owner starts and
 * stops from one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "server/query.h"
#include "server/stat.h"

struct udp_options {
    const struct sockaddr_storage *addresses; /* borrowed during udp_open */
    size_t address_count;
    unsigned workers;        /* threads, at least 1 */
    unsigned batch;          /* datagrams a call, 1..QUERY_BATCH_MAX */
    uint64_t receive_buffer; /* octets a socket */
    bool cpu_affinity;       /* pin worker i to core i */
};

struct udp;

/* Open all sockets; nothing is read before udp_start. With port 0 the system chooses one port for
 * all.
 * Shape: ended by udp_close. Units: octets. Errors: -errno with *out_address the position that
 * failed; nothing is left open. Source: socket(7) SO_REUSEPORT. */
int udp_open(const struct udp_options *options, struct udp **out_udp, size_t *out_address);

/* The bound port of the address at a position. Shape: host order. Units: none. Errors: none.
 * Source: none. */
uint16_t udp_port(const struct udp *udp, size_t position);

/* Start the threads; each makes its query_worker over world and a counter set of the registry.
 * Updates go through gate, NULL: none are taken; those with SIG(0) through sig0 before, NULL likewise.
 * Shape: borrowed until udp_close. Units: none. Errors: -errno of thread creation. Source: none. */
int udp_start(struct udp *udp, struct world_handle *world, struct stat_registry *stat,
              const struct clock *clock, struct update_gate *gate, struct sig0 *sig0,
              struct refresh *refresh);

/* Stop the threads after their present batch, close all, free; NULL is accepted. The caller is
 * not an online RCU reader. Shape: none. Units: none. Errors: none. Source: none. */
void udp_close(struct udp *udp);
