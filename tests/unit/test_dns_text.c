#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ldns/ldns.h>
#include "tests/lib/text.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_text.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define T(name)      #name, DNS_TYPE_##name

static struct text_result result;
static const uint8_t origin[] = "\2de";

struct row {
    const char *name;
    uint16_t type;
    const char *text, *octets;
    const char *printed; /* NULL: as text */
};

/* At least one row for each type that has a text form here. */
static const struct row rows[] = {
    {T(A), "192.0.2.1", "c0000201", NULL},
    {T(NS), "ns1", "036e733102646500", "ns1.de."},
    {T(MD), "a.", "016100", NULL},
    {T(MF), "a.", "016100", NULL},
    {T(CNAME), "@", "02646500", "de."},
    {T(SOA), "ns1 hostmaster 1 1h 10m 1w 30",
     "036e733102646500 0a686f73746d617374657202646500 00000001 00000e10 00000258 00093a80 0000001e",
     "ns1.de. hostmaster.de. 1 3600 600 604800 30"},
    {T(MB), "a.", "016100", NULL},
    {T(MG), "a.", "016100", NULL},
    {T(MR), "a.", "016100", NULL},
    {T(PTR), "a\\.b.c.", "03612e62016300", NULL},
    {T(HINFO), "\"PC\" Linux", "025043054c696e7578", "\"PC\" \"Linux\""},
    {T(MINFO), "a. b.", "016100016200", NULL},
    {T(MX), "10 a.", "000a016100", NULL},
    {T(TXT), "one \"two three\" \"\\\"\\\\\\000\\255\"", "036f6e650974776f207468726565 04225c00ff",
     "\"one\" \"two three\" \"\\\"\\\\\\000\\255\""},
    {T(RP), "a. .", "01610000", NULL},
    {T(AFSDB), "1 a.", "0001016100", NULL},
    {T(RT), "1 a.", "0001016100", NULL},
    {T(SIG), "TYPE0 5 0 0 20261231235959 20260101000000 1 de. AAEC", NULL, NULL},
    {T(KEY), "256 3 5 AAEC", "01000305000102", NULL},
    {T(PX), "10 a. b.", "000a016100016200", NULL},
    {T(AAAA), "2001:DB8::1", "20010db8000000000000000000000001", "2001:db8::1"},
    {T(LOC), "42 21 54 N 71 06 18 W -24m 30m", "0033161389172dd070be15f000988d20",
     "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m"},
    {T(SRV), "0 1 53 a.", "000000010035016100", NULL},
    {T(NAPTR), "100 50 \"s\" \"http\" \"!^.*$!x!\" .",
     "00640032 0173 0468747470 08215e2e2a24217821 00", NULL},
    {T(KX), "1 a.", "0001016100", NULL},
    {T(CERT), "PKIX 1 RSASHA256 AAEC", "0001000108000102", "PKIX 1 8 AAEC"},
    {T(DNAME), "a.", "016100", NULL},
    {T(DS), "60485 RSASHA1 1 2BB183AF5F22588179A53B0A 98631FAD1A292118",
     "ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118",
     "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
    {T(SSHFP), "2 1 123456789abcdef67890123456789abcdef67890",
     "0201123456789abcdef67890123456789abcdef67890", NULL},
    {T(RRSIG), "A 5 3 86400 20030322173103 20030220173103 2642 example.com. AAEC",
     "0001 05 03 00015180 3e7c9dd7 3e5510d7 0a52 076578616d706c6503636f6d00 000102", NULL},
    {T(NSEC), "host.example.com. A MX RRSIG NSEC TYPE1234",
     "04686f7374076578616d706c6503636f6d00 0006400100000003 "
     "041b000000000000000000000000000000000000000000000000"
     "000020",
     NULL},
    {T(NSEC), "a.", "016100", NULL},
    {T(DNSKEY), "256 3 ED25519 AAEC", "0100030f000102", "256 3 15 AAEC"},
    {T(DHCID), "AAIBY2/A uCccgoJb", "00020163 6fc0b8271c82825b", "AAIBY2/AuCccgoJb"},
    {T(NSEC3), "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG",
     "01 01 000c 04aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 000722010000000290",
     "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM"},
    {T(NSEC3), "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR",
     "01 00 0000 00 14 174eb2409fe28bcb4887a1836f957f0a8425e27b",
     "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr"},
    {T(NSEC3PARAM), "1 0 12 aabbccdd", "01 00 000c 04aabbccdd", NULL},
    {T(NSEC3PARAM), "1 0 0 -", "0100000000", NULL},
    {T(TLSA), "3 1 1 00ff", "03010100ff", NULL},
    {T(SMIMEA), "3 1 1 00ff", "03010100ff", NULL},
    {T(CDS), "0 0 0 00", "0000000000", NULL},
    {T(CDNSKEY), "0 3 0 AA==", "0000030000", NULL},
    {T(OPENPGPKEY), "AAEC", "000102", NULL},
    {T(CSYNC), "66 3 A NS AAAA", "00000042 0003 0004 60000008", NULL},
    {T(CSYNC), "66 3", "00000042 0003", NULL},
    {T(ZONEMD), "2018031500 1 1 000102030405060708090a0b",
     "7848b78c 01 01 000102030405060708090a0b", NULL},
    {T(SVCB), "1 . port=53 alpn=h2", "0001 00 00010003026832 000300020035", "1 . alpn=h2 port=53"},
    {T(SVCB), "0 a.", "0000 016100", NULL},
    {T(HTTPS), "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
     "0010 03666f6f076578616d706c65036f726700 0000000400010004 000100090268320568332d3139 "
     "00040004c0000201",
     "16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1"},
    {T(DSYNC), "CDS NOTIFY 5359 a.", "003b 01 14ef 016100", "CDS 1 5359 a."},
    {T(HHIT), "AAEC", "000102", NULL},
    {T(BRID), "AAEC", "000102", NULL},
    {T(NID), "10 0014:4fff:ff20:ee64", "000a00144fffff20ee64", NULL},
    {T(L32), "10 10.1.2.0", "000a0a010200", NULL},
    {T(L64), "10 2001:db8:1140:1000", "000a20010db811401000", "10 2001:0db8:1140:1000"},
    {T(LP), "10 a.", "000a016100", NULL},
    {T(EUI48), "00-00-5E-00-53-2a", "00005e00532a", "00-00-5e-00-53-2a"},
    {T(EUI64), "00-00-5e-ef-10-00-00-2a", "00005eef1000002a", NULL},
    {T(URI), "10 1 \"ftp://a/\"", "000a0001 6674703a2f2f612f", NULL},
    {T(CAA), "0 issue \"ca.example.net; account=1\"",
     "00 056973737565 63612e6578616d706c652e6e65743b206163636f756e743d31", NULL},
    {T(CAA), "128 iodef \"\"", "80 05696f646566", NULL},
    {T(AMTRELAY), "10 1 3 a.", "0a83016100", NULL},
    {T(IPSECKEY), "10 1 2 192.0.2.38 AAEC", "0a0102 c0000226 000102", NULL},
    {T(IPSECKEY), "10 3 2 gw.de. AAEC", "0a0302 02677702646500 000102", NULL},
    {T(RESINFO), "qnamemin exterr=15,16", "08716e616d656d696e 0c6578746572723d31352c3136",
     "\"qnamemin\" \"exterr=15,16\""},
    {T(WALLET), "\"BTC\" \"x\"", "034254430178", NULL},
};

/* Types whose text is another module's, or that have none but the generic form. */
static const uint16_t elsewhere[] = {
    DNS_TYPE_NXT,   DNS_TYPE_OPT,   DNS_TYPE_APL,    DNS_TYPE_HIP,  DNS_TYPE_NXNAME,
    DNS_TYPE_TKEY,  DNS_TYPE_TSIG,  DNS_TYPE_IXFR,   DNS_TYPE_AXFR, DNS_TYPE_MAILB,
    DNS_TYPE_MAILA, DNS_TYPE_ANY,   DNS_TYPE_CENTRE, DNS_TYPE_CRES, DNS_TYPE_CLOAD,
    DNS_TYPE_CNET,  DNS_TYPE_CDATA, DNS_TYPE_CID,    DNS_TYPE_CPOL,
};

/* Types that ldns 1.8.3 does not know. */
static bool is_known_to_ldns(uint16_t type)
{
    static const uint16_t unknown[] = {DNS_TYPE_SIG,   DNS_TYPE_DSYNC,    DNS_TYPE_HHIT,
                                       DNS_TYPE_BRID,  DNS_TYPE_AMTRELAY, DNS_TYPE_RESINFO,
                                       DNS_TYPE_WALLET};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        if (unknown[i] == type) {
            return false;
        }
    }
    return true;
}

/* Text that ldns 1.8.3 reads otherwise than the RFCs say, or not at all, so that there is nothing to compare. */
static bool is_odd_for_ldns(uint16_t type, const char *text)
{
    static const char *const odd[] = {"\\@", /* the origin, to ldns */
                                      "DSYNC",   "HHIT",   "BRID",   "NXNAME", "AMTRELAY",
                                      "RESINFO", "WALLET", "CENTRE", "CRES",   "CLOAD",
                                      "CNET",    "CDATA",  "CID",    "CPOL"};
    for (size_t i = 0; i < COUNT(odd); i++) {
        if (strstr(text, odd[i])) {
            return true;
        }
    }
    if (type == DNS_TYPE_CSYNC) { /* no types at all */
        return !strchr(strchr(text, ' ') + 1, ' ');
    }
    if (type == DNS_TYPE_NSEC3) { /* a hash that is not made of whole groups of 8 digits */
        for (int i = 0; i < 4; i++) {
            text = strchr(text, ' ') + 1;
        }
        return strcspn(text, " ") % 8 != 0;
    }
    return type == DNS_TYPE_CAA && strstr(text, " \"\""); /* printed as nothing */
}

static int rdata(struct dns_scan *scan, void *context, struct wr *out)
{
    return dns_text_parse(scan, *(uint16_t *)context, origin, out);
}

static void parse(uint16_t type, const char *text)
{
    text_run(rdata, &type, text, strlen(text), &result);
}

static const char *print(uint16_t type, const uint8_t *octets, size_t len)
{
    static char text[1 << 19];
    struct wr out = wr_make(text, sizeof text - 1);
    assert_int_equal(dns_text_print(type, octets, len, &out), 0);
    text[wr_len(&out)] = '\0';
    return text;
}

/* What ldns makes of a text: octets, or 0 when it refuses. */
static size_t parse_with_ldns(const char *name, const char *text, uint8_t *out_octets)
{
    static char line[1 << 19];
    ldns_rr *rr = NULL;
    ldns_rdf *base = ldns_dname_new_frm_data(sizeof origin, origin);
    size_t len = 0;
    snprintf(line, sizeof line, "x. 0 IN %s %s", name, text);
    if (ldns_rr_new_frm_str(&rr, line, 0, base, NULL) == LDNS_STATUS_OK) {
        for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
            const ldns_rdf *field = ldns_rr_rdf(rr, i);
            memcpy(out_octets + len, ldns_rdf_data(field), ldns_rdf_size(field));
            len += ldns_rdf_size(field);
        }
        ldns_rr_free(rr);
    }
    ldns_rdf_deep_free(base);
    return len;
}

/* The text that ldns prints for octets, NULL when it can not; for free(). */
static char *print_with_ldns(uint16_t type, const uint8_t *octets, size_t len)
{
    static uint8_t wire[DNS_RDATA_MAX + 2];
    ldns_rr *rr = ldns_rr_new();
    size_t pos = 0;
    char *text = NULL;
    wire[0] = (uint8_t)(len >> 8);
    wire[1] = (uint8_t)len;
    memcpy(wire + 2, octets, len);
    ldns_rr_set_type(rr, (ldns_rr_type)type);
    if (ldns_wire2rdf(rr, wire, len + 2, &pos) == LDNS_STATUS_OK) {
        ldns_rr_set_owner(rr, ldns_dname_new_frm_str("x."));
        char *whole = ldns_rr2str(rr);
        char *at = whole;
        for (int tabs = 0; at && tabs < 4; tabs++) { /* owner, TTL, class, type */
            at = strchr(at, '\t');
            at = at ? at + 1 : NULL;
        }
        text = at ? strdup(at) : NULL;
        free(whole);
    }
    ldns_rr_free(rr);
    return text;
}

static void every_type_of_the_table_is_read_and_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[300];
        print_message("%s %s\n", rows[i].name, rows[i].text);
        parse(rows[i].type, rows[i].text);
        assert_string_equal(result.at.text, "");
        assert_int_equal(result.err, 0);
        assert_string_equal(result.next, "EOF");
        if (rows[i].octets) {
            size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
            assert_int_equal(result.len, len);
            assert_memory_equal(result.octets, octets, len);
        }
        const char *wanted = rows[i].printed ? rows[i].printed : rows[i].text;
        if (rows[i].type != DNS_TYPE_SIG) {
            assert_string_equal(print(rows[i].type, result.octets, result.len), wanted);
        }
    }
}

static void no_type_of_the_table_is_forgotten(void **state)
{
    (void)state;
    static const uint16_t all[] = {
#define TYPE(name, number, flags, source, ...) number,
#include "zones/dns_type.def"
#undef TYPE
    };
    for (size_t i = 0; i < COUNT(all); i++) {
        unsigned found = 0;
        for (size_t k = 0; k < COUNT(rows); k++) {
            found += rows[k].type == all[i];
        }
        for (size_t k = 0; k < COUNT(elsewhere); k++) {
            found += elsewhere[k] == all[i];
        }
        print_message("type %u\n", all[i]);
        assert_true(found > 0);
    }
}

static void ldns_reads_what_we_print_and_prints_what_we_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        static uint8_t theirs[DNS_RDATA_MAX];
        if (!is_known_to_ldns(rows[i].type)) {
            continue;
        }
        parse(rows[i].type, rows[i].text);
        const char *text = print(rows[i].type, result.octets, result.len);
        print_message("%s %s\n", rows[i].name, text);
        if (is_odd_for_ldns(rows[i].type, text)) {
            continue;
        }
        assert_int_equal(parse_with_ldns(rows[i].name, text, theirs), result.len);
        assert_memory_equal(theirs, result.octets, result.len);
        size_t len = result.len;
        char *printed = print_with_ldns(rows[i].type, theirs, len);
        assert_non_null(printed);
        print_message("  %s", printed);
        parse(rows[i].type, printed);
        assert_string_equal(result.at.text, "");
        assert_int_equal(result.len, len);
        assert_memory_equal(theirs, result.octets, len);
        free(printed);
    }
}

static size_t random_name(uint8_t *out)
{
    size_t len = 0;
    for (long labels = random() % 4; labels > 0; labels--) {
        size_t n = 1 + (size_t)random() % 12;
        out[len++] = (uint8_t)n;
        for (; n > 0; n--) {
            out[len++] = (uint8_t)(random() % 4 ? 'a' + random() % 26 : random());
        }
    }
    out[len++] = 0;
    return len;
}

static size_t random_octets(uint8_t *out, size_t min, size_t max)
{
    size_t len = min + (size_t)random() % (max - min + 1);
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)random();
    }
    return len;
}

/* A field of random content, mostly valid. */
static size_t random_field(enum dns_field field, uint8_t *out)
{
    static const char letters[] = "abcXYZ019";
    size_t len;
    switch (field) {
    case DNS_FIELD_NAME:
        return random_name(out);
    case DNS_FIELD_STRING:
    case DNS_FIELD_HEX_LEN:
    case DNS_FIELD_BASE32_LEN:
        len = random_octets(out + 1, 0, 40);
        out[0] = (uint8_t)len;
        return len + 1;
    case DNS_FIELD_STRINGS:
        len = random_field(DNS_FIELD_STRING, out);
        return random() % 2 ? len : len + random_field(DNS_FIELD_STRING, out + len);
    case DNS_FIELD_TAG:
        out[0] = 5;
        for (size_t i = 1; i <= 5; i++) {
            out[i] = (uint8_t)letters[random() % 9];
        }
        return 6;
    case DNS_FIELD_BITMAP:
        if (random() % 3 == 0) {
            return 0;
        }
        out[0] = (uint8_t)random();
        out[1] = (uint8_t)(1 + random() % 32);
        random_octets(out + 2, out[1], out[1]);
        out[1 + out[1]] |= 1;
        return 2u + out[1];
    case DNS_FIELD_TEXT:
    case DNS_FIELD_HEX:
    case DNS_FIELD_BASE64:
        return random_octets(out, 0, 60);
    case DNS_FIELD_U8:
    case DNS_FIELD_ALGORITHM:
        return random_octets(out, 1, 1);
    case DNS_FIELD_U16:
    case DNS_FIELD_TYPE:
    case DNS_FIELD_CERT:
        return random_octets(out, 2, 2);
    case DNS_FIELD_U32:
    case DNS_FIELD_TTL:
    case DNS_FIELD_TIME:
    case DNS_FIELD_A:
        return random_octets(out, 4, 4);
    case DNS_FIELD_EUI48:
        return random_octets(out, 6, 6);
    case DNS_FIELD_EUI64:
    case DNS_FIELD_NODE64:
        return random_octets(out, 8, 8);
    case DNS_FIELD_AAAA:
    case DNS_FIELD_LOC:
        return random_octets(out, 16, 16);
    case DNS_FIELD_SVCPARAMS:
    case DNS_FIELD_END:
    case DNS_FIELD_ATTRS:
    case DNS_FIELD_OPAQUE:
        break;
    }
    return 0;
}

static size_t random_rdata(const struct dns_type_row *row, uint8_t *out)
{
    size_t len = 0;
    for (const uint8_t *field = row->fields; *field != DNS_FIELD_END; field++) {
        len += random_field((enum dns_field) * field, out + len);
    }
    return len;
}

static void random_rdata_of_every_type_prints_and_is_read_back(void **state)
{
    (void)state;
    srandom(7);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct dns_type_row *row = dns_type_find(rows[i].type);
        unsigned valid = 0;
        for (unsigned n = 0; n < 500; n++) {
            static uint8_t octets[1000];
            size_t len = random_rdata(row, octets);
            if (dns_rdata_check(row->number, octets, len)) {
                continue;
            }
            const char *text = print(row->number, octets, len);
            parse(row->number, text);
            assert_string_equal(result.at.text, "");
            assert_int_equal(result.len, len);
            assert_memory_equal(result.octets, octets, len);
            valid++;
        }
        print_message("%s %u\n", row->name, valid);
        assert_true(valid > 100 || row->fields[0] == DNS_FIELD_LOC ||
                    row->fields[0] == DNS_FIELD_OPAQUE);
    }
}

static void ldns_reads_random_rdata_that_we_print(void **state)
{
    (void)state;
    srandom(11);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct dns_type_row *row = dns_type_find(rows[i].type);
        for (unsigned n = 0; n < 200 && is_known_to_ldns(row->number); n++) {
            static uint8_t octets[1000];
            static uint8_t theirs[DNS_RDATA_MAX];
            size_t len = random_rdata(row, octets);
            if (dns_rdata_check(row->number, octets, len)) {
                continue;
            }
            const char *text = print(row->number, octets, len);
            if (is_odd_for_ldns(row->number, text)) {
                continue;
            }
            size_t their_len = parse_with_ldns(row->name, text, theirs);
            if (their_len != len || memcmp(theirs, octets, len) != 0) {
                print_message("%s %s\n", row->name, text);
            }
            assert_int_equal(their_len, len);
            assert_memory_equal(theirs, octets, len);
        }
    }
}

static void the_generic_form_is_read_for_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text, *octets;
        int err;
        unsigned column;
        const char *message;
    } cases[] = {
        {"known type", DNS_TYPE_A, "\\# 4 c0000201", "c0000201", 0, 0, ""},
        {"unknown type", 999, "\\# 3 00 0102", "000102", 0, 0, ""},
        {"nothing", 999, "\\# 0", "", 0, 0, ""},
        {"over lines", 999, "\\# 2 ( 00\n01 )", "0001", 0, 0, ""},
        {"type of ours", DNS_TYPE_CRES, "\\# 1 00", "00", 0, 0, ""},
        {"type of ldns", DNS_TYPE_APL, "\\# 0", "", 0, 0, ""},
        {"text beginning like it", DNS_TYPE_TXT, "\"\\\\#\"", "025c23", 0, 0, ""},
        {"known type, wrong", DNS_TYPE_A, "\\# 3 c00002", NULL, ERR_RDATA, 1,
         "not RDATA of type A: malformed RDATA"},
        {"compressed name", DNS_TYPE_NS, "\\# 2 c00c", NULL, ERR_POINTER, 1,
         "not RDATA of type NS: compression pointer does not point back"},
        {"something behind", 999, "\\# 1 00 )", NULL, ERR_SYNTAX, 9,
         "closing parenthesis without an opening one"},
        {"no length", 999, "\\#", NULL, ERR_SYNTAX, 3,
         "expected the length of the RDATA, found the end of the record"},
        {"no generic form", 999, "1.2.3.4", NULL, ERR_SYNTAX, 1,
         "expected \\# and RDATA in hex (the type has no other form), found '1.2.3.4'"},
        {"quoted", 999, "\"\\#\" 0", NULL, ERR_SYNTAX, 1,
         "expected \\# and RDATA in hex (the type has no other form), found quoted '\\#'"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].label);
        parse(cases[i].type, cases[i].text);
        assert_string_equal(result.at.text, cases[i].message);
        assert_int_equal(result.err, cases[i].err);
        assert_int_equal(result.at.column, cases[i].column);
        if (cases[i].octets) {
            assert_string_equal(result.hex, cases[i].octets);
        }
    }
}

static void errors_have_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text;
        int err;
        unsigned line, column;
        const char *message;
    } cases[] = {
        {"too much", DNS_TYPE_A, "1.2.3.4 5", ERR_SYNTAX, 1, 9,
         "expected the end of the record, found '5'"},
        {"too little", DNS_TYPE_MX, "10\n", ERR_SYNTAX, 1, 3,
         "expected a domain name, found the end of the record"},
        {"second line", DNS_TYPE_MX, "( 10\n  a..b )", ERR_SYNTAX, 2, 3,
         "expected a domain name, found 'a..b'"},
        {"rule of the type", DNS_TYPE_URI, "1 1 \"\"", ERR_RDATA, 1, 1,
         "not RDATA of type URI: malformed RDATA"},
        {"short digest", DNS_TYPE_ZONEMD, "1 1 1 00", ERR_RDATA, 1, 1,
         "not RDATA of type ZONEMD: malformed RDATA"},
        {"empty key", DNS_TYPE_DNSKEY, "256 3 8", ERR_SYNTAX, 1, 8,
         "expected base64, found the end of the record"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].label);
        parse(cases[i].type, cases[i].text);
        assert_string_equal(result.at.text, cases[i].message);
        assert_int_equal(result.err, cases[i].err);
        assert_int_equal(result.at.line, cases[i].line);
        assert_int_equal(result.at.column, cases[i].column);
    }
}

static void types_of_other_modules_are_left_to_them(void **state)
{
    (void)state;
    static const uint16_t types[] = {DNS_TYPE_CRES, DNS_TYPE_CPOL, DNS_TYPE_APL, DNS_TYPE_HIP};
    for (size_t i = 0; i < COUNT(types); i++) {
        char text[100];
        struct wr out = wr_make(text, sizeof text);
        parse(types[i], "first second");
        assert_int_equal(result.err, ERR_UNSUPPORTED);
        assert_string_equal(result.at.text, "");
        assert_int_equal(result.len, 0);
        assert_string_equal(result.next, "first"); /* nothing was read */
        assert_int_equal(dns_text_print(types[i], (const uint8_t *)"", 1, &out), ERR_UNSUPPORTED);
        assert_int_equal(wr_len(&out), 0);
    }
}

static void rdata_without_a_text_prints_in_generic_form(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *octets, *text;
    } cases[] = {
        {"unknown type", 999, "00ff", "\\# 2 00ff"},
        {"unknown type, nothing", 999, "", "\\# 0"},
        {"short", DNS_TYPE_A, "0102", "\\# 2 0102"},
        {"long", DNS_TYPE_A, "0102030405", "\\# 5 0102030405"},
        {"empty digest", DNS_TYPE_DS, "00010801", "\\# 4 00010801"},
        {"LOC of another version", DNS_TYPE_LOC, "01121613800000008000000000989680",
         "\\# 16 01121613800000008000000000989680"},
        {"relay of an unknown type", DNS_TYPE_AMTRELAY, "0104aa", "\\# 3 0104aa"},
        {"pseudo type", DNS_TYPE_TSIG, "00", "\\# 1 00"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t octets[100];
        size_t len = text_from_hex(cases[i].octets, octets, sizeof octets);
        print_message("%s\n", cases[i].label);
        assert_string_equal(print(cases[i].type, octets, len), cases[i].text);
    }
}

static void what_does_not_fit_is_an_error(void **state)
{
    (void)state;
    char text[100];
    uint8_t octets[100];
    for (size_t room = 0; room < 11; room++) {
        struct wr out = wr_make(text, room);
        assert_int_equal(dns_text_print(DNS_TYPE_MX, (const uint8_t *)"\0\12\7example", 11, &out),
                         ERR_SPACE);
    }
    for (size_t room = 0; room < 5; room++) {
        struct err_at at = {.text = ""};
        struct dns_scan scan;
        struct wr out = wr_make(octets, room);
        dns_scan_init(&scan, "10 a.", 5, &at);
        assert_int_equal(dns_text_parse(&scan, DNS_TYPE_MX, NULL, &out), ERR_SPACE);
        assert_string_equal(at.text, "the record is too long");
    }
}

static void rdata_has_at_most_65535_octets(void **state)
{
    (void)state;
    static char text[300000];
    size_t used = 0;
    for (unsigned i = 0; i < 255; i++) { /* 255 * 257 = 65535 */
        used += (size_t)sprintf(text + used, "\"%0255d\" ", 0);
    }
    parse(DNS_TYPE_TXT, text);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.len, 65280);
    sprintf(text + used, "\"%0254d\"", 0);
    parse(DNS_TYPE_TXT, text);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.len, 65535);
    sprintf(text + used, "\"%0255d\"", 0);
    parse(DNS_TYPE_TXT, text);
    assert_int_equal(result.err, ERR_SPACE);
    assert_string_equal(result.at.text, "the record is too long");
}

static void ttls_are_seconds_or_units(void **state)
{
    (void)state;
    uint32_t ttl_s = 1;
    assert_int_equal(dns_text_parse_ttl("2147483647", 10, &ttl_s), 0);
    assert_int_equal(ttl_s, 2147483647);
    assert_int_equal(dns_text_parse_ttl("1h30m", 5, &ttl_s), 0);
    assert_int_equal(ttl_s, 5400);
    assert_int_equal(dns_text_parse_ttl("2147483648", 10, &ttl_s), ERR_VALUE); /* RFC 2181 8 */
    assert_int_equal(ttl_s, 5400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_the_table_is_read_and_printed),
        cmocka_unit_test(no_type_of_the_table_is_forgotten),
        cmocka_unit_test(ldns_reads_what_we_print_and_prints_what_we_read),
        cmocka_unit_test(random_rdata_of_every_type_prints_and_is_read_back),
        cmocka_unit_test(ldns_reads_random_rdata_that_we_print),
        cmocka_unit_test(the_generic_form_is_read_for_every_type),
        cmocka_unit_test(errors_have_their_place),
        cmocka_unit_test(types_of_other_modules_are_left_to_them),
        cmocka_unit_test(rdata_without_a_text_prints_in_generic_form),
        cmocka_unit_test(what_does_not_fit_is_an_error),
        cmocka_unit_test(rdata_has_at_most_65535_octets),
        cmocka_unit_test(ttls_are_seconds_or_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
