/* Where TCP connections come from: counts them per IPv4 address or IPv6 /64 (threats row 18).
 *
 * An entry is embedded in its connection, so that counting allocates nothing: a hash of short
 * lists, keyed at random so that nobody outside can make one of them long. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "server/query.h"

struct tcp_source {
    struct tcp_source *next;
    struct tcp_source **at; /* what points here; NULL when in no table */
    uint8_t prefix[9];      /* family, then 4 or 8 octets */
};

struct tcp_source_table {
    struct hash_key key;
    struct tcp_source **slots;
    size_t mask; /* slots - 1 */
};

/* Make an empty table. Shape: ended by tcp_source_finish. Units: entries expected at most.
 * Errors: none. Source: none. */
void tcp_source_init(struct tcp_source_table *table, size_t entries);

/* Free the table, not the entries. Shape: none. Units: none. Errors: none. Source: none. */
void tcp_source_finish(struct tcp_source_table *table);

/* How many entries share the source of a peer. Shape: none. Units: entries. Errors: none.
 * Source: RFC 7766 section 6.2.2. */
unsigned tcp_source_count(const struct tcp_source_table *table, const struct query_peer *peer);

/* Put an entry in. Shape: in no table now. Units: none. Errors: none. Source: none. */
void tcp_source_add(struct tcp_source_table *table, struct tcp_source *entry,
                    const struct query_peer *peer);

/* Take an entry out, if it is in. Shape: none. Units: none. Errors: none. Source: none. */
void tcp_source_remove(struct tcp_source *entry);
