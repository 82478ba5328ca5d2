/* Serials of a zone that the server changes: how the next one is chosen.
 *
 * Pure: the caller passes the time. */
#pragma once

#include <stdint.h>

enum zone_serial_policy {
    ZONE_SERIAL_INCREMENT,
    ZONE_SERIAL_UNIXTIME, /* seconds since 1970 */
    ZONE_SERIAL_DATE,     /* YYYYMMDD00 in UTC, and one more for each further change of the day */
};

/* The serial after a present one: what the policy says when that is newer, else one more.
 * Shape: newer than now_serial by serial arithmetic, never 0. Units: UNIX s. Errors: none.
 * Source: RFC 1982, RFC 2136 3.6. */
uint32_t zone_serial_next(enum zone_serial_policy policy, uint32_t now_serial, int64_t now_s);
