#include "server/find.h"

#include <stdio.h>

#include "base/mem.h"
#include "sched/choose/pools_keeper.h"
#include "server/find_budget.h"
#include "server/find_cache.h"
#include "server/find_put.h"
#include "server/find_rank.h"
#include "server/find_ready.h"
#include "server/query_from.h"
#include "server/regions.h"
#include "zones/dns_type.h"

enum { CACHE_MIN = 65536, THIRDS = 3, PERCENT = 10 /* in thousandths */ };

/* A warm answer is made anew after a change of its zone; in the long run every PACE_NS at most, however often the zone
 * changes, so it may be that old. After a rest, PACE_BURST times at once: who changes something sees it. */
#define PACE_NS    10000000u
#define PACE_BURST 10u

/* A worker that the system stops meanwhile does not pay for that. */
#define READING_MOST_NS 50000u
#define RANKING_MOST_NS 2000000u

enum domain { NAME_ASKED = 1, NAME_CANONICAL, SERVICE };

enum outcome { HIT, MISS, STALE, BAD, NOFIT, LIMITED, OLD };

/* Each has its budget, so that none of them keeps the others from being done: words that say nothing, requirements that
 * are new, and the many that are warm while their zone changes. */
enum work { READING, RANKING_NEW, RANKING_AGAIN, WORKS };

struct find {
    const struct clock *clock;
    struct steer_first *first;
    struct find_budget budgets[WORKS]; /* each has a third of the share */
    struct find_rank *rank;            /* NULL: nothing was asked for yet */
    struct find_cache *cache;
    size_t cache_octets;
    uint64_t world; /* number of the world that the cache is of */
};

/* One question on its way. */
struct asking {
    struct find *find;
    struct query *query;
    const struct find_subject *subject;
    const struct pools *pools;
    const struct zone_node *node; /* of a service; NULL: a name */
    uint16_t type;                /* that is answered */
    bool has_match;
    struct regions_match match; /* who asks */
    struct choose_place place;
};

struct find *find_create(const struct clock *clock, struct steer_first *first)
{
    struct find *find = mem_alloc(sizeof(*find));
    find->clock = clock;
    find->first = first;
    return find;
}

void find_destroy(struct find *find)
{
    if (find) {
        find_rank_destroy(find->rank);
        find_cache_destroy(find->cache);
        mem_free(find);
    }
}

/* With another world everything may be another: zones, rules, regions, policies. */
static void prepare(struct find *find, const struct world *world)
{
    size_t octets = world->options.find_cache;
    octets = octets > CACHE_MIN ? octets : CACHE_MIN;
    if (!find->rank) {
        find->rank = find_rank_create();
    }
    if (find->cache_octets != octets) {
        find_cache_destroy(find->cache);
        find->cache = find_cache_create(octets);
        find->cache_octets = octets;
    } else if (find->world != world->number) {
        find_cache_clear(find->cache);
    }
    find->world = world->number;
}

static uint64_t key_of(const struct asking *asking, enum domain domain, uint64_t what,
                       uint64_t place)
{
    const struct hash_key *key = &asking->query->world->zones_key;
    const uint64_t parts[] = {what, (uintptr_t)asking->subject->zone,
                              asking->type | (uint64_t)domain << 16, place};
    uint64_t hash = hash_mix(key, key->k0, parts, sizeof(parts));
    return hash ? hash : 1;
}

static uint64_t place_of(struct asking *asking)
{
    if (!asking->has_match) {
        query_from_find(asking->query, &asking->match);
        asking->has_match = true;
    }
    return asking->match.number;
}

static struct find_entry *look_up(struct asking *asking, enum domain domain, uint64_t what)
{
    struct find_cache *cache = asking->find->cache;
    struct find_entry *entry =
        find_cache_get(cache, key_of(asking, domain, what, STEER_EVERYWHERE));
    return entry ? entry : find_cache_get(cache, key_of(asking, domain, what, place_of(asking)));
}

/* May it be given as it is? */
static bool is_good(const struct asking *asking, const struct find_entry *entry)
{
    const struct clock *clock = asking->find->clock;
    if (asking->query->now_s >= entry->until_s) {
        return false;
    }
    return entry->version == asking->subject->version || clock->mono_ns(clock) < entry->due_ns;
}

static void count(const struct asking *asking, enum outcome outcome)
{
    static const enum stat_counter counters[][2] = {
        [HIT] = {STAT_find_hit, STAT_steer_hit},
        [MISS] = {STAT_find_miss, STAT_steer_miss},
        [STALE] = {STAT_find_stale, STAT_steer_stale},
        [BAD] = {STAT_find_bad, STAT_steer_bad},
        [NOFIT] = {STAT_find_nofit, STAT_steer_nofit},
        [LIMITED] = {STAT_find_limited, STAT_steer_limited},
        [OLD] = {STAT_find_old, STAT_steer_old},
    };
    stat_add(asking->query->stat, counters[outcome][asking->node != NULL], 1);
}

static void tell(struct query *query, unsigned ede, const char *text, size_t len)
{
    query->ede = (uint16_t)ede;
    snprintf(query->ede_text, sizeof(query->ede_text), "%.*s", (int)len, text);
}

static enum find_verdict fail(struct query *query, unsigned ede, const char *text)
{
    query->rcode = DNS_RCODE_SERVFAIL;
    tell(query, ede, text, strlen(text));
    return FIND_DONE;
}

static uint64_t now_of(const struct find *find)
{
    return find->clock->mono_ns(find->clock);
}

/* Is there something stored for when nothing can be chosen? */
static bool has_fallback(const struct asking *asking)
{
    return asking->node && zone_node_find(asking->node, asking->type);
}

static enum find_verdict give(struct asking *asking, struct find_entry *entry)
{
    struct query *query = asking->query;
    if (entry->uses_place) {
        query->uses_place = true;
        (void)place_of(asking);
        query->place_scope = asking->match.scope;
    }
    if (entry->piece_count == 0) {
        if (!entry->fits) {
            count(asking, NOFIT);
            tell(query, DNS_EDE_OTHER, find_entry_text(entry), entry->text_len);
        }
        return has_fallback(asking) ? FIND_STORED : FIND_NODATA;
    }
    int64_t left_s = entry->until_s - query->now_s;
    uint32_t ttl_s = left_s < entry->ttl_s ? (uint32_t)left_s : entry->ttl_s;
    (void)find_put_answer(query, asking->subject->place, entry, ttl_s);
    return FIND_DONE;
}

/* There is no time left for rankings. By TCP a client proves that it is where it says. */
static enum find_verdict limit(const struct asking *asking)
{
    struct query *query = asking->query;
    count(asking, LIMITED);
    if (query->peer->transport == QUERY_UDP) {
        query->tc = true;
        return FIND_DONE;
    }
    if (has_fallback(asking)) {
        return FIND_STORED;
    }
    return fail(query, DNS_EDE_OVER_QUOTA, "too many new requirements; try again later");
}

static struct steer_scene scene_of(struct asking *asking)
{
    const struct query *query = asking->query;
    (void)place_of(asking);
    regions_get(rules_regions(query->world->rules), &asking->match, &asking->place);
    return (struct steer_scene){
        .zone = asking->subject->zone,
        .version = asking->subject->version,
        .pools = asking->pools,
        .book = rules_book(query->world->rules),
        .from = &asking->place,
        .now_s = query->now_s,
    };
}

/* Keep a new entry, in place of what there was. */
static struct find_entry *keep(struct asking *asking, enum domain domain, uint64_t what,
                               struct find_entry *entry)
{
    struct find_cache *cache = asking->find->cache;
    uint64_t place = entry->uses_place ? place_of(asking) : STEER_EVERYWHERE;
    if (entry->uses_place) {
        find_cache_drop(cache,
                        key_of(asking, domain, what, STEER_EVERYWHERE)); /* would be found first */
    }
    struct find_entry *kept =
        find_cache_put(cache, key_of(asking, domain, what, place), entry, entry->size);
    return kept ? kept : entry;
}

/* Rank for a question that is in struct steer; old is what there is already, or NULL. */
static struct find_entry *make(struct asking *asking, const struct steer_scene *scene,
                               enum domain domain, uint64_t what, const struct find_entry *old,
                               uint64_t begin_ns)
{
    struct find *find = asking->find;
    const struct steer_stick stick = {.first = find->first,
                                      .key = &asking->query->world->zones_key,
                                      .service = what,
                                      .place = place_of(asking)};
    uint64_t rested_ns = begin_ns > PACE_BURST * PACE_NS ? begin_ns - PACE_BURST * PACE_NS : 0;
    uint64_t due_ns = old && old->due_ns > rested_ns ? old->due_ns : rested_ns;
    uint32_t turn = old ? old->turn : 0;
    struct find_entry *entry = find_rank_make(find->rank, scene, asking->type, &stick);
    entry->due_ns = due_ns + PACE_NS;
    entry->turn = turn;
    return keep(asking, domain, what, entry);
}

static bool has_time(const struct asking *asking, enum work work, uint64_t now_ns)
{
    unsigned share = asking->query->world->options.find_share * PERCENT / THIRDS;
    return find_budget_may(&asking->find->budgets[work], now_ns, share);
}

/* Say that a piece of work ends. */
static void spend(struct find *find, enum work work, uint64_t begin_ns)
{
    uint64_t most_ns = work == READING ? READING_MOST_NS : RANKING_MOST_NS;
    find_budget_spend(&find->budgets[work], now_of(find) - begin_ns, most_ns);
}

static enum work ranking_of(const struct find_entry *old)
{
    return old ? RANKING_AGAIN : RANKING_NEW;
}

/* What is given when there is no time: what there is already, while it holds. */
static enum find_verdict give_old(struct asking *asking, struct find_entry *old)
{
    if (old && asking->query->now_s < old->until_s) {
        count(asking, OLD);
        return give(asking, old);
    }
    return limit(asking);
}

static struct asking begin(struct query *query, const struct find_subject *subject,
                           const struct zone_node *node)
{
    prepare(query->find, query->world);
    return (struct asking){.find = query->find,
                           .query = query,
                           .subject = subject,
                           .node = node,
                           .type = subject->type};
}

/* RFC 8482 4.2: over UDP a HINFO stands for everything; by TCP the names of the pools do. */
static bool is_any(struct asking *asking)
{
    static const uint8_t hinfo[] = "\7RFC8482";
    if (asking->type != DNS_TYPE_ANY) {
        return false;
    }
    asking->type = DNS_TYPE_PTR;
    stat_add(asking->query->stat, STAT_query_any, 1);
    return asking->query->peer->transport == QUERY_UDP &&
           query_put_made(asking->query, asking->subject->place, DNS_TYPE_HINFO,
                          FIND_NEGATIVE_TTL_S, hinfo, sizeof(hinfo)) > 0;
}

static bool is_computed(uint16_t type)
{
    return type == DNS_TYPE_TXT || find_ready_is_made(type);
}

/* The answer to words that were read, ranked when it is not there yet. */
static enum find_verdict answer_need(struct asking *asking, const struct steer_scene *scene,
                                     uint64_t now_ns)
{
    struct find *find = asking->find;
    const struct need *need = &find_rank_steer(find->rank)->need;
    const struct hash_key *key = &asking->query->world->zones_key;
    uint64_t what = hash_mix(key, key->k0, need->text, need->text_len);
    struct find_entry *entry = look_up(asking, NAME_CANONICAL, what);
    enum work work = ranking_of(entry);
    if (entry && is_good(asking, entry)) {
        count(asking, HIT);
    } else if (has_time(asking, work, now_ns)) {
        count(asking, entry ? STALE : MISS);
        entry = make(asking, scene, NAME_CANONICAL, what, entry, now_ns);
        spend(find, work, now_ns);
    } else {
        return give_old(asking, entry);
    }
    uint64_t where = entry->uses_place ? place_of(asking) : STEER_EVERYWHERE;
    uint64_t asked = asking->subject->place->labels->hash[0];
    find_cache_link(find->cache, key_of(asking, NAME_ASKED, asked, where),
                    key_of(asking, NAME_CANONICAL, what, where));
    return give(asking, entry);
}

/* The words as they are asked for lead to nothing: read them, and look for the requirement that they make. */
static enum find_verdict answer_words(struct asking *asking, unsigned words)
{
    struct find *find = asking->find;
    struct query *query = asking->query;
    struct err_at at = {.text = ""};
    uint64_t begin_ns = now_of(find);
    if (!has_time(asking, READING, begin_ns)) {
        return limit(asking);
    }
    struct steer_scene scene = scene_of(asking);
    int err = steer_name(find_rank_steer(find->rank), &scene, asking->subject->place->name, words,
                         query->edns.present ? &at : NULL); /* nobody else is told */
    spend(find, READING, begin_ns);
    uint64_t now_ns = now_of(find);
    if (err) {
        count(asking, BAD);
        tell(query, DNS_EDE_OTHER, at.text, strlen(at.text));
        return FIND_NXDOMAIN;
    }
    if (is_any(asking)) {
        return FIND_DONE;
    }
    return is_computed(asking->type) ? answer_need(asking, &scene, now_ns) : FIND_NODATA;
}

enum find_verdict find_answer_name(struct query *query, const struct find_subject *subject)
{
    const struct dns_labels *labels = subject->place->labels;
    unsigned words = labels->count - zone_labels(subject->zone) - 1;
    const struct pools_keeper *keeper =
        pools_keeper_of(subject->zone); /* read once: it may go meanwhile */
    if (!keeper) {
        return FIND_STORED;
    }
    struct asking asking = begin(query, subject, NULL);
    asking.pools = pools_keeper_read(keeper);
    if (!asking.pools) { /* a name that is there needs none, in a zone of other things */
        size_t len = (size_t)labels->offset[labels->count] + 1;
        return zone_get(subject->zone, subject->version, subject->place->name, len, labels->hash[0])
                   ? FIND_STORED
                   : fail(query, DNS_EDE_NOT_READY, "the table of pools is being made");
    }
    if (!asking.pools->has_centres) {
        return FIND_STORED; /* a zone of other things */
    }
    if (words == 0) {
        return FIND_NODATA;
    }
    if (is_computed(asking.type)) {
        struct find_entry *entry = look_up(&asking, NAME_ASKED, labels->hash[0]);
        if (entry && is_good(&asking, entry)) {
            count(&asking, HIT);
            return give(&asking, entry);
        }
    }
    return answer_words(&asking, words);
}

static enum find_verdict rank_service(struct asking *asking, struct find_entry *old,
                                      uint64_t now_ns)
{
    struct err_at at = {.text = ""};
    struct steer_scene scene = scene_of(asking);
    if (steer_service(find_rank_steer(asking->find->rank), &scene, asking->node, &at)) {
        count(asking, BAD);
        if (has_fallback(asking)) {
            tell(asking->query, DNS_EDE_OTHER, at.text, strlen(at.text));
            return FIND_STORED;
        }
        return fail(asking->query, DNS_EDE_OTHER, at.text);
    }
    count(asking, old ? STALE : MISS);
    return give(asking, make(asking, &scene, SERVICE, asking->node->hash, old, now_ns));
}

enum find_verdict find_answer_service(struct query *query, const struct find_subject *subject,
                                      const struct zone_node *node)
{
    bool is_stored = zone_node_find(node, subject->type) != NULL;
    bool is_said = is_stored && (subject->type == DNS_TYPE_PTR || subject->type == DNS_TYPE_TXT);
    const struct pools_keeper *keeper = pools_keeper_of(subject->zone);
    if (!is_computed(subject->type) || is_said || !keeper) {
        return FIND_STORED;
    }
    struct asking asking = begin(query, subject, node);
    asking.pools = pools_keeper_read(keeper);
    if (!asking.pools) {
        return is_stored ? FIND_STORED
                         : fail(query, DNS_EDE_NOT_READY, "the table of pools is being made");
    }
    struct find_entry *entry = look_up(&asking, SERVICE, node->hash);
    if (entry && is_good(&asking, entry)) {
        count(&asking, HIT);
        return give(&asking, entry);
    }
    struct find *find = asking.find;
    uint64_t now_ns = now_of(find);
    enum work work = ranking_of(entry);
    if (!has_time(&asking, work, now_ns)) {
        return give_old(&asking, entry);
    }
    enum find_verdict verdict = rank_service(&asking, entry, now_ns);
    spend(find, work, now_ns);
    return verdict;
}
