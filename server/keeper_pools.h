/* Tables of pools of the zones that a keeper holds: made one after the other by the writer, soon after the zones
 * are held, and not before the first answer.
 *
 * The writer's thread, or before it starts.
 * Prefix: keeper_ */
#pragma once

#include <stdbool.h>

#include "server/writer.h"

struct keeper;

/* Let the writer make the tables that are still to be made, now and whenever zones come. When nothing else is
 * started that the keeper needs. Shape: the writer is borrowed. Units: none. Errors: none. Source: none. */
void keeper_take_writer(struct keeper *keeper, struct writer *writer);

/* Before zones are published: attach or take away their tables as the configuration wants, and ask the writer for
 * those that are still to be made. Shape: none. Units: none. Errors: none. Source: none. */
void keeper_pools_attach(struct keeper *keeper);

/* Make tables, of some zones when they are large; true when there may be more. Shape: none. Units: none. Errors:
 * none. Source: none. */
bool keeper_pools_build(struct keeper *keeper);
