/* A zone file in memory, without $INCLUDE. Every record that is accepted must print as a line that is read as the same
 * record. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/zone_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char line[8 * DNS_RDATA_MAX];

static void no_error(void *context, const struct err_at *at)
{
    (void)context;
    (void)at;
    CHECK(false);
}

static int compare(void *context, const struct zone_text_record *record, unsigned number,
                   struct err_at *at)
{
    const struct zone_text_record *first = context;
    (void)at;
    CHECK(number == 1 && record->type == first->type && record->ttl_s == first->ttl_s);
    CHECK(memcmp(record->owner, first->owner, dns_name_len(first->owner)) == 0);
    CHECK(record->len == first->len &&
          (first->len == 0 || memcmp(record->rdata, first->rdata, first->len) == 0));
    return 0;
}

static const struct zone_file_options options = {
    .origin = (const uint8_t *)"\2de", .octets_max = 1 << 20, .records_max = 2000};

static int read_back(void *context, const struct zone_text_record *record, unsigned number,
                     struct err_at *at)
{
    struct zone_text_record copy = *record;
    struct zone_file_sink sink = {&copy, compare, no_error};
    struct wr out = wr_make(line, sizeof line);
    (void)context;
    (void)at;
    CHECK(number > 0);
    CHECK(zone_text_print_record(record, &out) == 0);
    CHECK(zone_file_read_text(NULL, line, wr_len(&out), &options, &sink) == 0);
    return 0;
}

static void count_error(void *context, const struct err_at *at)
{
    unsigned *errors = context;
    CHECK(at->text[0] != '\0' && at->line > 0 && at->column > 0);
    ++*errors;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned errors = 0;
    struct zone_file_sink sink = {&errors, read_back, count_error};
    CHECK(zone_file_read_text("fuzz", (const char *)data, size, &options, &sink) == errors);
    CHECK(errors <= ZONE_FILE_ERRORS_MAX);
    return 0;
}
