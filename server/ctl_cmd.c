#include "server/ctl_cmd.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

static const struct ctl_command commands[] = {
#define COMMAND(name, handler, args_min, args_max, args, help)                                     \
    {name, handler, args_min, args_max, args, help},
#include "server/ctl_cmd.def"
#undef COMMAND
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

enum { LEVELS = sizeof(level_names) / sizeof(level_names[0]), NS_PER_S = 1000000000 };

const struct ctl_command *ctl_cmd_table(size_t *out_count)
{
    *out_count = sizeof(commands) / sizeof(commands[0]);
    return commands;
}

static void finish(struct ctl_reply *reply, json_t *result)
{
    ctl_reply_ok(reply, result ? json_dumps(result, JSON_COMPACT) : NULL);
    json_decref(result);
}

static const char *present_level(void)
{
    const char *name = level_names[LOG_ERROR];
    for (unsigned i = 0; i < LEVELS; i++) {
        name = log_is_on(i) ? level_names[i] : name;
    }
    return name;
}

void ctl_log_level(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    (void)context;
    if (request->arg_count == 1) {
        unsigned level = 0;
        while (level < LEVELS && strcmp(level_names[level], request->args[0]) != 0) {
            level++;
        }
        if (level == LEVELS) {
            ctl_reply_error(reply, ERR_VALUE, "no log level %s: error, warn, info or debug",
                            request->args[0]);
            return;
        }
        log_set_level(level);
    }
    finish(reply, json_pack("{s:s}", "level", present_level()));
}

/* Sizes of all zones together. */
static struct zone_size measure_all(const struct world *world)
{
    struct zone_size all = {0};
    for (size_t i = 0; i < zone_set_count(world->zones); i++) {
        const struct zone_size one = zone_measure(zone_set_at(world->zones, i));
        all.names += one.names;
        all.records += one.records;
        all.octets += one.octets;
    }
    return all;
}

struct secondary_counts {
    json_int_t all, loading, expired;
};

static struct secondary_counts count_secondaries(const struct ctl_cmd_context *with,
                                                 const struct world *world)
{
    const struct secondary_set *set = rules_secondaries(world->rules);
    const uint64_t now_ns = with->clock->mono_ns(with->clock);
    struct secondary_counts counts = {.all = (json_int_t)secondary_count(set)};
    for (size_t i = 0; i < secondary_count(set); i++) {
        const char *state = secondary_look(secondary_at(set, i)->state, now_ns).state;
        counts.loading += state[0] == 'l';
        counts.expired += state[0] == 'e';
    }
    return counts;
}

static json_int_t count_queries(struct stat_registry *registry)
{
    struct stat_set sum;
    stat_registry_sum(registry, &sum);
    const uint64_t queries = sum.counters[STAT_query_udp4] + sum.counters[STAT_query_udp6] +
                             sum.counters[STAT_query_tcp4] + sum.counters[STAT_query_tcp6];
    return (json_int_t)queries;
}

/* How the store is; what failed last stays to be seen. */
static json_t *add_store(json_t *status, const struct ctl_cmd_context *with)
{
    struct store_state_view view;
    if (with->store_state) {
        store_state_look(with->store_state, &view);
        uint64_t since_ns = with->clock->mono_ns(with->clock) - view.since_ns;
        json_t *store = json_pack(
            "{s:s,s:I,s:i,s:s,s:I}", "store_state", store_state_word(view.sort), "store_state_s",
            (json_int_t)(since_ns / NS_PER_S), "store_alarm", (int)view.room, "store_error",
            view.err ? err_text(view.err) : "", "store_left", (json_int_t)view.left);
        json_object_update(status, store);
        json_decref(store);
    }
    return status;
}

void ctl_status(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    const struct world *world = rcu_read(with->world->now);
    const struct zone_size size = measure_all(world);
    const uint64_t up_ns = with->clock->mono_ns(with->clock) - with->start_ns;
    uint64_t used = 0, room = 0;

    (void)request;
    const struct secondary_counts counts = count_secondaries(with, world);
    kv_usage(with->kv, &used, &room);
    json_t *status = json_pack(
        "{s:s,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:I,s:I,s:I}", "version", with->version,
        "pid", (int)getpid(), "uptime_s", (json_int_t)(up_ns / NS_PER_S), "queries",
        count_queries(with->registry), "zones", (json_int_t)zone_set_count(world->zones), "names",
        (json_int_t)size.names, "records", (json_int_t)size.records, "leases",
        (json_int_t)__atomic_load_n(with->leases, __ATOMIC_RELAXED), "zone_octets",
        (json_int_t)size.octets, "store_used", (json_int_t)used, "store_size", (json_int_t)room,
        "log_level", present_level(), "secondaries", counts.all, "loading", counts.loading,
        "expired", counts.expired);
    finish(reply, add_store(status, with));
}

static json_t *pack_counters(const struct stat_set *sum)
{
    json_t *counters = json_object();
    for (unsigned i = 0; i < STAT_COUNT; i++) {
        json_object_set_new(counters, stat_row(i)->name,
                            json_integer((json_int_t)sum->counters[i]));
    }
    return counters;
}

/* Buckets that hold none are left out but for the last before one that does: sums, as Prometheus. */
static json_t *pack_times(const struct stat_set *sum)
{
    json_t *buckets = json_array();
    json_int_t count = 0;
    for (unsigned i = 0; i < STAT_TIME_BUCKETS; i++) {
        if (sum->times[i] > 0) {
            count += (json_int_t)sum->times[i];
            json_array_append_new(buckets, json_pack("[I,I]", (json_int_t)1 << i, count));
        }
    }
    return json_pack("{s:I,s:I,s:o}", "count", count, "sum", (json_int_t)sum->time_sum_ns, "le",
                     buckets);
}

void ctl_stats(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    struct stat_set sum;

    (void)request;
    stat_registry_sum(with->registry, &sum);
    finish(reply,
           json_pack("{s:o,s:o}", "counters", pack_counters(&sum), "answer_ns", pack_times(&sum)));
}
