/* RDATA on the wire: two octets of type, then RDATA. What is accepted must compare equal to itself,
 * survive its canonical form, and be written into a message and read back unchanged. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t stored[2 * DNS_RDATA_MAX];
static uint8_t message[65535];

static void write_and_read_back(uint16_t type, const uint8_t *rdata, size_t len)
{
    static struct dns_write w;
    size_t message_len = 0;
    dns_write_begin(&w, message, sizeof(message), 0, 0);
    dns_write_rr(&w, DNS_SECTION_ANSWER, (const uint8_t *)"\2de", type, 1, 0, rdata, len);
    if (dns_write_end(&w, &message_len) != 0) {
        return; /* too long for a message */
    }
    struct rd rd = rd_make(message, message_len);
    struct dns_header header;
    struct dns_rr rr;
    struct wr out = wr_make(stored, sizeof(stored));
    CHECK(dns_read_header(&rd, &header) == 0 && dns_read_rr(&rd, &rr) == 0);
    CHECK(dns_read_rdata(&rd, &rr, &out) == 0);
    CHECK(wr_len(&out) == len && memcmp(stored, rdata, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd rd = rd_make(data, size);
    const uint16_t type = rd_u16(&rd);
    const size_t len = rd_left(&rd);
    if (rd.err || len > DNS_RDATA_MAX) {
        return 0;
    }
    const uint8_t *rdata = rd.pos;
    if (dns_rdata_check(type, rdata, len) == 0) {
        const uint8_t *target = dns_rdata_target(type, rdata, len);
        CHECK(!target || dns_name_measure(target, (size_t)(rdata + len - target)) > 0);
        CHECK(dns_rdata_compare(type, rdata, len, rdata, len) == 0);
        write_and_read_back(type, rdata, len);
        memcpy(stored, rdata, len);
        dns_rdata_canonical(type, stored, len);
        CHECK(dns_rdata_check(type, stored, len) == 0);
        const struct dns_type_row *row = dns_type_find(type);
        CHECK(!row || !(row->flags & DNS_TYPE_FOLD) ||
              dns_rdata_compare(type, rdata, len, stored, len) == 0);
    }
    struct wr out = wr_make(stored, sizeof(stored));
    if (dns_rdata_read(&rd, type, len, &out) == 0) {
        CHECK(dns_rdata_check(type, stored, wr_len(&out)) == 0);
    }
    return 0;
}
