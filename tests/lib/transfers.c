#include "tests/lib/transfers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_write.h"
#include "zones/zone_file.h"

enum { TTL_S = 300 };

static int put(void *context, const struct zone_text_record *record, unsigned line,
               struct err_at *at)
{
    struct dns_write *writer = context;
    (void)line;
    (void)at;
    dns_write_rr(writer, DNS_SECTION_ANSWER, record->owner, record->type, DNS_CLASS_IN,
                 record->ttl_s, record->rdata, record->len);
    return 0;
}

static void tell(void *context, const struct err_at *at)
{
    (void)context;
    print_error("transfer text: %u:%u: %s\n", at->line, at->column, at->text);
}

size_t transfers_write(const char *zone, uint16_t type, const char *text, uint8_t *out)
{
    static struct dns_write writer;
    uint8_t apex[DNS_NAME_MAX];
    size_t len;
    assert_int_equal(dns_name_parse(zone, strlen(zone), NULL, apex, &len), 0);
    dns_write_begin(&writer, out, TRANSFERS_MAX, TRANSFERS_ID, DNS_FLAG_QR | DNS_FLAG_AA);
    if (type > 0) {
        dns_write_question(&writer, apex, type, DNS_CLASS_IN);
    }
    struct zone_file_sink sink = {&writer, put, tell};
    struct zone_file_options options = {
        .origin = apex, .ttl = {TTL_S, true}, .octets_max = SIZE_MAX, .records_max = UINT64_MAX};
    assert_int_equal(zone_file_read_text(NULL, text, strlen(text), &options, &sink), 0);
    assert_int_equal(dns_write_end(&writer, &len), 0);
    return len;
}
