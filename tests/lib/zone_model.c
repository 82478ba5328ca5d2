#include "tests/lib/zone_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_get.h"

/* Names with all that lie between them and the apex; the rest are n<number>.m.t. */
static const char *const named[] = {
    "\1t",
    "\1a\1t",
    "\1b\1t",
    "\1c\1t",
    "\1*\1t",
    "\1m\1t",
    "\1x\1a\1t",
    "\1y\1a\1t",
    "\1*\1a\1t",
    "\1z\1x\1a\1t",
    "\1y\1b\1t",
    "\2er\1y\1b\1t",
    "\4deep\2er\1y\1b\1t",
    "\1*\4deep\2er\1y\1b\1t",
    "\1d\1c\1t",
    "\1e\1d\1c\1t",
    "\1f\1e\1d\1c\1t",
    "\1g\1f\1e\1d\1c\1t",
    "\1h\1g\1f\1e\1d\1c\1t",
    "\4_tcp\1t",
    "\10_compute\4_tcp\1t",
    "\1b\1a\1t",
};

enum { NAMED = sizeof(named) / sizeof(named[0]), TYPES_MAX = 16 };

const uint8_t *zone_model_name(unsigned number)
{
    static uint8_t numbered[ZONE_MODEL_NAMES][16];
    if (number < NAMED) {
        return (const uint8_t *)named[number];
    }
    uint8_t *name = numbered[number];
    const uint8_t digits[2] = {(uint8_t)('0' + number / 10), (uint8_t)('0' + number % 10)};
    memcpy(name, "\3n--\1m\1t", 9);
    memcpy(name + 2, digits, 2);
    return name;
}

static size_t put_name(uint8_t *out, unsigned number, bool upper)
{
    const uint8_t *name = zone_model_name(number);
    size_t len = dns_name_len(name);
    memcpy(out, name, len);
    if (upper && out[0] == 1 && out[1] >= 'a') {
        out[1] = (uint8_t)(out[1] - 'a' + 'A');
    }
    return len;
}

struct zone_model_record zone_model_draw(struct rand *rand)
{
    static const uint16_t types[] = {DNS_TYPE_A,  DNS_TYPE_A,     DNS_TYPE_NS,    DNS_TYPE_CNAME,
                                     DNS_TYPE_MX, DNS_TYPE_MX,    DNS_TYPE_TXT,   DNS_TYPE_TXT,
                                     DNS_TYPE_A,  DNS_TYPE_DNAME, DNS_TYPE_CLOAD, DNS_TYPE_TXT};
    uint64_t bits = rand_u64(rand);
    struct zone_model_record record = {.name = (uint8_t)(bits % ZONE_MODEL_NAMES)};
    bits >>= 8;
    record.type = types[bits % (sizeof(types) / sizeof(types[0]))];
    bits >>= 8;
    record.ttl_s = bits % 4 ? 300 : 60;
    bits >>= 8;
    uint8_t choice = bits % 4;
    bool upper = bits & 16;
    switch (record.type) {
    case DNS_TYPE_A:
        memcpy(record.rdata, (uint8_t[]){192, 0, 2, choice}, 4);
        record.len = 4;
        break;
    case DNS_TYPE_TXT:
        memcpy(record.rdata, (uint8_t[]){2, 'v', (uint8_t)('0' + choice)}, 3);
        record.len = 3;
        break;
    case DNS_TYPE_MX:
        record.rdata[1] = 10;
        record.len = (uint8_t)(2 + put_name(record.rdata + 2, 1 + choice % 3u, upper));
        break;
    case DNS_TYPE_CLOAD: /* target "." and one attribute of a number */
        memcpy(record.rdata, (uint8_t[]){0, 0, 96, 0, 1, choice}, 6);
        record.len = 6;
        break;
    default:
        record.len = (uint8_t)put_name(record.rdata, 1 + choice, upper);
        break;
    }
    return record;
}

struct zone_model_record zone_model_pick(const struct zone_model *model, struct rand *rand)
{
    return model->count > 0 ? model->records[rand_u64(rand) % model->count] : zone_model_draw(rand);
}

static bool is_one(uint16_t type)
{
    return type == DNS_TYPE_CNAME || type == DNS_TYPE_DNAME || type == DNS_TYPE_CLOAD;
}

static bool is_set(const struct zone_model_record *a, const struct zone_model_record *b)
{
    return a->name == b->name && a->type == b->type;
}

static bool is_equal(const struct zone_model_record *a, const struct zone_model_record *b)
{
    return is_set(a, b) && dns_rdata_compare(a->type, a->rdata, a->len, b->rdata, b->len) == 0;
}

static void drop(struct zone_model *model, size_t at)
{
    model->records[at] = model->records[--model->count];
}

bool zone_model_remove(struct zone_model *model, const struct zone_model_record *record)
{
    for (size_t i = 0; i < model->count; i++) {
        if (is_equal(&model->records[i], record)) {
            drop(model, i);
            return true;
        }
    }
    return false;
}

void zone_model_clear(struct zone_model *model, unsigned name, uint16_t type)
{
    for (size_t i = model->count; i-- > 0;) {
        if (model->records[i].name == name && model->records[i].type == type) {
            drop(model, i);
        }
    }
}

/* What stands at a record's name. */
struct company {
    unsigned types, records; /* other types at the name; records of the same set */
    bool alias, equal, same_ttl;
};

static struct company company_of(const struct zone_model *model,
                                 const struct zone_model_record *record)
{
    struct company company = {0};
    uint16_t seen[TYPES_MAX];
    for (size_t i = 0; i < model->count; i++) {
        const struct zone_model_record *other = &model->records[i];
        if (other->name != record->name) {
            continue;
        }
        if (other->type == record->type) {
            company.records++;
            company.same_ttl = other->ttl_s == record->ttl_s;
            company.equal |= is_equal(other, record);
            continue;
        }
        company.alias |= other->type == DNS_TYPE_CNAME;
        unsigned k = 0;
        while (k < company.types && seen[k] != other->type) {
            k++;
        }
        if (k == company.types) {
            seen[company.types++] = other->type;
        }
    }
    return company;
}

int zone_model_add(struct zone_model *model, const struct zone_model_record *record,
                   const struct zone_edit_limits *limits)
{
    struct company company = company_of(model, record);
    if (company.alias || (record->type == DNS_TYPE_CNAME && company.types > 0)) {
        return ERR_ZONE_CNAME;
    }
    if (company.records == 0 && company.types >= limits->types_max) {
        return ERR_LIMIT;
    }
    if (is_one(record->type)) {
        zone_model_clear(model, record->name, record->type);
    } else if (company.equal && company.same_ttl) {
        return 0;
    } else if (!company.equal && company.records + 1 > limits->records_max) {
        return ERR_LIMIT;
    }
    (void)zone_model_remove(model, record);
    for (size_t i = 0; i < model->count; i++) {
        if (is_set(&model->records[i], record)) {
            model->records[i].ttl_s = record->ttl_s;
        }
    }
    assert_true(model->count < ZONE_MODEL_RECORDS);
    model->records[model->count++] = *record;
    return 0;
}

/* The record of a model that is the same in every octet, or NULL. */
static const struct zone_model_record *find_same(const struct zone_model *model,
                                                 const struct zone_model_record *record)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct zone_model_record *other = &model->records[i];
        if (is_set(other, record) && other->ttl_s == record->ttl_s && other->len == record->len &&
            memcmp(other->rdata, record->rdata, record->len) == 0) {
            return other;
        }
    }
    return NULL;
}

bool zone_model_equal(const struct zone_model *a, const struct zone_model *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!find_same(b, &a->records[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

static void check_records(const struct zone_model *model, unsigned name,
                          const struct zone_node *node)
{
    const struct zone_rrset *sets = zone_node_rrsets(node);
    size_t expected = 0, found = 0;
    for (size_t i = 0; i < model->count; i++) {
        expected += model->records[i].name == name ? 1 : 0;
    }
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const uint8_t *pos = zone_node_ready(node, &sets[i]), *end = pos + sets[i].size;
        struct zone_rr rr;
        unsigned count = 0;
        assert_true(i == 0 || sets[i].type > sets[i - 1].type);
        for (; zone_node_next(&pos, end, &rr); count++) {
            struct zone_model_record record = {
                (uint8_t)name, (uint8_t)rr.len, rr.type, rr.ttl_s, {0}};
            assert_true(rr.len <= ZONE_MODEL_RDATA);
            memcpy(record.rdata, rr.rdata, rr.len);
            assert_int_equal(rr.type, sets[i].type);
            assert_non_null(find_same(model, &record));
        }
        assert_int_equal(count, sets[i].count);
        found += count;
    }
    assert_int_equal(found, expected);
}

/* Different names right below a name that own records or have some below them. */
static unsigned count_children(const struct zone_model *model, const uint8_t *name)
{
    const uint8_t *children[ZONE_MODEL_NAMES];
    unsigned count = 0, labels = dns_name_labels(name);
    for (size_t i = 0; i < model->count; i++) {
        const uint8_t *below = zone_model_name(model->records[i].name);
        if (dns_name_labels(below) <= labels || !dns_name_is_in(below, name)) {
            continue;
        }
        const uint8_t *child = dns_name_up(below, dns_name_labels(below) - labels - 1);
        unsigned k = 0;
        while (k < count && !dns_name_equal(children[k], child)) {
            k++;
        }
        if (k == count) {
            children[count++] = child;
        }
    }
    return count;
}

static bool owns_records(const struct zone_model *model, unsigned name)
{
    for (size_t i = 0; i < model->count; i++) {
        if (model->records[i].name == name) {
            return true;
        }
    }
    return false;
}

static void check_node(const struct zone_model *model, unsigned name, const struct zone_node *node)
{
    unsigned children = count_children(model, zone_model_name(name));
    if (children == 0 && !owns_records(model, name)) {
        assert_null(node);
        return;
    }
    assert_non_null(node);
    assert_true(dns_name_equal(node->owner, zone_model_name(name)));
    assert_int_equal(node->children, children);
    check_records(model, name, node);
}

static int count_visit(void *context, const struct zone_node *node)
{
    size_t *count = context;
    (void)node;
    (*count)++;
    return 0;
}

void zone_model_check(const struct zone_model *model, const struct zone *zone, uint64_t version)
{
    size_t existing = 0, walked = 0;
    for (unsigned i = 0; i < ZONE_MODEL_NAMES; i++) {
        const uint8_t *name = zone_model_name(i);
        const struct zone_node *node = zone_get_name(zone, version, name);
        check_node(model, i, node);
        existing += node ? 1 : 0;
    }
    assert_int_equal(zone_walk(zone, version, count_visit, &walked), 0);
    assert_int_equal(walked, existing);
}

void zone_model_check_edit(const struct zone_model *model, struct zone_edit *edit)
{
    for (unsigned i = 0; i < ZONE_MODEL_NAMES; i++) {
        check_node(model, i, zone_edit_get(edit, zone_model_name(i)));
    }
}
