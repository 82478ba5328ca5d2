/* Refresh tell: what the log says of secondary zones and their primaries. The refresher's thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "server/secondary.h"
#include "zones/zone_xfr_in.h"

/* Something is not as it should be with a primary. Shape: its position; event and reason are static
 * text. Units: none. Errors: none. Source: none. */
void refresh_tell_fault(const struct secondary_zone *secondary, size_t primary, const char *event,
                        const char *reason);

/* A transfer was taken over. Shape: position of who gave it. Units: ms that it took to come. Errors:
 * none. Source: none. */
void refresh_tell_transfer(const struct secondary_zone *secondary, size_t primary,
                           const struct zone_xfr_in_facts *facts, uint64_t ms);

/* A zone is not served any more. Shape: none. Units: none. Errors: none. Source: none. */
void refresh_tell_expired(const struct secondary_zone *secondary);
