#include "sched/choose/pools_centre.h"

#include <string.h>

#include "zones/dns_type.h"

enum {
    LOC_LEN = 16,
    LOC_LATITUDE = 4, /* octet where it begins */
    LOC_LONGITUDE = 8,
    LOC_MIDDLE = 2147483647, /* less 1: the equator, and Greenwich */
    LOC_DEGREE = 3600000,    /* thousandths of a second of arc */
};

static void take_attr(struct pools_centre_record *record, const struct hash_key *key,
                      const struct cres_attr *attr, size_t column)
{
    uint64_t number = 0;
    if (attr->key == ATTR_KEY_maint) {
        pools_row_span(attr->value, &record->centre.maint_from_s, &record->centre.maint_until_s);
    } else if (!pools_row_number(key, attr, &number)) {
        return;
    }
    record->row.has |= (uint32_t)1 << column;
    record->row.value[column] = number;
}

static void take_centre(struct pools_centre_record *record, const struct hash_key *key,
                        struct cres_rdata rdata)
{
    struct cres_iter iter;
    struct cres_attr attr;
    cres_attrs(rdata.data, rdata.len, &iter);
    while (cres_next(&iter, &attr)) {
        const struct attr_row *row = attr_find(attr.key);
        if (row && attr.key != ATTR_KEY_vis) {
            take_attr(record, key, &attr, (size_t)(row - attr_get(0)));
        }
        if (attr.key == ATTR_KEY_region) {
            pools_region_hashes(key, (const char *)attr.value, attr.len, record->centre.regions);
        }
    }
    record->centre.jur = record->row.value[ATTR_INDEX_jur];
    record->centre.hub = record->row.value[ATTR_INDEX_hub] != 0;
}

/* RFC 1876 section 2: thousandths of a second of arc around 2^31. */
static bool take_degrees(const uint8_t *at, double most, double *out_degrees)
{
    int64_t number = (int64_t)attr_uint_get(at, 4) - LOC_MIDDLE - 1;
    *out_degrees = (double)number / LOC_DEGREE;
    return *out_degrees >= -most && *out_degrees <= most;
}

static void take_loc(struct pools_centre *centre, const struct zone_node *node)
{
    struct zone_records records = zone_node_records(node, DNS_TYPE_LOC);
    const uint8_t *first = NULL; /* in canonical order */
    struct zone_rr rr;
    while (zone_node_next(&records.pos, records.end, &rr)) {
        double latitude, longitude;
        if (rr.len != LOC_LEN || rr.rdata[0] != 0 || /* RFC 1876 2: VERSION */
            !take_degrees(rr.rdata + LOC_LATITUDE, 90, &latitude) ||
            !take_degrees(rr.rdata + LOC_LONGITUDE, 180, &longitude) ||
            (first && memcmp(first, rr.rdata, LOC_LEN) < 0)) {
            continue;
        }
        first = rr.rdata;
        centre->has_loc = true;
        centre->latitude = latitude;
        centre->longitude = longitude;
    }
}

static void take_number(struct pools_path *path, uint16_t key, uint64_t number)
{
    switch (key) {
    case ATTR_KEY_medium:
        path->medium = (uint8_t)number;
        break;
    case ATTR_KEY_bw:
        path->bw_mbits = number;
        break;
    case ATTR_KEY_bwf:
        path->bwf_mbits = number;
        break;
    case ATTR_KEY_rtt:
        path->rtt_us = number;
        break;
    case ATTR_KEY_jitter:
        path->jitter_us = number;
        break;
    case ATTR_KEY_loss:
        path->loss_ppm = number;
        break;
    case ATTR_KEY_enc:
        path->enc = number;
        break;
    case ATTR_KEY_slice:
        path->slice = number;
        break;
    default:
        return;
    }
    path->has |= (uint64_t)1 << (key - ATTR_KEY_medium);
}

static struct pools_path read_path(const struct hash_key *key, const uint8_t *apex,
                                   struct cres_rdata rdata)
{
    struct pools_path path = {0};
    struct cres_iter iter;
    struct cres_attr attr;
    uint64_t number;
    if (rdata.data[0] != 0) { /* "." leads nowhere: the region is meant */
        path.target = pools_name_hash(key, rdata.data, apex);
        path.exact = pools_exact_hash(key, rdata.data);
    }
    cres_attrs(rdata.data, rdata.len, &iter);
    while (cres_next(&iter, &attr)) {
        if (!attr_find(attr.key) || !pools_row_number(key, &attr, &number)) {
            continue;
        }
        path.region = attr.key == ATTR_KEY_region ? number : path.region;
        take_number(&path, attr.key, number);
    }
    return path;
}

struct pools_centre_record *pools_centre_make(struct pools_turn *turn, const struct hash_key *key,
                                              const uint8_t *apex, const uint8_t *name,
                                              const struct zone_node *node)
{
    struct cres_rdata centre, paths[POOLS_PATHS_MAX];
    if (pools_row_records(node, DNS_TYPE_CENTRE, &centre, 1) == 0) {
        return NULL;
    }
    size_t count = pools_row_records(node, DNS_TYPE_CNET, paths, POOLS_PATHS_MAX);
    struct pools_centre_record *record =
        pools_turn_make(turn, sizeof(*record) + count * sizeof(record->paths[0]));
    record->centre = (struct pools_centre){
        .name = name,
        .hash = pools_name_hash(key, name, apex),
        .exact = pools_exact_hash(key, name),
        .paths = record->paths,
        .path_count = count,
    };
    take_centre(record, key, centre);
    take_loc(&record->centre, node);
    for (size_t i = 0; i < count; i++) {
        record->paths[i] = read_path(key, apex, paths[i]);
    }
    return record;
}
