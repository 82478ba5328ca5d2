/* bench_zone_read FILE ORIGIN [RUNS]: records per second of our zone file reader, best of RUNS (default 5).
 * Records are read, checked and counted, nothing is kept. Prints `records seconds records/s`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "zones/dns_name.h"
#include "zones/zone_file.h"

struct count {
    uint64_t records;
    uint64_t octets; /* of owners and RDATA: so that nothing read can be left out */
};

static int count_record(void *context, const struct zone_text_record *record, unsigned line,
                        struct err_at *at)
{
    struct count *count = context;
    (void)line;
    (void)at;
    count->records++;
    count->octets += dns_name_len(record->owner) + record->len;
    return 0;
}

static void print_error(void *context, const struct err_at *at)
{
    (void)context;
    fprintf(stderr, "%s:%u:%u: %s\n", at->file, at->line, at->column, at->text);
}

int main(int argc, char **argv)
{
    uint8_t origin[DNS_NAME_MAX];
    size_t len;
    if (argc < 3 || dns_name_parse(argv[2], strlen(argv[2]), NULL, origin, &len)) {
        fprintf(stderr, "usage: bench_zone_read FILE ORIGIN [RUNS]\n");
        return 2;
    }
    long runs = argc > 3 ? strtol(argv[3], NULL, 10) : 5;
    struct zone_file_options options = {
        .origin = origin, .octets_max = SIZE_MAX, .records_max = UINT64_MAX, .includes = true};
    double best_s = 0;
    struct count count = {0, 0};
    for (long i = 0; i < runs; i++) {
        count = (struct count){0, 0};
        struct zone_file_sink sink = {&count, count_record, print_error};
        uint64_t start_ns = clock_system()->mono_ns(clock_system());
        if (zone_file_read(argv[1], &options, &sink) > 0) {
            return 1;
        }
        double took_s = (double)(clock_system()->mono_ns(clock_system()) - start_ns) / 1e9;
        best_s = i == 0 || took_s < best_s ? took_s : best_s;
    }
    printf("%" PRIu64 " records, %" PRIu64 " octets, %.3f s, %.0f records/s\n", count.records,
           count.octets, best_s, (double)count.records / best_s);
    return 0;
}
