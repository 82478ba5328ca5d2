#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/lib/guard.h"
#include "zones/attr_text.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

static uint8_t rdata[70000];
static size_t rdata_len;

static int parse(uint16_t type, const char *text, struct err_at *at)
{
    size_t len = strlen(text);
    const char *copy = guard_copy(text, len);
    struct dns_scan scan;
    uint8_t origin[DNS_NAME_MAX];
    size_t origin_len;
    assert_int_equal(dns_name_parse("gba.", 4, NULL, origin, &origin_len), 0);
    dns_scan_init(&scan, copy, len, at);
    struct wr wr = wr_make(rdata, sizeof rdata);
    int err = attr_text_parse(&scan, type, origin, &wr);
    rdata_len = wr_len(&wr);
    guard_free(copy);
    return err;
}

static const char *print(uint16_t type)
{
    static char text[300000];
    const uint8_t *copy = guard_copy(rdata, rdata_len);
    struct wr wr = wr_make(text, sizeof text - 1);
    assert_int_equal(attr_text_print(type, copy, rdata_len, &wr), 0);
    *wr.pos = '\0';
    guard_free(copy);
    return text;
}

/* Each attribute: text as people write it, and the canonical text. */
static const struct {
    uint16_t type;
    const char *text, *canonical;
} attributes[] = {
    {DNS_TYPE_CENTRE, "kind=hpc", "kind=hpc"},
    {DNS_TYPE_CENTRE, "op=pcl", "op=\"pcl\""},
    {DNS_TYPE_CENTRE, "region=440300", "region=\"440300\""},
    {DNS_TYPE_CENTRE, "jur=CN", "jur=\"CN\""},
    {DNS_TYPE_CENTRE, "az=\"Shen zhen\"", "az=\"Shen zhen\""},
    {DNS_TYPE_CENTRE, "hub", "hub"},
    {DNS_TYPE_CENTRE, "access=api,exclusive", "access=exclusive,api"},
    {DNS_TYPE_CENTRE, "sched=slurm", "sched=slurm"},
    {DNS_TYPE_CENTRE, "state=drain", "state=drain"},
    {DNS_TYPE_CENTRE, "maint=1735689600-1735693200", "maint=1735689600-1735693200"},
    {DNS_TYPE_CENTRE, "seclvl=3", "seclvl=3"},
    {DNS_TYPE_CENTRE, "tee=csv,sgx", "tee=sgx,csv"},
    {DNS_TYPE_CENTRE, "iso=baremetal", "iso=baremetal"},
    {DNS_TYPE_CENTRE, "vis=members", "vis=members"},
    {DNS_TYPE_CENTRE, "contact=\"算力, \\\"x\\\" \\\\ (a;b)\"",
     "contact=\"算力, \\\"x\\\" \\\\ (a;b)\""},
    {DNS_TYPE_CRES, "since=1735689600", "since=1735689600"},
    {DNS_TYPE_CRES, "arch=x86_64,aarch64", "arch=x86_64,aarch64"},
    {DNS_TYPE_CRES, "nodes=17792", "nodes=17792"},
    {DNS_TYPE_CRES, "cpu=4k", "cpu=4000"},
    {DNS_TYPE_CRES, "mem=80g", "mem=81920"},
    {DNS_TYPE_CRES, "acc=nvidia-a100-80g", "acc=\"nvidia-a100-80g\""},
    {DNS_TYPE_CRES, "accn=1.25", "accn=1.25"},
    {DNS_TYPE_CRES, "accmem=80G", "accmem=81920"},
    {DNS_TYPE_CRES, "fp64=539.13p", "fp64=539130000"},
    {DNS_TYPE_CRES, "fp32=19.5t", "fp32=19500"},
    {DNS_TYPE_CRES, "tf32=156t", "tf32=156000"},
    {DNS_TYPE_CRES, "fp16=1e", "fp16=1000000000"},
    {DNS_TYPE_CRES, "bf16=312t", "bf16=312000"},
    {DNS_TYPE_CRES, "fp8=1978.9t", "fp8=1978900"},
    {DNS_TYPE_CRES, "int8=624t", "int8=624000"},
    {DNS_TYPE_CRES, "basis=measured", "basis=measured"},
    {DNS_TYPE_CRES, "sto=2t", "sto=2048"},
    {DNS_TYPE_CRES, "stocls=cold,hot,parallel", "stocls=parallel,hot,cold"},
    {DNS_TYPE_CRES, "fabric=ib", "fabric=ib"},
    {DNS_TYPE_CRES, "fbw=0.2t", "fbw=200000"},
    {DNS_TYPE_CRES, "maxn=64", "maxn=64"},
    {DNS_TYPE_CRES, "maxt=3d", "maxt=259200"},
    {DNS_TYPE_CRES, "env=\"cuda-12.4,a b,c\\,d,e\\\\f,\\\"g\\\"\"",
     "env=\"cuda-12.4,a b,c\\,d,e\\\\f,\\\"g\\\"\""},
    {DNS_TYPE_CRES, "offer=vm,slot", "offer=slot,vm"},
    {DNS_TYPE_CRES, "bench=resnet50-fp16:801", "bench=resnet50-fp16:801"},
    {DNS_TYPE_CRES, "grade=B1.small", "grade=\"B1.small\""},
    {DNS_TYPE_CRES, "price=6.32", "price=6.32"},
    {DNS_TYPE_CRES, "cur=USD", "cur=\"USD\""},
    {DNS_TYPE_CRES, "per=card-h", "per=card-h"},
    {DNS_TYPE_CRES, "plan=spot", "plan=spot"},
    {DNS_TYPE_CRES, "pue=1250m", "pue=1.25"},
    {DNS_TYPE_CRES, "watt=6.5kw", "watt=6500"},
    {DNS_TYPE_CRES, "gco2=537", "gco2=537"},
    {DNS_TYPE_CRES, "renew=90pc", "renew=90"},
    {DNS_TYPE_CLOAD, "obs=1735689600", "obs=1735689600"},
    {DNS_TYPE_CLOAD, "cpuf=0", "cpuf=0"},
    {DNS_TYPE_CLOAD, "memf=1024k", "memf=1"},
    {DNS_TYPE_CLOAD, "accf=1500m", "accf=1.5"},
    {DNS_TYPE_CLOAD, "stof=1p", "stof=1048576"},
    {DNS_TYPE_CLOAD, "run=12", "run=12"},
    {DNS_TYPE_CLOAD, "pend=3", "pend=3"},
    {DNS_TYPE_CLOAD, "wait50=2m", "wait50=120"},
    {DNS_TYPE_CLOAD, "wait90=1h", "wait90=3600"},
    {DNS_TYPE_CLOAD, "util=77", "util=77"},
    {DNS_TYPE_CLOAD, "accutil=100pc", "accutil=100"},
    {DNS_TYPE_CLOAD, "wattnow=2kw", "wattnow=2000"},
    {DNS_TYPE_CLOAD, "downn=1", "downn=1"},
    {DNS_TYPE_CLOAD, "health=degraded", "health=degraded"},
    {DNS_TYPE_CNET, "medium=otn", "medium=otn"},
    {DNS_TYPE_CNET, "bw=400g", "bw=400000"},
    {DNS_TYPE_CNET, "bwf=250g", "bwf=250000"},
    {DNS_TYPE_CNET, "rtt=2.6ms", "rtt=2600"},
    {DNS_TYPE_CNET, "jitter=20us", "jitter=20"},
    {DNS_TYPE_CNET, "loss=20ppm", "loss=0.00002"},
    {DNS_TYPE_CNET, "enc=qkd,tls", "enc=tls,qkd"},
    {DNS_TYPE_CNET, "slice=s1", "slice=\"s1\""},
    {DNS_TYPE_CDATA, "size=98m", "size=102760448"},
    {DNS_TYPE_CDATA, "sha256=ABD88AE0376E82090C2D0B6EE905371F1816780BE5B1E1E1D482E2A39CF19F97",
     "sha256=abd88ae0376e82090c2d0b6ee905371f1816780be5b1e1e1d482e2a39cf19f97"},
    {DNS_TYPE_CDATA, "fmt=tar", "fmt=\"tar\""},
    {DNS_TYPE_CDATA, "lic=CC-BY-4.0", "lic=\"CC-BY-4.0\""},
    {DNS_TYPE_CDATA, "pin", "pin"},
    {DNS_TYPE_CDATA, "url=https://a.example/b?c=d", "url=\"https://a.example/b?c=d\""},
    {DNS_TYPE_CID, "code=cn.440300.20087/402.z01.000017-0",
     "code=\"cn.440300.20087/402.z01.000017-0\""},
    {DNS_TYPE_CID, "status=issued", "status=issued"},
    {DNS_TYPE_CID, "until=1767225600", "until=1767225600"},
    {DNS_TYPE_CPOL, "by=price:40,load:60", "by=load:60,price:40"},
    {DNS_TYPE_CPOL, "need=\"accn-8 by-price\"", "need=\"accn-8 by-price\""},
    {DNS_TYPE_CPOL, "top=4", "top=4"},
    {DNS_TYPE_CPOL, "sticky=10s", "sticky=10"},
    {DNS_TYPE_CPOL, "maxage=1m", "maxage=60"},
    {DNS_TYPE_CPOL, "low=70", "low=70"},
    {DNS_TYPE_CPOL, "high=90", "high=90"},
    {DNS_TYPE_CPOL, "order=own,partner,cloud", "order=own,partner,cloud"},
};

static void every_attribute_reads_and_prints_both_ways(void **state)
{
    (void)state;
    assert_int_equal(sizeof attributes / sizeof attributes[0], ATTR_COUNT);
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        char text[300];
        struct err_at at = {0};
        (void)snprintf(text, sizeof text, ". %s\n", attributes[i].text);
        if (parse(attributes[i].type, text, &at)) {
            fail_msg("%s: %s", attributes[i].text, at.text);
        }
        uint8_t first[300];
        size_t first_len = rdata_len;
        memcpy(first, rdata, rdata_len);
        struct cres_iter iter;
        struct cres_attr attr;
        cres_attrs(rdata, rdata_len, &iter);
        assert_true(cres_next(&iter, &attr));
        assert_int_equal(attr.key,
                         attr_get(i)->key); /* the rows are those of the table, in order */
        assert_int_equal(attr_check(attr_get(i), attr.value, attr.len), 0);
        (void)snprintf(text, sizeof text, ". %s", attributes[i].canonical);
        assert_string_equal(print(attributes[i].type), text);
        assert_int_equal(parse(attributes[i].type, text, &at), 0);
        assert_int_equal(rdata_len, first_len);
        assert_memory_equal(rdata, first, first_len);
    }
}

static void every_value_reads_and_prints_both_ways_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_row *row = attr_get(i);
        char text[300];
        (void)snprintf(text, sizeof text, ". %s", attributes[i].text);
        assert_int_equal(parse(attributes[i].type, text, NULL), 0);
        const uint8_t *value = rdata + 5;
        size_t len = rdata_len - 5;
        struct wr wr = wr_make(text, sizeof text);
        attr_text_print_value(row, value, len, &wr);
        uint8_t again[300];
        struct wr out = wr_make(again, sizeof again);
        struct err_at at = {0};
        const char *copy = guard_copy(text, wr_len(&wr));
        assert_int_equal(attr_text_parse_value(row, copy, wr_len(&wr), &out, &at), 0);
        guard_free(copy);
        assert_int_equal(wr_len(&out), len);
        assert_memory_equal(again, value, len);
    }
}

static void records_are_put_in_order_with_their_target(void **state)
{
    static const struct {
        uint16_t type;
        const char *text, *canonical;
    } rows[] = {
        {DNS_TYPE_CRES, ".", "."},
        {DNS_TYPE_CNET, "pcl rtt=1ms", "pcl.gba. rtt=1000"},
        {DNS_TYPE_CNET, "320200. bw=1g", "320200. bw=1000"},
        {DNS_TYPE_CDATA, "@ pin", "gba. pin"},
        {DNS_TYPE_CRES, ". fp16=1 mem=2g cpu=3 arch=x86_64", ". arch=x86_64 cpu=3 mem=2048 fp16=1"},
        {DNS_TYPE_CRES, "( . cpu=3 ; a comment\n  mem=4 )\n", ". cpu=3 mem=4"},
        {DNS_TYPE_CENTRE, ". hub kind=ai", ". kind=ai hub"},
        {DNS_TYPE_CENTRE, ". az=a\\032b\\;", ". az=\"a b;\""},
        {DNS_TYPE_CENTRE, ". kind=\"ai\"", ". kind=ai"},
        {DNS_TYPE_CRES, ". env=a\\ b", ". env=\"a b\""},
        {DNS_TYPE_CRES, ". env=a\\044b", ". env=a\\,b"},
        {DNS_TYPE_CRES, ". env=12345678901234567890123456789012", /* the length octet is a blank */
         ". env=12345678901234567890123456789012"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err_at at = {0};
        if (parse(rows[i].type, rows[i].text, &at)) {
            fail_msg("%s: %s", rows[i].text, at.text);
        }
        assert_string_equal(print(rows[i].type), rows[i].canonical);
    }
}

static void unknown_keys_are_kept(void **state)
{
    static const struct {
        const char *text, *canonical;
        const char *octets;
        size_t len;
    } rows[] = {
        {". key4711=\"a b\"", ". key4711=\"a b\"", "\x12\x67\0\3a b", 7},
        {". key4711=ab", ". key4711=\"ab\"", "\x12\x67\0\2ab", 6},
        {". key4711", ". key4711=\"\"", "\x12\x67\0\0", 4},
        {". key4711=\"\"", ". key4711=\"\"", "\x12\x67\0\0", 4},
        {". key65535=\"\\000\\255\\\"\\\\~\"", ". key65535=\"\\000\\255\\\"\\\\~\"",
         "\xff\xff\0\5\0\xff\"\\~", 9},
        {". key0=x cpu=1", ". key0=\"x\" cpu=1", "\0\0\0\1x\0\42\0\1\1", 10},
        {". key35=\"\\000\\001\"", ". mem=1", "\0\43\0\1\1", 5}, /* known, and made short */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err_at at = {0};
        if (parse(DNS_TYPE_CRES, rows[i].text, &at)) {
            fail_msg("%s: %s", rows[i].text, at.text);
        }
        assert_int_equal(rdata_len, rows[i].len + 1);
        assert_memory_equal(rdata + 1, rows[i].octets, rows[i].len);
        assert_string_equal(print(DNS_TYPE_CRES), rows[i].canonical);
    }
}

static void errors_name_the_place_and_the_attribute(void **state)
{
    static const struct {
        uint16_t type;
        const char *text;
        int err;
        unsigned line, column;
        const char *message;
    } rows[] = {
        {DNS_TYPE_CRES, "", ERR_SYNTAX, 1, 1, NULL},
        {DNS_TYPE_CRES, "a..b cpu=1", ERR_SYNTAX, 1, 1,
         "expected the target, a name or \".\", found 'a..b'"},
        {DNS_TYPE_CRES, ". cpu=1 cores=2", ERR_ATTR_UNKNOWN, 1, 9,
         "expected an attribute, found 'cores=2'"},
        {DNS_TYPE_CRES, ". cpu=1\n", 0, 0, 0, NULL},
        {DNS_TYPE_CRES, ". cpu=1 \"mem=2\"", ERR_SYNTAX, 1, 9,
         "expected name=value, found quoted 'mem=2'"},
        {DNS_TYPE_CRES, ". CPU=1", ERR_ATTR_UNKNOWN, 1, 3, "expected an attribute, found 'CPU=1'"},
        {DNS_TYPE_CRES, ". =1", ERR_ATTR_UNKNOWN, 1, 3, "expected an attribute, found '=1'"},
        {DNS_TYPE_CRES, ". kind=ai", ERR_ATTR_PLACE, 1, 3, "kind: does not belong to CRES"},
        {DNS_TYPE_CID, ". cpu=1", ERR_ATTR_PLACE, 1, 3, "cpu: does not belong to CID"},
        {DNS_TYPE_CID, ". key34=\"\\001\"", ERR_ATTR_PLACE, 1, 3, "cpu: does not belong to CID"},
        {DNS_TYPE_CRES, ". cpu=1 cpu=1", ERR_EXISTS, 1, 9, "cpu: stands here twice"},
        {DNS_TYPE_CRES, ". cpu=1 mem=1 key34=\"\\001\"", ERR_EXISTS, 1, 15,
         "key34: stands here twice"},
        {DNS_TYPE_CRES, "( .\n  cpu=1\n  mem=2x )", ERR_ATTR_VALUE, 3, 3,
         "mem: expected a number, bare or with k|m|g|t|p, found '2x'"},
        {DNS_TYPE_CRES, ". accn=1.0005", ERR_ATTR_EXACT, 1, 3,
         "accn: expected a multiple of 0.001 card, found '1.0005'"},
        {DNS_TYPE_CRES, ". cpu", ERR_ATTR_VALUE, 1, 3,
         "cpu: expected a value: name=value, found ''"},
        {DNS_TYPE_CRES, ". cpu=", ERR_ATTR_VALUE, 1, 3, "cpu: expected a number, found ''"},
        {DNS_TYPE_CENTRE, ". hub=true", ERR_ATTR_VALUE, 1, 3,
         "hub: expected the bare word without a value, found 'true'"},
        {DNS_TYPE_CENTRE, ". hub=", ERR_ATTR_VALUE, 1, 3,
         "hub: expected the bare word without a value, found ''"},
        {DNS_TYPE_CENTRE, ". kind=Ai", ERR_ATTR_VALUE, 1, 3,
         "kind: expected one of ai hpc cloud edge idc, found 'Ai'"},
        {DNS_TYPE_CENTRE, ". access=api,api", ERR_ATTR_VALUE, 1, 3,
         "access: expected each word once, found 'api,api'"},
        {DNS_TYPE_CENTRE, ". access=api,", ERR_ATTR_VALUE, 1, 3,
         "access: expected one of exclusive proxy api, found ''"},
        {DNS_TYPE_CENTRE, ". access=", ERR_ATTR_VALUE, 1, 3,
         "access: expected one of exclusive proxy api, found ''"},
        {DNS_TYPE_CENTRE, ". az=\"\"", ERR_ATTR_VALUE, 1, 3,
         "az: expected 1 to 255 octets of UTF-8 without control characters, found ''"},
        {DNS_TYPE_CENTRE, ". az=a\\010", ERR_ATTR_VALUE, 1, 3,
         "az: expected 1 to 255 octets of UTF-8 without control characters, found 'a?'"},
        {DNS_TYPE_CENTRE, ". az=\\256", ERR_ATTR_VALUE, 1, 3,
         "az: expected at most 255 octets, escapes \\X and \\DDD, found '\\256'"},
        {DNS_TYPE_CRES, ". env=a,,b", ERR_ATTR_VALUE, 1, 3,
         "env: expected 1 to 255 octets of UTF-8 without control characters, found ''"},
        {DNS_TYPE_CRES, ". env=\\300", ERR_ATTR_VALUE, 1, 3,
         "env: expected items of at most 255 octets, escapes \\X and \\DDD, found '\\300'"},
        {DNS_TYPE_CENTRE, ". maint=1735689600", ERR_ATTR_VALUE, 1, 3,
         "maint: expected FROM-UNTIL in epoch seconds, found '1735689600'"},
        {DNS_TYPE_CENTRE, ". maint=2-1", ERR_ATTR_VALUE, 1, 3,
         "maint: expected FROM-UNTIL in epoch seconds, found '2-1'"},
        {DNS_TYPE_CENTRE, ". maint=-1", ERR_ATTR_VALUE, 1, 3,
         "maint: expected FROM-UNTIL in epoch seconds, found '-1'"},
        {DNS_TYPE_CENTRE, ". maint=1-", ERR_ATTR_VALUE, 1, 3,
         "maint: expected FROM-UNTIL in epoch seconds, found '1-'"},
        {DNS_TYPE_CENTRE, ". maint=1-18446744073709551616", ERR_ATTR_VALUE, 1, 3,
         "maint: expected FROM-UNTIL in epoch seconds, found '1-18446744073709551616'"},
        {DNS_TYPE_CDATA, "a sha256=00", ERR_ATTR_VALUE, 1, 3,
         "sha256: expected 64 hex digits, found '00'"},
        {DNS_TYPE_CDATA,
         "a sha256=g000000000000000000000000000000000000000000000000000000000000000",
         ERR_ATTR_VALUE, 1, 3,
         "sha256: expected 64 hex digits, found 'g000000000000000000000000000000000000000...'"},
        {DNS_TYPE_CPOL, ". by=load", ERR_ATTR_VALUE, 1, 3,
         "by: expected POLICY:WEIGHT, weight 1 to 255, each policy once, found 'load'"},
        {DNS_TYPE_CPOL, ". by=load:0", ERR_ATTR_VALUE, 1, 3,
         "by: expected POLICY:WEIGHT, weight 1 to 255, each policy once, found 'load:0'"},
        {DNS_TYPE_CPOL, ". by=load:256", ERR_ATTR_VALUE, 1, 3,
         "by: expected POLICY:WEIGHT, weight 1 to 255, each policy once, found 'load:256'"},
        {DNS_TYPE_CPOL, ". by=load:1,load:2", ERR_ATTR_VALUE, 1, 3,
         "by: expected POLICY:WEIGHT, weight 1 to 255, each policy once, found 'load:2'"},
        {DNS_TYPE_CPOL, ". by=luck:1", ERR_ATTR_VALUE, 1, 3,
         "by: expected one of manual fcfs load energy carbon price network data qos, found 'luck'"},
        {DNS_TYPE_CRES, ". key=1", ERR_ATTR_UNKNOWN, 1, 3, "expected an attribute, found 'key=1'"},
        {DNS_TYPE_CRES, ". key01=1", ERR_ATTR_UNKNOWN, 1, 3,
         "expected an attribute, found 'key01=1'"},
        {DNS_TYPE_CRES, ". key65536=1", ERR_ATTR_UNKNOWN, 1, 3,
         "expected an attribute, found 'key65536=1'"},
        {DNS_TYPE_CRES, ". key4711=\\999", ERR_SYNTAX, 1, 3,
         "key4711: expected escapes \\X and \\DDD"},
        {DNS_TYPE_CRES, ". key34=\"\\001\\002\\003\"", ERR_ATTR_VALUE, 1, 3,
         "cpu: expected octets of its kind, found '\\001\\002\\003'"},
        {DNS_TYPE_CRES, ". az=\"a", ERR_SYNTAX, 1, 6, "quoted text is not closed on its line"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err_at at = {0};
        int err = parse(rows[i].type, rows[i].text, &at);
        if (err != rows[i].err || at.line != rows[i].line || at.column != rows[i].column) {
            fail_msg("%s: %d at %u:%u, %s", rows[i].text, err, at.line, at.column, at.text);
        }
        if (rows[i].message) {
            assert_string_equal(at.text, rows[i].message);
        }
        assert_int_equal(parse(rows[i].type, rows[i].text, NULL), rows[i].err);
    }
}

/* ". key1000="" key1001="" ..." */
static void many_keys(char *text, size_t size, unsigned count)
{
    size_t len = (size_t)snprintf(text, size, ".");
    for (unsigned i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, size - len, " key%u", 1000 + count - i);
    }
}

static void a_record_holds_at_most_128_attributes(void **state)
{
    char text[4000];
    struct err_at at = {0};
    (void)state;
    many_keys(text, sizeof text, ATTR_MAX);
    assert_int_equal(parse(DNS_TYPE_CRES, text, &at), 0);
    assert_int_equal(rdata_len, 1 + 4 * ATTR_MAX);
    many_keys(text, sizeof text, ATTR_MAX + 1);
    assert_int_equal(parse(DNS_TYPE_CRES, text, &at), ERR_LIMIT);
    assert_string_equal(at.text, "more than 128 attributes");
}

static void a_record_holds_at_most_65535_octets(void **state)
{
    static char text[140000];
    (void)state;
    for (unsigned over = 0; over < 2; over++) {
        size_t value_len = 65535 - 1 - 4 + over;
        size_t n = (size_t)sprintf(text, ". key4711=\"");
        memset(text + n, 'x', value_len);
        strcpy(text + n + value_len, "\"");
        struct err_at at = {0};
        assert_int_equal(parse(DNS_TYPE_CRES, text, &at), over ? ERR_LIMIT : 0);
        if (over) {
            assert_string_equal(at.text, "the record is too long");
        } else {
            assert_int_equal(strlen(print(DNS_TYPE_CRES)), strlen(text));
        }
    }
    size_t n = (size_t)sprintf(text, ". key4711=\"");
    memset(text + n, 'x', 65536);
    strcpy(text + n + 65536, "\"");
    assert_int_equal(parse(DNS_TYPE_CRES, text, NULL), ERR_LIMIT);
}

static void a_buffer_that_is_too_small_is_an_error_and_not_overrun(void **state)
{
    static const char text[] = "a.b.c. size=1p sha256="
                               "abd88ae0376e82090c2d0b6ee905371f1816780be5b1e1e1d482e2a39cf19f97 "
                               "fmt=\"tar\" pin key4711=\"abc\"";
    (void)state;
    assert_int_equal(parse(DNS_TYPE_CDATA, text, NULL), 0);
    size_t whole = rdata_len;
    for (size_t room = 0; room <= whole; room++) {
        struct dns_scan scan;
        struct err_at at = {0};
        dns_scan_init(&scan, text, strlen(text), &at);
        uint8_t out[200];
        memset(out, 0xee, sizeof out);
        struct wr wr = wr_make(out, room);
        assert_int_equal(attr_text_parse(&scan, DNS_TYPE_CDATA, NULL, &wr),
                         room < whole ? ERR_SPACE : 0);
        for (size_t i = room; i < sizeof out; i++) {
            assert_int_equal(out[i], 0xee);
        }
        if (room < whole) {
            assert_string_equal(at.text[0] ? "said" : "nothing", "said");
        }
    }
    size_t text_len = strlen(print(DNS_TYPE_CDATA));
    for (size_t room = 0; room <= text_len; room++) {
        char out[400];
        struct wr wr = wr_make(out, room);
        assert_int_equal(attr_text_print(DNS_TYPE_CDATA, rdata, rdata_len, &wr),
                         room < text_len ? ERR_SPACE : 0);
    }
}

static void malformed_records_are_refused_or_printed_as_octets(void **state)
{
    static const struct {
        const char *label, *octets;
        size_t len;
        int err;
        const char *text;
    } rows[] = {
        {"nothing", "", 0, ERR_RDATA, NULL},
        {"target cut off", "\1", 1, ERR_RDATA, NULL},
        {"compressed target", "\xc0\x0c", 2, ERR_RDATA, NULL},
        {"half a key", "\0\0", 2, ERR_RDATA, NULL},
        {"no length", "\0\0\42", 3, ERR_RDATA, NULL},
        {"value cut off", "\0\0\42\0\2\1", 6, ERR_RDATA, NULL},
        {"number of three octets", "\0\0\42\0\3\1\2\3", 8, 0, ". key34=\"\\001\\002\\003\""},
        {"unknown word", "\0\0\1\0\1\11", 6, 0, ". key1=\"\\009\""},
        {"text with a quote that is not UTF-8", "\0\0\2\0\2\"\xff", 7, 0, ". key2=\"\\\"\\255\""},
    };
    char text[100];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t *copy = guard_copy(rows[i].octets, rows[i].len);
        struct wr wr = wr_make(text, sizeof text - 1);
        int err = attr_text_print(DNS_TYPE_CENTRE, copy, rows[i].len, &wr);
        if (err != rows[i].err) {
            fail_msg("%s: %d", rows[i].label, err);
        }
        *wr.pos = '\0';
        if (!err) {
            assert_string_equal(text, rows[i].text);
        }
        guard_free(copy);
    }
    struct wr wr = wr_make(text, sizeof text);
    assert_int_equal(attr_text_print(DNS_TYPE_TXT, (const uint8_t *)"", 1, &wr), ERR_TYPE);
}

static void plain_values_are_not_escaped(void **state)
{
    static const struct {
        uint16_t key;
        const char *text;
        int err;
        const char *octets;
        size_t len;
        const char *pretty;
    } rows[] = {
        {ATTR_KEY_op, "a \"b\" \\", 0, "a \"b\" \\", 7, "a \"b\" \\"},
        {ATTR_KEY_op, "\"a\"", 0, "\"a\"", 3, "\"a\""},
        {ATTR_KEY_op, "", ERR_ATTR_VALUE, "", 0, NULL},
        {ATTR_KEY_env, "a b,c\\,d,e\\\\f", 0, "\3a b\3c,d\3e\\f", 12, "a b, c,d, e\\f"},
        {ATTR_KEY_env, "a\\", ERR_ATTR_VALUE, "", 0, NULL},
        {ATTR_KEY_hub, "true", 0, "", 0, "yes"},
        {ATTR_KEY_hub, "", ERR_ATTR_VALUE, "", 0, NULL},
        {ATTR_KEY_hub, "false", ERR_ATTR_VALUE, "", 0, NULL},
        {ATTR_KEY_mem, "80g", 0, "\0\1\x40\0", 4, "80 GiB"},
        {ATTR_KEY_accn, "8", 0, "\x1f\x40", 2, "8 cards"},
        {ATTR_KEY_fp16, "379.7p", 0, "\x16\xa1\xc3\x20", 4, "379.7 PFLOP/s"},
        {ATTR_KEY_kind, "hpc", 0, "\2", 1, "hpc"},
        {ATTR_KEY_access, "api,proxy", 0, "\2\3", 2, "proxy, api"},
        {ATTR_KEY_by, "price:40,load:60", 0, "\3\x3c\6\x28", 4, "load 60, price 40"},
        {ATTR_KEY_maint, "0-86400", 0, "\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x51\x80", 16,
         "1970-01-01T00:00:00Z to 1970-01-02T00:00:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct attr_row *row = attr_find(rows[i].key);
        uint8_t value[100];
        struct wr out = wr_make(value, sizeof value);
        size_t len = strlen(rows[i].text);
        const char *text = guard_copy(rows[i].text, len);
        assert_int_equal(attr_text_parse_value(row, text, len, &out, NULL), rows[i].err);
        guard_free(text);
        if (rows[i].err) {
            continue;
        }
        assert_int_equal(wr_len(&out), rows[i].len);
        assert_memory_equal(value, rows[i].octets, rows[i].len);
        char pretty[100];
        struct wr wr = wr_make(pretty, sizeof pretty - 1);
        attr_text_print_pretty(row, value, rows[i].len, &wr);
        *wr.pos = '\0';
        assert_string_equal(pretty, rows[i].pretty);
    }
}

static void a_field_keeps_its_quotes_only_where_needed(void **state)
{
    char text[100];
    struct wr wr = wr_make(text, sizeof text);
    (void)state;
    attr_text_print_field(attr_find(ATTR_KEY_env), (const uint8_t *)"\1a\1b", 4, &wr);
    attr_text_print_field(attr_find(ATTR_KEY_env), (const uint8_t *)"\2a;\1b", 5, &wr);
    attr_text_print_field(attr_find(ATTR_KEY_op), (const uint8_t *)"a", 1, &wr);
    assert_int_equal(wr_len(&wr), 3 + 6 + 3);
    assert_memory_equal(text, "a,b\"a;,b\"\"a\"", 12);
    uint8_t value[10];
    struct wr out = wr_make(value, sizeof value);
    assert_int_equal(attr_text_parse_field(attr_find(ATTR_KEY_op), "\"a\\\"\"", 5, &out, NULL), 0);
    assert_memory_equal(value, "a\"", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attribute_reads_and_prints_both_ways),
        cmocka_unit_test(every_value_reads_and_prints_both_ways_alone),
        cmocka_unit_test(records_are_put_in_order_with_their_target),
        cmocka_unit_test(unknown_keys_are_kept),
        cmocka_unit_test(errors_name_the_place_and_the_attribute),
        cmocka_unit_test(a_record_holds_at_most_128_attributes),
        cmocka_unit_test(a_record_holds_at_most_65535_octets),
        cmocka_unit_test(a_buffer_that_is_too_small_is_an_error_and_not_overrun),
        cmocka_unit_test(malformed_records_are_refused_or_printed_as_octets),
        cmocka_unit_test(plain_values_are_not_escaped),
        cmocka_unit_test(a_field_keeps_its_quotes_only_where_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
