#include "server/steer.h"

#include <string.h>

#include "sched/choose/pools_hash.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum { WORD_MAX = ATTR_TEXT_MAX + 11 }; /* `region-eq-` and a text */

bool steer_is_service(const struct zone_node *node)
{
    /* types rise, and few are above CPOL: the last one tells */
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (unsigned i = node->rrset_count; i > 0 && sets[i - 1].type >= DNS_TYPE_CPOL; i--) {
        if (sets[i - 1].type == DNS_TYPE_CPOL) {
            return true;
        }
    }
    return false;
}

static void begin(struct steer *steer, const struct steer_scene *scene)
{
    steer->ask = (struct choose_ask){
        .pools = scene->pools, .need = &steer->need, .now_s = scene->now_s, .spread = 0};
    steer->ttl_s = STEER_TTL_S;
    steer->sticky_s = 0;
}

/* What a policy of the operator's adds, where neither words nor CPOL have said it. */
static int add_policy(struct steer *steer, const struct book_policy *policy)
{
    struct choose_ask *ask = &steer->ask;
    int err = need_add(&steer->need, &policy->need);
    if (err) {
        return err;
    }
    if (!ask->weights && !need_has_weights(steer->need.weights)) {
        ask->weights = policy->weights;
    }
    if (ask->group_count == 0) {
        for (unsigned i = 0; i < policy->group_count; i++) {
            const struct book_group *group = policy->groups[i];
            steer->groups[i] = (struct choose_group){group->name, &group->need};
        }
        ask->groups = steer->groups;
        ask->group_count = policy->group_count;
    }
    ask->spread = policy->spread;
    ask->most = policy->most;
    ask->top = ask->top ? ask->top : steer->need.top ? steer->need.top : policy->top;
    ask->maxage_s = ask->maxage_s ? ask->maxage_s : policy->maxage_s;
    if (ask->low == 0 && ask->high == 0) { /* one of them says nothing about the other's limit */
        ask->low = policy->low;
        ask->high = policy->high;
    }
    return 0;
}

/* What comes after the words are read: policy and place. */
static int complete(struct steer *steer, const struct steer_scene *scene, struct err_at *at)
{
    const struct need *need = &steer->need;
    const struct book_policy *policy = need->policy;
    if (policy && add_policy(steer, policy)) {
        return err_at_set(at, ERR_LIMIT, 0, 0, "by-%s: too many words with those of this policy",
                          policy->name);
    }
    if (!choose_near(scene->pools, need, scene->from, &steer->place)) {
        return err_at_set(at, ERR_MISSING, 0, 0, "%.*s: no centre or region here has this name",
                          (int)need->near_len, need->text + need->near_at);
    }
    steer->ask.from = &steer->place;
    steer->ask.is_placed = true;
    return 0;
}

int steer_name(struct steer *steer, const struct steer_scene *scene, const uint8_t *name,
               unsigned labels, struct err_at *at)
{
    begin(steer, scene);
    int err = need_parse_name(name, labels, &scene->pools->key, scene->book, &steer->need, at);
    return err ? err : complete(steer, scene, at);
}

int steer_words(struct steer *steer, const struct steer_scene *scene, const char *text, size_t len,
                struct err_at *at)
{
    begin(steer, scene);
    int err = need_parse(text, len, &scene->pools->key, scene->book, &steer->need, at);
    return err ? err : complete(steer, scene, at);
}

/* The requirement `<attribute>-eq-<text>`, whatever octets the text has and however it begins. */
static int make_word(const char *attribute, const char *text, size_t len,
                     const struct hash_key *key, struct need *out, struct err_at *at)
{
    char word[WORD_MAX];
    struct wr wr = wr_make(word, sizeof(word));
    wr_print(&wr, "%s-eq-", attribute);
    size_t begin = wr_len(&wr);
    wr_bytes(&wr, text, len);
    size_t used = wr_len(&wr);
    for (size_t i = begin; i < used; i++) {
        word[i] = pools_plain((uint8_t)word[i]);
    }
    return need_parse(word, used, key, NULL, out, at);
}

/* A group of the operator's book; else the pools whose centre has this kind, operator or region. */
static int add_group(struct steer *steer, const struct steer_scene *scene, const char *text,
                     size_t len, struct err_at *at)
{
    struct choose_ask *ask = &steer->ask;
    size_t i = ask->group_count;
    if (i == STEER_GROUPS_MAX) {
        return err_at_set(at, ERR_LIMIT, 0, 0, "order: more than %d groups", STEER_GROUPS_MAX);
    }
    const struct book_group *group = book_find_group(scene->book, text, len);
    if (group) {
        steer->groups[i] = (struct choose_group){group->name, &group->need};
    } else {
        const struct hash_key *key = &scene->pools->key;
        bool is_indexed, is_kind = attr_word_find(attr_find(ATTR_KEY_kind), text, len) > 0;
        bool is_op = pools_posting(scene->pools, ATTR_INDEX_op, pools_text_hash(key, text, len),
                                   &is_indexed) != NULL;
        const char *attribute = is_kind ? "kind" : is_op ? "op" : "region";
        int err = make_word(attribute, text, len, key, &steer->group_needs[i], at);
        if (err) {
            return err;
        }
        memcpy(steer->group_names[i], text, len);
        steer->group_names[i][len] = '\0';
        steer->groups[i] = (struct choose_group){steer->group_names[i], &steer->group_needs[i]};
    }
    ask->groups = steer->groups;
    ask->group_count = i + 1;
    return 0;
}

static int add_order(struct steer *steer, const struct steer_scene *scene, struct rd items,
                     struct err_at *at)
{
    while (rd_left(&items) > 0) {
        size_t len = rd_u8(&items);
        const uint8_t *text = rd_take(&items, len);
        int err = text ? add_group(steer, scene, (const char *)text, len, at) : ERR_ATTR_VALUE;
        if (err) {
            return err;
        }
    }
    return 0;
}

static uint32_t number_of(const struct cres_attr *attr)
{
    uint64_t number = attr_uint_get(attr->value, attr->len);
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static void add_weights(struct steer *steer, const struct cres_attr *attr)
{
    memset(steer->weights, 0, sizeof(steer->weights));
    for (size_t i = 0; i + 1 < attr->len; i += 2) {
        unsigned number = attr->value[i];
        if (number >= 1 && number <= NEED_POLICIES) {
            steer->weights[number - 1] = attr->value[i + 1];
        }
    }
    steer->ask.weights = steer->weights;
}

/* One attribute of CPOL. */
static int take(struct steer *steer, const struct steer_scene *scene, const struct cres_attr *attr,
                struct err_at *at)
{
    struct choose_ask *ask = &steer->ask;
    switch (attr->key) {
    case ATTR_KEY_by:
        add_weights(steer, attr);
        return 0;
    case ATTR_KEY_need:
        return need_parse((const char *)attr->value, attr->len, &scene->pools->key, scene->book,
                          &steer->need, at);
    case ATTR_KEY_top:
        ask->top = number_of(attr) < NEED_TOP_MAX ? number_of(attr) : NEED_TOP_MAX;
        return 0;
    case ATTR_KEY_sticky:
        steer->sticky_s = number_of(attr);
        return 0;
    case ATTR_KEY_maxage:
        ask->maxage_s = number_of(attr);
        return 0;
    case ATTR_KEY_low:
        ask->low = number_of(attr);
        return 0;
    case ATTR_KEY_high:
        ask->high = number_of(attr);
        return 0;
    case ATTR_KEY_order:
        return add_order(steer, scene, rd_make(attr->value, attr->len), at);
    default: /* vis, and what a newer vocabulary brings */
        return 0;
    }
}

/* PTR records at the name restrict the choice to these pools. */
static void add_members(struct steer *steer, const struct zone_node *node)
{
    struct choose_ask *ask = &steer->ask;
    struct zone_records records = zone_node_records(node, DNS_TYPE_PTR);
    struct zone_rr rr;
    if (!records.pos) {
        return;
    }
    ask->members = steer->members;
    while (ask->member_count < STEER_MEMBERS_MAX &&
           zone_node_next(&records.pos, records.end, &rr)) {
        uint8_t name[DNS_NAME_MAX];
        dns_name_lower(rr.rdata, rr.len, name);
        uint32_t slot = pools_find(ask->pools, name);
        if (slot != POOLS_NONE) {
            steer->members[ask->member_count++] = slot;
        }
    }
}

int steer_service(struct steer *steer, const struct steer_scene *scene,
                  const struct zone_node *node, struct err_at *at)
{
    struct zone_records records = zone_node_records(node, DNS_TYPE_CPOL);
    struct zone_rr rr;
    struct cres_iter iter;
    struct cres_attr attr;
    begin(steer, scene);
    steer->need = (struct need){.text_len = 0};
    if (!zone_node_next(&records.pos, records.end, &rr)) {
        return ERR_MISSING;
    }
    int err = cres_check(DNS_TYPE_CPOL, rr.rdata, rr.len, at);
    cres_attrs(rr.rdata, rr.len, &iter);
    while (!err && cres_next(&iter, &attr)) {
        err = take(steer, scene, &attr, at);
    }
    if (err) {
        return err;
    }
    steer->ttl_s = steer->sticky_s ? steer->sticky_s : STEER_TTL_S;
    err = complete(steer, scene, at);
    if (!err) {
        add_members(steer, node);
    }
    return err;
}
