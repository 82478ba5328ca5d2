#include "sched/choose/pools_hash.h"

#include "zones/dns_name.h"

enum { TEXT_MAX = 255 };

static char plain(uint8_t octet)
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
        folded[i] = plain((uint8_t)text[i]);
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
