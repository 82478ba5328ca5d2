/* The options of an OPT record: scan, walk, and write again what was walked. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_edns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scan(const struct dns_edns *edns)
{
    struct dns_edns_asked asked;
    if (dns_edns_scan(edns, &asked) != 0) {
        return;
    }
    CHECK(asked.count <= DNS_EDNS_OPTIONS_MAX);
    CHECK(!asked.cookie || (asked.cookie >= edns->options &&
                            asked.cookie + asked.cookie_len <= edns->options + edns->options_len));
    if (asked.subnet) {
        uint8_t option[32];
        struct wr wr = wr_make(option, sizeof(option));
        dns_edns_write_subnet(&wr, &asked.client, 0);
        struct dns_edns_subnet back;
        CHECK(dns_edns_read_subnet(option + 4, wr_len(&wr) - 4, &back) == 0);
        CHECK(back.source == asked.client.source);
        CHECK(memcmp(back.address, asked.client.address, sizeof(back.address)) == 0);
    }
}

static void walk(const struct dns_edns *edns)
{
    static uint8_t out[DNS_EDNS_LEN + UINT16_MAX];
    struct wr wr = wr_make(out, sizeof(out));
    struct rd rd = rd_make(edns->options, edns->options_len);
    struct dns_edns_option option;
    const size_t mark = dns_edns_write_begin(&wr, edns->udp_size, 0, edns->flags);
    while (dns_edns_next(&rd, &option)) {
        dns_edns_write_option(&wr, option.code, option.data, option.len);
    }
    dns_edns_write_end(&wr, mark);
    CHECK(wr.err == 0);
    const size_t len = wr_len(&wr) - DNS_EDNS_LEN;
    CHECK(rd.err ? len < edns->options_len : len == edns->options_len);
    CHECK(memcmp(out + DNS_EDNS_LEN, edns->options, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd rd = rd_make(data, size);
    struct dns_edns edns = {0};
    if (dns_edns_read(&rd, &edns) == 0) {
        scan(&edns);
        walk(&edns);
    }
    return 0;
}
