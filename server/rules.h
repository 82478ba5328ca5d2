/* Rules: keys and policies of one configuration, immutable and shared by reference count.
 *
 * Every world holds one; so does each update that waits, through its world. Made in the writer's
 * thread or before it starts, read by any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/conf.h"
#include "server/policy.h"
#include "server/regions.h"
#include "server/secondary.h"
#include "zones/dns_tsig_key.h"

struct book;
struct rules;

/* What may be said of a key. */
struct rules_key {
    uint8_t *name; /* wire form, lower case */
    const char *algorithm;
    unsigned mac_min;  /* octets; 0: whole MACs only */
    bool is_from_file; /* of keys_file */
};

/* What a zone asks of keys. */
struct rules_zone {
    uint8_t *name; /* wire form, lower case */
    struct policy *policy;
    uint8_t *notify_key;              /* NULL: none */
    enum server_conf_catalog catalog; /* is it one? */
    uint8_t *member_of;               /* catalog that lists it; NULL: none */
    bool is_like;                     /* the policy is another zone's, too, which frees it */
};

/* Make the rules of a configuration, one reference. Shape: everything is copied. Units: none.
 * Errors: those of dns_tsig_ring_create; *out_key is the key that was refused. Source: none. */
int rules_create(const struct server_conf *conf, struct rules **out_rules, size_t *out_key);

/* Make the secondary zones a part of rules that nobody else has yet.
 * Shape: the reference is taken. Units: none. Errors: none. Source: none. */
void rules_take_secondaries(struct rules *rules, struct secondary_set *secondaries);

/* Where askers are. Shape: borrowed; NULL when no file says it. Units: none. Errors: none. Source: none. */
struct regions *rules_regions(const struct rules *rules);

/* Make the policies of operators a part of rules that nobody else has yet.
 * Shape: the reference is taken; for the key of the tables of pools; NULL: none. Units: none. Errors: none. Source:
 * none. */
void rules_take_book(struct rules *rules, struct book *book);

/* The policies of operators. Shape: borrowed; NULL when there are none. Units: none. Errors: none. Source: none. */
const struct book *rules_book(const struct rules *rules);

/* The secondary zones. Shape: borrowed; NULL when there are none. Units: none. Errors: none. Source:
 * none. */
struct secondary_set *rules_secondaries(const struct rules *rules);

/* Share. Shape: none. Units: none. Errors: none. Source: none. */
struct rules *rules_ref(struct rules *rules);

/* Give up; the last one frees. NULL is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void rules_unref(struct rules *rules);

/* How many keys there are. Shape: none. Units: none. Errors: none. Source: none. */
size_t rules_key_count(const struct rules *rules);

/* One of them. Shape: i below the count, in canonical order of names; borrowed. Units: none. Errors:
 * none. Source: none. */
const struct rules_key *rules_key_at(const struct rules *rules, size_t i);

/* How many zones have rules. Shape: none. Units: none. Errors: none. Source: none. */
size_t rules_zone_count(const struct rules *rules);

/* One of them. Shape: i below the count, in canonical order of names; borrowed. Units: none. Errors:
 * none. Source: none. */
const struct rules_zone *rules_zone_at(const struct rules *rules, size_t i);

/* All keys for signatures. Shape: borrowed; NULL when there are none. Units: none. Errors: none. Source: none. */
const struct dns_tsig_ring *rules_ring(const struct rules *rules);

/* The policy of a zone, or NULL for a name without one. Shape: wire form, any case; borrowed. Units:
 * none. Errors: NULL. Source: none. */
const struct policy *rules_policy(const struct rules *rules, const uint8_t *zone_name);

/* What is known of a zone, or NULL. Shape: wire form, any case; borrowed. Units: none. Errors: NULL.
 * Source: none. */
const struct rules_zone *rules_find_zone(const struct rules *rules, const uint8_t *zone_name);
