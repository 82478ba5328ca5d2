/* Everything at a name and at its pools:
 *   {"name":"lumi.compute.gba.","zone":"compute.gba.","serial":7,"now":1790000000,
 *    "records":[{"owner":"lumi.compute.gba.","type":"CENTRE","ttl":300,"text":". kind=hpc",
 *      "attrs":[{"name":"kind","value":"hpc","pretty":"hpc"},
 *               {"name":"cpu","value":"4096","pretty":"4096 cores","unit":"cores","number":4096}]}],
 *    "pools":[{"name":"main.lumi.compute.gba.","records":[...]}],"pools_total":1,
 *    "totals":[{"name":"cpu","value":"4096","pretty":"4096 cores","unit":"cores","number":4096,
 *               "pools":1}],
 *    "cut":false}
 * attrs only at records of our own types; unit and number (in the attribute's stored unit) only at
 * numbers. Pools are those that the index lists under _pool.<name>; totals add up what pools say,
 * of each pool the largest statement. cut: some records were left out for their length. */
#include "server/ctl_cmd.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "zones/attr_text.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_text.h"
#include "zones/dns_type.h"
#include "zones/zone_get.h"
#include "zones/zone_text.h"

enum {
    TEXT_MAX = 300000,       /* octets: RDATA of 65535 octets, each printed as \DDD */
    ALL_TEXTS_MAX = 4 << 20, /* octets of all records' texts in one answer */
    POOLS_MAX = 200, /* pools shown; totals are of all that the index lists (it is bounded) */
    VALUE_MAX = 2 * 65535 + 64, /* octets of one attribute's text */
};

/* What adds up over pools: amounts, not properties. In the order of the table. */
static const uint16_t summed[] = {
    ATTR_KEY_nodes, ATTR_KEY_cpu,  ATTR_KEY_mem,  ATTR_KEY_accn, ATTR_KEY_fp64,
    ATTR_KEY_fp32,  ATTR_KEY_tf32, ATTR_KEY_fp16, ATTR_KEY_bf16, ATTR_KEY_fp8,
    ATTR_KEY_int8,  ATTR_KEY_sto,  ATTR_KEY_watt, ATTR_KEY_cpuf, ATTR_KEY_memf,
    ATTR_KEY_accf,  ATTR_KEY_stof, ATTR_KEY_run,  ATTR_KEY_pend, ATTR_KEY_wattnow,
};

enum { SUMMED = sizeof(summed) / sizeof(summed[0]) };

struct total {
    uint64_t number;
    json_int_t pools;
};

struct show {
    const struct zone *zone;
    uint64_t version;
    struct total totals[SUMMED];
    size_t texts_len; /* octets of texts so far */
    bool is_cut;
    char *text; /* TEXT_MAX octets, for one print at a time */
};

static json_t *text_value(const struct wr *wr)
{
    return wr->err ? NULL : json_stringn((const char *)wr->base, wr_len(wr));
}

/* RDATA as text; in generic form when it is no UTF-8. */
static json_t *print_rdata(struct show *show, const struct zone_rr *rr)
{
    struct wr wr = wr_make(show->text, TEXT_MAX);
    zone_text_print(rr->type, rr->rdata, rr->len, &wr);
    json_t *value = text_value(&wr);
    if (!value) {
        wr = wr_make(show->text, TEXT_MAX);
        dns_text_print_generic(rr->rdata, rr->len, &wr);
        value = text_value(&wr);
    }
    show->texts_len += wr_len(&wr);
    return value;
}

static void set_printed(struct show *show, json_t *object, const char *key,
                        void (*print)(const struct attr_row *row, const uint8_t *value, size_t len,
                                      struct wr *wr),
                        const struct attr_row *row, const struct cres_attr *attr)
{
    struct wr wr = wr_make(show->text, VALUE_MAX);
    print(row, attr->value, attr->len, &wr);
    json_object_set_new(object, key, text_value(&wr)); /* NULL sets nothing */
}

static uint64_t number_of(const struct cres_attr *attr)
{
    struct rd rd = rd_make(attr->value, attr->len);
    return rd_uint(&rd, attr->len);
}

static json_t *pack_attr(struct show *show, const struct cres_attr *attr)
{
    const struct attr_row *row = attr_find(attr->key);
    if (!row) {
        return json_pack("{s:o}", "name", json_sprintf("key%05u", attr->key));
    }
    json_t *object = json_pack("{s:s}", "name", row->name);
    set_printed(show, object, "value", attr_text_print_value, row, attr);
    set_printed(show, object, "pretty", attr_text_print_pretty, row, attr);
    if (row->kind == ATTR_UINT) {
        json_object_set_new(object, "unit", json_string(attr_unit_get(row)->plural));
        const uint64_t number = number_of(attr);
        if (number <= INT64_MAX) { /* JSON has no more; `value` says it in any case */
            json_object_set_new(object, "number", json_integer((json_int_t)number));
        }
    }
    return object;
}

static json_t *pack_attrs(struct show *show, const struct zone_rr *rr)
{
    struct cres_iter iter;
    struct cres_attr attr;
    json_t *attrs = json_array();
    cres_attrs(rr->rdata, rr->len, &iter);
    while (cres_next(&iter, &attr)) {
        json_array_append_new(attrs, pack_attr(show, &attr));
    }
    return attrs;
}

static void pack_record(struct show *show, json_t *records, const char *owner,
                        const struct zone_rr *rr)
{
    char type[16];
    if (show->texts_len > ALL_TEXTS_MAX) {
        show->is_cut = true;
        return;
    }
    dns_type_print(rr->type, type);
    json_t *record = json_pack("{s:s,s:s,s:I,s:o}", "owner", owner, "type", type, "ttl",
                               (json_int_t)rr->ttl_s, "text", print_rdata(show, rr));
    if (record && attr_in_type(rr->type) != 0) {
        json_object_set_new(record, "attrs", pack_attrs(show, rr));
    }
    json_array_append_new(records, record);
}

static json_t *pack_node(struct show *show, const struct zone_node *node, const char *owner)
{
    const struct zone_rrset *sets = zone_node_rrsets(node);
    json_t *records = json_array();
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const uint8_t *at = zone_node_ready(node, &sets[i]);
        const uint8_t *end = at + sets[i].size;
        struct zone_rr rr;
        while (zone_node_next(&at, end, &rr)) {
            pack_record(show, records, owner, &rr);
        }
    }
    return records;
}

/* The largest of a number among the records of a type; false when none states it. */
static bool find_largest(const struct zone_node *node, uint16_t type, uint16_t key,
                         uint64_t *out_largest)
{
    struct zone_records records = zone_node_records(node, type);
    struct zone_rr rr;
    bool is_found = false;
    *out_largest = 0;
    while (zone_node_next(&records.pos, records.end, &rr)) {
        uint64_t number;
        if (cres_uint(rr.rdata, rr.len, key, &number)) {
            is_found = true;
            *out_largest = number > *out_largest ? number : *out_largest;
        }
    }
    return is_found;
}

/* A sum that would not fit stays at the largest number: it is one for people. */
static void add_up(struct show *show, const struct zone_node *pool)
{
    for (size_t i = 0; i < SUMMED; i++) {
        const bool is_load = (attr_find(summed[i])->places & ATTR_IN_CLOAD) != 0;
        const uint16_t type = is_load ? DNS_TYPE_CLOAD : DNS_TYPE_CRES;
        uint64_t number;
        if (find_largest(pool, type, summed[i], &number)) {
            struct total *total = &show->totals[i];
            total->pools++;
            if (__builtin_add_overflow(total->number, number, &total->number) ||
                total->number > INT64_MAX) {
                total->number = INT64_MAX; /* what JSON holds */
            }
        }
    }
}

static json_t *pack_totals(struct show *show)
{
    json_t *totals = json_array();
    for (size_t i = 0; i < SUMMED; i++) {
        const struct total *total = &show->totals[i];
        uint8_t value[8];
        struct wr wr = wr_make(value, sizeof(value));
        const struct cres_attr attr = {.key = summed[i], .len = sizeof(value), .value = value};
        if (total->pools > 0) {
            wr_uint(&wr, total->number, sizeof(value));
            json_t *object = pack_attr(show, &attr);
            json_object_set_new(object, "pools", json_integer(total->pools));
            json_array_append_new(totals, object);
        }
    }
    return totals;
}

static const struct zone_node *find_node(const struct show *show, const uint8_t *name)
{
    uint8_t lower[DNS_NAME_MAX];
    dns_name_lower(name, dns_name_len(name), lower);
    return zone_get_name(show->zone, show->version, lower);
}

static void pack_pool(struct show *show, json_t *pools, const uint8_t *name)
{
    char text[DNS_NAME_TEXT_MAX];
    const struct zone_node *node = find_node(show, name);
    if (!node) {
        return;
    }
    add_up(show, node);
    if (json_array_size(pools) < POOLS_MAX) {
        dns_name_print(name, text);
        json_array_append_new(
            pools, json_pack("{s:s,s:o}", "name", text, "records", pack_node(show, node, text)));
    }
}

/* The pools that the index lists under _pool.<name>; how many there are in *out_total. */
static json_t *pack_pools(struct show *show, const uint8_t *name, json_int_t *out_total)
{
    static const uint8_t pool_label[] = {5, '_', 'p', 'o', 'o', 'l'};
    json_t *pools = json_array();
    uint8_t list_name[DNS_NAME_MAX];
    size_t len;
    struct zone_rr rr;
    *out_total = 0;
    if (dns_name_join(pool_label, sizeof(pool_label), name, list_name, &len)) {
        return pools;
    }
    struct zone_records records = zone_node_records(find_node(show, list_name), DNS_TYPE_PTR);
    while (zone_node_next(&records.pos, records.end, &rr)) {
        ++*out_total;
        pack_pool(show, pools, rr.rdata);
    }
    return pools;
}

static json_t *pack_all(struct show *show, const struct ctl_cmd_context *with, const uint8_t *name)
{
    char text[DNS_NAME_TEXT_MAX], zone_text[DNS_NAME_TEXT_MAX];
    json_int_t pools_total;
    const struct zone_node *node = find_node(show, name);
    if (!node) {
        return NULL;
    }
    dns_name_print(name, text);
    dns_name_print(zone_name(show->zone), zone_text);
    json_t *records = pack_node(show, node, text);
    json_t *pools = pack_pools(show, name, &pools_total);
    return json_pack("{s:s,s:s,s:I,s:I,s:o,s:o,s:I,s:o,s:b}", "name", text, "zone", zone_text,
                     "serial", (json_int_t)zone_serial(show->zone, show->version), "now",
                     (json_int_t)with->clock->wall_s(with->clock), "records", records, "pools",
                     pools, "pools_total", pools_total, "totals", pack_totals(show), "cut",
                     show->is_cut);
}

void ctl_show(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    const struct world *world = rcu_read(with->world->now);
    uint8_t name[DNS_NAME_MAX], lower[DNS_NAME_MAX];
    struct dns_labels labels;
    size_t len;
    const int err = dns_name_parse(request->args[0], strlen(request->args[0]), NULL, name, &len);
    if (err) {
        ctl_reply_error(reply, err, "%s is no name: %s", request->args[0], err_text(err));
        return;
    }
    dns_name_lower(name, len, lower);
    dns_name_index(&world->zones_key, lower, &labels);
    struct show show = {.zone = zone_set_find(world->zones, lower, &labels, 0),
                        .text = malloc(TEXT_MAX)};
    if (!show.zone) {
        ctl_reply_error(reply, ERR_MISSING, "%s is in no zone of this server", request->args[0]);
    } else if (!show.text) {
        ctl_reply_error(reply, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    } else {
        show.version = zone_version(show.zone);
        json_t *result = find_node(&show, lower) ? pack_all(&show, with, lower) : NULL;
        if (result) {
            ctl_reply_ok(reply, json_dumps(result, JSON_COMPACT));
        } else {
            ctl_reply_error(reply, ERR_MISSING, "no such name: %s", request->args[0]);
        }
        json_decref(result);
    }
    free(show.text);
}
