/* Door: records of our types. The first octet chooses the type (its low bits) and the form of
 * the rest: RDATA from the wire, or text from a zone file. What passes the checks must survive
 * print and parse, and have one canonical form. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/attr_text.h"
#include "zones/cres.h"
#include "zones/cres_mirror.h"
#include "zones/dns_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t stored[65536], canonical[65536], again[65536];
static char text[4 * 65536 + 4096];

static void check_mirror(struct cres_rdata record)
{
    uint8_t txt[CRES_MIRROR_MAX];
    struct wr wr = wr_make(txt, sizeof txt);
    struct cres_view view = {.centre = record, .res = &record, .res_count = 1, .load = record};
    CHECK(cres_mirror_txt(&view, &wr) == 0);
    view.centre.data = NULL;
    (void)cres_check_node(&view, NULL);
    (void)cres_check_update(record, record, 1735689600, NULL);
}

/* A record that has passed the checks: its canonical form is stable, and its text reads back as
 * it. */
static void check_record(uint16_t type, struct cres_rdata record)
{
    struct wr wr = wr_make(canonical, sizeof canonical);
    CHECK(cres_canonical(type, record.data, record.len, &wr) == 0);
    size_t len = wr_len(&wr);
    CHECK(len <= record.len && cres_check(type, canonical, len, NULL) == 0);
    wr = wr_make(again, sizeof again);
    CHECK(cres_canonical(type, canonical, len, &wr) == 0);
    CHECK(wr_len(&wr) == len && memcmp(again, canonical, len) == 0);

    wr = wr_make(text, sizeof text);
    CHECK(attr_text_print(type, canonical, len, &wr) == 0);
    struct err_at at = {0};
    struct dns_scan scan;
    dns_scan_init(&scan, text, wr_len(&wr), &at);
    wr = wr_make(again, sizeof again);
    CHECK(attr_text_parse(&scan, type, NULL, &wr) == 0);
    CHECK(wr_len(&wr) == len && memcmp(again, canonical, len) == 0);
    check_mirror((struct cres_rdata){canonical, len});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_at at = {0};
    if (size == 0 || size > sizeof stored) {
        return 0;
    }
    uint16_t type = (uint16_t)(DNS_TYPE_CENTRE + (data[0] & 7) % 7);
    struct cres_rdata record = {data + 1, size - 1};
    if (data[0] & 8) {
        struct dns_scan scan;
        struct wr wr = wr_make(stored, sizeof stored);
        dns_scan_init(&scan, (const char *)data + 1, size - 1, &at);
        if (attr_text_parse(&scan, type, NULL, &wr)) {
            CHECK(at.line > 0 && at.text[0]);
            return 0;
        }
        record = (struct cres_rdata){stored, wr_len(&wr)};
    }
    int err = cres_check(type, record.data, record.len, &at);
    if (err) {
        struct wr wr = wr_make(text, sizeof text);
        (void)attr_text_print(type, record.data, record.len, &wr);
        CHECK(at.text[0]);
        return 0;
    }
    check_record(type, record);
    return 0;
}
