#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "base/mem.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "sched/choose/pools_reach.h"
#include "sched/choose/pools_table.h"
#include "tests/lib/pools_text.h"
#include "tests/lib/zones.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_become.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ROUNDS = 3000, TOGGLES = 6 };

static const char *const sets[] = {"d-data", "x-y-data", "m-model", "i-image", "data", NULL};

static struct zone *zone;
static struct pools_keeper *keeper;

static int begin(void **state)
{
    (void)state;
    rcu_enter();
    zone = zone_create(zones_name("T."), &zones_key);
    keeper = pools_keeper_attach(zone);
    return 0;
}

static int end(void **state)
{
    (void)state;
    zone_unref(zone);
    zones_settle();
    rcu_leave();
    return 0;
}

static const struct pools *now(void)
{
    return pools_keeper_read(pools_keeper_of(zone));
}

/* One commit as the server makes it. */
static void change(const char *remove, const char *add)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    if (remove) {
        zones_remove(edit, remove);
    }
    if (add) {
        zones_add(edit, add);
    }
    pools_keeper_apply(keeper, edit);
    assert_true(zone_edit_commit(edit));
}

static void start(const char *text)
{
    change(NULL, text);
    pools_keeper_build(keeper, zone);
}

/* The zone's table made anew, by another keeper. */
static void restart(void)
{
    keeper = pools_keeper_attach(zone);
    pools_keeper_build(keeper, zone);
}

static uint64_t hash_of(const char *text)
{
    return pools_text_hash(&zones_key, text, strlen(text));
}

static uint64_t exact_of(const char *name)
{
    return pools_exact_hash(&zones_key, zones_name(name));
}

static uint32_t slot_of(const char *name)
{
    return pools_find(now(), zones_name(name));
}

/* Value of a column, or UINT64_MAX. */
static uint64_t value_of(const char *name, unsigned column)
{
    uint64_t value;
    return pools_value(now(), slot_of(name), column, &value) ? value : UINT64_MAX;
}

#define VALUE(name, attr) value_of(name, ATTR_INDEX_##attr)

static void a_pool_has_its_columns(void **state)
{
    (void)state;
    start("c CENTRE . kind=ai op=Org.X region=440300 jur=CN hub state=active sched=slurm "
          "maint=10-20\n"
          "c LOC 22 30 0 N 113 15 0 W 0m\n"
          "gpu.c CRES . acc=Ascend-910b accn=8 env=\"cann-8.0,gromacs\" tee=sgx,cca price=6.32 "
          "cur=CNY per=card-h "
          "since=5 maint=30-40\n"
          "gpu.c CLOAD . obs=900 accf=1500m\n");
    const struct pools_pool *pool = pools_at(now(), slot_of("gpu.c.t."));
    const struct pools_centre *centre = now()->centres[pool->centre];
    assert_int_equal(now()->pool_count, 1);
    assert_int_equal(VALUE("gpu.c.t.", kind), 1);
    assert_int_equal(VALUE("gpu.c.t.", op), hash_of("org-x"));
    assert_int_equal(VALUE("gpu.c.t.", hub), 1);
    assert_int_equal(VALUE("gpu.c.t.", acc), hash_of("ascend-910b"));
    assert_int_equal(VALUE("gpu.c.t.", accn), 8000);
    assert_int_equal(VALUE("gpu.c.t.", accf), 1500);
    assert_int_equal(VALUE("gpu.c.t.", tee), 1 | 1 << 3);
    assert_int_equal(VALUE("gpu.c.t.", price), 6320000);
    assert_int_equal(VALUE("gpu.c.t.", cur), hash_of("cny"));
    assert_int_equal(VALUE("gpu.c.t.", since), 5);
    assert_int_equal(VALUE("gpu.c.t.", obs), 900);
    assert_int_equal(VALUE("gpu.c.t.", vis), UINT64_MAX);
    assert_int_equal(VALUE("gpu.c.t.", cpu), UINT64_MAX);
    assert_int_equal(VALUE("gpu.c.t.", env), UINT64_MAX);
    assert_int_equal(value_of("gpu.c.t.", POOLS_NAME), hash_of("gpu-c"));
    assert_int_equal(value_of("gpu.c.t.", POOLS_CENTRE), hash_of("c"));
    assert_int_equal(pool->item_count, 2);
    assert_int_equal(pool->maint_from_s, 30);
    assert_int_equal(pool->maint_until_s, 40);
    assert_int_equal(centre->maint_from_s, 10);
    assert_int_equal(centre->regions[0], hash_of("440300"));
    assert_int_equal(centre->jur, hash_of("cn"));
    assert_true(centre->hub && centre->has_loc);
    assert_true(centre->latitude == 22.5 && centre->longitude == -113.25);
    pools_text_check(now(), now());
}

static void a_pool_says_more_than_its_centre_but_the_worse_state_counts(void **state)
{
    (void)state;
    start("c CENTRE . kind=ai sched=k8s iso=vm state=drain since=3\n"
          "a.c CRES . sched=slurm state=active cpu=1\nb.c CRES . cpu=1\n"
          "e CENTRE . kind=ai state=active\nd.e CRES . state=down cpu=1\n");
    assert_int_equal(VALUE("a.c.t.", sched), 1);
    assert_int_equal(VALUE("b.c.t.", sched), 2);
    assert_int_equal(VALUE("a.c.t.", iso), 2);
    assert_int_equal(VALUE("a.c.t.", state), 2);
    assert_int_equal(VALUE("b.c.t.", state), 2);
    assert_int_equal(VALUE("d.e.t.", state), 3);
    assert_int_equal(VALUE("a.c.t.", since), 3);
    change("c CENTRE . kind=ai sched=k8s iso=vm state=drain since=3\n", "c CENTRE . kind=hpc\n");
    assert_int_equal(VALUE("a.c.t.", kind), 2);
    assert_int_equal(VALUE("a.c.t.", state), 1);
    assert_int_equal(VALUE("b.c.t.", state), UINT64_MAX);
    assert_int_equal(VALUE("b.c.t.", sched), UINT64_MAX);
    assert_int_equal(VALUE("d.e.t.", kind), 1);
}

static void several_records_of_a_pool_give_each_attribute_once(void **state)
{
    (void)state;
    /* canonical order of RDATA: nodes=1 (33) before nodes=2 before cpu (34) */
    start("c CENTRE . kind=ai\n"
          "p.c CRES . nodes=2 cpu=9 price=2 cur=USD per=call env=a\n"
          "p.c CRES . nodes=1 acc=x accn=4 price=1 cur=CNY per=node-h\n"
          "p.c CRES . cpu=7 acc=y accn=2 accmem=5 plan=spot env=b\n");
    assert_int_equal(VALUE("p.c.t.", nodes), 1);
    assert_int_equal(VALUE("p.c.t.", cpu), 9);
    assert_int_equal(VALUE("p.c.t.", acc), hash_of("x"));
    assert_int_equal(VALUE("p.c.t.", accn), 4000);
    assert_int_equal(VALUE("p.c.t.", accmem), UINT64_MAX); /* of y, and so is not mixed in */
    assert_int_equal(VALUE("p.c.t.", price), 1000000);
    assert_int_equal(VALUE("p.c.t.", cur), hash_of("cny"));
    assert_int_equal(VALUE("p.c.t.", plan), UINT64_MAX);
    const struct pools_pool *pool = pools_at(now(), slot_of("p.c.t."));
    assert_int_equal(pool->item_count, 1);
    assert_int_equal(pool->items[0].hash, hash_of("a"));
}

static void a_centre_comes_and_goes_over_its_pools(void **state)
{
    (void)state;
    start("p.c CRES . cpu=1\nq.c CRES . cpu=2\nx.p.c CRES . cpu=3\n@ CRES . cpu=4\n");
    assert_int_equal(now()->pool_count, 0);
    change(NULL, "c CENTRE . kind=ai\n");
    assert_int_equal(now()->pool_count, 2);
    assert_int_equal(slot_of("x.p.c.t."), POOLS_NONE);
    change(NULL,
           "p.c CENTRE . kind=hpc\n@ CENTRE . kind=cloud\n"); /* a pool that is a centre as well */
    assert_int_equal(now()->pool_count, 3);
    assert_int_equal(VALUE("x.p.c.t.", kind), 2);
    assert_int_equal(VALUE("p.c.t.", kind), 1);
    change("c CENTRE . kind=ai\n", "r.c CRES . cpu=5\n");
    assert_int_equal(now()->pool_count, 1);
    change("x.p.c CRES . cpu=3\np.c CENTRE . kind=hpc\n", NULL);
    assert_int_equal(now()->pool_count, 0);
    assert_true(now()->has_centres); /* that of the apex */
    change("@ CENTRE . kind=cloud\n", NULL);
    assert_false(now()->has_centres);
    change(NULL, "@ CENTRE . kind=cloud\n");
    assert_true(now()->has_centres);
    change(NULL, "c CENTRE . kind=edge\nx CRES . cpu=1\n");
    assert_int_equal(now()->pool_count, 4);
    assert_int_equal(VALUE("r.c.t.", cpu), 5);
    assert_int_equal(VALUE("x.t.", kind), 3);
    assert_int_equal(value_of("x.t.", POOLS_CENTRE), hash_of(""));
    pools_text_check(now(), now());
}

struct counting {
    struct zone_edit *edit;
    unsigned looks;
};

static const struct zone_node *count_look(void *context, const uint8_t *owner)
{
    struct counting *counting = context;
    counting->looks++;
    return zone_edit_get(counting->edit, owner);
}

static void pools_are_read_anew_only_when_they_take_something_else_over(void **state)
{
    static const struct {
        const char *label, *centre;
        unsigned looks; /* the centre's, and one for each pool */
    } rows[] = {
        {"the same", "c CENTRE . kind=ai maint=1-2", 1},
        {"another TTL", "c 77 CENTRE . kind=ai maint=1-2", 1},
        {"another time of maintenance", "c CENTRE . kind=ai maint=1-3", 1},
        {"no maintenance", "c CENTRE . kind=ai", 3},
        {"another kind", "c CENTRE . kind=hpc", 3},
        {"it goes", NULL, 1},
        {"it comes", "c CENTRE . kind=hpc", 3},
    };
    (void)state;
    struct counting counting = {zone_edit_begin(zone, &zones_limits), 0};
    struct pools_lookup lookup = {count_look, &counting};
    struct pools_table *table = pools_table_create(zones_name("t."), &zones_key);
    zones_add(counting.edit, "c CENTRE . kind=ai maint=1-2\np.c CRES . cpu=1\nq.c CRES . cpu=1\n");
    for (const char *const *name = (const char *const[]){"c.t.", "p.c.t.", "q.c.t.", NULL}; *name;
         name++) {
        pools_table_renew(table, &lookup, zones_name(*name), POOLS_TABLE_CENTRE | POOLS_TABLE_POOL);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        counting.looks = 0;
        (void)zone_edit_set(counting.edit, zones_name("c.t."), DNS_TYPE_CENTRE, 0, NULL, 0);
        if (rows[i].centre) {
            char line[80];
            (void)snprintf(line, sizeof(line), "%s\n", rows[i].centre);
            zones_add(counting.edit, line);
        }
        pools_table_renew(table, &lookup, zones_name("c.t."), POOLS_TABLE_CENTRE);
        if (counting.looks != rows[i].looks) {
            fail_msg("%s: %u", rows[i].label, counting.looks);
        }
        assert_int_equal(pools_table_finish(table, i)->pool_count, rows[i].centre ? 2 : 0);
        pools_table_settle(table);
    }
    pools_table_destroy(table);
    zone_edit_abort(counting.edit);
}

static void what_is_not_public_is_not_there(void **state)
{
    (void)state;
    start("c CENTRE . kind=ai vis=public\np.c CRES . cpu=1 vis=members\n"
          "q.c CRES . cpu=1\nq.c CRES . nodes=1 vis=private\nq.c CLOAD . obs=9 cpuf=1 vis=members\n"
          "c CNET p. rtt=5ms vis=private\nd.data CDATA c size=5 vis=members\n"
          "e CENTRE . kind=ai vis=members\np.e CRES . cpu=1\n");
    assert_int_equal(now()->pool_count, 1);
    assert_int_equal(VALUE("q.c.t.", cpu), 1);
    assert_int_equal(VALUE("q.c.t.", nodes), UINT64_MAX);
    assert_int_equal(VALUE("q.c.t.", obs), UINT64_MAX);
    assert_int_equal(now()->centres[pools_at(now(), slot_of("q.c.t."))->centre]->path_count, 0);
    assert_null(pools_find_set(now(), hash_of("d-data")));
    change("p.c CRES . cpu=1 vis=members\ne CENTRE . kind=ai vis=members\n",
           "p.c CRES . cpu=1 vis=public\ne CENTRE . kind=ai\n");
    assert_int_equal(now()->pool_count, 3);
}

static void paths_of_a_centre_are_read(void **state)
{
    (void)state;
    start(
        "c CENTRE . kind=ai\nc CNET d medium=otn bw=10g rtt=5ms loss=0.0001 enc=tls,qkd slice=s.1\n"
        "c CNET . region=440300 rtt=7ms jitter=3 bwf=1g bw=2g\nc CNET GBA. medium=inet\np.c CRES . "
        "cpu=1\n");
    const struct pools_centre *centre = now()->centres[pools_at(now(), slot_of("p.c.t."))->centre];
    assert_int_equal(centre->path_count, 3);
    const struct pools_path *path =
        centre->paths; /* canonical: ".", "d.t.", "gba." by their octets */
    assert_int_equal(path[0].target, 0);
    assert_int_equal(path[0].exact, 0);
    assert_int_equal(path[0].region, hash_of("440300"));
    assert_int_equal(path[0].rtt_us, 7000);
    assert_int_equal(path[0].has, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4);
    assert_int_equal(path[1].target, hash_of("d"));
    assert_int_equal(path[1].exact, exact_of("d.t."));
    assert_int_equal(path[1].medium, 2);
    assert_int_equal(path[1].enc, 1 | 1 << 3);
    assert_int_equal(path[1].loss_ppm, 100);
    assert_int_equal(path[1].slice, hash_of("s-1"));
    assert_int_equal(path[1].bw_mbits, 10000);
    assert_int_equal(path[2].target, hash_of("gba"));
    assert_int_equal(path[2].exact, exact_of("gba."));
    change("c CNET . region=440300 rtt=7ms jitter=3 bwf=1g bw=2g\n", NULL);
    assert_int_equal(now()->centres[pools_at(now(), slot_of("p.c.t."))->centre]->path_count, 2);
}

static void copies_of_sets_are_found(void **state)
{
    (void)state;
    start("d.data CDATA c size=5k jur=CN pin\nd.data CDATA e.c size=7\nd.data CDATA . size=1\n"
          "x.y.data CDATA c size=1\nx-y.data CDATA far.away. jur=MO\n"
          "m.model CDATA c size=2\ni.image CDATA c size=3\ndata CDATA c size=9\nd.data.c CDATA c "
          "size=9\n");
    assert_int_equal(now()->pool_count, 0);
    const struct pools_set *set = pools_find_set(now(), hash_of("d-data"));
    assert_int_equal(set->copy_count, 2);
    assert_int_equal(set->copies[0].centre, exact_of("c.t."));
    assert_int_equal(set->copies[0].size_octets, 5120);
    assert_int_equal(set->copies[0].jur, hash_of("cn"));
    assert_true(set->copies[0].pin && !set->copies[1].pin);
    assert_int_equal(set->copies[1].centre, exact_of("e.c.t."));
    set =
        pools_find_set(now(), hash_of("x-y-data")); /* two names that no requirement tells apart */
    assert_int_equal(set->copy_count, 2);
    assert_int_equal(set->copies[0].centre, exact_of("far.away."));
    assert_false(set->copies[0].has_size);
    assert_non_null(pools_find_set(now(), hash_of("m-model")));
    assert_non_null(pools_find_set(now(), hash_of("i-image")));
    assert_null(pools_find_set(now(), hash_of("data")));
    change("x-y.data CDATA far.away. jur=MO\nm.model CDATA c size=2\n", NULL);
    assert_int_equal(pools_find_set(now(), hash_of("x-y-data"))->copy_count, 1);
    assert_null(pools_find_set(now(), hash_of("m-model")));
}

/* Octets that no zone file and no update would bring, but a transfer may. */
static const struct {
    const char *label, *owner;
    uint16_t type;
    const char *rdata;
    size_t len;
} malformed[] = {
    {"no octets", "p.c.t.", DNS_TYPE_CRES, "", 0},
    {"target alone is cut off", "p.c.t.", DNS_TYPE_CRES, "\3ab", 3},
    {"value cut off", "p.c.t.", DNS_TYPE_CRES, "\0\0\42\0\4\1", 6},
    {"keys fall", "p.c.t.", DNS_TYPE_CRES, "\0\0\43\0\1\1\0\42\0\1\1", 11},
    {"an odd width", "p.c.t.", DNS_TYPE_CRES, "\0\0\42\0\3\1\1\1", 8},
    {"word 0 of a set", "p.c.t.", DNS_TYPE_CRES, "\0\0\14\0\1\0", 6},
    {"word 200 of a set", "p.c.t.", DNS_TYPE_CRES, "\0\0\14\0\1\310", 6},
    {"an unknown visibility", "p.c.t.", DNS_TYPE_CRES, "\0\0\16\0\1\11", 6},
    {"an item longer than its list", "p.c.t.", DNS_TYPE_CRES, "\0\0\65\0\2\11a", 7},
    {"a load without time", "q.c.t.", DNS_TYPE_CLOAD, "\0\0\141\0\1\1", 6},
    {"a load of another type", "q.c.t.", DNS_TYPE_CLOAD, "\0\0\42\0\1\1\0\140\0\1\1", 11},
    {"a path with half a key", "c.t.", DNS_TYPE_CNET, "\1a\0\0", 4},
    {"a copy without a target", "d.data.t.", DNS_TYPE_CDATA, "", 0},
    {"a span that ends before it begins", "p.c.t.", DNS_TYPE_CRES,
     "\0\0\12\0\20\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1", 21},
    {"a place that is too short", "c.t.", DNS_TYPE_LOC, "\0\0\0\0\200\0\0\0", 8},
    {"a place of another version", "c.t.", DNS_TYPE_LOC, "\1\0\0\0\200\0\0\0\200\0\0\0\200\0\0\0",
     16},
    {"a place beyond the pole", "c.t.", DNS_TYPE_LOC,
     "\0\0\0\0\377\377\377\377\200\0\0\0\200\0\0\0", 16},
};

static void malformed_records_are_not_there(void **state)
{
    (void)state;
    start("c CENTRE . kind=ai\nq.c CRES . cpu=1\n");
    char *before = pools_text_print(now(), sets);
    for (size_t i = 0; i < COUNT(malformed); i++) {
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        int err = zone_edit_add(edit, zones_name(malformed[i].owner), malformed[i].type, 60,
                                (const uint8_t *)malformed[i].rdata, malformed[i].len);
        assert_int_equal(err, 0);
        pools_keeper_apply(keeper, edit);
        zone_edit_commit(edit);
        char *after = pools_text_print(now(), sets);
        if (strcmp(before, after) != 0) {
            fail_msg("%s: %s", malformed[i].label, after);
        }
        mem_free(after);
    }
    restart();
    char *after = pools_text_print(now(), sets);
    assert_string_equal(before, after);
    mem_free(after);
    mem_free(before);
}

static void a_zone_without_pools_has_an_empty_table(void **state)
{
    (void)state;
    assert_null(now());
    change(NULL, "c CENTRE . kind=ai\np.c CRES . cpu=1\n");
    assert_null(now()); /* not built yet */
    change("c CENTRE . kind=ai\np.c CRES . cpu=1\n", "a A 192.0.2.1\n");
    pools_keeper_build(keeper, zone);
    bool is_indexed;
    const struct pools *first = now();
    assert_int_equal(first->pool_count, 0);
    assert_int_equal(slot_of("p.c.t."), POOLS_NONE);
    assert_null(pools_find_set(first, 1));
    assert_null(pools_posting(first, ATTR_INDEX_kind, 1, &is_indexed));
    change("a A 192.0.2.1\n", "b A 192.0.2.1\nc LOC 22 0 0 N 1 0 0 E 0m\n");
    assert_ptr_equal(now(), first);
    change(NULL, "p.c CRES . cpu=1\n");
    change(NULL, "c CENTRE . kind=ai\n");
    assert_int_equal(now()->pool_count, 1);
    assert_true(now()->centres[0]->has_loc);
}

static void a_version_stays_as_it_was_and_changes_only_when_something_does(void **state)
{
    (void)state;
    start("c CENTRE . kind=ai\np.c CRES . cpu=10 acc=x accn=1\np.c CLOAD . obs=1 cpuf=1\nq.c CRES "
          ". cpu=7 env=a,b\n"
          "d.data CDATA c size=1\n");
    const struct pools *old = now();
    char *before = pools_text_print(old, sets);
    change(NULL, "a A 192.0.2.1\n");
    assert_ptr_equal(now(), old); /* the address of somebody else */
    const struct pools_block *block = old->blocks[0];
    change(NULL, "p.c CLOAD . obs=2 cpuf=1\n");
    assert_ptr_not_equal(now(), old);
    assert_int_equal(now()->version, zone_version(zone));
    assert_ptr_not_equal(now()->blocks[0]->value[ATTR_INDEX_obs], block->value[ATTR_INDEX_obs]);
    assert_ptr_equal(now()->blocks[0]->value[ATTR_INDEX_cpuf], block->value[ATTR_INDEX_cpuf]);
    assert_ptr_equal(now()->blocks[0]->value[ATTR_INDEX_cpu], block->value[ATTR_INDEX_cpu]);
    assert_ptr_equal(now()->postings, old->postings);
    assert_ptr_equal(now()->names, old->names);
    change("q.c CRES . cpu=7 env=a,b\nd.data CDATA c size=1\n", "r.c CRES . cpu=1\n");
    change("c CENTRE . kind=ai\n", NULL);
    restart();
    char *after = pools_text_print(old, sets);
    assert_string_equal(before, after);
    pools_text_check(old, old);
    mem_free(before);
    mem_free(after);
}

static void slots_are_used_again(void **state)
{
    (void)state;
    char line[64];
    start("c CENTRE . kind=ai\n");
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 3 * POOLS_BLOCK; i++) {
            (void)snprintf(line, sizeof(line), "p%u.c CRES . cpu=%u acc=a%u\n", round * 1000 + i, i,
                           i % 3);
            change(NULL, line);
        }
        assert_int_equal(now()->pool_count, 3 * POOLS_BLOCK);
        assert_int_equal(now()->block_count, 3);
        pools_text_check(now(), now());
        for (unsigned i = 0; i < 3 * POOLS_BLOCK; i++) {
            (void)snprintf(line, sizeof(line), "p%u.c CRES . cpu=%u acc=a%u\n", round * 1000 + i, i,
                           i % 3);
            change(line, NULL);
        }
        assert_int_equal(now()->pool_count, 0);
    }
}

static void a_text_that_is_different_everywhere_loses_its_index(void **state)
{
    (void)state;
    enum { POOLS = 1100 };
    bool is_indexed;
    char *text = mem_alloc(POOLS * 80);
    size_t len = (size_t)sprintf(text, "c CENTRE . kind=ai\n");
    for (unsigned i = 0; i < POOLS; i++) {
        len +=
            (size_t)sprintf(text + len, "p%u.c CRES . grade=g%u acc=a%u env=e%u\n", i, i, i % 7, i);
    }
    start(text);
    assert_null(pools_posting(now(), ATTR_INDEX_grade, hash_of("g1"), &is_indexed));
    assert_false(is_indexed);
    pools_posting(now(), ATTR_INDEX_env, hash_of("e1"), &is_indexed);
    assert_false(is_indexed);
    assert_non_null(pools_posting(now(), ATTR_INDEX_acc, hash_of("a1"), &is_indexed));
    assert_true(is_indexed);
    pools_text_check(now(), now());
    mem_free(text);
}

static void what_one_name_may_add_is_bounded(void **state)
{
    (void)state;
    enum { RECORDS = 300, ITEMS = 1100 };
    char *text = mem_alloc(4 * RECORDS * 40 + ITEMS * 8);
    size_t len = (size_t)sprintf(text, "c CENTRE . kind=ai\np.c CRES . cpu=1 env=i");
    for (unsigned i = 0; i < ITEMS; i++) {
        len += (size_t)sprintf(text + len, ",%u", i);
    }
    len += (size_t)sprintf(text + len, "\n");
    for (unsigned i = 0; i < RECORDS; i++) {
        len += (size_t)sprintf(text + len, "c CNET d%03u rtt=%u\nd.data CDATA c%03u\n", i, i, i);
        len +=
            (size_t)sprintf(text + len, "q.c CRES . nodes=%u%s\n", i + 1, i == 40 ? " cpu=7" : "");
    }
    start(text);
    const struct pools_pool *pool = pools_at(now(), slot_of("p.c.t."));
    assert_int_equal(pool->item_count, 1024);
    assert_int_equal(now()->centres[pool->centre]->path_count, POOLS_PATHS_MAX);
    assert_int_equal(now()->centres[pool->centre]->paths[255].rtt_us, 255);
    assert_int_equal(pools_find_set(now(), hash_of("d-data"))->copy_count, POOLS_COPIES_MAX);
    assert_int_equal(VALUE("q.c.t.", nodes), 1);
    assert_int_equal(VALUE("q.c.t.", cpu), UINT64_MAX); /* the 41st is not read */
    mem_free(text);
}

/* Time to build a zone of so many copies, each at a name of its own, which differ in octets that a requirement can
 * not spell: they are one set. */
static uint64_t build_ns(unsigned names)
{
    uint8_t owner[] = "\4abcd\4data\1t", target[] = "\1c\1t";
    struct zone *other = zone_create(zones_name("t."), &zones_key);
    struct zone_edit *edit = zone_edit_begin(other, &zones_limits);
    for (unsigned i = 0; i < names; i++) {
        for (unsigned at = 0, left = i; at < 4; at++, left /= 26) {
            owner[1 + at] = (uint8_t)(128 + left % 26);
        }
        assert_int_equal(zone_edit_add(edit, owner, DNS_TYPE_CDATA, 60, target, sizeof(target)), 0);
    }
    zone_edit_commit(edit);
    struct pools_keeper *built = pools_keeper_attach(other);
    struct timespec begin, done;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    pools_keeper_build(built, other);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &done);
    zone_unref(other);
    return (uint64_t)((done.tv_sec - begin.tv_sec) * 1000000000 + done.tv_nsec - begin.tv_nsec);
}

static void names_that_are_one_set_cost_no_more_than_their_number(void **state)
{
    (void)state;
    uint64_t few = UINT64_MAX, many = UINT64_MAX; /* the least of some: nobody was in the way */
    for (unsigned i = 0; i < 3; i++) {
        uint64_t few_ns = build_ns(2000), many_ns = build_ns(16000);
        few = few_ns < few ? few_ns : few;
        many = many_ns < many ? many_ns : many;
    }
    if (many > 24 * few) { /* 8 times as many */
        fail_msg("%u ns, then %u ns", (unsigned)few, (unsigned)many);
    }
}

/* Source records, each there or not. Names are few, so that they meet. */
static const char *const sources[] = {
    "c CENTRE . kind=ai region=440300 tee=sgx state=drain",
    "c CENTRE . kind=hpc region=GBA sched=slurm since=7 maint=1-2",
    "c CENTRE . kind=ai vis=private",
    "c LOC 22 30 0 N 113 15 0 E 0m",
    "c LOC 21 30 0 N 113 15 0 E 0m",
    "c CNET d rtt=5ms medium=otn",
    "c CNET . region=440300 rtt=6ms",
    "d CENTRE . kind=ai",
    "d.c CENTRE . kind=cloud region=440300", /* a centre in a centre, a pool, too */
    "d.c CRES . cpu=3 iso=vm,queue",
    "e CENTRE . vis=members kind=edge",
    "@ CENTRE . kind=idc state=active",
    "@ CRES . cpu=3",
    "p.c CRES . acc=x accn=4 env=\"a,b,c\"",
    "p.c CRES . acc=y accn=8 env=\"b,d\" tee=tdx,cca",
    "p.c CRES . cpu=4 state=down arch=x86_64,x86_64",
    "p.c CLOAD . obs=7 cpuf=2",
    "p.c CLOAD . obs=8 cpuf=2 accf=1 vis=members",
    "p.c A 192.0.2.1",
    "p.c LOC 1 0 0 N 1 0 0 E 0m",
    "q.c CRES . cpu=5 price=1 cur=CNY per=call",
    "q.c CRES . cpu=5 price=2 cur=USD per=call maint=5-9",
    "q.c CLOAD . obs=9",
    "r.c CRES . acc=X",
    "p.d CRES . acc=x bench=\"a:1,b:2\"",
    "p.d.c CRES . acc=x",
    "p.d.c CLOAD . obs=9 util=5",
    "p.e CRES . cpu=1",
    "p CRES . cpu=1",
    "b.flavor CRES . cpu=1",
    "d.data CDATA c size=5",
    "d.data CDATA d size=5 pin",
    "x.y.data CDATA c",
    "x-y.data CDATA d jur=CN",
    "m.model CDATA c",
};

static void toggle(struct zone_edit *edit, const char *line, bool on)
{
    char text[160];
    char *owner = text;
    (void)snprintf(text, sizeof(text), "%s\n", line);
    if (on) {
        zones_add(edit, text);
    } else if (strstr(line, " CLOAD ")) { /* another one may stand in its place */
        char name[200];
        *strchr(owner, ' ') = '\0';
        (void)snprintf(name, sizeof(name), "%s.t.", owner);
        (void)zone_edit_set(edit, zones_name(name), DNS_TYPE_CLOAD, 0, NULL, 0);
    } else {
        zones_remove(edit, text);
    }
}

static const struct pools *build(struct zone *of)
{
    struct pools_keeper *other = pools_keeper_attach(of);
    pools_keeper_build(other, of);
    return pools_keeper_read(other);
}

/* Another zone, as the zone is now. */
static struct zone *copy_zone(void)
{
    struct zone *other = zone_create(zones_name("t."), &zones_key);
    struct zone_edit *edit = zone_edit_begin(other, &zones_limits);
    assert_int_equal(zone_become(edit, zone), 0);
    zone_edit_commit(edit);
    return other;
}

/* A zone of all sources. */
static struct zone *make_whole(void)
{
    char text[8000] = "";
    for (size_t i = 0; i < COUNT(sources); i++) {
        (void)strcat(strcat(text, sources[i]), "\n");
    }
    return zones_make("t.", text);
}

static void check_reach(const struct pools *mine, const struct pools *anew)
{
    static const char *const names[] = {"c",      "d",      "d-c",    "e",   "",
                                        "440300", "440000", "440305", "gba", "x"};
    for (size_t i = 0; i < COUNT(names); i++) {
        uint64_t hash = hash_of(names[i]);
        struct pools_reach a = pools_reach_of(mine, hash), b = pools_reach_of(anew, hash);
        if (a.centres != b.centres || a.paths != b.paths) {
            fail_msg("%s: %u %u, anew %u %u", names[i], a.centres, a.paths, b.centres, b.paths);
        }
    }
}

static void random_changes_make_the_table_that_is_built_anew(void **state)
{
    (void)state;
    struct rand_fake rand;
    struct zone *whole = make_whole();
    const struct pools *all = build(whole);
    bool is_there[COUNT(sources)] = {false};
    rand_fake_init(&rand, 4711);
    pools_keeper_build(keeper, zone);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        for (uint64_t left = 1 + rand_u64(&rand.rand) % TOGGLES; left > 0; left--) {
            size_t i = rand_u64(&rand.rand) % COUNT(sources);
            is_there[i] = !is_there[i];
            toggle(edit, sources[i], is_there[i]);
        }
        pools_keeper_apply(keeper, edit);
        zone_edit_commit(edit);
        struct zone *other = copy_zone();
        const struct pools *other_now = build(other);
        char *mine = pools_text_print(now(), sets);
        char *anew = pools_text_print(other_now, sets);
        assert_string_equal(mine, anew);
        pools_text_check(now(), all);
        check_reach(now(), other_now);
        mem_free(mine);
        mem_free(anew);
        zone_unref(other);
        rcu_quiescent();
    }
    zone_unref(whole);
}

enum { WATCHED = 10, COMMITS = 1500 };

struct reader {
    pthread_t thread;
    struct pools_keeper *keeper;
    int stop;
    uint64_t wrong, seen; /* versions */
};

/* All watched pools say the same in each version; what else there is agrees with itself. */
static bool is_whole(const struct pools *pools)
{
    uint64_t first, value;
    size_t used = 0;
    bool is_indexed;
    for (size_t i = 0; i < pools->block_count; i++) {
        used += (size_t)__builtin_popcountll(pools->blocks[i]->used);
    }
    bool whole = used == pools->pool_count;
    for (unsigned i = 0; whole && i < WATCHED; i++) {
        char name[] = "p0.c.t.";
        name[1] = (char)('0' + i);
        whole = pools_value(pools, pools_find(pools, zones_name(name)), ATTR_INDEX_cpuf, &value) &&
                (i == 0 || value == first);
        first = value;
    }
    const uint64_t *masks = pools_posting(pools, ATTR_INDEX_kind, 1, &is_indexed);
    for (size_t i = 0; whole && i < pools->block_count; i++) { /* all are of one kind */
        whole = masks && masks[i] == pools->blocks[i]->used;
    }
    return whole;
}

static void *read_versions(void *context)
{
    struct reader *reader = context;
    uint64_t last = 0;
    rcu_enter();
    while (!__atomic_load_n(&reader->stop, __ATOMIC_ACQUIRE)) {
        const struct pools *pools = pools_keeper_read(reader->keeper);
        reader->wrong += !is_whole(pools) || pools->version < last;
        reader->seen += pools->version > last;
        last = pools->version;
        rcu_quiescent();
    }
    rcu_leave();
    return NULL;
}

static void readers_see_whole_versions_while_commits_go_on(void **state)
{
    (void)state;
    struct reader reader = {.keeper = keeper};
    char line[64];
    start("c CENTRE . kind=ai\n");
    for (unsigned commit = 0; commit < COMMITS; commit++) {
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        for (unsigned i = 0; i < WATCHED; i++) {
            (void)snprintf(line, sizeof(line), "p%u.c CLOAD . obs=1 cpuf=%u\n", i, commit);
            if (commit == 0) {
                (void)snprintf(line, sizeof(line),
                               "p%u.c CRES . cpu=1\np%u.c CLOAD . obs=1 cpuf=0\n", i, i);
            }
            zones_add(edit, line);
        }
        (void)snprintf(line, sizeof(line), "x%u.c CRES . env=e%u\n", commit % 100, commit % 7);
        if (commit / 100 % 2 == 0) {
            zones_add(edit, line);
        } else {
            const char *owner = strtok(line, ".");
            (void)snprintf(line + 32, 32, "%s.c.t.", owner);
            (void)zone_edit_set(edit, zones_name(line + 32), DNS_TYPE_CRES, 0, NULL, 0);
        }
        pools_keeper_apply(keeper, edit);
        zone_edit_commit(edit);
        rcu_quiescent();
        if (commit == 0) {
            assert_int_equal(pthread_create(&reader.thread, NULL, read_versions, &reader), 0);
        }
    }
    __atomic_store_n(&reader.stop, 1, __ATOMIC_RELEASE);
    rcu_offline();
    pthread_join(reader.thread, NULL);
    rcu_online();
    assert_int_equal(reader.wrong, 0);
    assert_true(reader.seen > 0);
}

static void a_zone_has_one_keeper_at_a_time(void **state)
{
    (void)state;
    start("c CENTRE . kind=ai\np.c CRES . cpu=1\n");
    const struct pools *old = now();
    keeper = pools_keeper_attach(zone);
    assert_ptr_equal(pools_keeper_of(zone), keeper);
    assert_null(now());
    assert_int_equal(old->pool_count, 1); /* what this thread reads stays until it is quiescent */
    zone_attach(zone, NULL);
    assert_null(pools_keeper_of(zone));
    assert_null(pools_keeper_read(pools_keeper_of(zone)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pool_has_its_columns),
        TEST(a_pool_says_more_than_its_centre_but_the_worse_state_counts),
        TEST(several_records_of_a_pool_give_each_attribute_once),
        TEST(a_centre_comes_and_goes_over_its_pools),
        TEST(pools_are_read_anew_only_when_they_take_something_else_over),
        TEST(what_is_not_public_is_not_there),
        TEST(paths_of_a_centre_are_read),
        TEST(copies_of_sets_are_found),
        TEST(malformed_records_are_not_there),
        TEST(a_zone_without_pools_has_an_empty_table),
        TEST(a_version_stays_as_it_was_and_changes_only_when_something_does),
        TEST(slots_are_used_again),
        TEST(a_text_that_is_different_everywhere_loses_its_index),
        TEST(what_one_name_may_add_is_bounded),
        TEST(names_that_are_one_set_cost_no_more_than_their_number),
        TEST(a_zone_has_one_keeper_at_a_time),
        TEST(readers_see_whole_versions_while_commits_go_on),
        TEST(random_changes_make_the_table_that_is_built_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
