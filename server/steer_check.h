/* The check of a CPOL record that comes by update: does its requirement say something?
 *
 * The hook of zones/zone_update.h, which knows records but not requirements. The writer's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct book;

/* What requirements are read with. Borrowed. */
struct steer_check {
    const struct hash_key *key;
    const struct book *book; /* NULL: empty */
};

/* False when a record is a CPOL whose `need` can not be read; text then names the word.
 * Shape: context is a struct steer_check; stored RDATA that has passed cres_check; text of ZONE_UPDATE_TEXT octets.
 * Units: octets. Errors: false. Source: docs/records.md. */
bool steer_check_record(void *context, uint16_t type, const uint8_t *rdata, size_t len, char *text);
