/* Limits of a name, checked on what has become of it: an update may go beyond them on its way, as long
 * as its result does not (threats rows 4 and 8).
 *
 * Pure: looks at a node, changes nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "zones/zone_edit.h"

/* True when a name is within its limits.
 * Shape: node NULL: the name does not exist; out_text of size octets says which limit it exceeds, and
 * by how it is counted. Units: octets. Errors: false. Source: none. */
bool zone_limit_holds(const struct zone_node *node, const struct zone_edit_limits *limits,
                      char *out_text, size_t size);
