/* Adopt: what a primary says becomes ours: content of a secondary zone, its age, whether it is
 * served.
 *
 * Everything runs in the writer's thread. A zone's state tells whether it is
 * still the same secondary that the news are for. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "server/keeper.h"
#include "server/secondary.h"
#include "zones/zone_store.h"
#include "zones/zone_xfr_in.h"

/* What the writer works on. All borrowed. */
struct adopt_context {
    struct keeper *keeper;
    struct zone_store *store;
    const struct clock *clock;
};

/* Take the content of a transfer: changes as an edit, a whole zone as the edit that makes it of the
 * one we have; the first content, and one whose serial is not newer, in its place. Durable, visible
 * and served when it returns.
 * Shape: xfr is whole, its zone is taken. Units: refreshed_s in UNIX s.
 * Errors: ERR_NOT_NOW (we are not its secondary any more); zone_xfr_in_apply's: the changes do not
 * fit, ask for the whole zone; the store's. Nothing is changed then. Source: RFC 1995 4, RFC 5936 6. */
int adopt_content(const struct adopt_context *context, const uint8_t *name,
                  const struct secondary_state *state, struct zone_xfr_in *xfr,
                  int64_t refreshed_s);

/* A primary said that our content is the newest: note it, and serve the zone again if it was too old.
 * Shape: none. Units: UNIX s. Errors: ERR_NOT_NOW; the store's: it is served, but after a restart it
 * is older than it should be. Source: RFC 1035 3.3.13. */
int adopt_refreshed(const struct adopt_context *context, const uint8_t *name,
                    const struct secondary_state *state, int64_t refreshed_s);

/* The zone is too old to be served. Shape: none. Units: none. Errors: ERR_NOT_NOW. Source: RFC 1035
 * 3.3.13. */
int adopt_expired(const struct adopt_context *context, const uint8_t *name,
                  const struct secondary_state *state);
