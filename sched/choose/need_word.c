#include "sched/choose/need_word.h"

#include <string.h>

#include "base/check.h"
#include "sched/choose/pools_hash.h"
#include "zones/attr_number.h"

/* A row of need.def; all zero is an attribute without one. */
struct ask {
    bool is_asked, is_capacity;
    uint8_t test; /* enum need_op */
    uint8_t kind; /* enum need_kind */
    uint8_t free; /* of a capacity, enum attr_index */
    const char *why;
};

static const struct ask asks[ATTR_COUNT] = {
#define ASK(name, test, kind)                                                                      \
    [ATTR_INDEX_##name] = {true, false, NEED_##test, NEED_##kind, ATTR_INDEX_##name, NULL},
#define CAPACITY(name, free)                                                                       \
    [ATTR_INDEX_##name] = {true, true, NEED_GE, NEED_WHAT, ATTR_INDEX_##free, NULL},
#define NEVER(name, why) [ATTR_INDEX_##name] = {false, false, 0, 0, 0, why},
#include "sched/choose/need_word.def"
};

/* How tests are written. Only numbers have an order. */
static const struct {
    char text[8];
    uint8_t len;
    uint8_t op;
    bool is_of_numbers;
} ops[] = {
    {"ge-", 3, NEED_GE, true},  {"le-", 3, NEED_LE, true},    {"eq-", 3, NEED_EQ, false},
    {"ne-", 3, NEED_NE, false}, {"any-", 4, NEED_ANY, false},
};

enum { OPS = sizeof ops / sizeof ops[0], DIGITS = 24 /* of a number and its unit */ };

static const char between[] = "-or-"; /* values of `any` */
enum { BETWEEN_LEN = sizeof between - 1 };

/* A value and its one spelling. */
struct piece {
    uint64_t value;
    const char *text;
    size_t len;
    char digits[DIGITS];
};

static size_t index_of(const struct attr_row *row)
{
    return (size_t)(row - attr_get(0));
}

const char *need_word_refusal(const struct attr_row *row)
{
    const struct ask *ask = &asks[index_of(row)];
    return ask->is_asked ? NULL : ask->why ? ask->why : "";
}

/* The test with which a value begins, or -1. */
static int find_op(const struct attr_row *row, const char *value, size_t len)
{
    for (int i = 0; i < OPS; i++) {
        if (len >= ops[i].len && memcmp(value, ops[i].text, ops[i].len) == 0 &&
            (row->kind == ATTR_UINT || !ops[i].is_of_numbers)) {
            return i;
        }
    }
    return -1;
}

/* The largest unit in which a number is whole, if it is not whole in the bare one. A number of a word always is in
 * one of them: a word has no point. */
static const struct attr_suffix *find_suffix(const struct attr_unit *unit, uint64_t number)
{
    const struct attr_suffix *best = NULL;
    for (const struct attr_suffix *suffix = unit->suffixes; suffix->text[0]; suffix++) {
        if (suffix->den == 1 && number % suffix->num == 0 && (!best || suffix->num > best->num)) {
            best = suffix;
        }
    }
    CHECK(best);
    return best;
}

static void spell_number(const struct attr_row *row, struct piece *piece)
{
    const struct attr_unit *unit = attr_unit_get(row);
    struct wr wr = wr_make(piece->digits, sizeof piece->digits);
    if (piece->value % unit->one == 0) {
        attr_number_print_plain(piece->value / unit->one, &wr);
    } else {
        const struct attr_suffix *suffix = find_suffix(unit, piece->value);
        attr_number_print_plain(piece->value / suffix->num, &wr);
        wr_bytes(&wr, suffix->text, strlen(suffix->text));
    }
    piece->text = piece->digits;
    piece->len = wr_len(&wr);
}

static int fail_word(struct err_at *at, const struct attr_row *row, const char *text, size_t len)
{
    char expected[120];
    struct wr wr = wr_make(expected, sizeof expected - 1);
    wr_print(&wr, "one of %s", row->words);
    *wr.pos = '\0';
    return attr_fail(at, ERR_ATTR_VALUE, row, text, len, expected);
}

static int read_value(const struct attr_row *row, const struct hash_key *key, const char *text,
                      size_t len, struct piece *out, struct err_at *at)
{
    out->text = text;
    out->len = len;
    if (row->kind == ATTR_UINT) {
        int err = attr_number_parse(row, text, len, &out->value, at);
        if (!err) {
            spell_number(row, out);
        }
        return err;
    }
    if (row->kind == ATTR_ENUM || row->kind == ATTR_SET) {
        unsigned word = attr_word_find(row, text, len);
        out->value = word > 0 && row->kind == ATTR_SET ? (uint64_t)1 << (word - 1) : word;
        return word > 0 ? 0 : fail_word(at, row, text, len);
    }
    if (len == 0 || len > ATTR_TEXT_MAX) {
        return attr_fail(at, ERR_ATTR_VALUE, row, text, len, "a text");
    }
    out->value = pools_text_hash(key, text, len);
    return 0;
}

static int compare(const struct piece *a, const struct piece *b)
{
    int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (int)a->len - (int)b->len;
}

/* Put a value among the sorted ones, unless it is there. */
static void insert(struct piece **sorted, uint8_t *count, struct piece *piece)
{
    size_t i = *count;
    while (i > 0 && compare(sorted[i - 1], piece) > 0) {
        i--;
    }
    if (i > 0 && compare(sorted[i - 1], piece) == 0) {
        return;
    }
    memmove(sorted + i + 1, sorted + i, (*count - i) * sizeof *sorted);
    sorted[i] = piece;
    (*count)++;
}

/* Behind a value that ends so, sorted to another place, `-or-` would be found too early. */
static bool is_open(const char *value, size_t len)
{
    return len >= BETWEEN_LEN - 1 &&
           memcmp(value + len - (BETWEEN_LEN - 1), between, BETWEEN_LEN - 1) == 0;
}

static const char *find_between(const char *text, size_t len)
{
    return memmem(text, len, between, BETWEEN_LEN);
}

/* The values of a test, sorted. */
static int read_values(const struct attr_row *row, const struct hash_key *key, uint8_t op,
                       const char *text, size_t len, struct piece *pieces, struct piece **sorted,
                       uint8_t *out_count, struct err_at *at)
{
    const char *next = text;
    for (size_t n = 0; next; n++) {
        if (n == NEED_VALUES_MAX) {
            return attr_fail(at, ERR_LIMIT, row, text, len, "at most 8 values");
        }
        const char *value = next, *end = op == NEED_ANY ? find_between(next, len) : NULL;
        size_t value_len = end ? (size_t)(end - value) : len;
        next = end ? end + BETWEEN_LEN : NULL;
        len -= end ? value_len + BETWEEN_LEN : value_len;
        if (op == NEED_ANY && is_open(value, value_len)) {
            return attr_fail(at, ERR_ATTR_VALUE, row, text, len, "a value behind -or-");
        }
        int err = read_value(row, key, value, value_len, &pieces[n], at);
        if (err) {
            return err;
        }
        insert(sorted, out_count, &pieces[n]);
    }
    return 0;
}

/* The word in its one spelling: a test is named where it is not the natural one, or where the value would read
 * as one. */
static void spell(const struct attr_row *row, const struct need_test *test,
                  struct piece *const *sorted, struct wr *text)
{
    const bool is_flavor = row->key == ATTR_KEY_grade && test->op == NEED_EQ;
    const bool is_natural = test->op == asks[index_of(row)].test;
    const char *name = is_flavor ? "flavor" : row->name;
    wr_bytes(text, name, strlen(name));
    wr_u8(text, '-');
    if (!is_flavor && (!is_natural || find_op(row, sorted[0]->text, sorted[0]->len) >= 0)) {
        for (int i = 0; i < OPS; i++) {
            wr_bytes(text, ops[i].text, ops[i].op == test->op ? ops[i].len : 0);
        }
    }
    for (size_t i = 0; i < test->count; i++) {
        wr_bytes(text, between, i > 0 ? BETWEEN_LEN : 0);
        wr_bytes(text, sorted[i]->text, sorted[i]->len);
    }
}

/* What a test looks at. A capacity that is asked for is asked of what is free. */
static void aim(const struct attr_row *row, struct need_test *test)
{
    const struct ask *ask = &asks[index_of(row)];
    test->key = row->key;
    test->column = test->total = (uint8_t)index_of(row);
    test->kind = ask->kind;
    test->is_asked = ask->is_capacity && test->op == NEED_GE;
    if (test->is_asked && ask->free != test->total) {
        test->column = ask->free;
        test->kind = NEED_FREE;
    }
}

static int refuse(const struct attr_row *row, struct err_at *at)
{
    return err_at_set(at, ERR_MISSING, 0, 0, "%s: never asked of a pool: %s", row->name,
                      need_word_refusal(row));
}

static int read_flag(const struct attr_row *row, struct need_test *out, struct wr *text)
{
    *out = (struct need_test){.op = NEED_EQ, .count = 1, .values = {1}};
    aim(row, out);
    wr_bytes(text, row->name, strlen(row->name));
    return text->err;
}

int need_word_parse(const struct attr_row *row, bool has_test, const char *value, size_t len,
                    const struct hash_key *key, struct need_test *out, struct wr *text,
                    struct err_at *at)
{
    struct piece pieces[NEED_VALUES_MAX], *sorted[NEED_VALUES_MAX];
    if (need_word_refusal(row)) {
        return refuse(row, at);
    }
    if (row->kind == ATTR_BOOL) {
        return read_flag(row, out, text);
    }
    int op = has_test ? find_op(row, value, len) : -1;
    size_t skip = op < 0 ? 0 : ops[op].len;
    *out = (struct need_test){.op = op < 0 ? asks[index_of(row)].test : ops[op].op};
    int err =
        read_values(row, key, out->op, value + skip, len - skip, pieces, sorted, &out->count, at);
    if (err) {
        return err;
    }
    if (out->op == NEED_ANY && out->count == 1) {
        out->op = NEED_EQ;
    }
    for (size_t i = 0; i < out->count; i++) {
        out->values[i] = sorted[i]->value;
    }
    aim(row, out);
    spell(row, out, sorted, text);
    return text->err;
}
