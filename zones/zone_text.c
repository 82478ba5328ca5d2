#include "zones/zone_text.h"

#include <stdbool.h>
#include <string.h>

#include "zones/attr_text.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_text.h"
#include "zones/dns_type.h"
#include "zones/zone_import.h"

/* True for the types of docs/records.md. */
static bool is_ours(uint16_t type)
{
    return type >= DNS_TYPE_CENTRE && type <= DNS_TYPE_CPOL;
}

/* Bring the record from start on into canonical form. Apart from zone_text_parse: it needs much stack. */
static __attribute__((noinline)) int make_canonical(uint16_t type, size_t start, struct wr *out)
{
    uint8_t canonical[DNS_RDATA_MAX];
    struct wr form = wr_make(canonical, sizeof canonical);
    int err = cres_canonical(type, out->base + start, wr_len(out) - start, &form);
    if (!err) { /* never longer than what it is made from */
        memcpy(out->base + start, canonical, wr_len(&form));
        out->pos = out->base + start + wr_len(&form);
    }
    return err;
}

/* Checks of our types that look at the whole record. */
static int finish_ours(struct dns_scan *scan, uint16_t type, const struct dns_token *first,
                       size_t start, struct wr *out)
{
    struct err_at at = {.text = ""};
    int err = cres_check(type, out->base + start, wr_len(out) - start, &at);
    err = err ? err : make_canonical(type, start, out);
    if (err) {
        return dns_scan_fail(scan, err, first, "%s", at.text[0] ? at.text : err_text(err));
    }
    return 0;
}

int zone_text_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out)
{
    size_t start = wr_len(out);
    scan->at_start = false; /* RDATA alone: a leading blank means nothing */
    struct dns_token first = dns_scan_next(scan);
    dns_scan_push(scan);
    int err = dns_text_parse(scan, type, origin, out);
    if (err == ERR_UNSUPPORTED && !scan->err) {
        err = is_ours(type) ? attr_text_parse(scan, type, origin, out)
                            : zone_import_parse(scan, type, origin, out);
    }
    return err || !is_ours(type) ? err : finish_ours(scan, type, &first, start, out);
}

int zone_text_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out)
{
    struct wr before = *out;
    int err = is_ours(type) ? attr_text_print(type, data, len, out)
                            : dns_text_print(type, data, len, out);
    if (err == ERR_UNSUPPORTED) {
        err = zone_import_print(type, data, len, out);
    }
    if (err == 0 || err == ERR_SPACE) {
        return err;
    }
    *out = before;
    return dns_text_print_generic(data, len, out);
}

int zone_text_print_record(const struct zone_text_record *record, struct wr *out)
{
    char owner[DNS_NAME_TEXT_MAX];
    char type[16];
    size_t len = dns_name_print(record->owner, owner);
    dns_type_print(record->type, type);
    wr_bytes(out, owner, len);
    wr_print(out, " %u IN %s ", record->ttl_s, type);
    (void)zone_text_print(record->type, record->rdata, record->len, out);
    wr_u8(out, '\n');
    return out->err;
}
