#include "zones/cres.h"

#include <inttypes.h>

#include "zones/attr.h"
#include "zones/attr_number.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

void cres_attrs(const uint8_t *data, size_t len, struct cres_iter *out_iter)
{
    out_iter->rd = rd_make(data, len);
    size_t name_len = dns_name_measure(data, len);
    if (name_len == 0) {
        rd_fail(&out_iter->rd, ERR_RDATA);
        return;
    }
    (void)rd_take(&out_iter->rd, name_len);
}

bool cres_next(struct cres_iter *iter, struct cres_attr *out_attr)
{
    if (rd_left(&iter->rd) == 0) {
        return false;
    }
    uint16_t key = rd_u16(&iter->rd);
    uint16_t len = rd_u16(&iter->rd);
    const uint8_t *value = rd_take(&iter->rd, len);
    if (!value) {
        return false;
    }
    *out_attr = (struct cres_attr){key, len, value};
    return true;
}

bool cres_find(const uint8_t *data, size_t len, uint16_t key, const uint8_t **out_value,
               size_t *out_len)
{
    struct cres_iter iter;
    struct cres_attr attr;
    cres_attrs(data, len, &iter);
    while (cres_next(&iter, &attr) && attr.key <= key) { /* keys rise */
        if (attr.key == key) {
            *out_value = attr.value;
            *out_len = attr.len;
            return true;
        }
    }
    return false;
}

bool cres_uint(const uint8_t *data, size_t len, uint16_t key, uint64_t *out_number)
{
    const uint8_t *value;
    size_t value_len;
    if (!cres_find(data, len, key, &value, &value_len)) {
        return false;
    }
    *out_number = attr_uint_get(value, value_len);
    return true;
}

bool cres_is_public(struct cres_rdata record)
{
    enum { VIS_PUBLIC = 1 };
    uint64_t vis;
    return !cres_uint(record.data, record.len, ATTR_KEY_vis, &vis) || vis == VIS_PUBLIC;
}

unsigned cres_group(uint16_t key)
{
    static const struct {
        uint16_t first, last;
    } groups[CRES_GROUPS] = {
        {ATTR_KEY_acc, ATTR_KEY_accmem},
        {ATTR_KEY_fp64, ATTR_KEY_basis},
        {ATTR_KEY_price, ATTR_KEY_plan},
    };
    unsigned group = 0;
    while (group < CRES_GROUPS && (key < groups[group].first || key > groups[group].last)) {
        group++;
    }
    return group;
}

static bool has(struct cres_rdata record, uint16_t key)
{
    const uint8_t *value;
    size_t len;
    return record.data && cres_find(record.data, record.len, key, &value, &len);
}

static int fail(struct err_at *at, int err, uint16_t key, const char *what)
{
    const struct attr_row *row = attr_find(key);
    if (row) {
        return err_at_set(at, err, 0, 0, "%s: %s", row->name, what);
    }
    return err_at_set(at, err, 0, 0, "key%u: %s", (unsigned)key, what);
}

/* "memf: 5000 is more than mem 4000" */
static int fail_more(struct err_at *at, const struct attr_row *part, uint64_t part_number,
                     const struct attr_row *whole, uint64_t whole_number)
{
    char text[100];
    struct wr wr = wr_make(text, sizeof text - 1);
    attr_number_print(part, part_number, &wr);
    wr_print(&wr, " is more than %s ", whole->name);
    attr_number_print(whole, whole_number, &wr);
    *wr.pos = '\0';
    return fail(at, ERR_ATTR_CROSS, part->key, text);
}

/* One attribute by its row; unknown keys pass, so that an old server carries a new attribute. */
static int check_attr(uint16_t type, const struct cres_attr *attr, struct err_at *at)
{
    const struct attr_row *row = attr_find(attr->key);
    if (!row) {
        return 0;
    }
    if (attr_check(row, attr->value, attr->len)) {
        return fail(at, ERR_ATTR_VALUE, attr->key, "malformed value");
    }
    if (!(row->places & attr_in_type(type))) {
        return fail(at, ERR_ATTR_PLACE, attr->key, "does not belong to this record type");
    }
    return 0;
}

/* Known keys that a record has: a bit for each, so that one walk serves all questions. */
struct keys {
    uint64_t bits[4];
};

static bool holds(const struct keys *keys, uint16_t key)
{
    return keys->bits[key / 64] >> key % 64 & 1;
}

static int check_attrs(uint16_t type, struct cres_rdata record, struct keys *out_keys,
                       struct err_at *at)
{
    struct cres_iter iter;
    struct cres_attr attr;
    long last = -1;
    unsigned count = 0;
    cres_attrs(record.data, record.len, &iter);
    while (cres_next(&iter, &attr)) {
        if (attr.key <= last) {
            return fail(at, ERR_ATTR_ORDER, attr.key, "keys must rise, each once");
        }
        if (++count > ATTR_MAX) {
            return fail(at, ERR_LIMIT, attr.key, "more than 128 attributes");
        }
        int err = check_attr(type, &attr, at);
        if (err) {
            return err;
        }
        last = attr.key;
        if (attr.key < 256) {
            out_keys->bits[attr.key / 64] |= 1ull << attr.key % 64;
        }
    }
    return iter.rd.err ? err_at_set(at, ERR_RDATA, 0, 0, "an attribute ends behind the record") : 0;
}

/* Attributes that make no sense without another one in the same record. */
static const struct {
    uint16_t first, last; /* range of keys that need */
    uint16_t needed;
    const char *text;
} needs[] = {
    {ATTR_KEY_price, ATTR_KEY_price, ATTR_KEY_cur, "needs cur"},
    {ATTR_KEY_price, ATTR_KEY_price, ATTR_KEY_per, "needs per"},
    {ATTR_KEY_accn, ATTR_KEY_accn, ATTR_KEY_acc, "needs acc"},
    {ATTR_KEY_fp64, ATTR_KEY_int8, ATTR_KEY_basis, "needs basis"},
};

static int check_needs(const struct keys *keys, struct err_at *at)
{
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        for (uint16_t key = needs[i].first; key <= needs[i].last; key++) {
            if (holds(keys, key) && !holds(keys, needs[i].needed)) {
                return fail(at, ERR_ATTR_CROSS, key, needs[i].text);
            }
        }
    }
    return 0;
}

/* part <= whole where both are known. */
static int check_part(struct cres_rdata record, const struct keys *keys, uint16_t part,
                      uint16_t whole, struct err_at *at)
{
    uint64_t part_number = 0;
    uint64_t whole_number = 0;
    if (!holds(keys, part) || !holds(keys, whole)) {
        return 0;
    }
    (void)cres_uint(record.data, record.len, part, &part_number);
    (void)cres_uint(record.data, record.len, whole, &whole_number);
    if (part_number > whole_number) {
        return fail_more(at, attr_find(part), part_number, attr_find(whole), whole_number);
    }
    return 0;
}

static int check_target(uint16_t type, struct cres_rdata record, struct err_at *at)
{
    switch (type) {
    case DNS_TYPE_CENTRE:
    case DNS_TYPE_CRES:
    case DNS_TYPE_CLOAD:
    case DNS_TYPE_CPOL:
        return record.data[0] == 0
                   ? 0
                   : err_at_set(at, ERR_ATTR_PLACE, 0, 0, "the target of this type is \".\"");
    default: /* CNET, CDATA and CID name something */
        return 0;
    }
}

/* What the attributes of one record must be to each other. */
static int check_cross(uint16_t type, struct cres_rdata record, const struct keys *keys,
                       struct err_at *at)
{
    if (type == DNS_TYPE_CLOAD && !holds(keys, ATTR_KEY_obs)) {
        return fail(at, ERR_ATTR_CROSS, ATTR_KEY_obs, "required in CLOAD");
    }
    int err = check_needs(keys, at);
    if (!err) {
        err = check_part(record, keys, ATTR_KEY_bwf, ATTR_KEY_bw, at);
    }
    return err ? err : check_part(record, keys, ATTR_KEY_low, ATTR_KEY_high, at);
}

int cres_check(uint16_t type, const uint8_t *data, size_t len, struct err_at *at)
{
    struct cres_rdata record = {data, len};
    struct keys keys = {0};
    if (dns_name_measure(data, len) == 0) {
        return err_at_set(at, ERR_RDATA, 0, 0, "malformed target name");
    }
    int err = check_attrs(type, record, &keys, at);
    if (!err) {
        err = check_target(type, record, at);
    }
    return err ? err : check_cross(type, record, &keys, at);
}

int cres_canonical(uint16_t type, const uint8_t *data, size_t len, struct wr *out)
{
    struct cres_iter iter;
    struct cres_attr attr;
    if (attr_in_type(type) == 0) {
        return ERR_TYPE;
    }
    cres_attrs(data, len, &iter);
    size_t name_len = iter.rd.err ? 0 : (size_t)(iter.rd.pos - data);
    uint8_t *name = wr_take(out, name_len);
    if (name) {
        dns_name_lower(data, name_len, name);
    }
    while (cres_next(&iter, &attr)) {
        const struct attr_row *row = attr_find(attr.key);
        wr_u16(out, attr.key);
        size_t length_offset = wr_len(out);
        wr_u16(out, attr.len);
        if (!row || row->kind != ATTR_UINT) {
            wr_bytes(out, attr.value, attr.len);
            continue;
        }
        if (attr_check(row, attr.value, attr.len)) {
            wr_fail(out, ERR_ATTR_VALUE);
        }
        attr_uint_write(out, attr_uint_get(attr.value, attr.len));
        wr_patch_u16(out, length_offset, (unsigned)(wr_len(out) - length_offset - 2));
    }
    if (iter.rd.err) {
        wr_fail(out, ERR_RDATA);
    }
    return out->err;
}

/* What is free in CLOAD, and the total in CRES that bounds it. */
static const struct {
    uint16_t part, whole;
} totals[] = {
    {ATTR_KEY_cpuf, ATTR_KEY_cpu},
    {ATTR_KEY_memf, ATTR_KEY_mem},
    {ATTR_KEY_accf, ATTR_KEY_accn},
    {ATTR_KEY_stof, ATTR_KEY_sto},
};

/* The largest number that a CRES of the name states; several statements are alternatives, not
 * parts. */
static bool find_total(const struct cres_view *view, uint16_t key, uint64_t *out_number)
{
    bool found = false;
    uint64_t number;
    for (size_t i = 0; i < view->res_count; i++) {
        if (cres_uint(view->res[i].data, view->res[i].len, key, &number) &&
            (!found || number > *out_number)) {
            *out_number = number;
            found = true;
        }
    }
    return found;
}

static int check_totals(const struct cres_view *view, struct err_at *at)
{
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        uint64_t part;
        uint64_t whole = 0;
        if (cres_uint(view->load.data, view->load.len, totals[i].part, &part) &&
            find_total(view, totals[i].whole, &whole) && part > whole) {
            return fail_more(at, attr_find(totals[i].part), part, attr_find(totals[i].whole),
                             whole);
        }
    }
    return 0;
}

int cres_check_node(const struct cres_view *view, struct err_at *at)
{
    if (!view->load.data) {
        return 0;
    }
    if (view->res_count == 0) {
        return err_at_set(at, ERR_ATTR_CROSS, 0, 0, "CLOAD: needs a CRES at its name");
    }
    bool has_acc = false;
    for (size_t i = 0; i < view->res_count; i++) {
        has_acc = has_acc || has(view->res[i], ATTR_KEY_acc);
    }
    if (!has_acc && has(view->load, ATTR_KEY_accf)) {
        return fail(at, ERR_ATTR_CROSS, ATTR_KEY_accf, "needs acc in the CRES of its name");
    }
    return check_totals(view, at);
}

int cres_check_update(struct cres_rdata record, struct cres_rdata old, uint64_t now_s,
                      struct err_at *at)
{
    uint64_t obs;
    uint64_t old_obs;
    if (!cres_uint(record.data, record.len, ATTR_KEY_obs, &obs)) {
        return 0; /* CLOAD without obs has failed cres_check */
    }
    if (obs > now_s && obs - now_s > CRES_FUTURE_MAX_S) {
        return err_at_set(at, ERR_ATTR_CROSS, 0, 0,
                          "obs: %" PRIu64 " is %" PRIu64 " s in the future", obs, obs - now_s);
    }
    if (old.data && cres_uint(old.data, old.len, ATTR_KEY_obs, &old_obs) && obs < old_obs) {
        return err_at_set(at, ERR_ATTR_CROSS, 0, 0,
                          "obs: %" PRIu64 " is older than the stored %" PRIu64, obs, old_obs);
    }
    return 0;
}
