#include "zones/zone_copy.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

static bool has_record(const struct zone_node *node, const struct zone_rrset *set,
                       const uint8_t *rdata, size_t len)
{
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    struct zone_rr rr;
    while (zone_node_next(&pos, end, &rr)) {
        if (dns_rdata_compare(set->type, rr.rdata, rr.len, rdata, len) == 0) {
            return true;
        }
    }
    return false;
}

/* The RRset with one record more. */
static int put_longer(struct zone_edit *edit, const uint8_t *owner, const struct zone_node *node,
                      const struct zone_rrset *set, const struct zone_rr *rr)
{
    size_t old_len = set ? set->size : 0;
    size_t new_len = old_len + ZONE_RR_FIXED + rr->len;
    unsigned count = set ? set->count + 1u : 1;
    if (new_len > ZONE_RRSET_MAX || count > UINT16_MAX) {
        return ERR_LIMIT;
    }
    uint8_t *ready = mem_alloc(new_len);
    if (set) {
        memcpy(ready, zone_node_ready(node, set), old_len);
    }
    zone_node_write_rr(ready + old_len, rr->type, rr->ttl_s, rr->rdata, rr->len);
    int err = zone_edit_set(edit, owner, rr->type, count, ready, new_len);
    mem_free(ready);
    return err;
}

int zone_copy_add(struct zone_edit *edit, const uint8_t *owner, uint16_t type, uint32_t ttl_s,
                  const uint8_t *rdata, size_t len)
{
    if (!dns_name_is_in(owner, zone_name(zone_edit_zone(edit)))) {
        return ERR_OUT_OF_ZONE;
    }
    if (len > ZONE_RRSET_MAX) {
        return ERR_LIMIT;
    }
    const struct dns_type_row *row = dns_type_find(type);
    const struct zone_node *node = zone_edit_get(edit, owner);
    const struct zone_rrset *set = node ? zone_node_find(node, type) : NULL;
    if (set && ((row && (row->flags & DNS_TYPE_ONE)) || has_record(node, set, rdata, len))) {
        return ERR_EXISTS;
    }
    struct zone_rr rr = {ttl_s, type, (uint16_t)len, rdata};
    return put_longer(edit, owner, node, set, &rr);
}
