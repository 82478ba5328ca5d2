#include "zones/dns_text_bitmap.h"

#include <string.h>

#include "zones/dns_type.h"

enum { WINDOWS = 256, WINDOW_OCTETS = 32 };

/* Bits of all windows; only those with a length are set up, the rest of the octets is not even zeroed. */
struct bitmap {
    uint8_t len[WINDOWS]; /* octets up to the last bit set */
    uint8_t bits[WINDOWS][WINDOW_OCTETS];
};

static void add(struct bitmap *map, uint16_t type)
{
    unsigned window = type >> 8;
    unsigned octet = (type & 255u) / 8;
    if (map->len[window] == 0) {
        memset(map->bits[window], 0, WINDOW_OCTETS);
    }
    map->bits[window][octet] |= (uint8_t)(0x80 >> (type & 7));
    if (map->len[window] <= octet) {
        map->len[window] = (uint8_t)(octet + 1);
    }
}

int dns_text_bitmap_parse(struct dns_scan *scan, struct wr *out)
{
    struct bitmap map;
    memset(map.len, 0, sizeof map.len);
    struct dns_token token = dns_scan_next(scan);
    for (; token.kind == DNS_SCAN_WORD; token = dns_scan_next(scan)) {
        uint16_t type;
        if (!dns_type_parse(token.text, token.len, &type)) {
            return dns_scan_expected(scan, ERR_SYNTAX, &token, "a record type");
        }
        add(&map, type);
    }
    if (token.kind == DNS_SCAN_QUOTED || token.kind == DNS_SCAN_ERROR) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a record type");
    }
    dns_scan_push(scan);
    for (unsigned window = 0; window < WINDOWS; window++) {
        if (map.len[window] > 0) {
            wr_u8(out, window);
            wr_u8(out, map.len[window]);
            wr_bytes(out, map.bits[window], map.len[window]);
        }
    }
    return 0;
}

void dns_text_bitmap_print(struct rd *rd, struct wr *out)
{
    const char *blank = "";
    while (rd_left(rd) > 0) {
        unsigned window = rd_u8(rd);
        size_t len = rd_u8(rd);
        const uint8_t *bits = rd_take(rd, len);
        for (unsigned bit = 0; bits && bit < len * 8; bit++) {
            if (bits[bit / 8] & 0x80 >> bit % 8) {
                char name[16];
                dns_type_print((uint16_t)(window << 8 | bit), name);
                wr_print(out, "%s%s", blank, name);
                blank = " ";
            }
        }
    }
}
