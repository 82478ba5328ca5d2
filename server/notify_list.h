/* Notify list: whom to tell of which zone, as one configuration has it, and what each was told.
 *
 * Made in any thread; on its way to the loop it is a message, and it belongs to the loop from then
 * on.
 * Prefix: notify_list notify_secondary */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop_post.h"
#include "server/conf.h"
#include "zones/dns_name.h"
#include "zones/dns_tsig_client.h"

struct notify;

/* One zone of one secondary. */
struct notify_secondary {
    uint8_t zone[DNS_NAME_MAX];
    struct server_conf_address address;
    uint32_t serial;  /* told last */
    bool is_told;     /* of any */
    uint8_t tries;    /* without an answer so far; 0: it owes none */
    uint16_t id;      /* of the message that it owes an answer to */
    uint16_t rcode;   /* of its last answer */
    uint64_t sent_ms; /* the last try */
    uint8_t key[DNS_NAME_MAX];
    bool is_signed; /* with that key */
    struct dns_tsig_client tsig;
    uint16_t hint; /* TSIG error of an answer to this try that proved nothing */
};

struct notify_list {
    struct loop_post_item item; /* first: on its way to the loop */
    struct notify *notify;
    uint32_t delay_ms;
    bool goes_on; /* with what the secondaries of the list before were told */
    size_t count;
    struct notify_secondary items[]; /* in the order of zones */
};

/* The secondaries of a configuration, nobody told of anything. Shape: for mem_free; conf borrowed
 * during the call. Units: none. Errors: aborts without memory. Source: none. */
struct notify_list *notify_list_create(const struct server_conf *conf);

/* Who is in both lists goes on as it stands. Shape: zones of both in canonical order of their names.
 * Units: none. Errors: none. Source: none. */
void notify_list_carry_over(const struct notify_list *from, struct notify_list *to);
