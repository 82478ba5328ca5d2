#include "zones/cres_mirror.h"

#include <string.h>

#include "zones/attr.h"
#include "zones/attr_text.h"
#include "zones/cres_cats.h"

struct gathering {
    struct cres_cats_facts facts;
    const uint8_t *owner[CRES_GROUPS]; /* record that a group is taken from */
};

/* True when the key may be taken from this record. */
static bool claim_group(struct gathering *to, uint16_t key, const uint8_t *owner)
{
    unsigned group = cres_group(key);
    if (group == CRES_GROUPS) {
        return true;
    }
    if (!to->owner[group]) {
        to->owner[group] = owner;
    }
    return to->owner[group] == owner;
}

static void gather(struct gathering *to, struct cres_rdata record)
{
    struct cres_iter iter;
    struct cres_attr attr;
    if (!record.data || !cres_is_public(record)) {
        return;
    }
    cres_attrs(record.data, record.len, &iter);
    while (cres_next(&iter, &attr)) {
        const struct attr_row *row = attr_find(attr.key);
        if (!row || attr_check(row, attr.value, attr.len)) {
            continue;
        }
        struct cres_attr *fact = &to->facts.of[row - attr_get(0)];
        if (!fact->value && claim_group(to, attr.key, record.data)) {
            *fact = attr;
        }
    }
}

/* The TXT RDATA as it grows. */
struct mirror {
    struct wr *out;
    size_t left; /* octets it may still grow by */
};

/* Add one character-string, if it is one and fits. */
static void add_string(struct mirror *mirror, const struct wr *string)
{
    size_t len = wr_len(string);
    if (string->err || len + 1 > mirror->left) {
        return;
    }
    wr_u8(mirror->out, (unsigned)len);
    wr_bytes(mirror->out, string->base, len);
    mirror->left -= len + 1;
}

static void put_word(struct wr *wr, const char *word)
{
    wr_bytes(wr, word, strlen(word));
}

static void add_alias(struct mirror *mirror, const struct cres_cats_facts *facts, size_t index)
{
    char buffer[255];
    struct wr wr = wr_make(buffer, sizeof buffer);
    put_word(&wr, cres_cats_name(index));
    wr_u8(&wr, '=');
    size_t start = wr_len(&wr);
    cres_cats_print(index, facts, &wr);
    if (wr_len(&wr) > start) {
        add_string(mirror, &wr);
    }
}

/* Two attributes have names that mean something else in the drafts: what is free, not the total. */
static const char *mirror_name(const struct attr_row *row)
{
    switch (row->key) {
    case ATTR_KEY_cpu:
        return "cputotal";
    case ATTR_KEY_mem:
        return "memtotal";
    default: /* all the others keep their name */
        return row->name;
    }
}

static void add_fact(struct mirror *mirror, const struct attr_row *row,
                     const struct cres_attr *fact)
{
    char buffer[255];
    struct wr wr = wr_make(buffer, sizeof buffer);
    put_word(&wr, mirror_name(row));
    if (row->kind != ATTR_BOOL) {
        wr_u8(&wr, '=');
        attr_text_print_value(row, fact->value, fact->len, &wr);
    }
    add_string(mirror, &wr);
}

/* Attributes of a rank, and the names of the drafts behind them. */
static void add_rank(struct mirror *mirror, const struct cres_cats_facts *facts, unsigned rank)
{
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_row *row = attr_get(i);
        if (row->rank == rank && facts->of[i].value) {
            add_fact(mirror, row, &facts->of[i]);
        }
    }
    for (size_t i = 0; cres_cats_name(i); i++) {
        if (cres_cats_rank(i) == rank) {
            add_alias(mirror, facts, i);
        }
    }
}

int cres_mirror_txt(const struct cres_view *view, struct wr *out)
{
    enum { RANK_LAST = 5 };
    static const char version[] = "vers=1"; /* of this vocabulary, docs/records.md */
    struct gathering all = {0};
    struct mirror mirror = {out, CRES_MIRROR_MAX - sizeof version}; /* its place is kept free */
    for (size_t i = 0; i < view->res_count; i++) {
        gather(&all, view->res[i]);
    }
    gather(&all, view->load);
    gather(&all, view->centre);
    gather(&all, view->above);
    size_t start = wr_len(out);
    for (unsigned rank = 1; rank <= RANK_LAST; rank++) {
        add_rank(&mirror, &all.facts, rank);
    }
    if (wr_len(out) > start) {
        wr_u8(out, sizeof version - 1);
        wr_bytes(out, version, sizeof version - 1);
    }
    return out->err;
}
