/* Policy: who may fetch and who may change a zone. The rules of one zone, made from the
 * configuration, immutable; default deny.
 *
 * A policy that is NULL permits nothing. Part of a world: evaluated on the snapshot that a request came with, once (threats row 4). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/conf.h"
#include "server/query_peer.h"

struct policy;

enum policy_kind { POLICY_TRANSFER, POLICY_UPDATE };

/* Who asks: the transport's peer, and the key that signed, if any. */
struct policy_who {
    const struct query_peer *peer;
    const uint8_t *key;  /* name in wire form, lower case; NULL: not signed by TSIG */
    const uint8_t *sig0; /* signer's name likewise; NULL: not signed by SIG(0) */
};

/* What is to be changed. */
struct policy_what {
    const uint8_t *zone;  /* name in wire form, lower case */
    const uint8_t *owner; /* in the zone, lower case */
    uint16_t type;        /* ANY: all types of the name */
};

/* What a rule asks of the messages that it decides. */
struct policy_bounds {
    uint32_t records_max; /* of one message; 0: any number */
    uint32_t rate;        /* messages a second; 0: any number */
    bool is_relaxed;      /* answered before it is on disk */
};

/* Make the rules of a zone. Shape: everything is copied. Units: none. Errors: aborts without memory.
 * Source: none. */
struct policy *policy_create(const struct server_conf_zone *conf);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void policy_destroy(struct policy *policy);

/* True when some rule lets the peer fetch the zone. Shape: none. Units: none. Errors: false. Source:
 * none. */
bool policy_may_transfer(const struct policy *policy, const struct policy_who *who);

/* True when a peer is of this machine: a unix socket or a loopback address. What is not signed is
 * believed from there alone, whatever a rule says. Shape: none. Units: none. Errors: false. Source:
 * threats row 5. */
bool policy_is_local(const struct query_peer *peer);

/* True when some update rule fits the peer, whatever it wants to change: the check before any work.
 * Shape: none. Units: none. Errors: false. Source: none. */
bool policy_may_update(const struct policy *policy, const struct policy_who *who);

/* The first rule that permits a change, counted from 1 as in the configuration; 0: none does.
 * Shape: none. Units: none. Errors: 0. Source: none. */
unsigned policy_find_update(const struct policy *policy, const struct policy_who *who,
                            const struct policy_what *what);

/* The key that a rule, counted from 1, asks for; *out_key NULL: none.
 * Shape: wire form, lower case, borrowed. Units: none. Errors: false: there is no such rule. Source:
 * none. */
bool policy_rule_key(const struct policy *policy, enum policy_kind kind, unsigned rule,
                     const uint8_t **out_key);

/* The bounds of a rule, counted from 1. Shape: there is such a rule. Units: see struct. Errors: none.
 * Source: none. */
struct policy_bounds policy_update_bounds(const struct policy *policy, unsigned rule);

/* True when the peer may register names by SRP. Shape: none. Units: none. Errors: false. Source: RFC
 * 9665. */
bool policy_may_register(const struct policy *policy, const struct policy_who *who);

/* Why a rule, counted from 1, does not permit a change: "key", "sig0", "transport", "local" (a rule
 * without a key, and a peer of another machine), "source", "type" or "owner"; "" when it does, NULL when
 * there is no such rule.
 * Shape: static text. Units: none. Errors: NULL. Source: none. */
const char *policy_explain_update(const struct policy *policy, unsigned rule,
                                  const struct policy_who *who, const struct policy_what *what);
