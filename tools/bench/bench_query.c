/* bench_query ZONEFILE ORIGIN QUERIES [BATCH [RUNS]]: nanoseconds that one query takes inside the
 * server, without the system's part: the zone is loaded, each run answers all lines of QUERIES in
 * batches as a UDP worker does. Prints the best run, the median and how many answers had which
 * rcode; anything that can run a program can profile it. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "server/query.h"
#include "server/stat.h"
#include "server/world.h"
#include "tools/bench/questions.h"
#include "zones/zone_load.h"
#include "zones/zone_set.h"

enum {
    BATCH_PRESET = 32,
    RUNS_PRESET = 5,
    RUNS_MAX = 100,
    BUFFER_LEN = 4096,
    RCODES = 16,
    PAYLOAD = 1232,
    FIND_CACHE = 4 << 20,
    RECORDS_MAX = 1000,
    TYPES_MAX = 100,
};

static struct questions questions;
static uint64_t rcodes[RCODES];
static uint8_t in_buffers[QUERY_BATCH_MAX][QUESTIONS_OCTETS];
static uint8_t out_buffers[QUERY_BATCH_MAX][BUFFER_LEN];

static void print_error(void *context, const struct err_at *at)
{
    (void)context;
    fprintf(stderr, "%s:%u:%u: %s\n", at->file, at->line, at->column, at->text);
}

/* A world of one zone, with the table of its pools. */
static bool open_world(const char *file, const char *origin, struct world_handle *handle)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    struct zone *zone = NULL;
    rand_system()->fill(rand_system(), &handle->key, sizeof(handle->key));
    struct zone_load_options load = {.key = &handle->key,
                                     .limits = {RECORDS_MAX, TYPES_MAX},
                                     .size_max = SIZE_MAX / 2,
                                     .on_error = print_error};
    if (dns_name_parse(origin, strlen(origin), NULL, name, &len) ||
        zone_load(file, name, &load, &zone)) {
        return false;
    }
    struct world_options options = {
        .udp_payload = PAYLOAD, .cookies = true, .find_cache = FIND_CACHE, .find_share = 100};
    pools_keeper_build(pools_keeper_attach(zone), zone);
    world_publish(handle, &options, zone_set_create(&zone, 1, &handle->key), NULL);
    zone_unref(zone);
    return true;
}

/* One batch from the question at a position on; returns the time it took. */
static uint64_t answer_batch(struct query_worker *worker, size_t first, unsigned count)
{
    static const struct query_peer peer = {QUERY_UDP, 4, 5353, {127, 0, 0, 1}};
    const struct clock *clock = clock_system();
    size_t lens[QUERY_BATCH_MAX];
    for (unsigned i = 0; i < count;
         i++) { /* the system has just copied them when a worker begins */
        const struct questions_message *question = &questions.messages[first + i];
        memcpy(in_buffers[i], question->octets, question->len);
        lens[i] = question->len;
    }
    uint64_t begin_ns = clock->mono_ns(clock);
    query_start(worker);
    for (unsigned i = 0; i < count; i++) {
        query_begin(worker, i, &peer, in_buffers[i], lens[i], out_buffers[i], BUFFER_LEN);
    }
    for (unsigned i = 0; i < count; i++) {
        query_reach(worker, i);
    }
    for (unsigned i = 0; i < count; i++) {
        lens[i] = query_end(worker, i);
    }
    uint64_t ns = clock->mono_ns(clock) - begin_ns;
    for (unsigned i = 0; i < count; i++) {
        rcodes[lens[i] ? out_buffers[i][3] & 0xf : 0]++;
    }
    return ns;
}

static double answer_all(struct query_worker *worker, unsigned batch)
{
    uint64_t ns = 0;
    for (size_t i = 0; i < questions.count; i += batch) {
        size_t left = questions.count - i;
        ns += answer_batch(worker, i, left < batch ? (unsigned)left : batch);
        rcu_quiescent();
    }
    return (double)ns / (double)questions.count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_result(double *times, unsigned runs, unsigned batch)
{
    qsort(times, runs, sizeof(*times), compare);
    printf("batch %u: %.1f ns a query (best), %.1f (median of %u);", batch, times[0],
           times[runs / 2], runs);
    for (unsigned i = 0; i < RCODES; i++) {
        if (rcodes[i] > 0) {
            printf(" %s %" PRIu64, dns_code_rcode(i), rcodes[i] / runs);
        }
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    unsigned batch = argc > 4 ? (unsigned)atoi(argv[4]) : BATCH_PRESET;
    unsigned runs = argc > 5 ? (unsigned)atoi(argv[5]) : RUNS_PRESET;
    struct world_handle handle = {0};
    if (argc < 4 || batch == 0 || batch > QUERY_BATCH_MAX || runs == 0 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: bench_query ZONEFILE ORIGIN QUERIES [BATCH [RUNS]]\n");
        return 2;
    }
    if (!open_world(argv[1], argv[2], &handle) || !questions_read(argv[3], &questions)) {
        fprintf(stderr, "bench_query: no zone or no questions\n");
        return 1;
    }
    struct stat_registry *registry = stat_registry_create();
    struct query_worker *worker =
        query_worker_create(&handle, stat_registry_add(registry), clock_system());
    double times[RUNS_MAX];
    rcu_enter();
    for (unsigned i = 0; i < runs; i++) {
        times[i] = answer_all(worker, batch);
    }
    rcu_leave();
    print_result(times, runs, batch);
    query_worker_destroy(worker);
    stat_registry_destroy(registry);
    world_finish(&handle);
    rcu_drain();
    return 0;
}
