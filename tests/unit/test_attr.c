#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/guard.h"
#include "zones/attr.h"
#include "zones/dns_type.h"

/* The vocabulary as it was released. A row that changes here changes a public interface. */
static const struct {
    uint16_t key;
    const char *name;
    enum attr_kind kind;
    unsigned places;
    const char *words;
} released[] = {
    {1, "kind", ATTR_ENUM, ATTR_IN_CENTRE, "ai hpc cloud edge idc"},
    {2, "op", ATTR_TEXT, ATTR_IN_CENTRE, ""},
    {3, "region", ATTR_TEXT, ATTR_IN_CENTRE | ATTR_IN_CNET, ""},
    {4, "jur", ATTR_TEXT, ATTR_IN_CENTRE | ATTR_IN_CDATA, ""},
    {5, "az", ATTR_TEXT, ATTR_IN_CENTRE, ""},
    {6, "hub", ATTR_BOOL, ATTR_IN_CENTRE, ""},
    {7, "access", ATTR_SET, ATTR_IN_CENTRE, "exclusive proxy api"},
    {8, "sched", ATTR_ENUM, ATTR_IN_CENTRE | ATTR_IN_CRES,
     "slurm k8s openstack pbs lsf exec static"},
    {9, "state", ATTR_ENUM, ATTR_IN_CENTRE | ATTR_IN_CRES, "active drain down"},
    {10, "maint", ATTR_SPAN, ATTR_IN_CENTRE | ATTR_IN_CRES, ""},
    {11, "seclvl", ATTR_UINT, ATTR_IN_CENTRE, ""},
    {12, "tee", ATTR_SET, ATTR_IN_CENTRE | ATTR_IN_CRES, "sgx tdx sev cca csv other"},
    {13, "iso", ATTR_SET, ATTR_IN_CENTRE | ATTR_IN_CRES, "queue vm container baremetal"},
    {14, "vis", ATTR_ENUM, ATTR_IN_ALL, "public members private"},
    {15, "contact", ATTR_TEXT, ATTR_IN_CENTRE, ""},
    {16, "since", ATTR_UINT, ATTR_IN_CENTRE | ATTR_IN_CRES, ""},
    {32, "arch", ATTR_LIST, ATTR_IN_CRES, ""},
    {33, "nodes", ATTR_UINT, ATTR_IN_CRES, ""},
    {34, "cpu", ATTR_UINT, ATTR_IN_CRES, ""},
    {35, "mem", ATTR_UINT, ATTR_IN_CRES, ""},
    {36, "acc", ATTR_TEXT, ATTR_IN_CRES, ""},
    {37, "accn", ATTR_UINT, ATTR_IN_CRES, ""},
    {38, "accmem", ATTR_UINT, ATTR_IN_CRES, ""},
    {39, "fp64", ATTR_UINT, ATTR_IN_CRES, ""},
    {40, "fp32", ATTR_UINT, ATTR_IN_CRES, ""},
    {41, "tf32", ATTR_UINT, ATTR_IN_CRES, ""},
    {42, "fp16", ATTR_UINT, ATTR_IN_CRES, ""},
    {43, "bf16", ATTR_UINT, ATTR_IN_CRES, ""},
    {44, "fp8", ATTR_UINT, ATTR_IN_CRES, ""},
    {45, "int8", ATTR_UINT, ATTR_IN_CRES, ""},
    {46, "basis", ATTR_ENUM, ATTR_IN_CRES, "claimed measured"},
    {47, "sto", ATTR_UINT, ATTR_IN_CRES, ""},
    {48, "stocls", ATTR_SET, ATTR_IN_CRES, "parallel block object hot warm cold"},
    {49, "fabric", ATTR_ENUM, ATTR_IN_CRES, "eth roce ib opa slingshot other"},
    {50, "fbw", ATTR_UINT, ATTR_IN_CRES, ""},
    {51, "maxn", ATTR_UINT, ATTR_IN_CRES, ""},
    {52, "maxt", ATTR_UINT, ATTR_IN_CRES, ""},
    {53, "env", ATTR_LIST, ATTR_IN_CRES, ""},
    {54, "offer", ATTR_SET, ATTR_IN_CRES, "slot vm container baremetal"},
    {55, "bench", ATTR_LIST, ATTR_IN_CRES, ""},
    {56, "grade", ATTR_TEXT, ATTR_IN_CRES, ""},
    {64, "price", ATTR_UINT, ATTR_IN_CRES | ATTR_IN_CNET | ATTR_IN_CDATA, ""},
    {65, "cur", ATTR_TEXT, ATTR_IN_CRES | ATTR_IN_CNET | ATTR_IN_CDATA, ""},
    {66, "per", ATTR_ENUM, ATTR_IN_CRES | ATTR_IN_CNET | ATTR_IN_CDATA,
     "core-h card-h node-h instance-h gib-month gib-out call"},
    {67, "plan", ATTR_ENUM, ATTR_IN_CRES | ATTR_IN_CNET | ATTR_IN_CDATA,
     "payg monthly yearly reserved spot"},
    {72, "pue", ATTR_UINT, ATTR_IN_CRES, ""},
    {73, "watt", ATTR_UINT, ATTR_IN_CRES, ""},
    {74, "gco2", ATTR_UINT, ATTR_IN_CRES, ""},
    {75, "renew", ATTR_UINT, ATTR_IN_CRES, ""},
    {96, "obs", ATTR_UINT, ATTR_IN_CLOAD | ATTR_IN_CNET, ""},
    {97, "cpuf", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {98, "memf", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {99, "accf", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {100, "stof", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {101, "run", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {102, "pend", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {103, "wait50", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {104, "wait90", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {105, "util", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {106, "accutil", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {107, "wattnow", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {108, "downn", ATTR_UINT, ATTR_IN_CLOAD, ""},
    {109, "health", ATTR_ENUM, ATTR_IN_CLOAD, "ok degraded failed"},
    {128, "medium", ATTR_ENUM, ATTR_IN_CNET, "ip otn inet"},
    {129, "bw", ATTR_UINT, ATTR_IN_CNET, ""},
    {130, "bwf", ATTR_UINT, ATTR_IN_CNET, ""},
    {131, "rtt", ATTR_UINT, ATTR_IN_CNET, ""},
    {132, "jitter", ATTR_UINT, ATTR_IN_CNET, ""},
    {133, "loss", ATTR_UINT, ATTR_IN_CNET, ""},
    {134, "enc", ATTR_SET, ATTR_IN_CNET, "tls ipsec otnsec qkd"},
    {135, "slice", ATTR_TEXT, ATTR_IN_CNET, ""},
    {160, "size", ATTR_UINT, ATTR_IN_CDATA, ""},
    {161, "sha256", ATTR_DIGEST, ATTR_IN_CDATA, ""},
    {162, "fmt", ATTR_TEXT, ATTR_IN_CDATA, ""},
    {163, "lic", ATTR_TEXT, ATTR_IN_CDATA, ""},
    {164, "pin", ATTR_BOOL, ATTR_IN_CDATA, ""},
    {165, "url", ATTR_TEXT, ATTR_IN_CDATA, ""},
    {192, "code", ATTR_TEXT, ATTR_IN_CID, ""},
    {193, "status", ATTR_ENUM, ATTR_IN_CID, "pending issued revoked"},
    {194, "until", ATTR_UINT, ATTR_IN_CID, ""},
    {224, "by", ATTR_WEIGHTS, ATTR_IN_CPOL,
     "manual fcfs load energy carbon price network data qos"},
    {225, "need", ATTR_TEXT, ATTR_IN_CPOL, ""},
    {226, "top", ATTR_UINT, ATTR_IN_CPOL, ""},
    {227, "sticky", ATTR_UINT, ATTR_IN_CPOL, ""},
    {228, "maxage", ATTR_UINT, ATTR_IN_CPOL, ""},
    {229, "low", ATTR_UINT, ATTR_IN_CPOL, ""},
    {230, "high", ATTR_UINT, ATTR_IN_CPOL, ""},
    {231, "order", ATTR_LIST, ATTR_IN_CPOL, ""},
};

static void the_table_is_the_released_vocabulary(void **state)
{
    (void)state;
    assert_int_equal(ATTR_COUNT, sizeof released / sizeof released[0]);
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_row *row = attr_get(i);
        assert_int_equal(row->key, released[i].key);
        assert_string_equal(row->name, released[i].name);
        assert_int_equal(row->kind, released[i].kind);
        assert_int_equal(row->places, released[i].places);
        assert_string_equal(row->words, released[i].words);
    }
    assert_null(attr_get(ATTR_COUNT));
}

static void a_row_is_found_by_key_and_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_row *row = attr_get(i);
        assert_ptr_equal(attr_find(row->key), row);
        assert_ptr_equal(attr_find_name(row->name, strlen(row->name)), row);
    }
    assert_int_equal(attr_find(ATTR_KEY_obs)->key, 96);
}

static void unknown_keys_and_names_are_not_found(void **state)
{
    static const uint16_t keys[] = {0, 17, 31, 57, 68, 95, 110, 255, 256, 257, 65535};
    static const char *const names[] = {"",     "k",    "kin",       "kindx", "Kind",
                                        "KIND", "key1", "accutill9", "."};
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_null(attr_find(keys[i]));
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *name = guard_copy(names[i], strlen(names[i]));
        assert_null(attr_find_name(name, strlen(names[i])));
        guard_free(name);
    }
}

static void words_are_numbered_from_one_in_their_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_row *row = attr_get(i);
        const char *expected = row->words;
        unsigned n = 1;
        for (; *expected; n++) {
            size_t len;
            const char *word = attr_word_get(row, n, &len);
            assert_ptr_equal(word, expected);
            assert_int_equal(len, strcspn(expected, " "));
            assert_int_equal(attr_word_find(row, word, len), n);
            expected += len + (expected[len] == ' ');
        }
        size_t len;
        assert_null(attr_word_get(row, n, &len));
        assert_null(attr_word_get(row, 0, &len));
        assert_true(n <= 32); /* sets of words are kept in 32 bits */
    }
    assert_int_equal(attr_word_find(attr_find(ATTR_KEY_per), "gib-out", 7), 6);
    assert_int_equal(attr_word_find(attr_find(ATTR_KEY_per), "gib", 3), 0);
    assert_int_equal(attr_word_find(attr_find(ATTR_KEY_per), "", 0), 0);
}

static void every_uint_has_a_unit_and_nothing_else_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_row *row = attr_get(i);
        const struct attr_unit *unit = attr_unit_get(row);
        assert_int_equal(unit != NULL, row->kind == ATTR_UINT);
        if (!unit) {
            continue;
        }
        uint64_t one = unit->one;
        while (one % 10 == 0) {
            one /= 10;
        }
        assert_int_equal(one, 1); /* fractions are decimal */
        for (const struct attr_suffix *suffix = unit->suffixes; suffix->text[0]; suffix++) {
            assert_true(suffix->den == 1 || (suffix->den > 1 && suffix->num == 1));
        }
    }
}

static void record_types_have_their_place(void **state)
{
    (void)state;
    assert_int_equal(attr_in_type(DNS_TYPE_CENTRE), ATTR_IN_CENTRE);
    assert_int_equal(attr_in_type(DNS_TYPE_CRES), ATTR_IN_CRES);
    assert_int_equal(attr_in_type(DNS_TYPE_CLOAD), ATTR_IN_CLOAD);
    assert_int_equal(attr_in_type(DNS_TYPE_CNET), ATTR_IN_CNET);
    assert_int_equal(attr_in_type(DNS_TYPE_CDATA), ATTR_IN_CDATA);
    assert_int_equal(attr_in_type(DNS_TYPE_CID), ATTR_IN_CID);
    assert_int_equal(attr_in_type(DNS_TYPE_CPOL), ATTR_IN_CPOL);
    assert_int_equal(attr_in_type(DNS_TYPE_TXT), 0);
    assert_int_equal(attr_in_type(65359), 0);
    assert_int_equal(attr_in_type(65367), 0);
}

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        out[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static void text_is_utf8_without_control_characters(void **state)
{
    static const struct {
        const char *label, *hex;
        bool good;
    } rows[] = {
        {"one letter", "61", true},
        {"empty", "", false},
        {"blank and tilde", "207e", true},
        {"line feed", "610a", false},
        {"octet 0", "00", false},
        {"DEL", "7f", false},
        {"two octets", "c3bc", true},
        {"first of two octets beyond C1", "c2a0", true},
        {"C1 control", "c285", false},
        {"three octets", "e7ae97", true},
        {"four octets", "f09f9880", true},
        {"lone second octet", "80", false},
        {"overlong two", "c080", false},
        {"overlong two, c1", "c1bf", false},
        {"overlong three", "e09fbf", false},
        {"least three", "e0a080", true},
        {"surrogate", "eda080", false},
        {"below the surrogates", "ed9fbf", true},
        {"overlong four", "f08fbfbf", false},
        {"largest", "f48fbfbf", true},
        {"above U+10FFFF", "f4908080", false},
        {"f5", "f5808080", false},
        {"cut off after one", "e7", false},
        {"cut off after two", "e7ae", false},
        {"second octet wrong", "e74197", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[8];
        size_t len = unhex(rows[i].hex, octets);
        const uint8_t *text = guard_copy(octets, len);
        if (attr_is_text(text, len) != rows[i].good) {
            fail_msg("%s", rows[i].label);
        }
        guard_free(text);
    }
    uint8_t long_text[256];
    memset(long_text, 'x', sizeof long_text);
    assert_true(attr_is_text(long_text, 255));
    assert_false(attr_is_text(long_text, 256));
}

static void values_are_checked_by_their_kind(void **state)
{
    static const struct {
        uint16_t key;
        const char *label, *hex;
        bool good;
    } rows[] = {
        {ATTR_KEY_cpu, "uint of no octets", "", false},
        {ATTR_KEY_cpu, "uint of one", "00", true},
        {ATTR_KEY_cpu, "uint of two", "0001", true},
        {ATTR_KEY_cpu, "uint of three", "000001", false},
        {ATTR_KEY_cpu, "uint of four", "00000001", true},
        {ATTR_KEY_cpu, "uint of five", "0000000001", false},
        {ATTR_KEY_cpu, "uint of eight", "ffffffffffffffff", true},
        {ATTR_KEY_cpu, "uint of nine", "000000000000000001", false},
        {ATTR_KEY_util, "100 percent", "64", true},
        {ATTR_KEY_util, "101 percent", "65", false},
        {ATTR_KEY_util, "101 percent, wide", "0000000000000065", false},
        {ATTR_KEY_loss, "all lost", "000f4240", true},
        {ATTR_KEY_loss, "more than all lost", "000f4241", false},
        {ATTR_KEY_hub, "bool of no octets", "", true},
        {ATTR_KEY_hub, "bool of one", "01", false},
        {ATTR_KEY_kind, "enum 0", "00", false},
        {ATTR_KEY_kind, "enum first", "01", true},
        {ATTR_KEY_kind, "enum last", "05", true},
        {ATTR_KEY_kind, "enum behind the last", "06", false},
        {ATTR_KEY_kind, "enum of none", "", false},
        {ATTR_KEY_kind, "enum of two", "0102", false},
        {ATTR_KEY_access, "set of one", "02", true},
        {ATTR_KEY_access, "set of all", "010203", true},
        {ATTR_KEY_access, "set falling", "0201", false},
        {ATTR_KEY_access, "set with one twice", "0202", false},
        {ATTR_KEY_access, "set with 0", "0001", false},
        {ATTR_KEY_access, "set with an unknown word", "0104", false},
        {ATTR_KEY_access, "empty set", "", false},
        {ATTR_KEY_op, "text", "e7ae97", true},
        {ATTR_KEY_op, "empty text", "", false},
        {ATTR_KEY_op, "text with a control", "610a", false},
        {ATTR_KEY_env, "list of one", "0161", true},
        {ATTR_KEY_env, "list of two", "0161026262", true},
        {ATTR_KEY_env, "empty list", "", false},
        {ATTR_KEY_env, "list with an empty item", "016100", false},
        {ATTR_KEY_env, "list whose item is cut off", "0261", false},
        {ATTR_KEY_env, "list with a control", "0107", false},
        {ATTR_KEY_sha256, "digest",
         "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", true},
        {ATTR_KEY_sha256, "digest of 31",
         "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e", false},
        {ATTR_KEY_maint, "span", "00000000000000010000000000000002", true},
        {ATTR_KEY_maint, "span of no length", "00000000000000020000000000000002", true},
        {ATTR_KEY_maint, "span backwards", "00000000000000020000000000000001", false},
        {ATTR_KEY_maint, "span of 15", "000000000000000100000000000000", false},
        {ATTR_KEY_by, "weights", "033c0628", true},
        {ATTR_KEY_by, "weights falling", "0628033c", false},
        {ATTR_KEY_by, "weights with one twice", "03010302", false},
        {ATTR_KEY_by, "weight 0", "0300", false},
        {ATTR_KEY_by, "unknown policy", "0a01", false},
        {ATTR_KEY_by, "half a pair", "033c06", false},
        {ATTR_KEY_by, "no weights", "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[64];
        size_t len = unhex(rows[i].hex, octets);
        const uint8_t *value = guard_copy(octets, len);
        int err = attr_check(attr_find(rows[i].key), value, len);
        if (err != (rows[i].good ? 0 : ERR_ATTR_VALUE)) {
            fail_msg("%s: %d", rows[i].label, err);
        }
        guard_free(value);
    }
}

static void numbers_are_written_in_the_shortest_width(void **state)
{
    static const struct {
        uint64_t number;
        size_t width;
    } rows[] = {
        {0, 1},     {255, 1},         {256, 2},         {65535, 2},
        {65536, 4}, {4294967295u, 4}, {4294967296u, 8}, {UINT64_MAX, 8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[8];
        struct wr wr = wr_make(octets, sizeof octets);
        attr_uint_write(&wr, rows[i].number);
        assert_int_equal(wr.err, 0);
        assert_int_equal(wr_len(&wr), rows[i].width);
        assert_true(attr_uint_get(octets, wr_len(&wr)) == rows[i].number);
    }
    uint8_t octets[8] = {1, 2, 3};
    assert_int_equal(attr_uint_get(octets, 3), 0);
}

static void a_failure_names_the_attribute_and_shows_the_text_cleaned(void **state)
{
    struct err_at at = {0};
    (void)state;
    assert_int_equal(
        attr_fail(&at, ERR_ATTR_VALUE, attr_find(ATTR_KEY_mem), "8\x1b\xff", 3, "a number"),
        ERR_ATTR_VALUE);
    assert_string_equal(at.text, "mem: expected a number, found '8\?\?'");
    char text[100];
    memset(text, 'x', sizeof text);
    assert_int_equal(
        attr_fail(&at, ERR_ATTR_EXACT, attr_find(ATTR_KEY_mem), text, sizeof text, "a"),
        ERR_ATTR_EXACT);
    assert_string_equal(at.text,
                        "mem: expected a, found 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'");
    assert_int_equal(attr_fail(NULL, ERR_ATTR_VALUE, attr_find(ATTR_KEY_mem), "", 0, "a"),
                     ERR_ATTR_VALUE);
}

/* ---- docs/records.md holds one line for each row, made from the row ---- */

static const char *kind_text(enum attr_kind kind)
{
    static const char *const names[] = {"uint", "bool",   "enum", "set",    "text",
                                        "list", "digest", "span", "weights"};
    return names[kind];
}

static void put_lower(struct wr *wr, const char *text)
{
    for (; *text; text++) {
        wr_u8(wr, (unsigned)(*text >= 'A' && *text <= 'Z' ? *text + 32 : *text));
    }
}

static void put_places(struct wr *wr, unsigned places)
{
    const char *gap = "";
    if (places == ATTR_IN_ALL) {
        wr_print(wr, "all");
        return;
    }
    for (unsigned type = DNS_TYPE_CENTRE; type <= DNS_TYPE_CPOL; type++) {
        if (places & attr_in_type((uint16_t)type)) {
            wr_print(wr, "%s%s", gap, dns_type_find((uint16_t)type)->name);
            gap = " ";
        }
    }
}

static void put_row(struct wr *wr, const struct attr_row *row)
{
    wr_print(wr, "| %u | `%s` | %s", row->key, row->name, kind_text((enum attr_kind)row->kind));
    if (attr_unit_get(row)) {
        wr_u8(wr, ' ');
        put_lower(wr, attr_unit_get(row)->name);
    }
    wr_print(wr, row->words[0] ? ": %s | " : " | ", row->words);
    put_places(wr, row->places);
    wr_print(wr, " | %s | %s |\n", row->meaning,
             strcmp(row->source, "none") == 0 ? "" : row->source);
}

static void put_unit(struct wr *wr, const struct attr_unit *unit)
{
    const char *comma = "";
    wr_print(wr, "| ");
    put_lower(wr, unit->name);
    wr_print(wr, " | %" PRIu64 " | ", unit->one);
    for (const struct attr_suffix *suffix = unit->suffixes; suffix->text[0]; suffix++) {
        wr_print(wr, "%s`%s` = %" PRIu64, comma, suffix->text, suffix->num);
        if (suffix->den > 1) {
            wr_print(wr, "/%u", suffix->den);
        }
        comma = ", ";
    }
    wr_print(wr, " | ");
    if (unit->max < UINT64_MAX) {
        wr_print(wr, "%" PRIu64, unit->max);
    }
    wr_print(wr, " |\n");
}

static char *read_page(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static char page[1 << 17];
    size_t len = fread(page, 1, sizeof page - 1, file);
    assert_int_equal(fclose(file), 0);
    page[len] = '\0';
    return page;
}

static unsigned count_lines(const char *page, const char *begin)
{
    unsigned count = 0;
    for (const char *line = page; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        count += strncmp(line, begin, strlen(begin)) == 0;
    }
    return count;
}

static bool holds_line(const char *page, struct wr *line)
{
    *line->pos = '\0';
    if (strstr(page, (const char *)line->base)) {
        return true;
    }
    print_error("docs/records.md lacks this line:\n%s", (const char *)line->base);
    return false;
}

static void the_manual_has_the_line_of_every_row(void **state)
{
    (void)state;
    const char *page = read_page("docs/records.md");
    bool good = true;
    unsigned lines = 0;
    for (unsigned digit = 1; digit <= 9; digit++) {
        char begin[] = {'|', ' ', (char)('0' + digit), '\0'};
        lines += count_lines(page, begin);
    }
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        char text[400];
        struct wr wr = wr_make(text, sizeof text - 1);
        put_row(&wr, attr_get(i));
        assert_int_equal(wr.err, 0);
        good &= holds_line(page, &wr);
        const struct attr_unit *unit = attr_unit_get(attr_get(i));
        if (unit) {
            wr = wr_make(text, sizeof text - 1);
            put_unit(&wr, unit);
            good &= holds_line(page, &wr);
        }
    }
    assert_true(good);
    assert_int_equal(lines, ATTR_COUNT); /* and no line of an attribute that is gone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_released_vocabulary),
        cmocka_unit_test(a_row_is_found_by_key_and_by_name),
        cmocka_unit_test(unknown_keys_and_names_are_not_found),
        cmocka_unit_test(words_are_numbered_from_one_in_their_order),
        cmocka_unit_test(every_uint_has_a_unit_and_nothing_else_has),
        cmocka_unit_test(record_types_have_their_place),
        cmocka_unit_test(text_is_utf8_without_control_characters),
        cmocka_unit_test(values_are_checked_by_their_kind),
        cmocka_unit_test(numbers_are_written_in_the_shortest_width),
        cmocka_unit_test(a_failure_names_the_attribute_and_shows_the_text_cleaned),
        cmocka_unit_test(the_manual_has_the_line_of_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
