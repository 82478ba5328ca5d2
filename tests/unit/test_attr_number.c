#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "tests/lib/guard.h"
#include "zones/attr_number.h"

static int parse(uint16_t key, const char *text, uint64_t *number, struct err_at *at)
{
    size_t len = strlen(text);
    const char *copy = guard_copy(text, len);
    int err = attr_number_parse(attr_find(key), copy, len, number, at);
    guard_free(copy);
    return err;
}

static const char *print(uint16_t key, uint64_t number)
{
    static char text[64];
    struct wr wr = wr_make(text, sizeof text - 1);
    attr_number_print(attr_find(key), number, &wr);
    assert_int_equal(wr.err, 0);
    *wr.pos = '\0';
    return text;
}

static void text_becomes_stored_units(void **state)
{
    static const struct {
        uint16_t key;
        const char *text;
        uint64_t number;
    } rows[] = {
        {ATTR_KEY_seclvl, "3", 3},
        {ATTR_KEY_cpu, "4096", 4096},
        {ATTR_KEY_cpu, "4k", 4000},
        {ATTR_KEY_cpu, "1.5M", 1500000},
        {ATTR_KEY_nodes, "2K", 2000},
        {ATTR_KEY_run, "1.25k", 1250},
        {ATTR_KEY_mem, "80000", 80000},
        {ATTR_KEY_mem, "1024k", 1},
        {ATTR_KEY_mem, "7m", 7},
        {ATTR_KEY_mem, "80g", 81920},
        {ATTR_KEY_mem, "0.5G", 512},
        {ATTR_KEY_mem, "1.5t", 1572864},
        {ATTR_KEY_mem, "1P", 1073741824},
        {ATTR_KEY_sto, "12", 12},
        {ATTR_KEY_sto, "12g", 12},
        {ATTR_KEY_sto, "2t", 2048},
        {ATTR_KEY_sto, "1.5p", 1572864},
        {ATTR_KEY_sto, "1e", 1073741824},
        {ATTR_KEY_size, "1", 1},
        {ATTR_KEY_size, "98m", 102760448},
        {ATTR_KEY_size, "0.0009765625k", 1},
        {ATTR_KEY_size, "26g", 27917287424},
        {ATTR_KEY_size, "2t", 2199023255552},
        {ATTR_KEY_size, "1p", 1125899906842624},
        {ATTR_KEY_accn, "8", 8000},
        {ATTR_KEY_accn, "1.25", 1250},
        {ATTR_KEY_accn, "1500m", 1500},
        {ATTR_KEY_accf, "0", 0},
        {ATTR_KEY_fp64, "5", 5},
        {ATTR_KEY_fp64, "15.7t", 15700},
        {ATTR_KEY_fp16, "379.7p", 379700000},
        {ATTR_KEY_fp16, "1e", 1000000000},
        {ATTR_KEY_int8, "2g", 2},
        {ATTR_KEY_bw, "400g", 400000},
        {ATTR_KEY_bw, "10m", 10},
        {ATTR_KEY_fbw, "0.2t", 200000},
        {ATTR_KEY_rtt, "600us", 600},
        {ATTR_KEY_rtt, "5MS", 5000},
        {ATTR_KEY_jitter, "0.02ms", 20},
        {ATTR_KEY_rtt, "1.5s", 1500000},
        {ATTR_KEY_maxt, "90", 90},
        {ATTR_KEY_maxt, "90s", 90},
        {ATTR_KEY_wait50, "2m", 120},
        {ATTR_KEY_wait90, "1.5h", 5400},
        {ATTR_KEY_maxage, "3d", 259200},
        {ATTR_KEY_obs, "1735689600", 1735689600},
        {ATTR_KEY_price, "6.32", 6320000},
        {ATTR_KEY_price, "0.000001", 1},
        {ATTR_KEY_price, "1500m", 1500000},
        {ATTR_KEY_price, "18446744073709.551615", UINT64_MAX},
        {ATTR_KEY_pue, "1.25", 1250},
        {ATTR_KEY_pue, "1250m", 1250},
        {ATTR_KEY_loss, "0.0001", 100},
        {ATTR_KEY_loss, "1", 1000000},
        {ATTR_KEY_loss, "2m", 2000},
        {ATTR_KEY_loss, "20ppm", 20},
        {ATTR_KEY_util, "77", 77},
        {ATTR_KEY_util, "100PC", 100},
        {ATTR_KEY_watt, "238", 238},
        {ATTR_KEY_watt, "6.5kw", 6500},
        {ATTR_KEY_wattnow, "2mW", 2000000},
        {ATTR_KEY_gco2, "537", 537},
        {ATTR_KEY_seclvl, "18446744073709551615", UINT64_MAX},
        {ATTR_KEY_cpu, "18446744073709.551615m", 18446744073709551615u},
        {ATTR_KEY_seclvl, "007", 7},
        {ATTR_KEY_seclvl, "7.000", 7},
        {ATTR_KEY_seclvl, "7.00000000000000000000000000000", 7},
        {ATTR_KEY_size, "0.0000000000000000000p", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = 99;
        struct err_at at = {0};
        int err = parse(rows[i].key, rows[i].text, &number, &at);
        if (err || number != rows[i].number) {
            fail_msg("%s=%s: %d %s", attr_find(rows[i].key)->name, rows[i].text, err, at.text);
        }
    }
}

static void text_that_is_no_exact_number_is_refused(void **state)
{
    static const struct {
        uint16_t key;
        const char *text;
        int err;
        const char *message;
    } rows[] = {
        {ATTR_KEY_cpu, "", ERR_ATTR_VALUE, "cpu: expected a number, found ''"},
        {ATTR_KEY_cpu, "-1", ERR_ATTR_VALUE, "cpu: expected a number, found '-1'"},
        {ATTR_KEY_cpu, "+1", ERR_ATTR_VALUE, "cpu: expected a number, found '+1'"},
        {ATTR_KEY_cpu, ".5k", ERR_ATTR_VALUE, "cpu: expected a number, found '.5k'"},
        {ATTR_KEY_cpu, "5.", ERR_ATTR_VALUE, "cpu: expected a digit behind the point, found '5.'"},
        {ATTR_KEY_cpu, "5.k", ERR_ATTR_VALUE,
         "cpu: expected a digit behind the point, found '5.k'"},
        {ATTR_KEY_cpu, "0x10", ERR_ATTR_VALUE,
         "cpu: expected a number, bare or with k|m, found '0x10'"},
        {ATTR_KEY_cpu, "1e3", ERR_ATTR_VALUE,
         "cpu: expected a number, bare or with k|m, found '1e3'"},
        {ATTR_KEY_cpu, "1 k", ERR_ATTR_VALUE,
         "cpu: expected a number, bare or with k|m, found '1 k'"},
        {ATTR_KEY_mem, "80x", ERR_ATTR_VALUE,
         "mem: expected a number, bare or with k|m|g|t|p, found '80x'"},
        {ATTR_KEY_mem, "80gb", ERR_ATTR_VALUE,
         "mem: expected a number, bare or with k|m|g|t|p, found '80gb'"},
        {ATTR_KEY_rtt, "5m", ERR_ATTR_VALUE,
         "rtt: expected a number, bare or with us|ms|s, found '5m'"},
        {ATTR_KEY_obs, "1s", ERR_ATTR_VALUE, "obs: expected a bare number, found '1s'"},
        {ATTR_KEY_mem, "1023k", ERR_ATTR_EXACT, "mem: expected a multiple of 1 MiB, found '1023k'"},
        {ATTR_KEY_mem, "1024.5k", ERR_ATTR_EXACT,
         "mem: expected a multiple of 1 MiB, found '1024.5k'"},
        {ATTR_KEY_mem, "0.5", ERR_ATTR_EXACT, "mem: expected a multiple of 1 MiB, found '0.5'"},
        {ATTR_KEY_mem, "0.0001g", ERR_ATTR_EXACT,
         "mem: expected a multiple of 1 MiB, found '0.0001g'"},
        {ATTR_KEY_accn, "1.0005", ERR_ATTR_EXACT,
         "accn: expected a multiple of 0.001 card, found '1.0005'"},
        {ATTR_KEY_accn, "1.5m", ERR_ATTR_EXACT,
         "accn: expected a multiple of 0.001 card, found '1.5m'"},
        {ATTR_KEY_price, "6.3200001", ERR_ATTR_EXACT,
         "price: expected a multiple of 0.000001, found '6.3200001'"},
        {ATTR_KEY_gco2, "536.6", ERR_ATTR_EXACT,
         "gco2: expected a multiple of 1 g/kWh, found '536.6'"},
        {ATTR_KEY_seclvl, "0.00000000000000000001", ERR_ATTR_VALUE,
         "seclvl: expected fewer digits behind the point, found '0.00000000000000000001'"},
        {ATTR_KEY_util, "101", ERR_ATTR_VALUE, "util: expected at most 100, found '101'"},
        {ATTR_KEY_loss, "1.000001", ERR_ATTR_VALUE, "loss: expected at most 1, found '1.000001'"},
        {ATTR_KEY_seclvl, "18446744073709551616", ERR_ATTR_VALUE,
         "seclvl: expected a number below 2^64, found '18446744073709551616'"},
        {ATTR_KEY_seclvl, "99999999999999999999999999", ERR_ATTR_VALUE,
         "seclvl: expected a number below 2^64, found '99999999999999999999999999'"},
        {ATTR_KEY_cpu, "18446744073709552k", ERR_ATTR_VALUE,
         "cpu: expected at most 18446744073709551615, found '18446744073709552k'"},
        {ATTR_KEY_cpu, "18446744073709.551616m", ERR_ATTR_VALUE,
         "cpu: expected at most 18446744073709551615, found '18446744073709.551616m'"},
        {ATTR_KEY_price, "18446744073709.551616", ERR_ATTR_VALUE,
         "price: expected at most 18446744073709.551615, found '18446744073709.551616'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = 99;
        struct err_at at = {0};
        assert_int_equal(parse(rows[i].key, rows[i].text, &number, &at), rows[i].err);
        assert_string_equal(at.text, rows[i].message);
        assert_int_equal(number, 99);
        assert_int_equal(parse(rows[i].key, rows[i].text, &number, NULL), rows[i].err);
    }
}

static void the_canonical_form_is_bare_and_short(void **state)
{
    static const struct {
        uint16_t key;
        uint64_t number;
        const char *text;
    } rows[] = {
        {ATTR_KEY_cpu, 0, "0"},
        {ATTR_KEY_mem, 81920, "81920"},
        {ATTR_KEY_accn, 8000, "8"},
        {ATTR_KEY_accn, 1250, "1.25"},
        {ATTR_KEY_accn, 1, "0.001"},
        {ATTR_KEY_accn, 10, "0.01"},
        {ATTR_KEY_price, 6320000, "6.32"},
        {ATTR_KEY_price, 1, "0.000001"},
        {ATTR_KEY_price, UINT64_MAX, "18446744073709.551615"},
        {ATTR_KEY_loss, 20, "0.00002"},
        {ATTR_KEY_seclvl, UINT64_MAX, "18446744073709551615"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(print(rows[i].key, rows[i].number), rows[i].text);
    }
}

static void what_is_printed_reads_back_for_every_unit(void **state)
{
    static const uint64_t numbers[] = {
        0,
        1,
        9,
        10,
        99,
        100,
        101,
        999,
        1000,
        1001,
        1024,
        65535,
        999999,
        1000000000,
        4294967296,
        UINT64_MAX / 10,
        UINT64_MAX - 1,
        UINT64_MAX,
    };
    (void)state;
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_row *row = attr_get(i);
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
            if (row->kind != ATTR_UINT || numbers[k] > attr_unit_get(row)->max) {
                continue;
            }
            uint64_t number = 0;
            assert_int_equal(parse(row->key, print(row->key, numbers[k]), &number, NULL), 0);
            assert_true(number == numbers[k]);
        }
    }
}

static void every_suffix_is_worth_what_its_row_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const struct attr_unit *unit = attr_unit_get(attr_get(i));
        for (const struct attr_suffix *s = unit ? unit->suffixes : NULL; s && s->text[0]; s++) {
            char text[16] = "1024";
            uint64_t number = 0;
            strcat(text, s->text);
            int err = parse(attr_get(i)->key, text, &number, NULL);
            if (1024 * s->num / s->den <= unit->max) {
                assert_int_equal(err, 0);
                assert_true(number == 1024 * s->num / s->den);
            } else {
                assert_int_equal(err, ERR_ATTR_VALUE);
            }
        }
    }
}

static void people_read_large_steps_and_units(void **state)
{
    static const struct {
        uint16_t key;
        uint64_t number;
        const char *text;
    } rows[] = {
        {ATTR_KEY_mem, 81920, "80 GiB"},
        {ATTR_KEY_mem, 1023, "1023 MiB"},
        {ATTR_KEY_mem, 0, "0 MiB"},
        {ATTR_KEY_mem, 1572864, "1.5 TiB"},
        {ATTR_KEY_accn, 8000, "8 cards"},
        {ATTR_KEY_accn, 1000, "1 card"},
        {ATTR_KEY_accn, 1250, "1.25 cards"},
        {ATTR_KEY_accn, 500, "0.5 cards"},
        {ATTR_KEY_fp16, 379700000, "379.7 PFLOP/s"},
        {ATTR_KEY_fp64, 515, "515 GFLOP/s"},
        {ATTR_KEY_int8, 2000000000, "2 EOP/s"},
        {ATTR_KEY_cpu, 1, "1 core"},
        {ATTR_KEY_cpu, 4096, "4096 cores"},
        {ATTR_KEY_nodes, 17792, "17792 nodes"},
        {ATTR_KEY_run, 1, "1 job"},
        {ATTR_KEY_sto, 2048, "2 TiB"},
        {ATTR_KEY_size, 1, "1 octet"},
        {ATTR_KEY_size, 27917287424, "26 GiB"},
        {ATTR_KEY_size, 1023, "1023 octets"},
        {ATTR_KEY_bw, 400000, "400 Gbit/s"},
        {ATTR_KEY_rtt, 2600, "2.6 ms"},
        {ATTR_KEY_rtt, 600, "600 us"},
        {ATTR_KEY_maxt, 5400, "1.5 h"},
        {ATTR_KEY_maxt, 259200, "3 d"},
        {ATTR_KEY_wait50, 126, "2.1 min"},
        {ATTR_KEY_price, 6320000, "6.32"},
        {ATTR_KEY_price, 1234567, "1.234567"},
        {ATTR_KEY_pue, 1250, "1.25"},
        {ATTR_KEY_loss, 20, "20 ppm"},
        {ATTR_KEY_loss, 1000000, "1"},
        {ATTR_KEY_util, 77, "77 %"},
        {ATTR_KEY_watt, 6500, "6.5 kW"},
        {ATTR_KEY_watt, 1, "1 W"},
        {ATTR_KEY_gco2, 537, "537 g/kWh"},
        {ATTR_KEY_fp64, 1000499, "1 PFLOP/s"},
        {ATTR_KEY_fp64, 1000500, "1.001 PFLOP/s"},
        {ATTR_KEY_fp64, 1999999, "2 PFLOP/s"},
        {ATTR_KEY_fp64, 1050000, "1.05 PFLOP/s"},
        {ATTR_KEY_fp64, 1005000, "1.005 PFLOP/s"},
        {ATTR_KEY_obs, 1735689600, "2025-01-01T00:00:00Z"},
        {ATTR_KEY_obs, 0, "1970-01-01T00:00:00Z"},
        {ATTR_KEY_until, 253402300799, "9999-12-31T23:59:59Z"},
        {ATTR_KEY_until, 253402300800, "253402300800"},
        {ATTR_KEY_until, UINT64_MAX, "18446744073709551615"},
        {ATTR_KEY_size, UINT64_MAX, "16384 PiB"},
        {ATTR_KEY_seclvl, 3, "3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        struct wr wr = wr_make(text, sizeof text - 1);
        attr_number_print_pretty(attr_find(rows[i].key), rows[i].number, &wr);
        *wr.pos = '\0';
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_stored_units),
        cmocka_unit_test(text_that_is_no_exact_number_is_refused),
        cmocka_unit_test(the_canonical_form_is_bare_and_short),
        cmocka_unit_test(what_is_printed_reads_back_for_every_unit),
        cmocka_unit_test(every_suffix_is_worth_what_its_row_says),
        cmocka_unit_test(people_read_large_steps_and_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
