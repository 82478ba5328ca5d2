/* DNS cookies of the server's side: made and verified without state (RFC 9018).
 *
 * A good cookie proves the address and nothing else (threats row 23). Stateless, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/query_peer.h"

enum { QUERY_COOKIE_LEN = 16 }; /* octets of a server cookie */

/* Make the server cookie for a client cookie.
 * Shape: client 8 octets, secret 16, out_cookie QUERY_COOKIE_LEN. Units: now in s, low 32 bits.
 * Errors: none.
 * Source: RFC 9018 section 4. */
void query_cookie_make(const uint8_t secret[16], const struct query_peer *peer,
                       const uint8_t *client, uint32_t now_s, uint8_t *out_cookie);

/* Verify a server cookie: at most an hour old, at most five minutes ahead, times compared by serial
 * arithmetic.
 * Shape: cookie of QUERY_COOKIE_LEN octets, reserved octets hashed as they came. Units: now in s.
 * Errors: false.
 * Source: RFC 9018 sections 4.2 and 4.3. */
bool query_cookie_check(const uint8_t secret[16], const struct query_peer *peer,
                        const uint8_t *client, const uint8_t *cookie, uint32_t now_s);
