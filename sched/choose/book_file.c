#include "sched/choose/book_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/conf.h"
#include "sched/choose/need.h"
#include "zones/attr.h"

/* --- the schema ---------------------------------------------------------------------------------- */

struct names {
    const char **items;
    size_t count;
};

/* Weights by policy. */
struct weights {
#define POLICY(name, ...) uint32_t name;
#include "sched/choose/policy.def"
#undef POLICY
};

struct policy {
    const char *name, *need;
    struct weights by;
    struct names order;
    int spread;
    uint32_t most, top, maxage, low, high;
};

struct group {
    const char *name, *need;
};

struct file {
    struct {
        struct policy *items;
        size_t count;
    } policies;
    struct {
        struct group *items;
        size_t count;
    } groups;
};

static const char *const spreads[] = {"none", "centre", "region", "az", "op", NULL};
static const uint16_t spread_keys[] = {0, ATTR_KEY_kind, ATTR_KEY_region, ATTR_KEY_az, ATTR_KEY_op};
static const struct conf_type spread_type = {"one", sizeof(int), spreads, conf_type_parse_word};

static bool is_name(const char *text)
{
    return text[0] && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static int parse_name(struct conf_value *value, void *out_field)
{
    return is_name(value->text) ? conf_type_text.parse(value, out_field) : ERR_VALUE;
}

static const struct conf_type name_type = {"lower case letters, digits and hyphens",
                                           sizeof(const char *), NULL, parse_name};

#define COUNT(array)      (sizeof(array) / sizeof((array)[0]))
#define FIELD(type, name) offsetof(struct type, name), sizeof(((struct type *)0)->name)

enum { WEIGHT_MAX = 255, MOST_MAX = 1000, AGE_MAX = 86400, NEED_OCTETS = 4096 };

static const struct conf_row weight_rows[] = {
#define POLICY(name, ...)                                                                          \
    {#name, &conf_type_uint, NULL, CONF_ONE, 0, FIELD(weights, name), NULL,                        \
     1,     WEIGHT_MAX,      "",   "weight"},
#include "sched/choose/policy.def"
#undef POLICY
};
static const struct conf_map weight_map = {weight_rows, COUNT(weight_rows), sizeof(struct weights)};

#define ONE(of, name, type, flags, preset, min, max, unit, help)                                   \
    {                                                                                              \
#name, type, NULL, CONF_ONE, flags, FIELD(of, name), preset, min, max, unit, help          \
    }
static const struct conf_row policy_rows[] = {
    {"by", NULL, &weight_map, CONF_MAP, 0, FIELD(policy, by), NULL, 0, 0, "", "weights by policy"},
    ONE(policy, high, &conf_type_uint, 0, NULL, 1, 100, "%", "from here on a pool gets nothing"),
    ONE(policy, low, &conf_type_uint, 0, NULL, 0, 100, "%", "from here on a pool gets less"),
    ONE(policy, maxage, &conf_type_duration, 0, NULL, 1, AGE_MAX, "seconds",
        "age of a load report"),
    ONE(policy, most, &conf_type_uint, 0, NULL, 1, MOST_MAX, "answers", "of one place of spread"),
    ONE(policy, name, &name_type, CONF_REQUIRED, NULL, 1, BOOK_NAME_MAX, "", "asked as by-NAME"),
    ONE(policy, need, &conf_type_text, 0, NULL, 0, NEED_OCTETS, "", "words added to what is asked"),
    {"order", &conf_type_text, NULL, CONF_LIST, 0, FIELD(policy, order), NULL, 0, 0, "",
     "groups tried in order"},
    ONE(policy, spread, &spread_type, 0, NULL, 0, 0, "", "answers of different places"),
    ONE(policy, top, &conf_type_uint, 0, NULL, 1, NEED_TOP_MAX, "answers", "how many to answer"),
};
static const struct conf_map policy_map = {policy_rows, COUNT(policy_rows), sizeof(struct policy)};

static const struct conf_row group_rows[] = {
    ONE(group, name, &name_type, CONF_REQUIRED, NULL, 1, BOOK_NAME_MAX, "", "for `order`"),
    ONE(group, need, &conf_type_text, CONF_REQUIRED, NULL, 1, NEED_OCTETS, "", "who belongs to it"),
};
static const struct conf_map group_map = {group_rows, COUNT(group_rows), sizeof(struct group)};

static const struct conf_row file_rows[] = {
    {"groups", NULL, &group_map, CONF_MAPS, 0, FIELD(file, groups), NULL, 0, 0, "", "groups"},
    {"policies", NULL, &policy_map, CONF_MAPS, 0, FIELD(file, policies), NULL, 0, 0, "",
     "policies"},
};
static const struct conf_map file_map = {file_rows, COUNT(file_rows), sizeof(struct file)};

/* --- checks -------------------------------------------------------------------------------------- */

/* A book in the making. */
struct making {
    const struct conf *conf;
    const struct file *file;
    const struct hash_key *key;
    struct err_at *at;
    struct book *book;
};

/* A name as it is looked for, and the place of its entry in the file. */
struct entry {
    const char *const *name;
    size_t position;
};

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(*x->name, *y->name);
    return order != 0 ? order : (x->position > y->position) - (x->position < y->position);
}

/* Sort names; the same one twice is an error at the later one. */
static int sort(const struct making *making, const char *what, struct entry *entries, size_t count)
{
    qsort(entries, count, sizeof *entries, by_name);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(*entries[i - 1].name, *entries[i].name) == 0) {
            return conf_blame(making->conf, entries[i].name, making->at, ERR_EXISTS,
                              "%s %s is given twice", what, *entries[i].name);
        }
    }
    return 0;
}

/* A name that `by-` would read as a policy of ours, with or without a weight. */
static int check_name(const struct making *making, const char *const *name)
{
    char word[BOOK_NAME_MAX + sizeof "by-"] = "by-";
    struct need need;
    strcat(word, *name); /* the schema limits it */
    return need_parse(word, strlen(word), making->key, NULL, &need, NULL) == ERR_MISSING
               ? 0
               : conf_blame(making->conf, name, making->at, ERR_VALUE,
                            "%s would be read as a policy of the server", *name);
}

static int fill_need(const struct making *making, const char *const *text, struct need *out)
{
    struct err_at inner = {.text = ""};
    const char *words = *text ? *text : "";
    int err = need_parse(words, strlen(words), making->key, NULL, out, &inner);
    return err ? conf_blame(making->conf, text, making->at, err, "need: %s", inner.text) : 0;
}

static int fill_group(const struct making *making, const struct group *from, struct book_group *out)
{
    int err = fill_need(making, &from->need, &out->need);
    const struct need *need = &out->need;
    memcpy(out->name, from->name, strlen(from->name) + 1);
    if (!err &&
        (need_has_weights(need->weights) || need->near || need->set_count > 0 || need->top > 0)) {
        return conf_blame(making->conf, &from->need, making->at, ERR_VALUE,
                          "need: a group says what its pools are: attributes and on- alone");
    }
    return err;
}

/* One name, or several with commas between them. */
static int fill_order(const struct making *making, const char *const *text, struct book_policy *out)
{
    for (const char *name = *text, *next; name; name = next) {
        size_t len = strcspn(name, ",");
        next = name[len] ? name + len + 1 + strspn(name + len + 1, " ") : NULL;
        const struct book_group *group = book_find_group(making->book, name, len);
        if (!group) {
            return conf_blame(making->conf, text, making->at, ERR_MISSING,
                              "order: no group %.*s in groups", (int)len, name);
        }
        for (unsigned i = 0; i < out->group_count; i++) {
            if (out->groups[i] == group) {
                return conf_blame(making->conf, text, making->at, ERR_EXISTS,
                                  "order: group %s is given twice", group->name);
            }
        }
        if (out->group_count == BOOK_GROUPS_MAX) {
            return conf_blame(making->conf, text, making->at, ERR_LIMIT,
                              "order: more than %d groups", BOOK_GROUPS_MAX);
        }
        out->groups[out->group_count++] = group;
    }
    return 0;
}

static int check_policy(const struct making *making, const struct policy *from,
                        const struct need *need)
{
    if (need_has_weights(need->weights) || need->top > 0) {
        return conf_blame(making->conf, &from->need, making->at, ERR_VALUE,
                          "need: %s is an option of its own", need->top > 0 ? "top" : "by");
    }
    if (from->low > 0 && from->high == 0) {
        return conf_blame(making->conf, &from->low, making->at, ERR_MISSING, "low needs high");
    }
    if (from->low > from->high) {
        return conf_blame(making->conf, &from->low, making->at, ERR_VALUE, "low: %u is above high",
                          from->low);
    }
    if (from->most > 0 && from->spread == 0) {
        return conf_blame(making->conf, &from->most, making->at, ERR_MISSING, "most needs spread");
    }
    return 0;
}

static int fill_policy(const struct making *making, const struct policy *from,
                       struct book_policy *out)
{
    int err = check_name(making, &from->name);
    err = err ? err : fill_need(making, &from->need, &out->need);
    err = err ? err : check_policy(making, from, &out->need);
    for (size_t i = 0; !err && i < from->order.count; i++) {
        err = fill_order(making, &from->order.items[i], out);
    }
    const uint8_t weights[NEED_POLICIES] = {
#define POLICY(name, number, ...) [number - 1] = (uint8_t)from->by.name,
#include "sched/choose/policy.def"
#undef POLICY
    };
    memcpy(out->weights, weights, sizeof weights);
    memcpy(out->name, from->name, strlen(from->name) + 1);
    out->spread = spread_keys[from->spread];
    out->most = from->most > 0 ? from->most : 1;
    out->top = from->top;
    out->maxage_s = from->maxage;
    out->low = from->low;
    out->high = from->high;
    return err;
}

static int fill_groups(const struct making *making)
{
    struct entry entries[BOOK_MAX];
    const size_t count = making->file->groups.count;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct entry){&making->file->groups.items[i].name, i};
    }
    int err = sort(making, "group", entries, count);
    for (size_t i = 0; !err && i < count; i++) {
        err = fill_group(making, &making->file->groups.items[entries[i].position],
                         &making->book->groups[i]);
    }
    return err;
}

static int fill_policies(const struct making *making)
{
    struct entry entries[BOOK_MAX];
    const size_t count = making->file->policies.count;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct entry){&making->file->policies.items[i].name, i};
    }
    int err = sort(making, "policy", entries, count);
    for (size_t i = 0; !err && i < count; i++) {
        err = fill_policy(making, &making->file->policies.items[entries[i].position],
                          &making->book->policies[i]);
    }
    return err;
}

static int check_count(const struct making *making)
{
    const struct file *file = making->file;
    if (file->policies.count <= BOOK_MAX && file->groups.count <= BOOK_MAX) {
        return 0;
    }
    bool is_policy = file->policies.count > BOOK_MAX;
    return conf_blame(
        making->conf,
        is_policy ? (const void *)&file->policies.items[BOOK_MAX] : &file->groups.items[BOOK_MAX],
        making->at, ERR_LIMIT, "more than %d %s", BOOK_MAX, is_policy ? "policies" : "groups");
}

/* Groups first: policies point to them. */
static int make(struct conf *conf, const struct hash_key *key, struct book **out, struct err_at *at)
{
    struct making making = {.conf = conf, .file = conf_data(conf), .key = key, .at = at};
    int err = check_count(&making);
    if (!err) {
        making.book = book_create(making.file->policies.count, making.file->groups.count);
        err = fill_groups(&making);
        err = err ? err : fill_policies(&making);
    }
    conf_free(conf);
    if (err) {
        book_unref(making.book);
        return err;
    }
    *out = making.book;
    return 0;
}

int book_load(const char *path, const struct hash_key *key, struct book **out, struct err_at *at)
{
    struct conf *conf;
    int err = conf_load(path, &file_map, &conf, at);
    return err ? err : make(conf, key, out, at);
}

int book_parse(const char *path, const char *text, size_t len, const struct hash_key *key,
               struct book **out, struct err_at *at)
{
    struct conf *conf;
    int err = conf_parse(path, text, len, &file_map, &conf, at);
    return err ? err : make(conf, key, out, at);
}

/* --- another key --------------------------------------------------------------------------------- */

/* A canonical text reads as what it came from. */
static void read_again(const struct need *from, const struct hash_key *key, struct need *out)
{
    CHECK(need_parse(from->text, from->text_len, key, NULL, out, NULL) == 0);
}

struct book *book_rekey(const struct book *book, const struct hash_key *key)
{
    if (!book) {
        return NULL;
    }
    struct book *copy = book_create(book->policy_count, book->group_count);
    for (size_t i = 0; i < book->group_count; i++) {
        memcpy(copy->groups[i].name, book->groups[i].name, sizeof book->groups[i].name);
        read_again(&book->groups[i].need, key, &copy->groups[i].need);
    }
    for (size_t i = 0; i < book->policy_count; i++) {
        struct book_policy *policy = &copy->policies[i];
        *policy = book->policies[i];
        read_again(&book->policies[i].need, key, &policy->need);
        for (unsigned j = 0; j < policy->group_count; j++) {
            policy->groups[j] = copy->groups + (policy->groups[j] - book->groups);
        }
    }
    return copy;
}
