/* Updates that were answered lately, by their MAC: a repeated datagram, or a captured one, is answered
 * like the first and not applied again (threats row 40).
 *
 * A fixed table; an entry is forgotten when its place is needed or the fudge has passed: later the
 * time in the signature refuses it. The writer's thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/lease.h"
#include "zones/dns_tsig.h"

struct update_seen;

/* What is remembered of an answer. */
struct update_seen_answer {
    uint16_t rcode, ede; /* enum dns_rcode, enum dns_ede */
    struct lease lease;  /* as granted */
};

/* Make an empty table. Shape: ended by update_seen_destroy. Units: none. Errors: aborts without
 * memory. Source: none. */
struct update_seen *update_seen_create(void);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void update_seen_destroy(struct update_seen *seen);

/* Was this very request answered? Shape: *out_answer as then. Units: UNIX s. Errors: false: not that
 * is known. Source: RFC 8945 5.2.3. */
bool update_seen_find(const struct update_seen *seen, const struct dns_tsig *tsig, int64_t now_s,
                      struct update_seen_answer *out_answer);

/* Remember an answer. Shape: none. Units: UNIX s. Errors: none. Source: none. */
void update_seen_add(struct update_seen *seen, const struct dns_tsig *tsig, int64_t now_s,
                     const struct update_seen_answer *answer);

/* Forget an answer: it was not given after all. Shape: absence is no error. Units: none. Errors:
 * none. Source: none. */
void update_seen_remove(struct update_seen *seen, const struct dns_tsig *tsig);
