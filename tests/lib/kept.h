/* A keeper for tests: over a store in a scratch folder, with a world, a clock that stands still, and
 * zones by configuration. One at a time: the calling thread is an RCU reader from its start to its end. */
#pragma once

#include "base/clock.h"
#include "server/held.h"
#include "server/keeper.h"

enum { KEPT_NOW_S = 1700000000, KEPT_MAP = 16 << 20 };

struct kept {
    char *folder;
    struct zone_store *store;
    struct world_handle world;
    struct stat_registry *registry;
    struct clock_fake clock;
    struct keeper *keeper;
};

/* Start. Shape: none. Units: none. Errors: fails the test. Source: none. */
void kept_start(struct kept *kept);

/* End, and remove the folder. Shape: none. Units: none. Errors: none. Source: none. */
void kept_finish(struct kept *kept);

/* The tear-down of a test that is kept_finish alone. Shape: for cmocka; the state is the struct kept. Units: none.
 * Errors: none. Source: none. */
int kept_leave(void **state);

/* As the server after its end, or its death; apply again. Shape: the clock goes on. Units: none. Errors:
 * fails the test. Source: none. */
void kept_restart(struct kept *kept);

/* Apply a configuration. Shape: YAML of the zones, each on a line "\n  - {name: t, ...}"; key k1 is
 * there. Units: none. Errors: fails the test. Source: none. */
void kept_apply(struct kept *kept, const char *zones);

/* The held zone of a name. Shape: text. Units: none. Errors: fails the test. Source: none. */
struct held *kept_find(const struct kept *kept, const char *name);

/* The secondary zone of a name, as the world has it. Shape: text. Units: none. Errors: fails the test.
 * Source: none. */
const struct secondary_zone *kept_secondary(const struct kept *kept, const char *name);

/* All records of what the world shows of a zone; "" for a stand-in. Shape: for mem_free. Units: none.
 * Errors: fails the test. Source: none. */
char *kept_print(const struct kept *kept, const char *name);
