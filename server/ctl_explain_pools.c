#include "server/ctl_explain_pools.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "zones/attr_number.h"
#include "zones/attr_text.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_get.h"

enum { TEXT_MAX = 1100 }; /* octets of a value for people: a text, each octet as \DDD */

static const char *const policies[] = {
#define POLICY(name, ...) #name,
#include "sched/choose/policy.def"
#undef POLICY
};

static const char *const reasons[] = {
#define REASON(name, ...) #name,
#include "sched/choose/reason.def"
#undef REASON
};

/* One pool and what became of it. */
struct row {
    const uint8_t *name;
    uint32_t slot;
    unsigned rank; /* from 1; 0: not answered */
    struct choose_why why;
};

static json_t *pack_weights(const struct choose_answer *answer)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < CHOOSE_POLICIES; i++) {
        if (answer->weights[i] > 0) {
            json_object_set_new(object, policies[i], json_integer(answer->weights[i]));
        }
    }
    return object;
}

static json_t *pack_reasons(const struct choose_answer *answer)
{
    json_t *object = json_object();
    for (unsigned i = CHOOSE_FITS + 1; i < CHOOSE_REASONS; i++) {
        if (answer->reasons[i] > 0) {
            json_object_set_new(object, reasons[i], json_integer(answer->reasons[i]));
        }
    }
    return object;
}

/* --- order ------------------------------------------------------------------------------------ */

static int compare_fitting(const struct row *one, const struct row *other)
{
    if (one->rank != other->rank) { /* those that are not answered have 0: last */
        return one->rank - 1 < other->rank - 1 ? -1 : 1;
    }
    const uint32_t a = one->why.pick.score, b = other->why.pick.score;
    return a != b ? (a > b ? -1 : 1) : 0;
}

static int compare(const void *one, const void *other)
{
    const struct row *a = one, *b = other;
    const bool a_fits = a->why.reason == CHOOSE_FITS, b_fits = b->why.reason == CHOOSE_FITS;
    int order = a_fits != b_fits ? (a_fits ? -1 : 1)
                : a_fits         ? compare_fitting(a, b)
                                 : (int)b->why.reason - (int)a->why.reason;
    return order ? order : dns_name_compare(a->name, b->name);
}

/* All pools, explained and in order; NULL without memory. */
static struct row *gather(const struct ctl_explained *with, size_t *out_count)
{
    const struct pools *pools = with->ask->pools;
    struct row *rows = calloc(pools->pool_count + 1, sizeof(*rows));
    size_t count = 0;
    for (uint32_t slot = 0; rows && slot < pools->block_count * POOLS_BLOCK; slot++) {
        const struct pools_pool *pool = pools_at(pools, slot);
        if (pool && count < pools->pool_count) {
            struct row *row = &rows[count++];
            *row = (struct row){
                .name = pool->name, .slot = slot, .rank = choose_rank_of(with->answer, slot)};
            choose_explain(with->choose, with->ask, slot, &row->why);
        }
    }
    if (rows) {
        qsort(rows, count, sizeof(*rows), compare);
    }
    *out_count = count;
    return rows;
}

/* --- what was seen -------------------------------------------------------------------------------- */

/* Print an attribute of the first record of a type that has it. */
static bool print_stored(const struct zone_node *node, uint16_t type, const struct attr_row *row,
                         struct wr *wr)
{
    struct zone_records records = zone_node_records(node, type);
    struct zone_rr rr;
    const uint8_t *value;
    size_t len;
    while (zone_node_next(&records.pos, records.end, &rr)) {
        if (cres_find(rr.rdata, rr.len, row->key, &value, &len)) {
            attr_text_print_pretty(row, value, len, wr);
            return true;
        }
    }
    return false;
}

/* A text is a number in the table; what it was stands at the pool, else at its centre. */
static void print_text(const struct ctl_explained *with, const struct row *row,
                       const struct attr_row *attr, struct wr *wr)
{
    const struct zone_node *node = zone_get_name(with->zone, with->version, row->name);
    const uint8_t *above = row->name + row->name[0] + 1;
    if (node && !print_stored(node, DNS_TYPE_CRES, attr, wr)) {
        node = zone_get_name(with->zone, with->version, above);
        (void)(node && print_stored(node, DNS_TYPE_CENTRE, attr, wr));
    }
}

static void print_words(const struct attr_row *attr, uint64_t mask, struct wr *wr)
{
    size_t len;
    const char *word;
    for (unsigned n = 1; n <= 64 && (word = attr_word_get(attr, n, &len)); n++) {
        if (mask >> (n - 1) & 1) {
            wr_bytes(wr, ",", wr_len(wr) > 0);
            wr_bytes(wr, word, len);
        }
    }
}

/* A value of the table for people; nothing for what it can not know. */
static void print_value(const struct ctl_explained *with, const struct row *row,
                        const struct attr_row *attr, uint64_t value, struct wr *wr)
{
    size_t len;
    const char *word;
    switch ((enum attr_kind)attr->kind) {
    case ATTR_UINT:
        attr_number_print_pretty(attr, value, wr);
        return;
    case ATTR_ENUM:
        word = attr_word_get(attr, (unsigned)value, &len);
        wr_bytes(wr, word, word ? len : 0);
        return;
    case ATTR_SET:
        print_words(attr, value, wr);
        return;
    case ATTR_TEXT:
    case ATTR_LIST:
        print_text(with, row, attr, wr);
        return;
    case ATTR_BOOL:
    case ATTR_DIGEST:
    case ATTR_SPAN:
    case ATTR_WEIGHTS:
        return;
    }
}

static void set_text(json_t *object, const char *key, const struct wr *wr)
{
    json_t *text =
        wr->err || wr_len(wr) == 0 ? NULL : json_stringn((const char *)wr->base, wr_len(wr));
    json_object_set_new(object, key, text ? text : json_string(""));
}

static json_t *number_or_null(bool is_known, uint64_t number)
{
    return is_known && number <= INT64_MAX ? json_integer((json_int_t)number) : json_null();
}

/* What a test saw and asked for: as numbers for programs, as texts for people. */
static void set_test(const struct ctl_explained *with, json_t *object, const struct row *row)
{
    const struct choose_why *why = &row->why;
    const struct need_test *test = &with->ask->need->tests[why->test];
    const struct attr_row *attr = attr_get(test->column);
    const bool is_number = attr->kind == ATTR_UINT;
    char seen[TEXT_MAX], asked[TEXT_MAX];
    struct wr seen_wr = wr_make(seen, sizeof(seen)), asked_wr = wr_make(asked, sizeof(asked));
    if (!why->is_unknown) {
        print_value(with, row, attr, why->value, &seen_wr);
    }
    if (is_number && (test->op == NEED_GE || test->op == NEED_LE)) {
        const char *bound = test->op == NEED_GE ? "at least " : "at most ";
        wr_bytes(&asked_wr, bound, strlen(bound));
        attr_number_print_pretty(attr, why->limit, &asked_wr);
    }
    set_text(object, "seen", &seen_wr);
    set_text(object, "asked", &asked_wr);
    json_object_set_new(object, "test",
                        json_stringn(with->ask->need->text + test->text_at, test->text_len));
    json_t *words = is_number || wr_len(&seen_wr) == 0
                        ? number_or_null(is_number && !why->is_unknown, why->value)
                        : json_incref(json_object_get(object, "seen"));
    json_object_set_new(object, "value", words);
    json_object_set_new(object, "limit", number_or_null(is_number, why->limit));
}

/* Reasons that no test of the requirement has. */
static void set_reason(json_t *object, const struct choose_why *why)
{
    const bool is_stale = why->reason == CHOOSE_STALE, is_shed = why->reason == CHOOSE_SHED;
    const bool has_limit = is_stale || is_shed;
    const char *unit = is_stale ? "s" : "%";
    json_object_set_new(object, "test", json_null());
    json_object_set_new(object, "value", number_or_null(has_limit && !why->is_unknown, why->value));
    json_object_set_new(object, "limit", number_or_null(has_limit, why->limit));
    json_object_set_new(object, "seen",
                        has_limit && !why->is_unknown
                            ? json_sprintf("%llu %s", (unsigned long long)why->value, unit)
                            : json_string(""));
    json_object_set_new(object, "asked",
                        has_limit ? json_sprintf("%s %llu %s", is_stale ? "at most" : "below",
                                                 (unsigned long long)why->limit, unit)
                                  : json_string(""));
}

/* --- rows --------------------------------------------------------------------------------------- */

static void set_score(json_t *object, const struct choose_pick *pick, const uint8_t *weights)
{
    json_t *terms = json_object(), *unknown = json_array();
    for (unsigned i = 0; i < CHOOSE_POLICIES; i++) {
        if (weights[i] > 0) {
            json_object_set_new(terms, policies[i], json_integer(pick->terms[i]));
        }
        if (weights[i] > 0 && (pick->unknown >> i & 1)) {
            json_array_append_new(unknown, json_string(policies[i]));
        }
    }
    json_object_set_new(object, "score", json_integer(pick->score));
    json_object_set_new(object, "weight", json_integer(pick->weight));
    json_object_set_new(object, "terms", terms);
    json_object_set_new(object, "unknown_terms", unknown);
}

static json_t *pack_row(const struct ctl_explained *with, const struct row *row,
                        const uint8_t *weights)
{
    const struct choose_why *why = &row->why;
    char name[DNS_NAME_TEXT_MAX];
    uint64_t obs;
    const bool has_obs = pools_value(with->ask->pools, row->slot, ATTR_INDEX_obs, &obs);
    const int64_t age = has_obs ? with->ask->now_s - (int64_t)obs : 0;
    dns_name_print(row->name, name);
    json_t *object =
        json_pack("{s:s,s:s,s:b,s:o,s:o}", "name", name, "reason", reasons[why->reason], "unknown",
                  why->is_unknown, "age_s", has_obs ? json_integer(age) : json_null(), "rank",
                  row->rank > 0 ? json_integer(row->rank) : json_null());
    if (why->reason == CHOOSE_FITS) {
        set_score(object, &why->pick, weights);
    }
    if (why->reason != CHOOSE_FITS && why->test >= 0) {
        set_test(with, object, row);
    } else {
        set_reason(object, why);
    }
    return object;
}

static json_t *pack_pools(const struct ctl_explained *with, bool *out_is_cut)
{
    size_t count;
    const uint8_t *weights = with->answer->weights;
    struct row *rows = gather(with, &count);
    json_t *list = rows ? json_array() : NULL;
    for (size_t i = 0; list && i < count && i < CTL_EXPLAIN_POOLS_MAX; i++) {
        json_array_append_new(list, pack_row(with, &rows[i], weights));
    }
    *out_is_cut = count > CTL_EXPLAIN_POOLS_MAX;
    free(rows);
    return list;
}

/* --- the whole ---------------------------------------------------------------------------------- */

/* The members that tell of the question. */
static json_t *pack_question(const struct ctl_explained *with)
{
    const struct choose_ask *ask = with->ask;
    const struct need *need = ask->need;
    char zone[DNS_NAME_TEXT_MAX];
    dns_name_print(zone_name(with->zone), zone);
    return json_pack("{s:s%,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:s,s:o,s:I,s:I,s:I,s:I}", "requirement",
                     need->text, (size_t)need->text_len, "name", with->name, "zone", zone, "serial",
                     (json_int_t)zone_serial(with->zone, with->version), "table",
                     (json_int_t)ask->pools->version, "now_s", (json_int_t)ask->now_s, "from",
                     with->from, "place", with->place, "policy",
                     need->policy ? need->policy->name : "", "weights", pack_weights(with->answer),
                     "maxage_s", (json_int_t)with->answer->maxage_s, "low",
                     (json_int_t)with->answer->low, "high", (json_int_t)with->answer->high, "top",
                     (json_int_t)with->answer->top);
}

static json_t *pack_first(const struct ctl_explained *with)
{
    char name[DNS_NAME_TEXT_MAX];
    if (with->first == POOLS_NONE) {
        return json_null();
    }
    dns_name_print(pools_at(with->ask->pools, with->first)->name, name);
    return json_string(name);
}

static json_t *pack_answer(const struct ctl_explained *with)
{
    bool is_cut;
    const struct choose_answer *answer = with->answer;
    json_t *pools = pack_pools(with, &is_cut);
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:b,s:o,s:o,s:o,s:b}", "until_s",
                     (json_int_t)answer->until_s, "considered", (json_int_t)answer->considered,
                     "fits", (json_int_t)answer->fits, "answered", (json_int_t)answer->count,
                     "equal", (json_int_t)answer->equal, "first", pack_first(with), "sticky_s",
                     (json_int_t)with->sticky_s, "uses_place", answer->uses_place, "group",
                     answer->group ? json_string(answer->group->name) : json_null(), "reasons",
                     pack_reasons(answer), "pools", pools, "cut", is_cut);
}

char *ctl_explain_print(const struct ctl_explained *explained)
{
    json_t *result = pack_question(explained);
    json_t *more = pack_answer(explained);
    const bool is_whole = result && more && json_object_update(result, more) == 0;
    char *text = is_whole ? json_dumps(result, JSON_COMPACT) : NULL;
    json_decref(more);
    json_decref(result);
    return text;
}
