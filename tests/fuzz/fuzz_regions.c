/* Door: the file of regions. Whatever the octets are, it gives a whole table or an error with a place; in a table
 * an answer holds for as many addresses as its scope says. */
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "server/regions_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct regions_match find(const struct regions *regions, unsigned family,
                                 const uint8_t *address)
{
    struct regions_match match;
    regions_find(regions, family, address, family == 4 ? 32 : 128, &match);
    return match;
}

/* The other end of the prefix is the same place. */
static void look(const struct regions *regions, unsigned family, const uint8_t *address)
{
    const unsigned bits = family == 4 ? 32 : 128;
    const struct regions_match match = find(regions, family, address);
    struct choose_place place;
    regions_get(regions, &match, &place);
    CHECK(match.scope <= bits);
    CHECK((place.regions[0] != 0) == (match.number != 0));
    uint8_t other[16];
    memcpy(other, address, sizeof(other));
    for (unsigned bit = match.scope; bit < bits; bit++) {
        other[bit / 8] = (uint8_t)(other[bit / 8] ^ 0x80u >> bit % 8);
    }
    const struct regions_match again = find(regions, family, other);
    CHECK(again.number == match.number && again.scope == match.scope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hash_key key = {1, 2};
    static const uint8_t addresses[][16] = {
        {0}, {10, 1, 2, 3}, {127, 0, 0, 1}, {192, 0, 2, 1}, {0x20, 1, 0xd, 0xb8}, {[15] = 1}};
    struct regions *regions = NULL;
    struct err_at at;
    const int err =
        regions_file_parse("/fuzz/regions.yaml", (const char *)data, size, &regions, &at);
    CHECK((err == 0) == (regions != NULL));
    if (err) {
        CHECK(at.text[0] && memchr(at.text, 0, sizeof(at.text)));
        return 0;
    }
    regions_take_key(regions, &key);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        look(regions, 4, addresses[i]);
        look(regions, 6, addresses[i]);
    }
    for (size_t i = 0; size >= 16 && i + 16 <= size && i < 64; i += 4) {
        look(regions, 4, data + i);
        look(regions, 6, data + i);
    }
    regions_unref(regions);
    return 0;
}
