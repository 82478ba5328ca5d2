#include "sched/choose/need_label.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sched/choose/need_word.h"
#include "sched/choose/pools_hash.h"

enum {
    SHOWN_MAX = 40, /* octets of a word in an error */
    TEXT_MAX = 150, /* octets of an error */
};

/* --- errors -------------------------------------------------------------------------------------- */

int need_label_fail(const struct need_label *parser, int err, struct need_label_text label,
                    const char *format, ...)
{
    if (!parser->at) {
        return err;
    }
    const bool is_cut = label.len > SHOWN_MAX;
    char *text = parser->at->text;
    va_list args;
    va_start(args, format);
    int used = snprintf(text, TEXT_MAX + 1, "%.*s%s: ", is_cut ? SHOWN_MAX : (int)label.len,
                        label.start, is_cut ? "..." : "");
    (void)vsnprintf(text + used, (size_t)(TEXT_MAX + 1 - used), format, args);
    va_end(args);
    parser->at->line = parser->at->column = 0;
    return err;
}

static struct need_label_text label_of(const struct need_label *parser)
{
    return (struct need_label_text){parser->label, parser->len};
}

static int fail_long(const struct need_label *parser)
{
    return need_label_fail(parser, ERR_LIMIT, label_of(parser), "the requirement is too long");
}

/* What an attribute's parser says begins with the attribute's name: the label stands there instead. */
static int fail_attr(const struct need_label *parser, int err, const struct err_at *inner)
{
    if (err == ERR_SPACE) {
        return fail_long(parser);
    }
    const char *said = strstr(inner->text, ": ");
    return need_label_fail(parser, err, label_of(parser), "%s", said ? said + 2 : inner->text);
}

/* A label that stands for nothing. */
static int fail_unknown(const struct need_label *parser, struct need_label_text label)
{
    const char *dash = memchr(label.start, '-', label.len);
    size_t len = dash ? (size_t)(dash - label.start) : label.len;
    const struct attr_row *row = attr_find_name(label.start, len);
    if (row && !need_word_refusal(row)) {
        return need_label_fail(parser, ERR_ATTR_VALUE, label, "expected %s%s", row->name,
                               row->kind == ATTR_BOOL ? " alone" : "-VALUE");
    }
    return need_label_fail(
        parser, ERR_MISSING, label,
        "expected an attribute with a value, by-, near-, on-, data-, model-, image-, "
        "flavor-, top- or wait-");
}

/* --- words --------------------------------------------------------------------------------------- */

/* Room for a word; NULL: there is none, which is said. */
static struct need_label_word *add_word(struct need_label *parser)
{
    if (parser->count == NEED_WORDS_MAX) {
        need_label_fail(parser, ERR_LIMIT, label_of(parser), "expected at most %d words",
                        NEED_WORDS_MAX);
        return NULL;
    }
    struct need_label_word *word = &parser->words[parser->count++];
    word->at = (uint16_t)wr_len(&parser->text);
    return word;
}

/* A word that is spelled as it stands; NULL as for add_word. */
static struct need_label_word *add_label(struct need_label *parser, enum need_label_kind kind)
{
    struct need_label_word *word = add_word(parser);
    if (!word) {
        return NULL;
    }
    word->kind = kind;
    wr_bytes(&parser->text, parser->label, parser->len);
    word->len = (uint16_t)parser->len;
    if (parser->text.err) {
        fail_long(parser);
        return NULL;
    }
    return word;
}

static int read_attr(struct need_label *parser, const struct attr_row *row, bool has_test,
                     struct need_label_text value)
{
    struct err_at inner;
    struct need_label_word *word = add_word(parser);
    if (!word) {
        return ERR_LIMIT;
    }
    inner.text[0] = '\0';
    word->kind = NEED_LABEL_TEST;
    int err = need_word_parse(row, has_test, value.start, value.len, parser->key, &word->test,
                              &parser->text, parser->at ? &inner : NULL);
    word->len = (uint16_t)(wr_len(&parser->text) - word->at);
    if (err) {
        return fail_attr(parser, err, &inner);
    }
    return word->len > NEED_LABEL_MAX ? fail_long(parser) : 0; /* it must read back */
}

/* Digits alone, without zeros in front, from 1 to most; 0: none. */
static unsigned read_number(struct need_label_text text, unsigned most)
{
    unsigned number = 0;
    if (text.len == 0 || text.len > 3 || text.start[0] == '0') {
        return 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.start[i] < '0' || text.start[i] > '9') {
            return 0;
        }
        number = number * 10 + (unsigned)(text.start[i] - '0');
    }
    return number <= most ? number : 0;
}

/* Position of the policy with which a text begins, alone or before a hyphen; NEED_POLICIES: none. */
static unsigned find_policy(struct need_label_text text, size_t *out_len)
{
    static const struct need_label_text names[] = {
#define POLICY(name, number, ...) [number - 1] = {#name, sizeof #name - 1},
#include "sched/choose/policy.def"
#undef POLICY
    };
    const char *dash = memchr(text.start, '-', text.len);
    *out_len = dash ? (size_t)(dash - text.start) : text.len;
    unsigned i = 0;
    while (i < NEED_POLICIES &&
           (names[i].len != *out_len || memcmp(names[i].start, text.start, names[i].len) != 0)) {
        i++;
    }
    return i;
}

static int read_policy(struct need_label *parser, struct need_label_text value)
{
    static const char names[] =
#define POLICY(name, ...) #name ", "
#include "sched/choose/policy.def"
#undef POLICY
        ;
    size_t len;
    unsigned policy = find_policy(value, &len);
    const struct book_policy *found =
        policy == NEED_POLICIES ? book_find(parser->book, value.start, value.len) : NULL;
    if (policy == NEED_POLICIES && !found) {
        return need_label_fail(parser, ERR_MISSING, label_of(parser),
                               "expected %sor a policy of the operator", names);
    }
    unsigned weight = 1;
    if (!found && len < value.len) {
        weight = read_number((struct need_label_text){value.start + len + 1, value.len - len - 1},
                             UINT8_MAX);
    }
    if (weight == 0) {
        return need_label_fail(parser, ERR_ATTR_VALUE, label_of(parser),
                               "expected a weight from 1 to 255");
    }
    if (!found && weight == 1) { /* as it is without one */
        parser->len = (size_t)(value.start - parser->label) + len;
    }
    struct need_label_word *word = add_label(parser, found ? NEED_LABEL_BOOK : NEED_LABEL_POLICY);
    if (!word) {
        return ERR_LIMIT;
    }
    word->number = policy;
    word->weight = (uint8_t)weight;
    word->policy = found;
    return 0;
}

static int read_hash(struct need_label *parser, enum need_label_kind kind,
                     struct need_label_text text)
{
    struct need_label_word *word = add_label(parser, kind);
    if (!word) {
        return ERR_LIMIT;
    }
    word->hash = pools_text_hash(parser->key, text.start, text.len);
    return 0;
}

/* The name of a set is `<set>.data`, `<set>.model`, `<set>.image`: the word turned round. */
static int read_set(struct need_label *parser, struct need_label_text value)
{
    char name[NEED_LABEL_MAX + 1];
    size_t kind_len = (size_t)(value.start - parser->label) - 1;
    memcpy(name, value.start, value.len);
    name[value.len] = '-';
    memcpy(name + value.len + 1, parser->label, kind_len);
    return read_hash(parser, NEED_LABEL_SET,
                     (struct need_label_text){name, value.len + 1 + kind_len});
}

static int read_near(struct need_label *parser, struct need_label_text value)
{
    return read_hash(parser, NEED_LABEL_NEAR, value);
}

static int read_on(struct need_label *parser, struct need_label_text value)
{
    return read_hash(parser, NEED_LABEL_ON, value);
}

static int read_top(struct need_label *parser, struct need_label_text value)
{
    unsigned top = read_number(value, NEED_TOP_MAX);
    if (top == 0) {
        return need_label_fail(parser, ERR_ATTR_VALUE, label_of(parser),
                               "expected a number from 1 to %d", NEED_TOP_MAX);
    }
    struct need_label_word *word = add_label(parser, NEED_LABEL_TOP);
    if (!word) {
        return ERR_LIMIT;
    }
    word->number = top;
    return 0;
}

static int read_wait(struct need_label *parser, struct need_label_text value)
{
    return read_attr(parser, attr_find(ATTR_KEY_wait90), false, value);
}

static int read_flavor(struct need_label *parser, struct need_label_text value)
{
    return read_attr(parser, attr_find(ATTR_KEY_grade), false, value);
}

static const struct special {
    const char *name;
    size_t len;
    int (*read)(struct need_label *parser, struct need_label_text value);
} specials[] = {
    {"by", 2, read_policy}, {"data", 4, read_set},  {"flavor", 6, read_flavor},
    {"image", 5, read_set}, {"model", 5, read_set}, {"near", 4, read_near},
    {"on", 2, read_on},     {"top", 3, read_top},   {"wait", 4, read_wait},
};

static const struct special *find_special(struct need_label_text name)
{
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        if (specials[i].len == name.len && memcmp(specials[i].name, name.start, name.len) == 0) {
            return &specials[i];
        }
    }
    return NULL;
}

/* --- labels -------------------------------------------------------------------------------------- */

static struct need_label_text first_of_rest(const struct need_label *parser)
{
    return (struct need_label_text){parser->rest, parser->first_len};
}

/* A label that is no word may be of a flavor, `b1.medium.flavor`: the label `flavor` comes next, or it is an error. */
static int keep_rest(struct need_label *parser)
{
    bool is_first = parser->rest_len == 0;
    if (parser->rest_len + parser->len + !is_first > sizeof parser->rest) {
        return fail_unknown(parser, first_of_rest(parser));
    }
    if (is_first) {
        parser->first_len = parser->len;
    } else {
        parser->rest[parser->rest_len++] = '-';
    }
    memcpy(parser->rest + parser->rest_len, parser->label, parser->len);
    parser->rest_len += parser->len;
    return 0;
}

static int end_flavor(struct need_label *parser)
{
    if (parser->rest_len == 0) {
        return need_label_fail(parser, ERR_ATTR_VALUE, label_of(parser),
                               "expected its name before it");
    }
    int err = read_flavor(parser, (struct need_label_text){parser->rest, parser->rest_len});
    parser->rest_len = 0;
    return err;
}

static int read_label(struct need_label *parser)
{
    const char *dash = memchr(parser->label, '-', parser->len);
    const struct need_label_text name = {parser->label,
                                         dash ? (size_t)(dash - parser->label) : parser->len};
    const struct need_label_text value = {dash ? dash + 1 : parser->label + parser->len,
                                          dash ? parser->len - name.len - 1 : 0};
    const struct special *special = find_special(name);
    const struct attr_row *row = special ? NULL : attr_find_name(name.start, name.len);
    if (special && special->read == read_flavor && !dash) {
        return end_flavor(parser);
    }
    bool is_word = special ? value.len > 0 : row && (row->kind == ATTR_BOOL) == !dash;
    if (!is_word) {
        return keep_rest(parser);
    }
    if (parser->rest_len > 0) {
        return fail_unknown(parser, first_of_rest(parser));
    }
    return special ? special->read(parser, value) : read_attr(parser, row, true, value);
}

/* Folded on its way into the parser; a `_` becomes the hyphen that pools_text_hash makes of it. */
int need_label_take(struct need_label *parser, const char *text, size_t len)
{
    parser->len = len < NEED_LABEL_MAX ? len : NEED_LABEL_MAX;
    bool is_good = len <= NEED_LABEL_MAX;
    for (size_t i = 0; i < parser->len; i++) {
        char c = text[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '_' ? '-' : c;
        bool is_ldh = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        parser->label[i] = is_ldh ? c : '?';
        is_good &= is_ldh;
    }
    if (!is_good) {
        return need_label_fail(parser, ERR_ATTR_VALUE, label_of(parser),
                               "expected at most %d letters, digits and hyphens", NEED_LABEL_MAX);
    }
    return read_label(parser);
}

int need_label_end(const struct need_label *parser)
{
    return parser->rest_len > 0 ? fail_unknown(parser, first_of_rest(parser)) : 0;
}

void need_label_start(struct need_label *parser, const struct hash_key *key,
                      const struct book *book, struct err_at *at)
{
    parser->key = key;
    parser->book = book;
    parser->at = at;
    parser->text = wr_make(parser->spelled, sizeof parser->spelled);
    parser->count = 0;
    parser->rest_len = parser->first_len = 0;
}
