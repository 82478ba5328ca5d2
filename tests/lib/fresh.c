#include "tests/lib/fresh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>

#include "base/mem.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

enum { PATIENCE_MS = 20000 };

static size_t answer(void *context, bool is_stream, const uint8_t *request, size_t len,
                     uint8_t *out)
{
    struct fresh *fresh = context;
    char soa[64];
    size_t n = 0;
    pthread_mutex_lock(&fresh->lock);
    bool is_ixfr = memmem(request, len, "\1t\0\0\373\0\1", 7) != NULL;
    const char *text = is_ixfr ? fresh->ixfr : fresh->axfr;
    if (!is_stream) {
        fresh->asked++;
        (void)snprintf(soa, sizeof(soa), "@ SOA m r %u 600 600 3200 60\n", fresh->soa_serial);
        n = primary_write(request, false, "t.", DNS_TYPE_SOA, soa, out);
    } else if (text) {
        n = primary_write(request, true, "t.", is_ixfr ? DNS_TYPE_IXFR : DNS_TYPE_AXFR, text, out);
    }
    fresh->axfrs += is_stream && !is_ixfr;
    fresh->ixfrs += is_stream && is_ixfr;
    pthread_mutex_unlock(&fresh->lock);
    return n;
}

void fresh_open(struct fresh *fresh, uint32_t soa_serial, const char *axfr)
{
    *fresh = (struct fresh){.soa_serial = soa_serial, .axfr = axfr};
    pthread_mutex_init(&fresh->lock, NULL);
    fresh->primary = (struct primary){.answer = answer, .context = fresh};
    primary_start(&fresh->primary);
    kept_start(&fresh->kept);
    assert_int_equal(writer_create(&fresh->writer), 0);
    fresh->stat = stat_registry_add(fresh->kept.registry);
}

void fresh_start(struct fresh *fresh, uint32_t soa_serial, const char *axfr)
{
    fresh_open(fresh, soa_serial, axfr);
    char *zone =
        mem_print("\n  - {name: t, primary: ['127.0.0.1:%u']}", fresh->primary.address.port);
    kept_apply(&fresh->kept, zone);
    mem_free(zone);
    struct refresh_options options = {
        .world = &fresh->kept.world,
        .writer = fresh->writer,
        .adopt = {fresh->kept.keeper, fresh->kept.store, &fresh->kept.clock.clock},
        .clock = clock_system(),
        .stat = fresh->stat};
    assert_int_equal(refresh_create(&options, &fresh->refresh), 0);
    struct keeper_refresh refresh = {refresh_configure, fresh->refresh};
    keeper_take_refresh(fresh->kept.keeper, &refresh);
}

void fresh_finish(struct fresh *fresh)
{
    rcu_offline();
    refresh_stop(fresh->refresh);
    writer_destroy(fresh->writer);
    primary_stop(&fresh->primary);
    rcu_online();
    refresh_destroy(fresh->refresh);
    kept_finish(&fresh->kept);
    pthread_mutex_destroy(&fresh->lock);
}

void fresh_say(struct fresh *fresh, uint32_t soa_serial, const char *axfr, const char *ixfr)
{
    pthread_mutex_lock(&fresh->lock);
    fresh->soa_serial = soa_serial;
    fresh->axfr = axfr;
    fresh->ixfr = ixfr;
    pthread_mutex_unlock(&fresh->lock);
}

unsigned fresh_read(struct fresh *fresh, const unsigned *count)
{
    pthread_mutex_lock(&fresh->lock);
    unsigned value = *count;
    pthread_mutex_unlock(&fresh->lock);
    return value;
}

void fresh_notify(struct fresh *fresh)
{
    const struct query_peer peer = {QUERY_UDP, 4, 53, {127, 0, 0, 1}};
    refresh_notify(fresh->refresh, kept_secondary(&fresh->kept, "t."), &peer);
}

/* Between two looks no pointer is kept. */
static void pause_a_moment(unsigned *waited_ms)
{
    assert_true((*waited_ms)++ < PATIENCE_MS);
    rcu_offline();
    poll(NULL, 0, 1);
    rcu_online();
}

static uint32_t served(const struct fresh *fresh)
{
    const struct world *world = rcu_read(fresh->kept.world.now);
    const struct zone *zone = zone_set_get(world->zones, zones_name("t."));
    return zone_serial(zone, zone_version(zone));
}

void fresh_wait(struct fresh *fresh, uint32_t serial)
{
    unsigned waited_ms = 0;
    while (served(fresh) != serial) {
        pause_a_moment(&waited_ms);
    }
}

void fresh_wait_count(struct fresh *fresh, enum stat_counter counter, uint64_t least)
{
    unsigned waited_ms = 0;
    while (__atomic_load_n(&fresh->stat->counters[counter], __ATOMIC_RELAXED) < least) {
        pause_a_moment(&waited_ms);
    }
}
