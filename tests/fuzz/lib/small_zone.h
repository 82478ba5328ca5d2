/* A zone for fuzz doors, made of text. The calling thread is an RCU reader; what is made lives as long as the program,
 * or as whoever takes it over. Nothing here needs cmocka: doors are built with libFuzzer, too. */
#pragma once

#include "base/hash.h"
#include "zones/zone.h"

extern const struct hash_key small_zone_key;
extern const uint8_t small_zone_apex[3]; /* "t." */

/* Make a zone at small_zone_apex of records, names relative to it, TTL 300 where none is written. Shape: text as a
 * zone file, at most 1,000 names. Units: none. Errors: ends the program. Source: RFC 1035 5.1. */
struct zone *small_zone_make(const char *text);
