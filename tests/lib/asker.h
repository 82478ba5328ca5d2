/* Asking a query worker from a test: questions and answers as text.
 *
 * A question is "NAME TYPE" and then words: a class; cd, rd; tcp, six (transport, address family);
 * edns=SIZE, do, version=N, opt=CODE:HEX, nsid, cookie=HEX, zoneversion, expire, keepalive (each of
 * them means edns=1232 unless it is given). An answer is a line of RCODE and flags, then a line a
 * record: AN, NS or AR, and the record as in a zone file; OPT as "OPT SIZE FLAGS CODE:HEX ...".
 *
 * Every message goes in on a page whose end is unmapped; every answer is checked for what holds
 * always: ID, opcode and question come back, no flags but ours, the size is allowed, no record
 * stands twice in the answer section, and both our reader and ldns can read it. The calling thread
 * is an RCU reader. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/query.h"
#include "server/stat.h"
#include "server/world.h"
#include "zones/zone.h"

enum { ASKER_NOW_S = 1700000000, ASKER_MAX = 65535 };

struct asker {
    struct world_handle handle;
    struct world_options options;
    struct stat_registry *registry;
    struct stat_set *stat;
    struct clock_fake clock;
    struct query_worker *worker;
    struct query_peer peer;     /* of asker_send */
    uint8_t message[ASKER_MAX]; /* the last question */
    size_t message_len;
    uint8_t *answer; /* the last answer, ASKER_MAX octets */
    size_t answer_len;
    char text[1 << 18];
};

/* Start to serve zones, whose references are taken; cookies, NSID, ECS, identity "id.test" and version
 * "v1" are on, answers over UDP have up to 1232 octets.
 * Shape: none. Units: none. Errors: none. Source: none. */
void asker_start(struct asker *asker, struct zone *const *zones, size_t count);

/* Publish the options as they stand in asker->options, with the same zones.
 * Shape: none. Units: none. Errors: none. Source: none. */
void asker_configure(struct asker *asker);

/* End. Shape: none. Units: none. Errors: none. Source: none. */
void asker_stop(struct asker *asker);

/* Write a question to asker->message, ID 0x1234, and set the peer.
 * Shape: see above. Units: none. Errors: fails the test. Source: none. */
void asker_write(struct asker *asker, const char *question);

/* Send octets as they are from asker->peer; returns octets of the answer, 0 for none.
 * Shape: none. Units: octets. Errors: fails the test. Source: none. */
size_t asker_send(struct asker *asker, const void *message, size_t len);

/* Ask, and return the answer as text, "" for none. Shape: borrowed until the next call. Units: none.
 * Errors: fails the test. Source: none. */
const char *asker_ask(struct asker *asker, const char *question);

/* The last answer as text. Shape: borrowed until the next call. Units: none. Errors: fails the test.
 * Source: none. */
const char *asker_text(struct asker *asker);

/* How often a counter was counted. Shape: none. Units: the row's. Errors: none. Source: none. */
uint64_t asker_count(const struct asker *asker, enum stat_counter counter);
