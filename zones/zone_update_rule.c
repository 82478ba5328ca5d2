#include "zones/zone_update_rule.h"

#include <string.h>

#include "base/mem.h"
#include "zones/attr.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_index.h"

bool zone_update_rule_is_signing(uint16_t type)
{
    const struct dns_type_row *row = dns_type_find(type);
    return (row && (row->flags & DNS_TYPE_SIGNED)) || type == DNS_TYPE_SIG || type == DNS_TYPE_NXT;
}

static const struct zone_rrset *find_set(const struct zone_node *node, uint16_t type)
{
    return node ? zone_node_find(node, type) : NULL;
}

const char *zone_update_rule_owned(struct zone_edit *edit, const uint8_t *owner, uint16_t type,
                                   bool has_index)
{
    if (zone_update_rule_is_signing(type)) {
        return "the server alone writes this type";
    }
    if (!has_index) {
        return NULL;
    }
    if (zone_index_is_name(zone_name(zone_edit_zone(edit)), owner)) {
        return "the server alone writes this name";
    }
    const struct zone_node *node = type == DNS_TYPE_TXT ? zone_edit_get(edit, owner) : NULL;
    bool is_mirrored = find_set(node, DNS_TYPE_CENTRE) || find_set(node, DNS_TYPE_CRES);
    return is_mirrored ? "the server alone writes TXT at a centre or pool" : NULL;
}

/* Both have the attribute with one value, or neither has it. */
static bool is_same(struct cres_rdata a, struct cres_rdata b, uint16_t key)
{
    const uint8_t *value[2];
    size_t len[2];
    bool has_a = cres_find(a.data, a.len, key, &value[0], &len[0]);
    bool has_b = cres_find(b.data, b.len, key, &value[1], &len[1]);
    return has_a == has_b &&
           (!has_a || (len[0] == len[1] && memcmp(value[0], value[1], len[0]) == 0));
}

/* A name has one CLOAD, but a CNET for each path: peer, region, medium and slice make a path. */
static bool is_same_thing(uint16_t type, struct cres_rdata a, struct cres_rdata b)
{
    return type == DNS_TYPE_CLOAD ||
           (dns_name_equal(a.data, b.data) && is_same(a, b, ATTR_KEY_region) &&
            is_same(a, b, ATTR_KEY_medium) && is_same(a, b, ATTR_KEY_slice));
}

static int check_observation(const struct zone_node *node, uint16_t type, struct cres_rdata new,
                             uint64_t now_s, struct err_at *at)
{
    int err = cres_check_update(new, (struct cres_rdata){NULL, 0}, now_s, at);
    struct zone_records records = zone_node_records(node, type);
    struct zone_rr rr;
    while (!err && zone_node_next(&records.pos, records.end, &rr)) {
        struct cres_rdata old = {rr.rdata, rr.len};
        err = is_same_thing(type, new, old) ? cres_check_update(new, old, now_s, at) : 0;
    }
    return err;
}

int zone_update_rule_record(struct zone_edit *edit, const uint8_t *owner, uint16_t type,
                            const uint8_t *rdata, size_t len, uint64_t now_s, struct err_at *at)
{
    if (type < DNS_TYPE_CENTRE || type > DNS_TYPE_CPOL) {
        return 0;
    }
    int err = cres_check(type, rdata, len, at);
    if (err || (type != DNS_TYPE_CLOAD && type != DNS_TYPE_CNET)) {
        return err;
    }
    struct cres_rdata record = {rdata, len};
    return check_observation(zone_edit_get(edit, owner), type, record, now_s, at);
}

int zone_update_rule_name(struct zone_edit *edit, const uint8_t *owner, struct err_at *at)
{
    const struct zone_node *node = zone_edit_get(edit, owner);
    const struct zone_rrset *load = find_set(node, DNS_TYPE_CLOAD);
    const struct zone_rrset *set = find_set(node, DNS_TYPE_CRES);
    if (!load) {
        return 0;
    }
    struct cres_rdata *res = mem_grow(NULL, set ? set->count : 1, sizeof(*res));
    struct cres_view view = {.res = res};
    struct zone_records records = zone_node_records(node, DNS_TYPE_CLOAD);
    struct zone_rr rr;
    zone_node_next(&records.pos, records.end, &rr);
    view.load = (struct cres_rdata){rr.rdata, rr.len};
    records = zone_node_records(node, DNS_TYPE_CRES);
    while (zone_node_next(&records.pos, records.end, &rr)) {
        res[view.res_count++] = (struct cres_rdata){rr.rdata, rr.len};
    }
    int err = cres_check_node(&view, at);
    mem_free(res);
    return err;
}

bool zone_update_rule_is_old(const struct zone_node *node, uint16_t type, const uint8_t *rdata,
                             size_t len, struct zone_rr *out_rr)
{
    struct zone_records records = zone_node_records(node, type);
    struct cres_rdata new = {rdata, len};
    uint64_t obs, old_obs;
    while (zone_node_next(&records.pos, records.end, out_rr)) {
        struct cres_rdata old = {out_rr->rdata, out_rr->len};
        if (is_same_thing(type, new, old) && cres_uint(rdata, len, ATTR_KEY_obs, &obs) &&
            cres_uint(old.data, old.len, ATTR_KEY_obs, &old_obs) && obs <= old_obs) {
            return true;
        }
    }
    return false;
}
