#include "server/gauge.h"

#include <stdio.h>
#include <unistd.h>

#include "zones/dns_name.h"

enum { NS_PER_S = 1000000000 };

/* One line per zone: its name as label, a number of it as value. */
static void each_zone(struct gauge_context *context, struct metrics_page *page,
                      uint64_t (*number)(const struct zone *zone))
{
    rcu_enter();
    const struct world *world = rcu_read(context->world->now);
    for (size_t i = 0; i < zone_set_count(world->zones); i++) {
        const struct zone *zone = zone_set_at(world->zones, i);
        char name[DNS_NAME_TEXT_MAX];
        dns_name_print(zone_name(zone), name);
        metrics_value(page, "zone", name, number(zone));
    }
    rcu_leave();
}

static uint64_t names_of(const struct zone *zone)
{
    return zone_measure(zone).names;
}

static uint64_t records_of(const struct zone *zone)
{
    return zone_measure(zone).records;
}

static uint64_t octets_of(const struct zone *zone)
{
    return zone_measure(zone).octets;
}

static uint64_t serial_of(const struct zone *zone)
{
    return zone_serial(zone, zone_version(zone));
}

static void read_names(void *context, struct metrics_page *page)
{
    each_zone(context, page, names_of);
}

static void read_records(void *context, struct metrics_page *page)
{
    each_zone(context, page, records_of);
}

static void read_octets(void *context, struct metrics_page *page)
{
    each_zone(context, page, octets_of);
}

static void read_serial(void *context, struct metrics_page *page)
{
    each_zone(context, page, serial_of);
}

static void read_leases(void *context, struct metrics_page *page)
{
    const struct gauge_context *gauges = context;
    metrics_value(page, NULL, NULL, __atomic_load_n(gauges->leases, __ATOMIC_RELAXED));
}

static void read_store_used(void *context, struct metrics_page *page)
{
    const struct gauge_context *gauges = context;
    uint64_t used, size;
    kv_usage(gauges->kv, &used, &size);
    metrics_value(page, NULL, NULL, used);
}

static void read_store_size(void *context, struct metrics_page *page)
{
    const struct gauge_context *gauges = context;
    uint64_t used, size;
    kv_usage(gauges->kv, &used, &size);
    metrics_value(page, NULL, NULL, size);
}

/* One line a state: 1 for the present one. */
static void read_store_state(void *context, struct metrics_page *page)
{
    const struct gauge_context *gauges = context;
    struct store_state_view view;
    store_state_look(gauges->store_state, &view);
    for (enum store_state_sort sort = 0; sort < STORE_STATE_SORTS; sort++) {
        metrics_value(page, "state", store_state_word(sort), sort == view.sort);
    }
}

static void read_store_alarm(void *context, struct metrics_page *page)
{
    const struct gauge_context *gauges = context;
    struct store_state_view view;
    store_state_look(gauges->store_state, &view);
    metrics_value(page, NULL, NULL, view.room);
}

static void read_store_left(void *context, struct metrics_page *page)
{
    const struct gauge_context *gauges = context;
    struct store_state_view view;
    store_state_look(gauges->store_state, &view);
    metrics_value(page, NULL, NULL, view.left);
}

static void read_uptime(void *context, struct metrics_page *page)
{
    const struct gauge_context *gauges = context;
    metrics_value(page, NULL, NULL,
                  (gauges->clock->mono_ns(gauges->clock) - gauges->start_ns) / NS_PER_S);
}

/* Second number of /proc/self/statm: resident pages. */
static void read_resident(void *context, struct metrics_page *page)
{
    (void)context;
    unsigned long long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%llu %llu", &all, &resident) == 2) {
        metrics_value(page, NULL, NULL, resident * (uint64_t)sysconf(_SC_PAGESIZE));
    }
    if (file) {
        fclose(file);
    }
}

void gauge_add(struct metrics *metrics, struct gauge_context *context)
{
    const struct metrics_source sources[] = {
        {"process_resident_memory_bytes", "resident memory", read_resident, context},
        {"suanyu_leases", "records that go when nobody refreshes them", read_leases, context},
        {"suanyu_store_alarm",
         "room of the store: 0 plenty, 1 low, 2 so short that no records are added",
         read_store_alarm, context},
        {"suanyu_store_left_bytes", "what the store can still have", read_store_left, context},
        {"suanyu_store_size_bytes", "largest size of the store before it grows", read_store_size,
         context},
        {"suanyu_store_state", "1 for the state in which the store is", read_store_state, context},
        {"suanyu_store_used_bytes", "used part of the store", read_store_used, context},
        {"suanyu_uptime_seconds", "time since the start of the server", read_uptime, context},
        {"suanyu_zone_bytes", "memory of a zone's data", read_octets, context},
        {"suanyu_zone_names", "names of a zone that own records", read_names, context},
        {"suanyu_zone_records", "records of a zone", read_records, context},
        {"suanyu_zone_serial", "serial of a zone", read_serial, context},
    };
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        metrics_add(metrics, &sources[i]);
    }
}
