#include "server/keeper_pools.h"

#include <stddef.h>

#include "server/held_pools.h"
#include "server/keeper_parts.h"

enum { NAMES_AT_ONCE = 100000 }; /* of all zones together: updates wait for it */

bool keeper_pools_build(struct keeper *keeper)
{
    uint64_t names = 0;
    size_t i = 0;
    for (; i < keeper->count && names < NAMES_AT_ONCE; i++) {
        const struct zone *zone = keeper->zones[i].zone;
        names += held_pools_build(zone) ? zone_measure(zone).names : 0;
    }
    return i < keeper->count;
}

static void run(struct writer_job *job)
{
    struct keeper *keeper = (void *)((char *)job - offsetof(struct keeper, pools_job));
    keeper->has_pools_job = keeper_pools_build(keeper);
    if (keeper->has_pools_job) { /* behind what has come meanwhile */
        writer_post(keeper->writer, job);
    }
}

static void ask(struct keeper *keeper)
{
    if (keeper->writer && !keeper->has_pools_job) {
        keeper->has_pools_job = true;
        writer_post(keeper->writer, &keeper->pools_job);
    }
}

/* From here on the keeper has its writer: taken in the writer's thread, where others look at it. */
static void begin(struct writer_job *job)
{
    struct keeper *keeper = (void *)((char *)job - offsetof(struct keeper, pools_job));
    keeper->writer = keeper->pools_writer;
    keeper->pools_job.run = run;
    run(job);
}

void keeper_take_writer(struct keeper *keeper, struct writer *writer)
{
    keeper->pools_writer = writer;
    keeper->pools_job.run = begin;
    writer_post(writer, &keeper->pools_job);
}

void keeper_pools_attach(struct keeper *keeper)
{
    bool is_due = false;
    for (size_t i = 0; i < keeper->count; i++) {
        is_due |= held_pools_attach(keeper->zones[i].zone, keeper->zones[i].chooses);
    }
    if (is_due) {
        ask(keeper);
    }
}
