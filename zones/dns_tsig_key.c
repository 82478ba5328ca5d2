#include "zones/dns_tsig_key.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"

enum {
    LEAST = 10,        /* RFC 8945 5.2.2.1 */
    CLASS_AND_TTL = 6, /* octets between the names, as they are MACed */
    NAME_OF_LABEL = 2, /* octets more in wire form: length and root label */
    SLOTS_PER_KEY = 2,
};

struct dns_tsig_ring {
    struct dns_tsig_key **keys; /* in the order of the specs */
    size_t count;
    uint32_t *slots; /* place of a key plus one; 0: empty */
    size_t mask;
};

static const struct dns_tsig_algorithm algorithms[] = {
#define ALGORITHM(name, digest, octets, by_option) {name, MAC_##digest, octets, by_option},
#include "zones/dns_tsig_key.def"
};

/* The key is no secret: the names in a ring are ours, a peer can only ask for them. */
static const struct hash_key hash_key = {0x7473696720726e67u, 0x6b65792d6e616d65u};

const struct dns_tsig_algorithm *dns_tsig_algorithm_parse(const char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '.') {
        len--;
    }
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (strlen(algorithms[i].text) == len && strncasecmp(algorithms[i].text, text, len) == 0) {
            return &algorithms[i];
        }
    }
    return NULL;
}

size_t dns_tsig_algorithm_least(const struct dns_tsig_algorithm *algorithm)
{
    const size_t half = mac_octets(algorithm->digest) / 2;
    return half > LEAST ? half : LEAST;
}

static void destroy_key(struct dns_tsig_key *key)
{
    if (key) {
        mac_key_destroy(key->mac);
        mem_free(key);
    }
}

/* RFC 8945 4.3.3: name, class, TTL and algorithm are MACed as they stand in key->fixed. */
static void fix_names(struct dns_tsig_key *key, const uint8_t *name)
{
    struct wr wr = wr_make(key->fixed, key->fixed_len);
    dns_name_lower(name, key->name_len, wr_take(&wr, key->name_len));
    wr_u16(&wr, DNS_CLASS_ANY);
    wr_u32(&wr, 0);
    const size_t label = strlen(key->algorithm->text);
    wr_u8(&wr, (unsigned)label);
    wr_bytes(&wr, key->algorithm->text, label);
    wr_u8(&wr, 0);
}

static int create_key(const struct dns_tsig_key_spec *spec, struct dns_tsig_key **out_key)
{
    const struct dns_tsig_algorithm *algorithm = spec->algorithm;
    const size_t least = dns_tsig_algorithm_least(algorithm);
    const size_t mac_min = spec->mac_min > 0 ? spec->mac_min : algorithm->octets;
    if (mac_min < least || mac_min > algorithm->octets || spec->secret_len == 0 ||
        spec->secret_len > MAC_SECRET_MAX) {
        return ERR_VALUE;
    }
    const size_t name_len = dns_name_len(spec->name);
    const size_t algorithm_len = strlen(algorithm->text) + NAME_OF_LABEL;
    const size_t fixed_len = name_len + CLASS_AND_TTL + algorithm_len;
    struct dns_tsig_key *key = mem_alloc(sizeof(*key) + fixed_len);
    key->algorithm = algorithm;
    key->mac_min = (uint8_t)mac_min;
    key->name_len = (uint8_t)name_len;
    key->algorithm_len = (uint8_t)algorithm_len;
    key->fixed_len = (uint16_t)fixed_len;
    fix_names(key, spec->name);
    key->mac = mac_key_create(algorithm->digest, spec->secret, spec->secret_len);
    if (!key->mac) {
        destroy_key(key);
        return ERR_MEMORY;
    }
    *out_key = key;
    return 0;
}

/* The slot where a key of this lower-case name stands or would stand. Half of them are empty. */
static uint32_t *find_slot(const struct dns_tsig_ring *ring, const uint8_t *name, size_t len)
{
    size_t i = hash_mix(&hash_key, hash_key.k0, name, len) & ring->mask;
    for (;; i = (i + 1) & ring->mask) {
        uint32_t *slot = &ring->slots[i];
        const struct dns_tsig_key *key = *slot > 0 ? ring->keys[*slot - 1] : NULL;
        if (!key || (key->name_len == len && memcmp(key->fixed, name, len) == 0)) {
            return slot;
        }
    }
}

static int add_key(struct dns_tsig_ring *ring, const struct dns_tsig_key_spec *spec)
{
    struct dns_tsig_key *key;
    const int err = create_key(spec, &key);
    if (err) {
        return err;
    }
    uint32_t *slot = find_slot(ring, key->fixed, key->name_len);
    if (*slot > 0) {
        destroy_key(key);
        return ERR_EXISTS;
    }
    ring->keys[ring->count++] = key;
    *slot = (uint32_t)ring->count;
    return 0;
}

int dns_tsig_ring_create(const struct dns_tsig_key_spec *specs, size_t count,
                         struct dns_tsig_ring **out_ring, size_t *out_bad)
{
    size_t size = SLOTS_PER_KEY;
    while (size < SLOTS_PER_KEY * count) {
        size *= 2;
    }
    struct dns_tsig_ring *ring = mem_alloc(sizeof(*ring));
    ring->keys = mem_alloc(count * sizeof(struct dns_tsig_key *));
    ring->slots = mem_alloc(size * sizeof(*ring->slots));
    ring->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        const int err = add_key(ring, &specs[i]);
        if (err) {
            dns_tsig_ring_destroy(ring);
            *out_bad = i;
            return err;
        }
    }
    *out_ring = ring;
    return 0;
}

void dns_tsig_ring_destroy(struct dns_tsig_ring *ring)
{
    if (!ring) {
        return;
    }
    for (size_t i = 0; i < ring->count; i++) {
        destroy_key(ring->keys[i]);
    }
    mem_free(ring->keys);
    mem_free(ring->slots);
    mem_free(ring);
}

const struct dns_tsig_key *dns_tsig_ring_find(const struct dns_tsig_ring *ring, const uint8_t *name)
{
    if (!ring) {
        return NULL;
    }
    uint8_t lower[DNS_NAME_MAX];
    const size_t len = dns_name_len(name);
    dns_name_lower(name, len, lower);
    const uint32_t slot = *find_slot(ring, lower, len);
    return slot > 0 ? ring->keys[slot - 1] : NULL;
}
