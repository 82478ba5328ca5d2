#include "sched/choose/explain.h"

#include <inttypes.h>
#include <stdio.h>

#include "zones/attr_number.h"
#include "zones/dns_name.h"

enum { WORD_MAX = 100, ITEMS_MAX = CHOOSE_REASONS + NEED_TESTS_MAX };

static const char *const policies[] = {
#define POLICY(name, ...) #name,
#include "sched/choose/policy.def"
#undef POLICY
};

static const char *const reasons[] = {
#define REASON(name, text) text,
#include "sched/choose/reason.def"
#undef REASON
};

/* Append a piece as a whole, or nothing. */
static void add(struct wr *line, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(line->end - line->pos) >= len) {
        wr_bytes(line, text, len);
    }
}

static void add_points(struct wr *line, const char *name, uint32_t thousandths, bool is_guessed)
{
    char text[48];
    uint32_t tenths = (thousandths + 50) / 100;
    snprintf(text, sizeof text, " %s%s%" PRIu32 ".%" PRIu32 "%s", name, *name ? "=" : "",
             tenths / 10, tenths % 10, is_guessed ? "?" : "");
    add(line, text);
}

/* The name of a pool below the zone's: its centre's hash leaves out the zone's labels, so they can be told. */
static void add_name(const struct pools *pools, const struct pools_pool *pool, struct wr *line)
{
    char text[DNS_NAME_TEXT_MAX];
    const struct pools_centre *centre = pools->centres[pool->centre];
    unsigned labels = dns_name_labels(centre->name), n = 1;
    while (n < labels && pools_name_hash(&pools->key, centre->name, dns_name_up(centre->name, n)) !=
                             centre->hash) {
        n++;
    }
    size_t len = dns_name_print(pool->name, text);
    size_t zone_len = 0;
    if (n < labels) {
        char zone[DNS_NAME_TEXT_MAX];
        zone_len =
            dns_name_print(dns_name_up(centre->name, n), zone) + 1; /* and the dot before it */
    }
    text[zone_len < len ? len - zone_len : len] = '\0';
    add(line, text);
}

static void word_of(const struct need *need, int test, char out[WORD_MAX])
{
    const struct need_test *at = &need->tests[test];
    snprintf(out, WORD_MAX, "%.*s", (int)at->text_len, need->text + at->text_at);
}

/* What a pool has in the place of what is asked; texts are known by hash only and can not be shown. */
static void add_value(const struct need_test *test, uint64_t value, struct wr *line)
{
    const struct attr_row *row = attr_get(test->column);
    char text[64];
    struct wr wr = wr_make(text, sizeof text - 1);
    size_t len;
    const char *word = row->kind == ATTR_ENUM ? attr_word_get(row, (unsigned)value, &len) : NULL;
    wr_print(&wr, " %s=", row->name);
    if (word) {
        wr_bytes(&wr, word, len);
    } else if (row->kind == ATTR_UINT) {
        attr_number_print(row, value, &wr);
    } else {
        return;
    }
    wr_print(&wr, " of");
    *wr.pos = '\0';
    if (!wr.err) {
        add(line, text);
    }
}

static void add_test(const struct choose_ask *ask, const struct choose_why *why, const char *reason,
                     struct wr *line)
{
    char word[WORD_MAX], text[16];
    const struct need_test *test = &ask->need->tests[why->test];
    if (why->is_unknown) {
        snprintf(text, sizeof text, " %s", attr_get(test->column)->name);
        add(line, " unknown:");
        add(line, text);
        return;
    }
    add(line, reason);
    add_value(test, why->value, line);
    word_of(ask->need, why->test, word);
    add(line, " ");
    add(line, word);
}

static void add_seconds(struct wr *line, const char *before, uint64_t value, const char *unit)
{
    char text[48];
    snprintf(text, sizeof text, "%s%" PRIu64 " %s", before, value, unit);
    add(line, text);
}

static void add_closed(const struct choose_why *why, struct wr *line)
{
    static const char *const states[] = {"maintenance", "maintenance", "drain", "down"};
    add(line, " closed: ");
    add(line, states[why->value < 4 ? why->value : 0]);
}

static void add_terms(const struct choose_answer *answer, const struct choose_why *why,
                      struct wr *line)
{
    add_points(line, "", why->pick.score, false);
    for (unsigned i = 0; i < CHOOSE_POLICIES; i++) {
        if (answer->weights[i]) {
            add_points(line, policies[i], why->pick.terms[i], why->pick.unknown >> i & 1);
        }
    }
    if (why->move_octets > 0) {
        add_seconds(line, " move=", why->move_s, "s");
    }
}

static void add_reason(const struct choose_ask *ask, const struct choose_answer *answer,
                       const struct choose_why *why, struct wr *line)
{
    switch (why->reason) {
    case CHOOSE_FITS:
        add_terms(answer, why, line);
        break;
    case CHOOSE_CLOSED:
        add_closed(why, line);
        break;
    case CHOOSE_LACKS:
        add_test(ask, why, " lacks:", line);
        break;
    case CHOOSE_FULL:
        add_test(ask, why, " full:", line);
        break;
    case CHOOSE_LIMIT:
        add_test(ask, why, " beyond:", line);
        break;
    case CHOOSE_PATH:
        add_test(ask, why, " too far:", line);
        break;
    case CHOOSE_STALE:
        add_seconds(line, " stale: ", why->value, "s");
        break;
    case CHOOSE_SHED:
        if (why->is_unknown) {
            add(line, " unknown: util");
        } else {
            add_seconds(line, " shed: ", why->value, "% busy");
        }
        break;
    case CHOOSE_DATA:
        add(line, " without the data");
        if (why->value > why->limit && !why->is_unknown) {
            add_seconds(line, ": ", why->value, "s away");
        }
        break;
    case CHOOSE_MEMBER:
    case CHOOSE_GROUP:
    case CHOOSE_FAILED:
    case CHOOSE_SPARE:
    case CHOOSE_SPREAD:
    case CHOOSE_REASONS:
        add(line, " ");
        add(line, why->reason == CHOOSE_MEMBER ? "no member" : reasons[why->reason]);
        break;
    }
}

void explain_print(const struct choose_ask *ask, const struct choose_answer *answer, uint32_t slot,
                   const struct choose_why *why, struct wr *wr)
{
    char text[EXPLAIN_LINE_MAX];
    struct wr line = wr_make(text, sizeof text);
    add_name(ask->pools, pools_at(ask->pools, slot), &line);
    add_reason(ask, answer, why, &line);
    wr_bytes(wr, text, wr_len(&line));
}

struct item {
    uint32_t count;
    unsigned reason;
    int test;
};

static bool tells_test(unsigned reason)
{
    return strstr(reasons[reason], "%s") != NULL;
}

static unsigned reason_of(const struct need_test *test)
{
    static const uint8_t of_kind[] = {[NEED_WHAT] = CHOOSE_LACKS,
                                      [NEED_FREE] = CHOOSE_FULL,
                                      [NEED_LOAD] = CHOOSE_LIMIT,
                                      [NEED_PATH] = CHOOSE_PATH};
    return of_kind[test->kind];
}

/* Reasons, those with a word once for each test, in the order in which tests are made. */
static unsigned list_items(const struct choose_ask *ask, const struct choose_answer *answer,
                           struct item *items)
{
    unsigned count = 0;
    for (unsigned reason = CHOOSE_FITS + 1; reason < CHOOSE_REASONS; reason++) {
        if (!tells_test(reason) && answer->reasons[reason]) {
            items[count++] = (struct item){answer->reasons[reason], reason, -1};
        }
        for (unsigned i = 0; tells_test(reason) && i < ask->need->test_count; i++) {
            if (answer->failed_test[i] && reason_of(&ask->need->tests[i]) == reason) {
                items[count++] = (struct item){answer->failed_test[i], reason, (int)i};
            }
        }
    }
    return count;
}

/* `accmem-64g` as `accmem>=64g`, `acc-eq-x` as `acc=x`, `hub` as it is. */
static void sign_word(const struct need *need, int test, char out[WORD_MAX])
{
    static const struct {
        const char *sign, *word;
    } ops[] = {[NEED_GE] = {">=", "ge-"},
               [NEED_LE] = {"<=", "le-"},
               [NEED_EQ] = {"=", "eq-"},
               [NEED_NE] = {"!=", "ne-"},
               [NEED_ANY] = {"=", "any-"}};
    char word[WORD_MAX];
    word_of(need, test, word);
    const unsigned op = need->tests[test].op;
    const size_t name = strcspn(word, "-"), said = strlen(ops[op].word);
    const char *value = word + name + (word[name] == '-');
    value += strncmp(value, ops[op].word, said) == 0 ? said : 0;
    snprintf(out, WORD_MAX, "%.*s%s%.60s", (int)(name < 20 ? name : 20), word,
             *value ? ops[op].sign : "", value);
}

static void add_item(const struct choose_ask *ask, const struct item *item, bool is_first,
                     struct wr *line)
{
    char sign[WORD_MAX] = "", text[2 * WORD_MAX];
    const char *reason = reasons[item->reason], *gap = strstr(reason, "%s");
    if (item->test >= 0) {
        sign_word(ask->need, item->test, sign);
    }
    int before = gap ? (int)(gap - reason) : (int)strlen(reason);
    snprintf(text, sizeof text, "%s%" PRIu32 " %.*s%s", is_first ? ": " : ", ", item->count, before,
             reason, sign);
    add(line, text);
}

void explain_summary(const struct choose_ask *ask, const struct choose_answer *answer,
                     struct wr *wr)
{
    char text[EXPLAIN_SUMMARY_MAX];
    struct item items[ITEMS_MAX];
    struct wr line = wr_make(text, sizeof text);
    unsigned count = list_items(ask, answer, items);
    wr_print(&line, "%" PRIu32 "/%" PRIu32 " pools%s", answer->fits, answer->considered,
             answer->fits ? " fit" : "");
    for (unsigned done = 0; done < count; done++) {
        unsigned most = done;
        for (unsigned i = done + 1; i < count; i++) {
            most = items[i].count > items[most].count ? i : most;
        }
        struct item item = items[most];
        memmove(&items[done + 1], &items[done],
                (most - done) * sizeof items[0]); /* equal: in order */
        items[done] = item;
        add_item(ask, &item, done == 0, &line);
    }
    wr_bytes(wr, text, wr_len(&line));
}
