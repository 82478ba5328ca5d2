#include "sched/choose/pools_hash.h"

#include <stdbool.h>

#include "zones/dns_name.h"

enum { TEXT_MAX = 255, CODE_LEN = 6, CODE_STEP = 2 };

char pools_plain(uint8_t octet)
{
    if (octet >= 'A' && octet <= 'Z') {
        return (char)(octet + ('a' - 'A'));
    }
    bool is_plain = (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9');
    return is_plain ? (char)octet : '-';
}

uint64_t pools_text_hash(const struct hash_key *key, const char *text, size_t len)
{
    char folded[TEXT_MAX];
    len = len < TEXT_MAX ? len : TEXT_MAX;
    for (size_t i = 0; i < len; i++) {
        folded[i] = pools_plain((uint8_t)text[i]);
    }
    uint64_t hash = hash_mix(key, key->k0, folded, len);
    return hash ? hash : 1;
}

uint64_t pools_name_hash(const struct hash_key *key, const uint8_t *name, const uint8_t *apex)
{
    char text[DNS_NAME_MAX];
    size_t len = 0;
    const uint8_t *end = name + dns_name_len(name) - 1; /* the root label */
    if (apex && dns_name_is_in(name, apex)) {
        end -= dns_name_len(apex) - 1;
    }
    for (const uint8_t *label = name; label < end; label += label[0] + 1) {
        if (len > 0) {
            text[len++] = '-';
        }
        memcpy(text + len, label + 1, label[0]);
        len += label[0];
    }
    return pools_text_hash(key, text, len);
}

uint64_t pools_exact_hash(const struct hash_key *key, const uint8_t *name)
{
    uint8_t lower[DNS_NAME_MAX];
    size_t len = dns_name_len(name);
    dns_name_lower(name, len, lower);
    uint64_t hash = hash_mix(key, key->k1, lower, len);
    return hash ? hash : 1;
}

static bool is_code(const char *name, size_t len)
{
    bool is_digits = len == CODE_LEN;
    for (size_t i = 0; is_digits && i < len; i++) {
        is_digits = name[i] >= '0' && name[i] <= '9';
    }
    return is_digits;
}

void pools_region_hashes(const struct hash_key *key, const char *name, size_t len, uint64_t out[3])
{
    unsigned count = 0;
    char code[CODE_LEN];
    memset(out, 0, 3 * sizeof out[0]);
    out[count++] = pools_text_hash(key, name, len);
    if (!is_code(name, len)) {
        return;
    }
    memcpy(code, name, CODE_LEN);
    for (size_t at = CODE_LEN - CODE_STEP; at > 0; at -= CODE_STEP) {
        if (memcmp(code + at, "00", CODE_STEP) != 0) {
            memset(code + at, '0', CODE_STEP);
            out[count++] = pools_text_hash(key, code, CODE_LEN);
        }
    }
}
