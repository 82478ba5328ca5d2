/* Messages signed by SIG(0), by the library's own one-shot functions: a private key of Ed25519 and the
 * name of its KEY record. Everything is the caller's. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/dns_name.h"

enum { SIGNER_SECRET = 32, SIGNER_RDATA = 36, SIGNER_ROOM = 512 };

struct signer {
    uint8_t name[DNS_NAME_MAX];
    uint8_t secret[SIGNER_SECRET];
    uint8_t rdata[SIGNER_RDATA]; /* of the KEY record */
    char text[128];              /* the same as in a zone file: KEY and RDATA */
};

/* Make a signer; the same number makes the same key. Shape: name as absolute text. Units: none.
 * Errors: ends the test. Source: RFC 8080. */
void signer_make(struct signer *signer, const char *name, uint8_t number);

/* Tag of its key. Shape: none. Units: none. Errors: none. Source: RFC 4034 appendix B. */
uint16_t signer_tag(const struct signer *signer);

/* Sign a message, which grows by at most SIGNER_ROOM octets; returns its length.
 * Shape: message of len octets. Units: octets; s since 1970. Errors: ends the test. Source: RFC 2931
 * 3.1. */
size_t signer_sign(const struct signer *signer, uint8_t *message, size_t len, uint32_t inception_s,
                   uint32_t expiration_s);
