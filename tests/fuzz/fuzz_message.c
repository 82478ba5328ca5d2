/* Whole messages: what passes the check is written again with compression and must hold the same
 * records. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_rdata.h"
#include "zones/dns_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t scratch[DNS_RDATA_MAX];
static uint8_t copy[65535];

/* False when the message does not fit: ours may be longer, as it compresses less than the peer's
 * can. */
static bool rewrite(const uint8_t *data, size_t size, size_t *out_len)
{
    static struct dns_write w;
    struct dns_message message;
    struct dns_question question;
    struct dns_rr rr;
    CHECK(dns_read_message(&message, data, size) == 0);
    dns_write_begin(&w, copy, sizeof(copy), message.header.id, message.header.flags);
    while (dns_read_message_question(&message, &question)) {
        dns_write_question(&w, question.name, question.type, question.dns_class);
    }
    while (dns_read_message_next(&message, &rr)) {
        struct wr rdata = wr_make(scratch, sizeof(scratch));
        if (rr.rdlen > 0) {
            CHECK(dns_read_rdata(&message.rd, &rr, &rdata) == 0);
        }
        dns_write_rr(&w, message.section, rr.name, rr.type, rr.dns_class, rr.ttl, scratch,
                     wr_len(&rdata));
    }
    return dns_write_end(&w, out_len) == 0;
}

static void compare(const uint8_t *data, size_t size, size_t copy_len)
{
    static uint8_t other[DNS_RDATA_MAX];
    struct dns_message a;
    struct dns_message b;
    struct dns_rr ra;
    struct dns_rr rb;
    CHECK(dns_read_message(&a, data, size) == 0 && dns_read_message(&b, copy, copy_len) == 0);
    while (dns_read_message_next(&a, &ra)) {
        if (!dns_read_message_next(&b, &rb)) {
            CHECK(b.rd.err == ERR_LIMIT); /* the copy may be shorter, and its budget with it */
            return;
        }
        CHECK(a.section == b.section && ra.type == rb.type && ra.ttl == rb.ttl);
        CHECK(ra.name_len == rb.name_len && memcmp(ra.name, rb.name, ra.name_len) == 0);
        struct wr wa = wr_make(scratch, sizeof(scratch));
        struct wr wb = wr_make(other, sizeof(other));
        const int err = dns_read_rdata(&a.rd, &ra, &wa);
        CHECK(dns_read_rdata(&b.rd, &rb, &wb) == err);
        CHECK(err || (wr_len(&wa) == wr_len(&wb) && memcmp(scratch, other, wr_len(&wa)) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = 0;
    if (size <= sizeof(copy) && dns_read_message_check(data, size, scratch, sizeof(scratch)) == 0 &&
        rewrite(data, size, &len)) {
        compare(data, size, len);
    }
    return 0;
}
