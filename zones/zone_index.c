#include "zones/zone_index.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/sorted.h"
#include "zones/cres.h"
#include "zones/cres_mirror.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_diff.h"
#include "zones/zone_get.h"
#include "zones/zone_index_set.h"

enum {
    LIST_TTL_S = 60,
    SOURCES_MAX = 32, /* CRES records of one name that its mirror looks at */
};

struct zone_index {
    uint8_t zone_name[DNS_NAME_MAX];
    unsigned max;
    bool is_built;
    struct zone_index_set *set;
    struct sorted centres; /* names (mem_copy) whose own list is to be written anew */
};

/* A commit under way. */
struct run {
    struct zone_index *index;
    struct zone_edit *edit;
    int err; /* first */
};

static const uint8_t pool_label[] = "\5_pool"; /* without the root label */

enum { POOL_LABEL_LEN = sizeof(pool_label) - 1 };

static int compare_names(const void *a, const void *b)
{
    return dns_name_compare(a, b);
}

struct zone_index *zone_index_create(const uint8_t *zone_name, unsigned max)
{
    struct zone_index *index = mem_alloc(sizeof(*index));
    dns_name_lower(zone_name, dns_name_len(zone_name), index->zone_name);
    index->max = max;
    index->set = zone_index_set_create(index->zone_name);
    sorted_init(&index->centres, compare_names);
    return index;
}

static bool free_name(void *item, void *context)
{
    (void)context;
    mem_free(item);
    return true;
}

static void forget_centres(struct zone_index *index)
{
    sorted_walk(&index->centres, free_name, NULL);
    sorted_finish(&index->centres);
}

void zone_index_destroy(struct zone_index *index)
{
    if (index) {
        forget_centres(index);
        zone_index_set_destroy(index->set);
        mem_free(index);
    }
}

bool zone_index_is_name(const uint8_t *zone_name, const uint8_t *owner)
{
    bool is_pools = owner[0] == pool_label[0] && memcmp(owner, pool_label, POOL_LABEL_LEN) == 0;
    return is_pools || zone_index_set_is_list(zone_name, owner);
}

static void mark_centre(struct zone_index *index, const uint8_t *owner)
{
    uint8_t *name = mem_copy(owner, dns_name_len(owner));
    if (!sorted_add(&index->centres, name)) {
        mem_free(name);
    }
}

static bool has_type(const struct zone_node *node, uint16_t type)
{
    return node && zone_node_find(node, type);
}

/* The node above a name when it is a centre, else NULL. */
static const struct zone_node *centre_above(struct run *run, const uint8_t *owner)
{
    if (dns_name_equal(owner, zone_name(zone_edit_zone(run->edit)))) {
        return NULL;
    }
    const struct zone_node *node = zone_edit_get(run->edit, dns_name_up(owner, 1));
    return has_type(node, DNS_TYPE_CENTRE) ? node : NULL;
}

static void put_txt(struct run *run, const uint8_t *owner, uint32_t ttl_s, const uint8_t *rdata,
                    size_t len)
{
    uint8_t ready[ZONE_RR_FIXED + CRES_MIRROR_MAX];
    size_t size = 0;
    if (len > 0) {
        zone_node_write_rr(ready, DNS_TYPE_TXT, ttl_s, rdata, len);
        size = ZONE_RR_FIXED + len;
    }
    int err = zone_edit_set(run->edit, owner, DNS_TYPE_TXT, size > 0 ? 1 : 0, ready, size);
    if (err != ERR_LIMIT) { /* a name without room has no mirror: nobody else pays for it */
        run->err = run->err ? run->err : err;
    }
}

/* One record of a type as the mirror wants it; *ttl_s falls to its TTL when that is smaller. */
static bool take_record(const uint8_t **pos, const uint8_t *end, struct cres_rdata *out,
                        uint32_t *ttl_s)
{
    struct zone_rr rr;
    if (!zone_node_next(pos, end, &rr)) {
        return false;
    }
    *ttl_s = rr.ttl_s < *ttl_s ? rr.ttl_s : *ttl_s;
    *out = (struct cres_rdata){rr.rdata, rr.len};
    return true;
}

static size_t take_records(const struct zone_node *node, uint16_t type, struct cres_rdata *out,
                           size_t max, uint32_t *ttl_s)
{
    struct zone_records records = zone_node_records(node, type);
    size_t count = 0;
    while (count < max && take_record(&records.pos, records.end, &out[count], ttl_s)) {
        count++;
    }
    return count;
}

/* Write the TXT of a centre or pool anew, or remove it from what is neither any more. */
static void mirror(struct run *run, const uint8_t *owner)
{
    struct cres_rdata res[SOURCES_MAX];
    struct cres_view view = {.res = res};
    uint32_t ttl_s = UINT32_MAX, unused = UINT32_MAX;
    const struct zone_node *above = centre_above(run, owner);
    const struct zone_node *node = zone_edit_get(run->edit, owner);
    if (!node) {
        return;
    }
    take_records(node, DNS_TYPE_CENTRE, &view.centre, 1, &ttl_s);
    if (above && has_type(node, DNS_TYPE_CRES)) {
        view.res_count = take_records(node, DNS_TYPE_CRES, res, SOURCES_MAX, &ttl_s);
        take_records(node, DNS_TYPE_CLOAD, &view.load, 1, &ttl_s);
        take_records(above, DNS_TYPE_CENTRE, &view.above, 1, &unused);
    }
    uint8_t txt[CRES_MIRROR_MAX];
    struct wr wr = wr_make(txt, sizeof(txt));
    if (view.centre.data || view.res_count > 0) {
        cres_mirror_txt(&view, &wr);
    }
    put_txt(run, owner, ttl_s, txt, wr.err ? 0 : wr_len(&wr));
}

/* A name with or without CRES takes its place in the lists. */
static void place(struct run *run, const uint8_t *owner)
{
    const struct zone_node *centre = centre_above(run, owner);
    const struct zone_node *node = zone_edit_get(run->edit, owner);
    if (!dns_name_equal(owner, run->index->zone_name)) {
        mark_centre(run->index, dns_name_up(owner, 1));
    }
    if (has_type(node, DNS_TYPE_CRES)) {
        zone_index_set_put(run->index->set, owner, node, centre);
    } else {
        zone_index_set_remove(run->index->set, owner);
    }
}

/* Lists and mirror of one name; was_centre: it had a mirror as a centre before. */
static void renew(struct run *run, const uint8_t *name, bool was_centre)
{
    uint8_t owner[DNS_NAME_MAX]; /* name may belong to a pool that goes now */
    memcpy(owner, name, dns_name_len(name));
    bool was = was_centre || zone_index_set_is_listed(run->index->set, owner);
    place(run, owner);
    bool is = has_type(zone_edit_get(run->edit, owner), DNS_TYPE_CENTRE) ||
              zone_index_set_is_listed(run->index->set, owner);
    if (was || is) {
        mirror(run, owner);
    }
}

/* One changed name. The pools of a centre follow it when it comes, goes or says something else. */
static int on_change(void *context, const struct zone_edit_change *change)
{
    struct run *run = context;
    bool centre = !zone_diff_is_same(change, DNS_TYPE_CENTRE);
    if (!centre && zone_diff_is_same(change, DNS_TYPE_CRES) &&
        zone_diff_is_same(change, DNS_TYPE_CLOAD) && zone_diff_is_same(change, DNS_TYPE_TXT)) {
        return 0;
    }
    uint8_t owner[DNS_NAME_MAX]; /* the change's nodes may go while the edit grows */
    const struct zone_node *node = change->new_node ? change->new_node : change->old_node;
    memcpy(owner, node->owner, node->owner_len);
    renew(run, owner, has_type(change->old_node, DNS_TYPE_CENTRE));
    if (centre) {
        struct zone_index_names pools = zone_index_set_below(run->index->set, owner);
        mark_centre(run->index, owner);
        for (size_t i = 0; i < pools.count; i++) {
            renew(run, pools.names[i], false);
        }
        mem_free(pools.names);
    }
    return run->err;
}

/* A PTR RRset under construction: members in order until the list's maximum or the RRset's size
 * is reached. */
struct drawing {
    uint8_t *ready;
    size_t len;
    unsigned shown, max;
};

static bool draw(struct drawing *drawing, const uint8_t *name)
{
    size_t len = dns_name_len(name);
    if (drawing->shown == drawing->max || drawing->len + ZONE_RR_FIXED + len > ZONE_RRSET_MAX) {
        return false;
    }
    zone_node_write_rr(drawing->ready + drawing->len, DNS_TYPE_PTR, LIST_TTL_S, name, len);
    drawing->len += ZONE_RR_FIXED + len;
    drawing->shown++;
    return true;
}

static bool draw_pool(void *item, void *context)
{
    return draw(context, zone_index_set_name(item));
}

static void put_count(struct wr *wr, const char *key, size_t number)
{
    char text[40];
    int len = snprintf(text, sizeof(text), "%s=%zu", key, number);
    wr_u8(wr, (unsigned)len);
    wr_bytes(wr, text, (size_t)len);
}

/* Write a list and the TXT that counts it. */
static void put_list(struct run *run, const uint8_t *owner, const struct drawing *drawing,
                     size_t total)
{
    uint8_t rdata[80];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    put_count(&wr, "total", total);
    put_count(&wr, "shown", drawing->shown);
    int err =
        zone_edit_set(run->edit, owner, DNS_TYPE_PTR, drawing->shown, drawing->ready, drawing->len);
    run->err = run->err ? run->err : err;
    put_txt(run, owner, LIST_TTL_S, rdata, total > 0 ? wr_len(&wr) : 0);
}

/* `_pool.<centre>`; a name that is no centre (any more) has none. */
static bool write_centre(void *item, void *context)
{
    struct run *run = context;
    const uint8_t *centre = item;
    uint8_t owner[DNS_NAME_MAX];
    size_t len;
    if (dns_name_join(pool_label, POOL_LABEL_LEN, centre, owner, &len)) {
        return true; /* too long for a list of its own */
    }
    bool is_centre = has_type(zone_edit_get(run->edit, centre), DNS_TYPE_CENTRE);
    struct zone_index_names pools = zone_index_set_below(run->index->set, centre);
    struct drawing drawing = {mem_alloc(ZONE_RRSET_MAX), 0, 0, run->index->max};
    size_t total = is_centre ? pools.count : 0;
    for (size_t i = 0; i < total && draw(&drawing, pools.names[i]); i++) {
    }
    put_list(run, owner, &drawing, total);
    mem_free(drawing.ready);
    mem_free(pools.names);
    return true;
}

static void write_list(void *context, const uint8_t *name, const struct sorted *pools)
{
    struct run *run = context;
    struct drawing drawing = {mem_alloc(ZONE_RRSET_MAX), 0, 0, run->index->max};
    sorted_walk(pools, draw_pool, &drawing);
    put_list(run, name, &drawing, pools->count);
    mem_free(drawing.ready);
}

/* Sets of what is published already; its records stand in the zone. */
static int build_node(void *context, const struct zone_node *node)
{
    struct run *run = context;
    if (!has_type(node, DNS_TYPE_CRES)) {
        return 0;
    }
    const struct zone *zone = zone_edit_zone(run->edit);
    const struct zone_node *centre = NULL;
    if (!dns_name_equal(node->owner, run->index->zone_name)) {
        centre = zone_get_name(zone, zone_version(zone), dns_name_up(node->owner, 1));
    }
    zone_index_set_put(run->index->set, node->owner, node,
                       has_type(centre, DNS_TYPE_CENTRE) ? centre : NULL);
    return 0;
}

static void ignore_list(void *context, const uint8_t *name, const struct sorted *pools)
{
    (void)context;
    (void)name;
    (void)pools;
}

static void build(struct run *run)
{
    const struct zone *zone = zone_edit_zone(run->edit);
    zone_walk(zone, zone_version(zone), build_node, run);
    zone_index_set_changed(run->index->set, ignore_list, NULL);
    run->index->is_built = true;
}

/* Write what renew() has marked. */
static int write_marked(struct run *run, int err)
{
    sorted_walk(&run->index->centres, write_centre, run);
    zone_index_set_changed(run->index->set, write_list, run);
    forget_centres(run->index);
    return err ? err : run->err;
}

int zone_index_apply(struct zone_index *index, struct zone_edit *edit)
{
    struct run run = {index, edit, 0};
    if (!index->is_built) {
        build(&run);
    }
    return write_marked(&run, zone_edit_each(edit, on_change, &run));
}

/* Remove one server-written RRset. */
static int take_out(struct zone_edit *edit, const struct zone_node *node, uint16_t type)
{
    return has_type(node, type) ? zone_edit_set(edit, node->owner, type, 0, NULL, 0) : 0;
}

static int refresh_node(void *context, const struct zone_node *node)
{
    struct run *run = context;
    if (zone_index_is_name(zone_name(zone_edit_zone(run->edit)), node->owner)) {
        int err = take_out(run->edit, node, DNS_TYPE_PTR);
        return err ? err : take_out(run->edit, node, DNS_TYPE_TXT);
    }
    bool is_centre = has_type(node, DNS_TYPE_CENTRE);
    if (!is_centre && !has_type(node, DNS_TYPE_CRES)) {
        return 0;
    }
    if (!run->index) { /* a TXT beside CRES that no centre is above was never ours */
        bool is_mirrored = is_centre || centre_above(run, node->owner);
        return is_mirrored ? take_out(run->edit, node, DNS_TYPE_TXT) : 0;
    }
    if (is_centre) {
        mark_centre(run->index, node->owner);
    }
    renew(run, node->owner, is_centre);
    return run->err;
}

int zone_index_refresh(struct zone_index *index, struct zone_edit *edit)
{
    const struct zone *zone = zone_edit_zone(edit);
    struct run run = {index, edit, 0};
    int err = zone_walk(zone, zone_version(zone), refresh_node, &run);
    if (!index) {
        return err;
    }
    index->is_built = true;
    return write_marked(&run, err);
}
