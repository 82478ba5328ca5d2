/* HMAC: keys, and the contexts with which a thread computes.
 *
 * A key is made once, then immutable: any thread may read it while its owner keeps it. A struct mac
 * belongs to one thread (or to one session of a thread) and computes one MAC at a time: begin,
 * update ..., end. It keeps a context for each key it has met, so that a MAC costs no allocation of
 * ours, no lock and no look-up by name in the library. Contexts are found by a number that no two
 * keys share: a destroyed key is never mistaken for one made later at its address, but its context
 * stays in each struct mac until pushed out, mac_forget or mac_destroy. Secrets are cleansed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_MAX        64   /* octets of the longest MAC */
#define MAC_SECRET_MAX 1024 /* octets of the longest secret */

enum mac_digest {
    MAC_SHA1,
    MAC_SHA256,
    MAC_SHA384,
    MAC_SHA512,
};

struct mac_key;
struct mac;

/* Length of a digest, and so of its whole MAC. Shape: none. Units: octets, up to MAC_MAX. Errors:
 * none. Source: FIPS 180-4. */
size_t mac_octets(enum mac_digest digest);

/* Make a key; the secret is copied, and the caller cleanses its own.
 * Shape: 1 to MAC_SECRET_MAX octets of secret. Units: octets. Errors: NULL: other length, or the
 * library refuses (out of memory, digest not allowed). Source: RFC 2104. */
struct mac_key *mac_key_create(enum mac_digest digest, const void *secret, size_t len);

/* Cleanse and free; NULL is accepted. No thread may be inside mac_begin with it.
 * Shape: none. Units: none. Errors: none. Source: none. */
void mac_key_destroy(struct mac_key *key);

/* Make a thread's cache. Up to `contexts` (rounded up to a power of two, at most 65536) contexts
 * are kept; with more keys than that they push each other out and are made again.
 * Shape: none. Units: contexts. Errors: none. Source: none. */
struct mac *mac_create(size_t contexts);

/* Cleanse and free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void mac_destroy(struct mac *mac);

/* Cleanse and drop all contexts, and a MAC that was begun: after keys were replaced.
 * Shape: none. Units: none. Errors: none. Source: none. */
void mac_forget(struct mac *mac);

/* Begin a MAC; one that was begun and not ended is dropped.
 * Shape: none. Units: none. Errors: ERR_MEMORY; then update does nothing and end says so again.
 * Source: RFC 2104. */
int mac_begin(struct mac *mac, const struct mac_key *key);

/* Append octets. Shape: len octets, NULL when 0. Units: octets. Errors: kept for mac_end. Source:
 * RFC 2104. */
void mac_update(struct mac *mac, const void *data, size_t len);

/* End a MAC. Shape: out_mac of MAC_MAX octets; the MAC is the first *out_len. Units: octets.
 * Errors: ERR_NOT_NOW (none begun), ERR_MEMORY. Source: RFC 2104. */
int mac_end(struct mac *mac, uint8_t *out_mac, size_t *out_len);

/* Compare in a time that does not depend on the octets. Shape: len octets each. Units: octets.
 * Errors: none. Source: RFC 8945 section 5.2.2. */
bool mac_equal(const void *a, const void *b, size_t len);

/* Prove at start that the library computes what the RFCs say, and that a context that is begun
 * again without its key forgets the former message and not the key.
 * Shape: none. Units: none. Errors: ERR_UNSUPPORTED: do not start. Source: RFC 4231, RFC 2202. */
int mac_self_test(void);
