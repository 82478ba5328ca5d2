/* choose [SECONDS]: decisions per second of the choosing engine, for tables of random pools, on one core.
 *
 * Prints a line for each case: pools, what is asked, how many fit, decisions/s, and the time of one decision: median
 * and 99 of 100, caches warm or emptied before each. `bare` is the same table without its indexes. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/choose.h"
#include "sched/choose/need.h"
#include "sched/choose/pools_keeper.h"
#include "zones/dns_name.h"
#include "zones/zone_edit.h"
#include "zones/zone_file.h"

enum { NOW_S = 1000000, POOLS_A_CENTRE = 10, ROUNDS_MAX = 1 << 20, COLD_OCTETS = 64 << 20 };

static const struct hash_key key = {0x0123456789abcdef, 0xfedcba9876543210};
static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};
static uint64_t seed = 1;

struct text {
    char *at;
    size_t len, room;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *text, const char *format, ...)
{
    if (text->room - text->len < 1024) {
        text->room = text->room ? 2 * text->room : 1 << 20;
        text->at = mem_grow(text->at, text->room, 1);
    }
    va_list list;
    va_start(list, format);
    text->len += (size_t)vsnprintf(text->at + text->len, 1024, format, list);
    va_end(list);
}

static unsigned roll(unsigned sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % sides;
}

static void say_centre(struct text *text, unsigned centre)
{
    say(text,
        "c%u CENTRE . kind=ai op=o%u region=%u jur=CN az=z%u\n"
        "c%u LOC %u 0 0 N %u 0 0 E 10m\n"
        "c%u CNET r0 medium=%s rtt=%u jitter=%u loss=%uppm bw=10000 bwf=%u\n",
        centre, roll(20), 100000 + roll(30), roll(3), centre, 20 + roll(20), 100 + roll(20), centre,
        roll(2) ? "ip" : "otn", 1000 + roll(50000), roll(2000), roll(500), 100 + roll(9000));
    for (unsigned i = 0; i < 4; i++) {
        say(text, "c%u CNET c%u medium=otn rtt=%u bw=%u\n", centre, roll(100), roll(30000),
            1000 + roll(9000));
    }
}

static void say_pool(struct text *text, unsigned pool)
{
    unsigned centre = pool / POOLS_A_CENTRE, cards = 8 * (1 + roll(16));
    say(text,
        "p%u.c%u CRES . arch=x86_64 nodes=%u cpu=%u mem=%ug acc=chip-%u accn=%u accmem=64g fp16=%ut"
        " basis=claimed sto=%u fabric=ib price=%u cur=CNY per=card-h pue=1.%u watt=%u gco2=%u\n"
        "p%u.c%u CLOAD . obs=%u cpuf=%u memf=%ug accf=%u run=%u pend=%u wait50=%u util=%u\n",
        pool, centre, 4 + roll(60), 256 + roll(1000), 512 + roll(4096), roll(100), cards,
        1 + roll(5000), 1000 + roll(9000), 2 + roll(30), 10 + roll(80), 1000 + roll(90000),
        100 + roll(800), pool, centre, NOW_S - roll(30), 64 + roll(192), 256 + roll(256),
        8 + roll(cards - 7), roll(50), roll(20), roll(3600), roll(100));
}

static int add_record(void *context, const struct zone_text_record *record, unsigned line,
                      struct err_at *at)
{
    (void)line;
    (void)at;
    return zone_edit_add(context, record->owner, record->type, record->ttl_s, record->rdata,
                         record->len);
}

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    fprintf(stderr, "%u: %s\n", at->line, at->text);
    exit(1);
}

static struct zone *make_zone(unsigned pools)
{
    struct text text = {NULL, 0, 0};
    uint8_t apex[DNS_NAME_MAX];
    size_t len;
    dns_name_parse("bench.", 6, NULL, apex, &len);
    say(&text, "@ SOA . . 1 1 1 1 1\n@ NS .\n");
    for (unsigned i = 0; i * POOLS_A_CENTRE < pools; i++) {
        say_centre(&text, i);
    }
    for (unsigned i = 0; i < pools; i++) {
        say_pool(&text, i);
    }
    for (unsigned i = 0; i < 3; i++) {
        say(&text, "set.data CDATA c%u size=%ug\n", i * 7, 20);
    }
    struct zone *zone = zone_create(apex, &key);
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    struct zone_file_sink sink = {edit, add_record, on_error};
    struct zone_file_options options = {
        .origin = apex, .ttl = {300, true}, .octets_max = SIZE_MAX, .records_max = UINT64_MAX};
    zone_file_read_text(NULL, text.at, text.len, &options, &sink);
    if (zone_edit_commit(edit) == 0) {
        fprintf(stderr, "no zone\n");
        exit(1);
    }
    mem_free(text.at);
    return zone;
}

static int by_time(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint64_t now_ns(void)
{
    return clock_system()->mono_ns(clock_system());
}

/* Fill the caches with something else. */
static void chill(void)
{
    static volatile char *cold;
    if (!cold) {
        cold = mem_alloc(COLD_OCTETS);
    }
    for (size_t i = 0; i < COLD_OCTETS; i += 64) {
        cold[i]++;
    }
}

static void measure(struct choose *choose, const struct pools *pools, const char *words,
                    const char *label, double seconds, bool is_cold)
{
    static uint32_t times[ROUNDS_MAX];
    struct need need;
    struct err_at at;
    struct choose_answer answer;
    struct choose_place from = {.regions = {pools_text_hash(&key, "r0", 2)},
                                .has_loc = true,
                                .latitude = 22,
                                .longitude = 114};
    if (need_parse(words, strlen(words), &key, NULL, &need, &at)) {
        fprintf(stderr, "%s: %s\n", words, at.text);
        exit(1);
    }
    struct choose_ask ask = {.pools = pools, .need = &need, .from = &from, .now_s = NOW_S};
    choose_rank(choose, &ask, &answer);
    size_t rounds = 0;
    uint64_t spent = 0, start = now_ns();
    while (rounds < ROUNDS_MAX && (double)(now_ns() - start) < seconds * 1e9) {
        if (is_cold) {
            chill();
        }
        uint64_t before = now_ns();
        choose_rank(choose, &ask, &answer);
        times[rounds] = (uint32_t)(now_ns() - before);
        spent += times[rounds++];
    }
    qsort(times, rounds, sizeof times[0], by_time);
    printf("%6zu pools %-8s %-4s %6" PRIu32 " fit %9.0f/s %8.2f us %8.2f us  %s\n",
           pools->pool_count, label, is_cold ? "cold" : "warm", answer.fits,
           (double)rounds / ((double)spent / 1e9), times[rounds / 2] / 1e3,
           times[rounds - 1 - rounds / 100] / 1e3, words);
}

int main(int argc, char **argv)
{
    static const char *const asked[] = {
        "accn-8.by-load-60.by-price-40",
        "accn-8.cpu-64.fabric-ib.by-load-60.by-price-40",
        "accn-8.acc-chip-7.by-load-60.by-price-40",
        "accn-8.by-load-60.by-network-40",
        "accn-8.rtt-40ms.by-load-40.by-carbon-20.by-network-20.by-qos-20",
        "accn-8.data-set.by-load-60.by-data-40",
    };
    static const unsigned sizes[] = {1000, 10000};
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    rcu_enter();
    struct choose *choose = choose_create();
    printf("                                        decisions   median     99 %%\n");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct zone *zone = make_zone(sizes[i]);
        struct pools_keeper *keeper = pools_keeper_attach(zone);
        pools_keeper_build(keeper, zone);
        struct pools bare = *pools_keeper_read(keeper);
        bare.postings = NULL;
        for (size_t k = 0; k < sizeof asked / sizeof asked[0]; k++) {
            measure(choose, &bare, asked[k], "bare", seconds, false);
            measure(choose, pools_keeper_read(keeper), asked[k], "indexed", seconds, false);
            measure(choose, pools_keeper_read(keeper), asked[k], "indexed", seconds, true);
        }
        zone_unref(zone);
    }
    choose_destroy(choose);
    rcu_leave();
    return 0;
}
