#include "tests/lib/updates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/attr_text.h"
#include "zones/dns_code.h"
#include "zones/dns_rdata.h"
#include "zones/dns_scan.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"
#include "zones/zone_text.h"

struct line {
    uint8_t section, name[DNS_NAME_MAX];
    uint16_t type, dns_class;
    uint32_t ttl_s;
};

static struct dns_token take(struct dns_scan *scan, const char *what)
{
    struct dns_token token;
    if (!dns_scan_value(scan, what, &token)) {
        fail_msg("update text: %u:%u: %s", scan->at->line, scan->at->column, scan->at->text);
    }
    return token;
}

static void read_line(struct dns_scan *scan, const uint8_t *zone, struct line *line)
{
    static const char sections[] = "?!+";
    struct dns_token token = take(scan, "section");
    const char *section = memchr(sections, token.text[0], 3);
    assert_true(section && token.len == 1);
    line->section = (uint8_t)(DNS_SECTION_ANSWER + (section - sections));
    size_t len;
    token = take(scan, "name");
    assert_int_equal(dns_name_parse(token.text, token.len, zone, line->name, &len), 0);
    token = take(scan, "TTL");
    line->ttl_s = 0;
    for (size_t i = 0; i < token.len; i++) { /* any 32 bits, not only what a zone file allows */
        line->ttl_s = line->ttl_s * 10 + (uint32_t)(token.text[i] - '0');
    }
    token = take(scan, "class");
    assert_true(dns_code_parse_class(token.text, token.len, &line->dns_class));
    token = take(scan, "type");
    assert_true(dns_type_parse(token.text, token.len, &line->type));
}

/* A record whose RDATA may be wrong: dns_write_rr would look into it. */
static void put_raw(struct dns_write *w, const struct line *line, const uint8_t *rdata, size_t len)
{
    wr_bytes(&w->wr, line->name, dns_name_len(line->name));
    wr_u16(&w->wr, line->type);
    wr_u16(&w->wr, line->dns_class);
    wr_u32(&w->wr, line->ttl_s);
    wr_u16(&w->wr, (unsigned)len);
    wr_bytes(&w->wr, rdata, len);
    w->count[line->section]++;
}

/* Records of ours may contradict themselves here, but not in a zone file. */
static int parse(struct dns_scan *scan, uint16_t type, const uint8_t *zone, struct wr *wr)
{
    bool is_ours = type >= DNS_TYPE_CENTRE && type <= DNS_TYPE_CPOL;
    return is_ours ? attr_text_parse(scan, type, zone, wr) : zone_text_parse(scan, type, zone, wr);
}

static void write_line(struct dns_write *w, const struct line *line, struct dns_scan *scan,
                       const uint8_t *zone)
{
    static uint8_t rdata[DNS_RDATA_MAX];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    struct dns_token token = dns_scan_next(scan);
    if (token.kind == DNS_SCAN_WORD && token.text[0] == '=') {
        char hex[2048];
        assert_true(token.len < sizeof(hex));
        memcpy(hex, token.text + 1, token.len - 1);
        hex[token.len - 1] = '\0';
        put_raw(w, line, rdata, text_from_hex(hex, rdata, sizeof(rdata)));
        assert_int_equal(dns_scan_next(scan).kind, DNS_SCAN_END);
        return;
    }
    if (token.kind != DNS_SCAN_END) {
        dns_scan_push(scan);
        if (parse(scan, line->type, zone, &wr)) {
            fail_msg("update text: %u:%u: %s", scan->at->line, scan->at->column, scan->at->text);
        }
    }
    dns_write_rr(w, line->section, line->name, line->type, line->dns_class, line->ttl_s, rdata,
                 wr_len(&wr));
}

size_t updates_write(const char *zone, const char *text, uint8_t *out)
{
    static struct dns_write w;
    uint8_t apex[DNS_NAME_MAX];
    size_t len;
    struct err_at at = {0};
    struct dns_scan scan;
    assert_int_equal(dns_name_parse(zone, strlen(zone), NULL, apex, &len), 0);
    dns_write_begin(&w, out, UPDATES_MAX, 0x1234, DNS_OPCODE_UPDATE << 11);
    dns_write_question(&w, apex, DNS_TYPE_SOA, DNS_CLASS_IN);
    dns_scan_init(&scan, text, strlen(text), &at);
    for (;;) {
        struct dns_token token = dns_scan_next(&scan);
        if (token.kind == DNS_SCAN_EOF) {
            break;
        }
        if (token.kind == DNS_SCAN_END) {
            continue;
        }
        struct line line;
        dns_scan_push(&scan);
        read_line(&scan, apex, &line);
        write_line(&w, &line, &scan, apex);
    }
    assert_int_equal(dns_write_end(&w, &len), 0);
    return len;
}
