/* Which zones of the store stand there because a catalog lists them: what the server had taken over
 * when it ended. A zone with a mark may go with its catalog's word; one without is the operator's.
 *
 * A mark a zone, beside its row: the catalog, and the label that the zone had in it. Like the store,
 * it belongs to the writer's thread; no group of zone_store_begin may be open. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/zone_store.h"

/* A mark. All borrowed. */
struct zone_store_member {
    const uint8_t *name, *catalog; /* wire form */
    const uint8_t *label;          /* length octet and octets, as in zones/zone_catalog.h */
};

enum zone_store_member_kind {
    ZONE_STORE_MEMBER_SET,    /* the zone has this mark from now on */
    ZONE_STORE_MEMBER_UNSET,  /* none, and what the store has of the zone stays */
    ZONE_STORE_MEMBER_FORGET, /* none, and what the store has of the zone goes */
    ZONE_STORE_MEMBER_RENEW,  /* this mark, and what the store has of the zone goes */
};

struct zone_store_member_change {
    enum zone_store_member_kind kind;
    struct zone_store_member member; /* catalog and label count with SET and RENEW alone */
};

/* Visit all marks, in no order of use, until visit returns non-zero; returns that.
 * Shape: member borrowed during the call. Units: none. Errors: ERR_STORE_CORRUPT, the store's. Source:
 * docs/store.md. */
int zone_store_member_each(struct zone_store *store,
                           int (*visit)(void *context, const struct zone_store_member *member),
                           void *context);

/* Make changes, all in one transaction; a full store grows.
 * Shape: in order; a zone that is not there is no error. Units: none. Errors: the store's: nothing is
 * changed. Source: none. */
int zone_store_member_write(struct zone_store *store,
                            const struct zone_store_member_change *changes, size_t count);
