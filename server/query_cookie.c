#include "server/query_cookie.h"

#include <string.h>

#include "base/hash.h"

enum { CLIENT_LEN = 8, HEAD_LEN = 8, VERSION = 1, AGE_MAX_S = 3600, AHEAD_MAX_S = 300 };

/* Hash over client cookie, the cookie's own first 8 octets, and the address; little-endian as
 * SipHash defines it. */
static void seal(const uint8_t secret[16], const struct query_peer *peer, const uint8_t *client,
                 const uint8_t *head, uint8_t *out_hash)
{
    uint8_t input[CLIENT_LEN + HEAD_LEN + 16];
    size_t address_len = peer->family == 4 ? 4 : 16;
    memcpy(input, client, CLIENT_LEN);
    memcpy(input + CLIENT_LEN, head, HEAD_LEN);
    memcpy(input + CLIENT_LEN + HEAD_LEN, peer->address, address_len);
    uint64_t hash = hash_sip24(secret, input, CLIENT_LEN + HEAD_LEN + address_len);
    for (unsigned i = 0; i < 8; i++) {
        out_hash[i] = (uint8_t)(hash >> (8 * i));
    }
}

void query_cookie_make(const uint8_t secret[16], const struct query_peer *peer,
                       const uint8_t *client, uint32_t now_s, uint8_t *out_cookie)
{
    uint8_t head[HEAD_LEN] = {VERSION,
                              0,
                              0,
                              0,
                              (uint8_t)(now_s >> 24),
                              (uint8_t)(now_s >> 16),
                              (uint8_t)(now_s >> 8),
                              (uint8_t)now_s};
    memcpy(out_cookie, head, HEAD_LEN);
    seal(secret, peer, client, head, out_cookie + HEAD_LEN);
}

bool query_cookie_check(const uint8_t secret[16], const struct query_peer *peer,
                        const uint8_t *client, const uint8_t *cookie, uint32_t now_s)
{
    uint8_t hash[8], wrong = 0;
    uint32_t made_s = (uint32_t)cookie[4] << 24 | (uint32_t)cookie[5] << 16 |
                      (uint32_t)cookie[6] << 8 | cookie[7];
    uint32_t age_s =
        now_s - made_s; /* RFC 1982: wraps, so that 2038 and 2106 are days like others */
    seal(secret, peer, client, cookie, hash);
    for (unsigned i = 0; i < 8; i++) { /* no early end: the time tells nothing */
        wrong |= (uint8_t)(hash[i] ^ cookie[HEAD_LEN + i]);
    }
    bool fresh = age_s <= AGE_MAX_S || -age_s <= AHEAD_MAX_S;
    return wrong == 0 && cookie[0] == VERSION && fresh;
}
