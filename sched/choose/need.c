#include "sched/choose/need.h"

#include <string.h>

#include "sched/choose/need_label.h"

/* --- order and text ------------------------------------------------------------------------------ */

static int compare_texts(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_tests(const struct need *need, const struct need_test *a,
                         const struct need_test *b)
{
    int order = a->kind - b->kind;
    order = order != 0 ? order : a->key - b->key;
    order = order != 0 ? order : a->op - b->op;
    return order != 0 ? order
                      : compare_texts(need->text + a->text_at, a->text_len, need->text + b->text_at,
                                      b->text_len);
}

/* Tests in the order in which they are made: few, and mostly in order. */
static void sort_tests(struct need *need)
{
    for (unsigned i = 1; i < need->test_count; i++) {
        struct need_test *test = &need->tests[i];
        unsigned j = i;
        while (j > 0 && compare_tests(need, &need->tests[j - 1], test) > 0) {
            j--;
        }
        if (j < i) {
            struct need_test moved = *test;
            memmove(&need->tests[j + 1], &need->tests[j], (i - j) * sizeof moved);
            need->tests[j] = moved;
        }
    }
}

static void clear(struct need *out)
{
    out->test_count = out->set_count = out->top = 0;
    memset(out->weights, 0, sizeof out->weights);
    out->near = out->on = 0;
    out->policy = NULL;
    out->near_at = out->near_len = out->text_len = 0;
    out->text[0] = '\0';
}

/* Append a word to the canonical text; false when it does not fit. */
static bool put_text(struct need *out, const char *word, size_t len, uint16_t *out_at)
{
    size_t dot = out->text_len > 0;
    if (out->text_len + dot + len > NEED_TEXT_MAX) {
        return false;
    }
    if (dot) {
        out->text[out->text_len++] = '.';
    }
    memcpy(out->text + out->text_len, word, len);
    *out_at = out->text_len;
    out->text_len = (uint16_t)(out->text_len + len);
    out->text[out->text_len] = '\0';
    return true;
}

/* --- from words ---------------------------------------------------------------------------------- */

static void put_test(const struct need_label_word *word, uint16_t at, struct need *out)
{
    struct need_test *test = &out->tests[out->test_count++];
    *test = word->test;
    test->text_at = at;
    test->text_len = word->len;
}

/* What a word says, from its place in the text on; false when it may come once and there is one. */
static bool put_word(const struct need_label_word *word, uint16_t at, struct need *out)
{
    bool is_new = true;
    switch (word->kind) {
    case NEED_LABEL_TEST:
        put_test(word, at, out);
        break;
    case NEED_LABEL_POLICY:
        is_new = out->weights[word->number] == 0;
        out->weights[word->number] = word->weight;
        break;
    case NEED_LABEL_BOOK:
        is_new = !out->policy;
        out->policy = word->policy;
        break;
    case NEED_LABEL_NEAR:
        is_new = out->near == 0;
        out->near = word->hash;
        out->near_at = at;
        out->near_len = word->len;
        break;
    case NEED_LABEL_ON:
        is_new = out->on == 0;
        out->on = word->hash;
        break;
    case NEED_LABEL_SET:
        is_new = out->set_count < NEED_SETS_MAX;
        out->sets[is_new ? out->set_count++ : 0] = word->hash;
        break;
    case NEED_LABEL_TOP:
        is_new = out->top == 0;
        out->top = word->number;
        break;
    }
    return is_new;
}

static int compare_words(const struct need_label *parser, const struct need_label_word *a,
                         const struct need_label_word *b)
{
    return compare_texts(parser->spelled + a->at, a->len, parser->spelled + b->at, b->len);
}

static void sort_words(const struct need_label *parser, const struct need_label_word **out_sorted)
{
    for (unsigned i = 0; i < parser->count; i++) {
        const struct need_label_word *word = &parser->words[i];
        unsigned j = i;
        for (; j > 0 && compare_words(parser, out_sorted[j - 1], word) > 0; j--) {
            out_sorted[j] = out_sorted[j - 1];
        }
        out_sorted[j] = word;
    }
}

static int fail_twice(const struct need_label *parser, const struct need_label_word *word)
{
    const struct need_label_text label = {parser->spelled + word->at, word->len};
    if (word->kind == NEED_LABEL_SET) {
        return need_label_fail(parser, ERR_LIMIT, label, "expected at most %d sets of data",
                               NEED_SETS_MAX);
    }
    return need_label_fail(parser, ERR_EXISTS, label, "expected once, found another one");
}

/* Words sorted, each once. */
static int finish(const struct need_label *parser, struct need *out)
{
    const struct need_label_word *sorted[NEED_WORDS_MAX];
    int err = need_label_end(parser);
    sort_words(parser, sorted);
    clear(out);
    for (unsigned i = 0; !err && i < parser->count; i++) {
        const struct need_label_word *word = sorted[i];
        const struct need_label_text label = {parser->spelled + word->at, word->len};
        uint16_t at;
        if (i > 0 && compare_words(parser, sorted[i - 1], word) == 0) {
            continue;
        }
        if (!put_text(out, label.start, label.len, &at)) {
            return need_label_fail(parser, ERR_LIMIT, label, "the requirement is too long");
        }
        err = put_word(word, at, out) ? 0 : fail_twice(parser, word);
    }
    sort_tests(out);
    return err;
}

int need_parse_name(const uint8_t *name, unsigned labels, const struct hash_key *key,
                    const struct book *book, struct need *out, struct err_at *at)
{
    struct need_label parser;
    int err = 0;
    need_label_start(&parser, key, book, at);
    for (; !err && labels > 0; labels--, name += name[0] + 1) {
        err = need_label_take(&parser, (const char *)name + 1, name[0]);
    }
    return err ? err : finish(&parser, out);
}

static bool is_between(char c)
{
    return c == ' ' || c == '.' || c == '\t' || c == '\n' || c == '\r';
}

int need_parse(const char *text, size_t len, const struct hash_key *key, const struct book *book,
               struct need *out, struct err_at *at)
{
    struct need_label parser;
    int err = 0;
    need_label_start(&parser, key, book, at);
    for (const char *pos = text, *end = text + len; !err && pos < end;) {
        const char *word = pos;
        while (pos < end && !is_between(*pos)) {
            pos++;
        }
        err = pos > word ? need_label_take(&parser, word, (size_t)(pos - word)) : 0;
        pos += pos < end;
    }
    return err ? err : finish(&parser, out);
}

/* --- one more ------------------------------------------------------------------------------------ */

/* A canonical text on its way into another one. */
struct source {
    const struct need *need;
    const char *word; /* the next one */
    size_t len;       /* 0: none is left */
    unsigned set;     /* sets before it */
};

static bool is_begun(const struct source *from, const char *with)
{
    size_t len = strlen(with);
    return from->len > len && memcmp(from->word, with, len) == 0;
}

static bool is_set(const struct source *from)
{
    return is_begun(from, "data-") || is_begun(from, "image-") || is_begun(from, "model-");
}

static void find_word(struct source *from, const char *start)
{
    const char *end = from->need->text + from->need->text_len;
    const char *dot = start < end ? memchr(start, '.', (size_t)(end - start)) : NULL;
    from->word = start;
    from->len = start < end ? (size_t)((dot ? dot : end) - start) : 0;
}

static void step(struct source *from)
{
    from->set += is_set(from);
    find_word(from, from->word + from->len + 1);
}

static struct source begin(const struct need *need)
{
    struct source source = {.need = need};
    find_word(&source, need->text);
    return source;
}

bool need_has_weights(const uint8_t *weights)
{
    static const uint8_t none[NEED_POLICIES];
    return memcmp(weights, none, sizeof none) != 0;
}

/* `by-` of a policy, ours or the operator's. */
static bool says_by(const struct need *need)
{
    return need->policy || need_has_weights(need->weights);
}

/* True for a word about which the other requirement has the say. */
static bool is_settled(const struct source *from, const struct need *by)
{
    return (is_begun(from, "near-") && by->near) || (is_begun(from, "on-") && by->on) ||
           (is_begun(from, "top-") && by->top) || (is_begun(from, "by-") && says_by(by));
}

/* Append a word, and its test, set or place; false when there is no room. */
static bool put_from(const struct source *from, struct need *out)
{
    const struct need *need = from->need;
    const size_t before = (size_t)(from->word - need->text);
    uint16_t at;
    if (!put_text(out, from->word, from->len, &at)) {
        return false;
    }
    for (unsigned i = 0; i < need->test_count; i++) {
        if (need->tests[i].text_at == before) {
            if (out->test_count == NEED_TESTS_MAX) {
                return false;
            }
            out->tests[out->test_count] = need->tests[i];
            out->tests[out->test_count++].text_at = at;
            return true;
        }
    }
    if (is_begun(from, "near-")) {
        out->near = need->near;
        out->near_at = at;
        out->near_len = need->near_len;
    }
    if (is_set(from)) {
        if (out->set_count == NEED_SETS_MAX) {
            return false;
        }
        out->sets[out->set_count++] = need->sets[from->set];
    }
    return true;
}

/* The words of both, sorted, each once. */
static bool put_both(const struct need *to, const struct need *more, struct need *out)
{
    struct source a = begin(to), b = begin(more);
    while (a.len > 0 || b.len > 0) {
        int order = compare_texts(a.word, a.len, b.word, b.len);
        bool is_a = b.len == 0 || (a.len > 0 && order <= 0);
        bool is_b = a.len == 0 || (b.len > 0 && order >= 0);
        if (is_a ? !put_from(&a, out) : !is_settled(&b, to) && !put_from(&b, out)) {
            return false;
        }
        if (is_a) {
            step(&a);
        }
        if (is_b) {
            step(&b);
        }
    }
    return true;
}

int need_add(struct need *to, const struct need *more)
{
    struct need both;
    const struct need *weighted = says_by(to) ? to : more;
    clear(&both);
    if (!put_both(to, more, &both)) {
        return ERR_LIMIT;
    }
    both.on = to->on ? to->on : more->on;
    both.top = to->top > 0 ? to->top : more->top;
    both.policy = weighted->policy;
    memcpy(both.weights, weighted->weights, sizeof both.weights);
    sort_tests(&both);
    *to = both;
    return 0;
}
