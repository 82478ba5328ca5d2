/* SIG(0) verification by the library: ECDSA P-256 with SHA-256, and Ed25519.
 *
 * A struct sign_sig0 belongs to one thread. It looks algorithms up once, when it is made, and keeps
 * the last keys it has met ready to verify, so that a known key costs no look-up in the library
 * (threats row 39; but for one that Ed25519 needs when a key is new). Records and keys are read by
 * zones/dns_sig0.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/dns_sig0.h"

struct sign_sig0;

/* Make a thread's verifier. Shape: ended by sign_sig0_destroy. Units: none. Errors: NULL when the
 * library offers one of the algorithms not. Source: none. */
struct sign_sig0 *sign_sig0_create(void);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void sign_sig0_destroy(struct sign_sig0 *verifier);

/* Does a key's owner sign this message? One public-key operation; whether it was asked for in time is
 * not looked at.
 * Shape: the message that sig0 was read from; the key fits it. Returns GOOD, BADSIG (also for a key that
 * is no point of the curve) or FAILED.
 * Units: none. Errors: see above. Source: RFC 2931 3.1, RFC 6605 section 4, RFC 8080 section 4. */
enum dns_sig0_verdict sign_sig0_verify(struct sign_sig0 *verifier, const struct dns_sig0 *sig0,
                                       const struct dns_sig0_key *key, const uint8_t *message);
