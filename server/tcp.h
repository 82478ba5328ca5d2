/* TCP: queries over streams (RFC 7766) on one loop: length framing, pipelining, limits in all and
 * per source.
 *
 * One tcp belongs to one loop's thread, and so do its worker and its stat set. Messages are
 * answered where they arrive, in their order. The loop is an RCU reader (loop_create(true, ...)).
 * Limits, threats row 18: connections in all and per source (IPv4 /32, IPv6 /64); when all are in
 * use the connection that is idle for longest makes room; a message must be complete within
 * stall_ms, and so must the peer take an answer; a peer that does not read is not read from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "server/tcp_options.h"
#include "server/stat.h"

struct tcp;

/* Bind, listen and serve on a loop.
 * Shape: ended by tcp_destroy; worker and stat are borrowed, answer is query_handle. Units: see
 * tcp_options. Errors: -errno and libuv's codes: nothing is left open (the loop frees it when it
 * runs). Source: RFC 7766. */
int tcp_create(struct loop *loop, const struct tcp_options *options, tcp_answer *answer,
               struct query_worker *worker, struct stat_set *stat, struct tcp **out_tcp);

/* Stop: no new connections, answers that wait still leave (within stall_ms), then all is freed in
 * the loop's last callbacks: let loop_run go on until it returns by itself. NULL is accepted. The
 * loop's thread. Shape: none. Units: none. Errors: none. Source: none. */
void tcp_destroy(struct tcp *tcp);

/* The port of the address at a position, as bound. Shape: host order. Units: none. Errors: 0 when
 * absent. Source: none. */
uint16_t tcp_port(const struct tcp *tcp, size_t position);

/* How long an idle connection is kept: for edns-tcp-keepalive. Shape: none. Units: ms. Errors:
 * none. Source: RFC 7828 section 3.3. */
uint32_t tcp_idle_ms(const struct tcp *tcp);

/* Connections now open. Shape: none. Units: connections. Errors: none. Source: none. */
unsigned tcp_connections(const struct tcp *tcp);
