#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/lib/guard.h"
#include "zones/attr.h"
#include "zones/attr_text.h"
#include "zones/cres.h"
#include "zones/dns_type.h"

/* RDATA from text, in a buffer of the caller. */
static struct cres_rdata make(uint16_t type, const char *text, uint8_t *buffer, size_t size)
{
    struct dns_scan scan;
    struct err_at at = {0};
    dns_scan_init(&scan, text, strlen(text), &at);
    struct wr wr = wr_make(buffer, size);
    if (attr_text_parse(&scan, type, NULL, &wr)) {
        fail_msg("%s: %s", text, at.text);
    }
    return (struct cres_rdata){buffer, wr_len(&wr)};
}

static int check(uint16_t type, const void *octets, size_t len, struct err_at *at)
{
    const uint8_t *copy = guard_copy(octets, len);
    int err = cres_check(type, copy, len, at);
    guard_free(copy);
    return err;
}

static void a_walk_gives_the_attributes_in_order(void **state)
{
    uint8_t buffer[200];
    struct cres_rdata record = make(
        DNS_TYPE_CNET, "a.b. medium=otn bw=400g rtt=600us key4711=\"x\"", buffer, sizeof buffer);
    static const struct {
        uint16_t key, len;
    } expected[] = {{128, 1}, {129, 4}, {131, 2}, {4711, 1}};
    struct cres_iter iter;
    struct cres_attr attr;
    size_t n = 0;
    (void)state;
    cres_attrs(record.data, record.len, &iter);
    for (; cres_next(&iter, &attr); n++) {
        assert_true(n < 4);
        assert_int_equal(attr.key, expected[n].key);
        assert_int_equal(attr.len, expected[n].len);
    }
    assert_int_equal(n, 4);
    assert_int_equal(iter.rd.err, 0);
    assert_false(cres_next(&iter, &attr));
}

static void a_walk_over_a_broken_record_ends_with_an_error(void **state)
{
    static const struct {
        const char *octets;
        size_t len, attrs;
        int err;
    } rows[] = {
        {"", 0, 0, ERR_RDATA},
        {"\1", 1, 0, ERR_RDATA},
        {"\xc0\x00", 2, 0, ERR_RDATA},
        {"\0", 1, 0, 0},
        {"\0\0", 2, 0, ERR_SHORT},
        {"\0\0\1\0", 4, 0, ERR_SHORT},
        {"\0\0\1\0\1", 5, 0, ERR_SHORT},
        {"\0\0\1\0\1\1", 6, 1, 0},
        {"\0\0\1\0\1\1\0", 7, 1, ERR_SHORT},
        {"\0\0\6\0\0", 5, 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t *copy = guard_copy(rows[i].octets, rows[i].len);
        struct cres_iter iter;
        struct cres_attr attr;
        size_t n = 0;
        cres_attrs(copy, rows[i].len, &iter);
        while (cres_next(&iter, &attr)) {
            n++;
        }
        assert_int_equal(n, rows[i].attrs);
        assert_int_equal(iter.rd.err, rows[i].err);
        guard_free(copy);
    }
}

static void an_attribute_is_found_by_key(void **state)
{
    uint8_t buffer[200];
    struct cres_rdata record =
        make(DNS_TYPE_CRES, ". nodes=2 cpu=300 env=a fp64=1t basis=claimed", buffer, sizeof buffer);
    const uint8_t *value;
    size_t len;
    uint64_t number = 7;
    (void)state;
    assert_true(cres_find(record.data, record.len, ATTR_KEY_env, &value, &len));
    assert_int_equal(len, 2);
    assert_true(cres_uint(record.data, record.len, ATTR_KEY_cpu, &number));
    assert_int_equal(number, 300);
    assert_true(cres_uint(record.data, record.len, ATTR_KEY_basis, &number));
    assert_int_equal(number, 1);
    assert_false(cres_uint(record.data, record.len, ATTR_KEY_mem, &number));
    assert_false(cres_uint(record.data, record.len, ATTR_KEY_kind, &number));
    assert_false(cres_uint(record.data, record.len, 65535, &number));
    assert_int_equal(number, 1);
}

static void accelerators_figures_and_prices_stand_together(void **state)
{
    static const struct {
        uint16_t key;
        unsigned group;
    } rows[] = {
        {ATTR_KEY_cpu, CRES_GROUPS}, {ATTR_KEY_acc, 0},  {ATTR_KEY_accn, 0},
        {ATTR_KEY_accmem, 0},        {ATTR_KEY_fp64, 1}, {ATTR_KEY_basis, 1},
        {ATTR_KEY_price, 2},         {ATTR_KEY_plan, 2}, {ATTR_KEY_env, CRES_GROUPS},
        {ATTR_KEY_obs, CRES_GROUPS}, {0, CRES_GROUPS},   {UINT16_MAX, CRES_GROUPS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(cres_group(rows[i].key), rows[i].group);
    }
}

static void who_may_read_a_record_is_said_by_it(void **state)
{
    static const struct {
        const char *text;
        bool is_public;
    } rows[] = {
        {"cpu=1", true},
        {"vis=public cpu=1", true},
        {"vis=members cpu=1", false},
        {"vis=private", false},
    };
    uint8_t buffer[60];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, ". %s", rows[i].text);
        struct cres_rdata record = make(DNS_TYPE_CRES, text, buffer, sizeof buffer);
        assert_int_equal(cres_is_public(record), rows[i].is_public);
    }
}

static void malformed_records_are_refused(void **state)
{
    static const struct {
        const char *label;
        uint16_t type;
        const char *octets;
        size_t len;
        int err;
        const char *message;
    } rows[] = {
        {"good", DNS_TYPE_CENTRE, "\0\0\1\0\1\1", 6, 0, ""},
        {"only a target", DNS_TYPE_CENTRE, "\0", 1, 0, ""},
        {"nothing", DNS_TYPE_CENTRE, "", 0, ERR_RDATA, "malformed target name"},
        {"target cut off", DNS_TYPE_CNET, "\3ab", 3, ERR_RDATA, "malformed target name"},
        {"compressed target", DNS_TYPE_CNET, "\xc0\0", 2, ERR_RDATA, "malformed target name"},
        {"half a key", DNS_TYPE_CENTRE, "\0\0", 2, ERR_RDATA,
         "an attribute ends behind the record"},
        {"value cut off", DNS_TYPE_CENTRE, "\0\0\1\0\2\1", 6, ERR_RDATA,
         "an attribute ends behind the record"},
        {"keys fall", DNS_TYPE_CENTRE, "\0\0\6\0\0\0\1\0\1\1", 10, ERR_ATTR_ORDER,
         "kind: keys must rise, each once"},
        {"key twice", DNS_TYPE_CENTRE, "\0\0\6\0\0\0\6\0\0", 9, ERR_ATTR_ORDER,
         "hub: keys must rise, each once"},
        {"unknown key twice", DNS_TYPE_CENTRE, "\0\0\21\0\0\0\21\0\0", 9, ERR_ATTR_ORDER,
         "key17: keys must rise, each once"},
        {"key 0 twice", DNS_TYPE_CENTRE, "\0\0\0\0\0\0\0\0\0", 9, ERR_ATTR_ORDER,
         "key0: keys must rise, each once"},
        {"unknown key", DNS_TYPE_CENTRE, "\0\xff\xff\0\1\1", 6, 0, ""},
        {"bad enum", DNS_TYPE_CENTRE, "\0\0\1\0\1\6", 6, ERR_ATTR_VALUE, "kind: malformed value"},
        {"bad bool", DNS_TYPE_CENTRE, "\0\0\6\0\1\1", 6, ERR_ATTR_VALUE, "hub: malformed value"},
        {"bad width", DNS_TYPE_CRES, "\0\0\42\0\3\1\1\1", 8, ERR_ATTR_VALUE,
         "cpu: malformed value"},
        {"wide is allowed", DNS_TYPE_CRES, "\0\0\42\0\4\0\0\0\1", 9, 0, ""},
        {"wrong place", DNS_TYPE_CRES, "\0\0\1\0\1\1", 6, ERR_ATTR_PLACE,
         "kind: does not belong to this record type"},
        {"wrong type", DNS_TYPE_TXT, "\0\0\1\0\1\1", 6, ERR_ATTR_PLACE,
         "kind: does not belong to this record type"},
        {"target where none is", DNS_TYPE_CRES, "\1a\0", 3, ERR_ATTR_PLACE,
         "the target of this type is \".\""},
        {"target of CENTRE", DNS_TYPE_CENTRE, "\1a\0", 3, ERR_ATTR_PLACE,
         "the target of this type is \".\""},
        {"target of CPOL", DNS_TYPE_CPOL, "\1a\0", 3, ERR_ATTR_PLACE,
         "the target of this type is \".\""},
        {"target of CNET", DNS_TYPE_CNET, "\1a\0", 3, 0, ""},
        {"target of CDATA", DNS_TYPE_CDATA, "\1a\0", 3, 0, ""},
        {"target of CID", DNS_TYPE_CID, "\1a\0", 3, 0, ""},
        {"CID without target", DNS_TYPE_CID, "\0", 1, 0, ""},
        {"CLOAD without obs", DNS_TYPE_CLOAD, "\0", 1, ERR_ATTR_CROSS, "obs: required in CLOAD"},
        {"CLOAD with obs", DNS_TYPE_CLOAD, "\0\0\x60\0\1\1", 6, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err_at at = {0};
        int err = check(rows[i].type, rows[i].octets, rows[i].len, &at);
        if (err != rows[i].err || strcmp(at.text, rows[i].message) != 0) {
            fail_msg("%s: %d %s", rows[i].label, err, at.text);
        }
        assert_int_equal(check(rows[i].type, rows[i].octets, rows[i].len, NULL), rows[i].err);
    }
}

static void attributes_of_one_record_must_fit_each_other(void **state)
{
    static const struct {
        uint16_t type;
        const char *text;
        int err;
        const char *message;
    } rows[] = {
        {DNS_TYPE_CRES, ". price=6.32 cur=USD per=card-h", 0, ""},
        {DNS_TYPE_CRES, ". price=6.32 per=card-h", ERR_ATTR_CROSS, "price: needs cur"},
        {DNS_TYPE_CRES, ". price=6.32 cur=USD", ERR_ATTR_CROSS, "price: needs per"},
        {DNS_TYPE_CRES, ". cur=USD per=card-h", 0, ""},
        {DNS_TYPE_CNET, "a. price=1 cur=CNY", ERR_ATTR_CROSS, "price: needs per"},
        {DNS_TYPE_CDATA, "a. price=1 per=gib-out", ERR_ATTR_CROSS, "price: needs cur"},
        {DNS_TYPE_CRES, ". acc=x accn=8", 0, ""},
        {DNS_TYPE_CRES, ". accn=8", ERR_ATTR_CROSS, "accn: needs acc"},
        {DNS_TYPE_CRES, ". accmem=80g", 0, ""},
        {DNS_TYPE_CRES, ". fp64=1t basis=claimed", 0, ""},
        {DNS_TYPE_CRES, ". fp64=1t", ERR_ATTR_CROSS, "fp64: needs basis"},
        {DNS_TYPE_CRES, ". fp32=1t", ERR_ATTR_CROSS, "fp32: needs basis"},
        {DNS_TYPE_CRES, ". tf32=1t", ERR_ATTR_CROSS, "tf32: needs basis"},
        {DNS_TYPE_CRES, ". fp16=1t", ERR_ATTR_CROSS, "fp16: needs basis"},
        {DNS_TYPE_CRES, ". bf16=1t", ERR_ATTR_CROSS, "bf16: needs basis"},
        {DNS_TYPE_CRES, ". fp8=1t", ERR_ATTR_CROSS, "fp8: needs basis"},
        {DNS_TYPE_CRES, ". int8=1t", ERR_ATTR_CROSS, "int8: needs basis"},
        {DNS_TYPE_CRES, ". basis=claimed bench=a:1", 0, ""},
        {DNS_TYPE_CNET, "a. bw=10 bwf=10", 0, ""},
        {DNS_TYPE_CNET, "a. bw=10 bwf=11", ERR_ATTR_CROSS, "bwf: 11 is more than bw 10"},
        {DNS_TYPE_CNET, "a. bwf=11", 0, ""},
        {DNS_TYPE_CPOL, ". low=70 high=90", 0, ""},
        {DNS_TYPE_CPOL, ". low=91 high=90", ERR_ATTR_CROSS, "low: 91 is more than high 90"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buffer[200];
        struct err_at at = {0};
        struct cres_rdata record = make(rows[i].type, rows[i].text, buffer, sizeof buffer);
        int err = check(rows[i].type, record.data, record.len, &at);
        if (err != rows[i].err || strcmp(at.text, rows[i].message) != 0) {
            fail_msg("%s: %d %s", rows[i].text, err, at.text);
        }
    }
}

static void a_record_holds_at_most_128_attributes(void **state)
{
    uint8_t octets[1 + 4 * (ATTR_MAX + 1)] = {0};
    (void)state;
    for (unsigned i = 0; i <= ATTR_MAX; i++) { /* keys from 1000 on, without value */
        octets[1 + 4 * i] = (uint8_t)((1000 + i) >> 8);
        octets[2 + 4 * i] = (uint8_t)(1000 + i);
    }
    struct err_at at = {0};
    assert_int_equal(check(DNS_TYPE_CRES, octets, sizeof octets - 4, &at), 0);
    assert_int_equal(check(DNS_TYPE_CRES, octets, sizeof octets, &at), ERR_LIMIT);
    assert_string_equal(at.text, "key1128: more than 128 attributes");
}

static void the_canonical_form_is_lower_and_short(void **state)
{
    static const struct {
        uint16_t type;
        const char *octets;
        size_t len;
        const char *canonical;
        size_t canonical_len;
    } rows[] = {
        {DNS_TYPE_CRES, "\0", 1, "\0", 1},
        {DNS_TYPE_CNET, "\2aB\0\0\200\0\1\1", 9, "\2ab\0\0\200\0\1\1", 9},
        {DNS_TYPE_CRES, "\0\0\42\0\10\0\0\0\0\0\0\1\0\0\43\0\4\0\0\0\1", 21,
         "\0\0\42\0\2\1\0\0\43\0\1\1", 12},
        {DNS_TYPE_CENTRE, "\0\0\2\0\2AB\0\6\0\0", 11, "\0\0\2\0\2AB\0\6\0\0", 11},
        {DNS_TYPE_CRES, "\0\377\377\0\4\0\0\0\1", 9, "\0\377\377\0\4\0\0\0\1",
         9}, /* unknown: as it is */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t *copy = guard_copy(rows[i].octets, rows[i].len);
        uint8_t out[100];
        struct wr wr = wr_make(out, rows[i].canonical_len);
        assert_int_equal(cres_canonical(rows[i].type, copy, rows[i].len, &wr), 0);
        assert_int_equal(wr_len(&wr), rows[i].canonical_len);
        assert_memory_equal(out, rows[i].canonical, rows[i].canonical_len);
        wr = wr_make(out, rows[i].canonical_len - 1);
        assert_int_equal(cres_canonical(rows[i].type, copy, rows[i].len, &wr), ERR_SPACE);
        guard_free(copy);
    }
    uint8_t out[100];
    struct wr wr = wr_make(out, sizeof out);
    assert_int_equal(cres_canonical(DNS_TYPE_TXT, (const uint8_t *)"", 1, &wr), ERR_TYPE);
    assert_int_equal(cres_canonical(DNS_TYPE_CRES, (const uint8_t *)"\1", 1, &wr), ERR_RDATA);
    wr = wr_make(out, sizeof out);
    assert_int_equal(cres_canonical(DNS_TYPE_CRES, (const uint8_t *)"\0\0\42", 3, &wr), ERR_RDATA);
    wr = wr_make(out, sizeof out); /* a number of three octets must not become another number */
    assert_int_equal(cres_canonical(DNS_TYPE_CRES, (const uint8_t *)"\0\0\42\0\3\1\2\3", 8, &wr),
                     ERR_ATTR_VALUE);
}

static void free_is_not_more_than_total(void **state)
{
    static const struct {
        const char *res, *other, *load; /* other NULL = one CRES, res NULL = none */
        int err;
        const char *message;
    } rows[] = {
        {". cpu=4", NULL, ". obs=1 cpuf=4", 0, ""},
        {". cpu=4", NULL, ". obs=1 cpuf=5", ERR_ATTR_CROSS, "cpuf: 5 is more than cpu 4"},
        {". mem=4g", NULL, ". obs=1 memf=4097", ERR_ATTR_CROSS, "memf: 4097 is more than mem 4096"},
        {". acc=x accn=8", NULL, ". obs=1 accf=8.001", ERR_ATTR_CROSS,
         "accf: 8.001 is more than accn 8"},
        {". sto=1t", NULL, ". obs=1 stof=2t", ERR_ATTR_CROSS, "stof: 2048 is more than sto 1024"},
        {". cpu=4", ". cpu=8", ". obs=1 cpuf=8", 0, ""},
        {". cpu=8", ". cpu=4", ". obs=1 cpuf=8", 0, ""},
        {". cpu=4", ". cpu=8", ". obs=1 cpuf=9", ERR_ATTR_CROSS, "cpuf: 9 is more than cpu 8"},
        {". mem=4", NULL, ". obs=1 cpuf=9", 0, ""},
        {". cpu=0", NULL, ". obs=1 cpuf=1", ERR_ATTR_CROSS, "cpuf: 1 is more than cpu 0"},
        {NULL, NULL, ". obs=1", ERR_ATTR_CROSS, "CLOAD: needs a CRES at its name"},
        {".", NULL, ". obs=1", 0, ""},
        {".", NULL, ". obs=1 accf=1", ERR_ATTR_CROSS, "accf: needs acc in the CRES of its name"},
        {".", ". acc=x", ". obs=1 accf=1", 0, ""},
        {". cpu=4", NULL, NULL, 0, ""},
        {NULL, NULL, NULL, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buffers[3][100];
        struct cres_rdata res[2];
        struct cres_view view = {.res = res};
        if (rows[i].res) {
            res[view.res_count++] = make(DNS_TYPE_CRES, rows[i].res, buffers[0], 100);
        }
        if (rows[i].other) {
            res[view.res_count++] = make(DNS_TYPE_CRES, rows[i].other, buffers[1], 100);
        }
        if (rows[i].load) {
            view.load = make(DNS_TYPE_CLOAD, rows[i].load, buffers[2], 100);
        }
        struct err_at at = {0};
        int err = cres_check_node(&view, &at);
        if (err != rows[i].err || strcmp(at.text, rows[i].message) != 0) {
            fail_msg("row %zu: %d %s", i, err, at.text);
        }
        assert_int_equal(cres_check_node(&view, NULL), rows[i].err);
    }
}

static void an_observation_is_neither_from_the_future_nor_older(void **state)
{
    static const struct {
        const char *label, *record, *old;
        uint64_t now;
        int err;
        const char *message;
    } rows[] = {
        {"first", ". obs=1000", NULL, 1000, 0, ""},
        {"newer", ". obs=1001", ". obs=1000", 1000, 0, ""},
        {"equal", ". obs=1000", ". obs=1000", 1000, 0, ""},
        {"older", ". obs=999", ". obs=1000", 1000, ERR_ATTR_CROSS,
         "obs: 999 is older than the stored 1000"},
        {"long ago, nothing stored", ". obs=0", NULL, 1000, 0, ""},
        {"0 after something", ". obs=0", ". obs=1", 1000, ERR_ATTR_CROSS,
         "obs: 0 is older than the stored 1"},
        {"60 s ahead", ". obs=1060", NULL, 1000, 0, ""},
        {"61 s ahead", ". obs=1061", NULL, 1000, ERR_ATTR_CROSS, "obs: 1061 is 61 s in the future"},
        {"2^64-1", ". obs=18446744073709551615", NULL, 1000, ERR_ATTR_CROSS,
         "obs: 18446744073709551615 is 18446744073709550615 s in the future"},
        {"2^64-1 at the end of time", ". obs=18446744073709551615", NULL, UINT64_MAX, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buffers[2][100];
        struct cres_rdata old = {0};
        struct cres_rdata record = make(DNS_TYPE_CLOAD, rows[i].record, buffers[0], 100);
        if (rows[i].old) {
            old = make(DNS_TYPE_CLOAD, rows[i].old, buffers[1], 100);
        }
        struct err_at at = {0};
        int err = cres_check_update(record, old, rows[i].now, &at);
        if (err != rows[i].err || strcmp(at.text, rows[i].message) != 0) {
            fail_msg("%s: %d %s", rows[i].label, err, at.text);
        }
        assert_int_equal(cres_check_update(record, old, rows[i].now, NULL), rows[i].err);
    }
    uint8_t buffer[100];
    struct cres_rdata path = make(DNS_TYPE_CNET, "a. rtt=1ms", buffer, sizeof buffer);
    assert_int_equal(cres_check_update(path, path, 1000, NULL), 0); /* a CNET may be without */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_gives_the_attributes_in_order),
        cmocka_unit_test(a_walk_over_a_broken_record_ends_with_an_error),
        cmocka_unit_test(an_attribute_is_found_by_key),
        cmocka_unit_test(accelerators_figures_and_prices_stand_together),
        cmocka_unit_test(who_may_read_a_record_is_said_by_it),
        cmocka_unit_test(malformed_records_are_refused),
        cmocka_unit_test(attributes_of_one_record_must_fit_each_other),
        cmocka_unit_test(a_record_holds_at_most_128_attributes),
        cmocka_unit_test(the_canonical_form_is_lower_and_short),
        cmocka_unit_test(free_is_not_more_than_total),
        cmocka_unit_test(an_observation_is_neither_from_the_future_nor_older),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
