/* RDATA as text: two octets of type, then the text. What is accepted must be valid, print, and be read back as the same
 * octets. The rest is taken as stored RDATA, too: what is valid must print to text that is read back. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t stored[DNS_RDATA_MAX + 1];
static uint8_t again[DNS_RDATA_MAX + 1];
static char text[8 * DNS_RDATA_MAX];

static int parse(uint16_t type, const char *from, size_t len, uint8_t *octets, size_t *out_len)
{
    struct err_at at = {.text = ""};
    struct dns_scan scan;
    struct wr out = wr_make(octets, DNS_RDATA_MAX + 1);
    dns_scan_init(&scan, from, len, &at);
    int err = zone_text_parse(&scan, type, (const uint8_t *)"\2de", &out);
    CHECK(err == scan.err && (err != 0) == (at.text[0] != '\0'));
    *out_len = wr_len(&out);
    return err;
}

static void print_and_read_back(uint16_t type, const uint8_t *octets, size_t len)
{
    struct wr out = wr_make(text, sizeof text);
    size_t again_len;
    CHECK(dns_rdata_check(type, octets, len) == 0);
    CHECK(zone_text_print(type, octets, len, &out) == 0);
    CHECK(memchr(text, '\n', wr_len(&out)) == NULL);
    CHECK(parse(type, text, wr_len(&out), again, &again_len) == 0);
    CHECK(again_len == len && (len == 0 || memcmp(again, octets, len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size - 2 > DNS_RDATA_MAX) {
        return 0;
    }
    uint16_t type = (uint16_t)(data[0] << 8 | data[1]);
    size_t len;
    if (parse(type, (const char *)data + 2, size - 2, stored, &len) == 0) {
        print_and_read_back(type, stored, len);
    }
    bool ours = type >= DNS_TYPE_CENTRE &&
                type <= DNS_TYPE_CPOL; /* brought into another form on the way in */
    if (!ours && dns_rdata_check(type, data + 2, size - 2) == 0) {
        print_and_read_back(type, data + 2, size - 2);
    }
    return 0;
}
