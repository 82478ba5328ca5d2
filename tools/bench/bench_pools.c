/* bench_pools [POOLS [COMMITS]]: the table of pools of a zone, at a centre for each 20 pools: time to build it and its memory a
 * pool, and what a commit adds for it: of one load report, of 64, of one pool that changes, of one that is new. CPU time of
 * the thread in microseconds a pool; only the table is timed, not the edit. Default: 10000 pools, 2000 commits. */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum { A_CENTRE = 20, RDATA_MAX = 512, BATCH = 64, PER_EDIT = 4096, OWNER_MAX = 64 };

static const struct hash_key key = {0x0123456789abcdef, 0xfedcba9876543210};
static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};
static const uint8_t apex[] = "\7compute\3gba";

/* What others do with the machine does not count. */
static uint64_t now_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int compare_times(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void put_number(struct wr *wr, uint16_t attr, uint64_t number)
{
    uint8_t value[8];
    struct wr inner = wr_make(value, sizeof(value));
    attr_uint_write(&inner, number);
    wr_u16(wr, attr);
    wr_u16(wr, (uint16_t)wr_len(&inner));
    wr_bytes(wr, value, wr_len(&inner));
}

static void put_text(struct wr *wr, uint16_t attr, const char *text)
{
    wr_u16(wr, attr);
    wr_u16(wr, (uint16_t)strlen(text));
    wr_bytes(wr, text, strlen(text));
}

static void name_of(uint8_t *out, unsigned centre, int pool)
{
    char text[OWNER_MAX];
    size_t len;
    if (pool < 0) {
        (void)snprintf(text, sizeof(text), "c%u", centre);
    } else {
        (void)snprintf(text, sizeof(text), "p%d.c%u", pool, centre);
    }
    (void)dns_name_parse(text, strlen(text), apex, out, &len);
}

static void add(struct zone_edit *edit, const uint8_t *owner, uint16_t type, struct wr *wr)
{
    if (wr->err || zone_edit_add(edit, owner, type, 30, wr->base, wr_len(wr))) {
        fprintf(stderr, "bench_pools: a record does not fit\n");
        exit(1);
    }
}

static void add_centre(struct zone_edit *edit, unsigned number)
{
    uint8_t owner[DNS_NAME_MAX], rdata[RDATA_MAX];
    char region[16];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    name_of(owner, number, -1);
    (void)snprintf(region, sizeof(region), "44%04u", number % 300);
    wr_u8(&wr, 0);
    put_number(&wr, ATTR_KEY_kind, 1 + number % 4);
    put_text(&wr, ATTR_KEY_op, number % 3 ? "one" : "other");
    put_text(&wr, ATTR_KEY_region, region);
    put_text(&wr, ATTR_KEY_jur, "CN");
    put_number(&wr, ATTR_KEY_state, 1);
    add(edit, owner, DNS_TYPE_CENTRE, &wr);
}

static void add_res(struct zone_edit *edit, unsigned centre, unsigned pool, unsigned turn)
{
    static const char *const chips[] = {"nvidia-a100-80g", "ascend-910b", "hygon-z100", "mlu-370"};
    uint8_t owner[DNS_NAME_MAX], rdata[RDATA_MAX];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    unsigned number = centre * A_CENTRE + pool;
    name_of(owner, centre, (int)pool);
    wr_u8(&wr, 0);
    put_number(&wr, ATTR_KEY_nodes, 10 + number % 90);
    put_number(&wr, ATTR_KEY_cpu, 1000 + number % 9000);
    put_number(&wr, ATTR_KEY_mem, 4000000 + number);
    put_text(&wr, ATTR_KEY_acc, chips[(number + turn) % 4]);
    put_number(&wr, ATTR_KEY_accn, 64000);
    put_number(&wr, ATTR_KEY_fp16, 1000000 + number);
    put_number(&wr, ATTR_KEY_basis, 1);
    put_text(&wr, ATTR_KEY_env, "\11cuda-12.4\7gromacs\10cann-8.0");
    put_number(&wr, ATTR_KEY_price, 1000000 + number % 5000 + turn);
    put_text(&wr, ATTR_KEY_cur, "CNY");
    put_number(&wr, ATTR_KEY_per, 2);
    put_number(&wr, ATTR_KEY_pue, 1200 + number % 200);
    put_number(&wr, ATTR_KEY_watt, 100000 + number);
    put_number(&wr, ATTR_KEY_gco2, 300 + number % 300);
    add(edit, owner, DNS_TYPE_CRES, &wr);
}

static void add_load(struct zone_edit *edit, unsigned centre, unsigned pool, unsigned turn)
{
    uint8_t owner[DNS_NAME_MAX], rdata[RDATA_MAX];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    name_of(owner, centre, (int)pool);
    wr_u8(&wr, 0);
    put_number(&wr, ATTR_KEY_obs, 1700000000 + turn);
    put_number(&wr, ATTR_KEY_cpuf, 500 + turn % 400);
    put_number(&wr, ATTR_KEY_memf, 100000 + turn);
    put_number(&wr, ATTR_KEY_accf, 1000 * (turn % 60));
    put_number(&wr, ATTR_KEY_run, turn % 77);
    put_number(&wr, ATTR_KEY_pend, turn % 13);
    put_number(&wr, ATTR_KEY_wait50, turn % 600);
    put_number(&wr, ATTR_KEY_wait90, 600 + turn % 600);
    put_number(&wr, ATTR_KEY_util, turn % 100);
    put_number(&wr, ATTR_KEY_health, 1);
    add(edit, owner, DNS_TYPE_CLOAD, &wr);
}

static struct zone *make_zone(unsigned pools)
{
    struct zone *zone = zone_create(apex, &key);
    for (unsigned first = 0; first < pools; first += PER_EDIT) {
        struct zone_edit *edit = zone_edit_begin(zone, &limits);
        for (unsigned i = first; i < pools && i < first + PER_EDIT; i++) {
            if (i % A_CENTRE == 0) {
                add_centre(edit, i / A_CENTRE);
            }
            add_res(edit, i / A_CENTRE, i % A_CENTRE, 0);
            add_load(edit, i / A_CENTRE, i % A_CENTRE, 0);
        }
        zone_edit_commit(edit);
    }
    return zone;
}

static void add_new(struct zone_edit *edit, unsigned centre, unsigned pool, unsigned turn)
{
    add_res(edit, centre, A_CENTRE + turn, turn);
    add_load(edit, centre, A_CENTRE + turn, turn);
    (void)pool;
}

/* Commits that each change so many pools, by what. */
static void time_commits(struct pools_keeper *keeper, struct zone *zone, unsigned pools,
                         unsigned commits, unsigned batch, const char *label,
                         void (*change)(struct zone_edit *edit, unsigned centre, unsigned pool,
                                        unsigned turn))
{
    uint64_t *took_ns = mem_alloc(commits * sizeof(*took_ns));
    for (unsigned i = 0; i < commits; i++) {
        struct zone_edit *edit = zone_edit_begin(zone, &limits);
        for (unsigned k = 0; k < batch; k++) {
            unsigned number = (i * 7919 + k * 104729) % pools;
            change(edit, number / A_CENTRE, number % A_CENTRE, i + 1);
        }
        uint64_t start_ns = now_ns();
        pools_keeper_apply(keeper, edit);
        took_ns[i] = now_ns() - start_ns;
        zone_edit_commit(edit);
    }
    qsort(took_ns, commits, sizeof(*took_ns), compare_times);
    printf("%-28s %6.2f us a pool, 99 of 100 below %.2f\n", label,
           (double)took_ns[commits / 2] / 1e3 / batch,
           (double)took_ns[commits - 1 - commits / 100] / 1e3 / batch);
    mem_free(took_ns);
}

int main(int argc, char **argv)
{
    unsigned pools = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
    unsigned commits = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2000;
    struct zone *zone = make_zone(pools);
    struct pools_keeper *keeper = pools_keeper_attach(zone);
    rcu_drain();
    mem_trim();
    size_t before = mallinfo2().uordblks;
    pools_keeper_build(keeper, zone);
    size_t octets = mallinfo2().uordblks - before;
    keeper = pools_keeper_attach(zone); /* again, in memory that has been touched */
    uint64_t start_ns = now_ns();
    pools_keeper_build(keeper, zone);
    double took_us = (double)(now_ns() - start_ns) / 1e3;
    rcu_drain();
    printf("%zu pools\n", pools_keeper_read(keeper)->pool_count);
    printf("%-28s %6.2f us a pool, %.1f ms in all\n", "built", took_us / pools, took_us / 1e3);
    printf("%-28s %6.0f octets a pool, %.1f MiB in all\n", "memory", (double)octets / pools,
           (double)octets / (1 << 20));
    time_commits(keeper, zone, pools, commits, 1, "a load report a commit", add_load);
    time_commits(keeper, zone, pools, commits / 16 + 1, BATCH, "64 load reports a commit",
                 add_load);
    time_commits(keeper, zone, pools, commits, 1, "capacity of a pool a commit", add_res);
    time_commits(keeper, zone, pools, commits, 1, "a new pool a commit", add_new);
    zone_unref(zone);
    rcu_drain();
    rcu_drain();
    return 0;
}
