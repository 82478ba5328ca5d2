/* Dynamic update of one zone, as the pure part of it: one message's prerequisites, prescan and
 * changes on an edit (RFC 2136 section 3).
 *
 * Knows neither transports nor keys: who may change what is asked of the caller, record by record.
 * The caller sets a mark before and rewinds it unless the verdict is NOERROR, so that a message is
 * applied whole or not at all. Runs in the writer's thread; the message is borrowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/zone_edit.h"

enum {
    ZONE_UPDATE_TEXT = 160,       /* octets of the explanation, terminator included */
    ZONE_UPDATE_SCRATCH = 131070, /* octets of room for two RDATA */
};

/* One record of the update section, for the policy. Borrowed during the call. */
struct zone_update_record {
    const uint8_t *owner; /* lower-case wire form, in the zone */
    uint16_t type;        /* ANY when all types of the name are deleted */
    bool is_delete;
};

/* What the caller lends. */
struct zone_update_options {
    /* May this be done? A refusal says why by an extended error (enum dns_ede) and its text
     * (ZONE_UPDATE_TEXT octets). */
    bool (*permit)(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *text);
    /* A record of class IN was added, or was there already; NULL: nobody wants to know. RDATA as it is
     * stored. Counts only when the message ends well. */
    void (*added)(void *added_context, const struct zone_update_record *record,
                  const uint8_t *rdata, size_t len);
    /* Does a record that is added make sense to those who will use it? It has passed our own checks; a refusal says
     * why in text (ZONE_UPDATE_TEXT octets). NULL: nobody asks. */
    bool (*judge)(void *judge_context, uint16_t type, const uint8_t *rdata, size_t len, char *text);
    void *context, *added_context, *judge_context;
    uint64_t now_s;     /* wall clock, for obs */
    bool has_index;     /* server-written names and mirrors are refused */
    bool has_find;      /* names below `find` are computed: nothing is added there */
    uint32_t ttl_max_s; /* longer TTLs are cut to it; 0: as they come */
    uint8_t *scratch;   /* ZONE_UPDATE_SCRATCH octets */
};

/* How it ended. */
struct zone_update_result {
    uint16_t rcode;              /* enum dns_rcode */
    uint16_t ede;                /* enum dns_ede */
    bool has_soa;                /* the message set the serial itself */
    char text[ZONE_UPDATE_TEXT]; /* names record and reason; "" when there is nothing to say */
};

/* Read a message's zone section: exactly one, type SOA.
 * Shape: message as received; out_name lower case, DNS_NAME_MAX octets. Units: none.
 * Errors: returns the rcode, NOERROR or FORMERR; class other than IN is NOTAUTH.
 * Source: RFC 2136 3.1. */
uint16_t zone_update_zone(const uint8_t *message, size_t len, uint8_t *out_name);

/* Check prerequisites, prescan the whole update section, and apply it.
 * Shape: message as received, of len octets. Units: octets.
 * Errors: see the result: NOERROR, FORMERR, NXDOMAIN, YXDOMAIN, NXRRSET, YXRRSET, NOTZONE, REFUSED; the
 * edit may be half changed then. Source: RFC 2136 3.2 to 3.4, RFC 6672 5.2, docs/records.md. */
void zone_update_apply(struct zone_edit *edit, const uint8_t *message, size_t len,
                       const struct zone_update_options *options,
                       struct zone_update_result *out_result);
