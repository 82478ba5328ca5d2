/* Serial numbers of zones and times of signatures, which wrap around (RFC 1982).
 *
 * Stateless, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True when a is greater than b. Of two that are 2^31 apart neither is. Shape: none. Units: none.
 * Errors: none. Source: RFC 1982 3.2. */
static inline bool dns_serial_is_after(uint32_t a, uint32_t b)
{
    return a != b && a - b < 0x80000000u;
}
